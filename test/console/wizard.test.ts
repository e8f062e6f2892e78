import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { DescribeKeyCommand, type KeyMetadata } from '@aws-sdk/client-kms'
import type { Browser, Page } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { signInTo } from '../support/console.ts'
import { kmsClient, REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

let browser: Browser
let server: TestServer

before(async () => {
  if (NO_BROWSER !== false) return
  server = await startServer({
    environment: { HOLDFAST_CONSOLE: 'on', HOLDFAST_REGION: REGION, HOLDFAST_SM2_REGIONS: REGION },
  })
  browser = await openBrowser()
})

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

/** The label of each kind of key, and what its example of the AWS CLI calls. */
const KINDS = [
  ['Encrypt and decrypt', 'aws kms encrypt'],
  ['Encrypt with a public key', 'aws kms encrypt'],
  ['Sign and verify', 'aws kms sign'],
  ['Generate and verify MACs', 'aws kms generate-mac'],
  ['Agree on a key', 'aws kms derive-shared-secret'],
  ['Encapsulate keys', 'aws kms encapsulate'],
] as const

async function next(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Next' }).click()
}

for (const [label, command] of KINDS) {
  test(`the wizard creates a key for: ${label}`, { skip: NO_BROWSER }, async () => {
    const { page, assertClean } = await openPage(browser)
    await signInTo(server, page)
    await page.goto(`${server.endpoint}/console/keys/create`)
    await page.getByRole('radio', { name: new RegExp(label) }).check()
    for (let step = 0; step < 4; step += 1) await next(page)
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.locator('pre', { hasText: command }).first().waitFor()
    await page.getByRole('heading', { name: 'Terraform' }).waitFor()
    assertClean()
  })
}

test('a key of the spec SM2 is created, and the page says which regions have them', {
  skip: NO_BROWSER,
}, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await page.goto(`${server.endpoint}/console/keys/create`)
  await page.getByRole('radio', { name: /Agree on a key/ }).check()
  await page.getByRole('button', { name: /Key spec/ }).click()
  await page.getByRole('option', { name: 'SM2' }).click()
  await page.getByText('Only the regions of the setting HOLDFAST_SM2_REGIONS').waitFor()
  const made = await finish(page, 'sm2')
  assert.equal(made.KeySpec, 'SM2')
  assert.equal(made.KeyUsage, 'KEY_AGREEMENT')
  assertClean()
})

test('a multi-Region key is replicated by the wizard', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await page.goto(`${server.endpoint}/console/keys/create`)
  await page.getByRole('button', { name: 'Advanced options' }).click()
  await page.getByRole('checkbox', { name: 'Multi-Region key' }).check()
  await page.getByRole('button', { name: 'Add region' }).click()
  const region = page.getByRole('textbox', { name: 'Replica region' })
  await region.fill(REGION)
  await page.getByText('Enter another region than that of the key').waitFor()
  await next(page)
  assert.equal(await page.getByLabel('Alias').count(), 0, 'the step is not left')
  await region.fill('eu-central-1')
  await look(page, 'wizard-replicas')
  const made = await finish(page, 'replicated')
  const replicas = made.MultiRegionConfiguration?.ReplicaKeys ?? []
  assert.deepEqual(
    replicas.map((replica) => replica.Region),
    ['eu-central-1'],
  )
  assertClean()
})

test('an origin that a key spec cannot have is not offered, with the reason', {
  skip: NO_BROWSER,
}, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await page.goto(`${server.endpoint}/console/keys/create`)
  await page.getByRole('button', { name: 'Advanced options' }).click()
  await page.getByRole('radio', { name: /You import it/ }).check()
  await page.getByRole('radio', { name: /Encapsulate keys/ }).check()
  await page.getByText('Key material of this key spec cannot be imported.').waitFor()
  await page.getByText('Only symmetric encryption keys can be in an external key store.').waitFor()
  await page.getByText('Keys in key stores of type AWS_CLOUDHSM are created with the AWS CLI.').waitFor()
  assert.equal(await page.getByRole('radio', { name: /Holdfast makes it/ }).isChecked(), true)
  assert.equal(await page.getByRole('radio', { name: /You import it/ }).isDisabled(), true)
  await look(page, 'wizard-origins')
  assertClean()
})

/** Goes through the other steps, and returns what the server says of the new key. */
async function finish(page: Page, alias: string): Promise<KeyMetadata> {
  await next(page)
  await page.getByLabel('Alias').fill(alias)
  for (let step = 0; step < 3; step += 1) await next(page)
  await look(page, `wizard-review-${alias}`)
  await page.getByRole('button', { name: 'Create key' }).click()
  await page.getByRole('heading', { name: alias, exact: true }).waitFor()
  const described = await kmsClient(server).send(new DescribeKeyCommand({ KeyId: `alias/${alias}` }))
  assert.ok(described.KeyMetadata)
  return described.KeyMetadata
}

test('a person without a mouse creates a key', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await page.goto(`${server.endpoint}/console/keys/create`)
  await page.getByRole('button', { name: 'Next' }).waitFor()
  await press(page, 'Encrypt and decrypt', 'Space')
  await press(page, 'Next', 'Enter')
  await page.getByLabel('Alias').waitFor()
  await focus(page, 'Alias')
  await page.keyboard.type('by-keyboard')
  await look(page, 'wizard-keyboard')
  for (let step = 0; step < 3; step += 1) await press(page, 'Next', 'Enter')
  await press(page, 'Create key', 'Enter')
  await page.getByRole('heading', { name: 'by-keyboard' }).waitFor()
  assertClean()
})

async function press(page: Page, name: string, key: string): Promise<void> {
  await focus(page, name)
  await page.keyboard.press(key)
}

/** More controls than a step of the wizard has. */
const TABS_MAX = 60

/** The names of the element that has the focus. */
const FOCUSED = `(() => {
  const element = document.activeElement
  const labels = [...(element?.labels ?? [])].map((label) => label.textContent)
  const ids = (element?.getAttribute('aria-labelledby') ?? '').split(' ')
  const named = ids.map((id) => document.getElementById(id)?.textContent)
  return [element?.getAttribute('aria-label'), element?.textContent, ...labels, ...named].map((text) => (text ?? '').trim())
})()`

/** Moves the focus by the tab key until an element with this name has it. */
async function focus(page: Page, name: string): Promise<void> {
  for (let tab = 0; tab < TABS_MAX; tab += 1) {
    await page.keyboard.press('Tab')
    const focused: readonly string[] = await page.evaluate(FOCUSED)
    if (focused.some((text) => text.startsWith(name))) return
  }
  throw new Error(`no element with the name ${name} takes the focus`)
}
