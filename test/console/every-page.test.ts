import { after, before, test } from 'node:test'
import { CreateAliasCommand, CreateKeyCommand, type CreateKeyCommandInput } from '@aws-sdk/client-kms'
import type { Browser } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { signInTo } from '../support/console.ts'
import { kmsClient, REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

/** The paths of the pages below `/console`; KEY, SIGNING and IMPORTED stand for the IDs of keys. */
const PAGES = [
  '/',
  '/keys',
  '/keys/create',
  '/keys/KEY',
  ...['policy', 'grants', 'rotation', 'aliases', 'tags', 'use'].map((tab) => `/keys/KEY?tab=${tab}`),
  '/keys/SIGNING?tab=publicKey',
  '/keys/IMPORTED?tab=import',
  '/keys/IMPORTED?tab=regions',
  '/key-stores',
  '/try',
  '/audit',
  '/refusals',
  '/explain',
  ...['/insights', '/usage', '/report', '/quotas', '/settings'],
  ...['users', 'groups', 'roles', 'policies', 'providers', 'accounts', 'organization', 'controls'].map(
    (tab) => `/access?tab=${tab}`,
  ),
]

const VIEWS = [
  ['light', 1280],
  ['dark', 1280],
  ['light', 360],
  ['dark', 360],
  ['light', 2560],
  ['dark', 2560],
] as const

let browser: Browser
let server: TestServer
let keyIds: Readonly<Record<string, string>>

before(async () => {
  if (NO_BROWSER !== false) return
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on', HOLDFAST_REGION: REGION } })
  browser = await openBrowser()
  keyIds = {
    KEY: await createKey({ Description: 'A key for pictures' }),
    SIGNING: await createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
    IMPORTED: await createKey({ Origin: 'EXTERNAL', MultiRegion: true }),
  }
  const alias = { AliasName: 'alias/pictures', TargetKeyId: keyIds['KEY'] }
  await kmsClient(server).send(new CreateAliasCommand(alias))
})

async function createKey(input: CreateKeyCommandInput): Promise<string> {
  const { KeyMetadata } = await kmsClient(server).send(new CreateKeyCommand(input))
  return KeyMetadata?.KeyId ?? ''
}

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

for (const [colorScheme, width] of VIEWS) {
  test(`axe finds nothing on any page, ${colorScheme}, ${width} pixels wide`, {
    skip: NO_BROWSER,
  }, async () => {
    const { page, assertClean } = await openPage(browser, { colorScheme, width })
    await signInTo(server, page)
    for (const path of PAGES) {
      await page.goto(
        `${server.endpoint}/console${path.replace(/[A-Z]{3,}/, (name) => keyIds[name] ?? name)}`,
      )
      await page.locator('main h1:visible, main h2:visible').first().waitFor()
      await page.waitForLoadState('networkidle')
      await look(page, `${path.replaceAll(/[^a-z]+/gi, '-')}-${colorScheme}-${width}`)
    }
    assertClean()
    await page.context().close()
  })
}
