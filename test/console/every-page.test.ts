import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { CreateAliasCommand, CreateKeyCommand, type CreateKeyCommandInput } from '@aws-sdk/client-kms'
import type { Browser, Page } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { newLink, signInTo } from '../support/console.ts'
import { iamClient, newUser, policyText } from '../support/iam.ts'
import { kmsClient, REGION } from '../support/kms.ts'
import { callIam } from '../support/sdk-by-name.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { newRole, trust } from '../support/sts.ts'

/** The paths of the pages below `/console`; KEY, SIGNING and IMPORTED stand for the IDs of keys. */
const PAGES = [
  '/',
  '/keys',
  '/keys/create',
  '/keys/KEY',
  ...['policy', 'grants', 'rotation', 'aliases', 'tags', 'usage', 'use'].map((tab) => `/keys/KEY?tab=${tab}`),
  '/keys/SIGNING?tab=publicKey',
  '/keys/IMPORTED?tab=import',
  '/keys/IMPORTED?tab=regions',
  '/key-stores',
  '/try',
  '/audit',
  '/refusals',
  '/explain',
  ...['/insights', '/usage', '/report', '/quotas', '/settings', '/credentials'],
  ...['users', 'groups', 'roles', 'policies', 'providers', 'accounts', 'organization', 'controls'].map(
    (tab) => `/access?tab=${tab}`,
  ),
  ...['/access/users/ada', '/access/groups/painters', '/access/roles/worker'],
  '/access/policy?arn=arn:aws:iam::aws:policy/IAMReadOnlyAccess',
  '/no-such-page',
]

const VIEWS = [
  ['light', 1280],
  ['dark', 1280],
  ['dark', 360],
  ['light', 360],
  ['light', 2560],
  ['dark', 2560],
] as const

/** Each page is loaded once and looked at in each view. Groups of pages are tests of their own, so that one that fails says where. */
const GROUPS = 4

/** Resolves when the page has adapted to its new size. */
const LAID_OUT =
  'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(undefined))))'

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
  const iam = iamClient(server)
  const document = policyText({ Effect: 'Allow', Action: 'kms:List*', Resource: '*' })
  await newUser(iam, 'ada', document)
  await callIam(iam, 'CreateGroup', { GroupName: 'painters' })
  await newRole(iam, 'worker', trust({ AWS: 'arn:aws:iam::000000000000:root' }), document)
  iam.destroy()
})

async function createKey(input: CreateKeyCommandInput): Promise<string> {
  const { KeyMetadata } = await kmsClient(server).send(new CreateKeyCommand(input))
  return KeyMetadata?.KeyId ?? ''
}

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

async function lookInEveryView(page: Page, name: string): Promise<void> {
  for (const [colorScheme, width] of VIEWS) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 900 })
    await page.evaluate(LAID_OUT)
    await look(page, `${name}-${colorScheme}-${width}`)
  }
}

test('every route of the console is among the pages that axe looks at', async () => {
  const router = await readFile(new URL('../../console/src/app/router.tsx', import.meta.url), 'utf8')
  const routes = [...router.matchAll(/\bpath: '([^']+)'/g)].map(([, path = '']) => path)
  assert.ok(routes.length > 15, 'routes were found')
  const paths = PAGES.map((page) => page.replace(/\?.*/, ''))
  const missing = routes.filter((route) => {
    const pattern = new RegExp(`^${route.replaceAll(/\$\w+/g, '[^/]+')}$`)
    return !paths.some((path) => pattern.test(path))
  })
  assert.deepEqual(missing, [])
})

for (let group = 0; group < GROUPS; group += 1) {
  const pages = PAGES.filter((_, index) => index % GROUPS === group)
  test(`axe finds nothing on ${pages.join(', ')}, in both themes at 360, 1280 and 2560 pixels`, {
    skip: NO_BROWSER,
  }, async () => {
    const { page, assertClean } = await openPage(browser)
    await signInTo(server, page)
    for (const path of pages) {
      await page.setViewportSize({ width: 1280, height: 900 })
      const address = path.replace(/[A-Z]{3,}/, (name) => keyIds[name] ?? name)
      await page.goto(`${server.endpoint}/console${address}`)
      await page.locator('main h1:visible, main h2:visible').first().waitFor()
      await page.waitForLoadState('networkidle')
      await lookInEveryView(page, path.replaceAll(/[^a-z]+/gi, '-'))
    }
    assertClean()
    await page.context().close()
  })
}

test('axe finds nothing on the sign-in page', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await page.goto(`${server.endpoint}/console/`)
  await page.getByLabel('User name').waitFor()
  await lookInEveryView(page, 'sign-in')
  await page.goto(await newLink(server))
  await page.getByText('This link signs you in once.').waitFor()
  await lookInEveryView(page, 'sign-in-link')
  assertClean()
  await page.context().close()
})
