import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DescribeKeyCommand,
  EncryptCommand,
} from '@aws-sdk/client-kms'
import type { Browser, Page } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { problemsOf, signInTo } from '../support/console.ts'
import { kmsClient, REGION } from '../support/kms.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'

/** More keys than two pages of the list have. */
const KEYS = 45
/** Texts that look like markup, hide their direction, or are formulas of spreadsheets. */
const MARKUP = '<img src=x onerror=alert(1)><script>alert(2)</script>'
const BIDI = 'safe\u202egpj.exe'
const FORMULA = '=HYPERLINK("http://example.com","x")'

let browser: Browser
let server: TestServer
let folder: string
const ids: string[] = []

before(async () => {
  if (NO_BROWSER !== false) return
  folder = await temporaryFolder()
  const prices = join(folder, 'prices.json')
  const rule = { operations: ['Encrypt'], per10000Calls: 20_000 }
  await writeFile(prices, JSON.stringify({ currency: 'EUR', keyMonth: 1, calls: [rule] }))
  const environment = { HOLDFAST_CONSOLE: 'on', HOLDFAST_REGION: REGION, HOLDFAST_PRICES: prices }
  server = await startServer({ environment })
  browser = await openBrowser()
  for (let index = 0; index < KEYS; index += 1) ids.push(await newKey({ Description: `key ${index}` }))
  await newKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', Description: `${MARKUP} ${BIDI}` })
  const strange = await newKey({
    Description: FORMULA,
    Tags: [{ TagKey: 'long', TagValue: 'x'.repeat(256) }],
  })
  await kmsClient(server).send(
    new CreateAliasCommand({ AliasName: `alias/${'long/'.repeat(40)}`.slice(0, 250), TargetKeyId: strange }),
  )
})

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

async function newKey(input: CreateKeyCommandInput): Promise<string> {
  return (await kmsClient(server).send(new CreateKeyCommand(input))).KeyMetadata?.KeyId ?? ''
}

async function stateOf(KeyId: string): Promise<string | undefined> {
  return (await kmsClient(server).send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState
}

async function openKeys(page: Page, search = ''): Promise<void> {
  await page.goto(`${server.endpoint}/console/keys${search}`)
  await page.getByRole('heading', { name: /^Keys/ }).first().waitFor()
  await page.getByRole('row').nth(1).waitFor()
}

test('the list turns pages, and its filter stays in the address', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await openKeys(page)
  await page.getByText(`(${KEYS + 2} of ${KEYS + 2})`).waitFor()
  assert.equal(await page.locator('tbody tr').count(), 20)
  await page.getByRole('button', { name: 'Next page' }).click()
  await page.getByRole('button', { name: 'Next page' }).click()
  await page
    .locator('tbody tr')
    .nth(KEYS + 2 - 40)
    .waitFor({ state: 'detached' })
  assert.equal(await page.locator('tbody tr').count(), KEYS + 2 - 40)
  const filter = page.getByRole('combobox', { name: 'Filter keys' })
  await filter.fill('key 1')
  await filter.press('Enter')
  await page.getByText(`(11 of ${KEYS + 2})`).waitFor()
  await look(page, 'keys-filtered')
  const address = page.url()
  assert.ok(address.includes('filter='), address)
  await page.goto(address)
  await page.getByText(`(11 of ${KEYS + 2})`).waitFor()
  assertClean()
})

test('an address with a filter by property shows the keys that match', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  const filter = encodeURIComponent(JSON.stringify([{ property: 'KeySpec', values: ['ECC_NIST_P256'] }]))
  await openKeys(page, `?filter=${filter}`)
  await page.getByText(`(1 of ${KEYS + 2})`).waitFor()
  await page.goto(
    `${server.endpoint}/console/keys?filter=${encodeURIComponent('[{"property":"__proto__","values":[1]}]')}`,
  )
  await page.getByText(`(${KEYS + 2} of ${KEYS + 2})`).waitFor()
  assertClean()
})

test('several keys are disabled at once, after their number was typed', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  const filter = encodeURIComponent(JSON.stringify([{ property: 'Description', values: ['key 4'] }]))
  const used = new EncryptCommand({ KeyId: ids[44], Plaintext: Buffer.from('x') })
  await kmsClient(server).send(used)
  await openKeys(page, `?filter=${filter}`)
  await page.getByText(`(6 of ${KEYS + 2})`).waitFor()
  await page.getByRole('checkbox', { name: 'Select all keys of this page' }).check()
  await page.getByRole('button', { name: 'Actions' }).click()
  await page.getByRole('menuitem', { name: 'Disable' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Keys in use among them: 1').waitFor()
  await dialog.getByRole('progressbar').waitFor({ state: 'detached' })
  const worst = dialog.getByRole('row').nth(1)
  assert.match((await worst.textContent()) ?? '', new RegExp(`${ids[44]}.*1`), 'the key in use is the first')
  await dialog.getByLabel('To confirm, type disable 6').fill('disable 6')
  await look(page, 'keys-bulk-disable')
  await dialog.getByRole('button', { name: 'Disable', exact: true }).click()
  await page.getByText('6 keys were changed').waitFor()
  assert.equal(await stateOf(ids[44] ?? ''), 'Disabled')
  assert.equal(await stateOf(ids[5] ?? ''), 'Enabled')
  assert.deepEqual(problemsOf(assertClean), [])
})

test('hostile names are text in the list, and exports are safe from formulas', {
  skip: NO_BROWSER,
}, async () => {
  const { page, assertClean } = await openPage(browser)
  page.on('dialog', () => assert.fail('a script of a name ran'))
  await signInTo(server, page)
  const preferences = { pageSize: 100, columns: ['alias', 'id', 'state', 'description', 'tags'] }
  await page.evaluate(`localStorage.setItem('holdfast-keys', '${JSON.stringify(preferences)}')`)
  await openKeys(page)
  await page.getByText(MARKUP).waitFor()
  await page.getByText('safe‹U+202E›gpj.exe').waitFor()
  assert.equal(await page.locator('main img[src=x]').count(), 0)
  await look(page, 'keys-hostile')
  const coming = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('menuitem', { name: 'CSV' }).click()
  const csv = await readFile(await (await coming).path(), 'utf8')
  assert.equal(csv.trimEnd().split('\r\n').length, KEYS + 3)
  assert.ok(csv.includes(`"'=HYPERLINK(""http://example.com"",""x"")"`), 'the formula is text')
  assertClean()
})

/** Conditions of every property, in the order of the page, and how many of the keys of the tests before match. */
const CONDITIONS: readonly (readonly [property: string, value: string, matches: number, not?: true])[] = [
  ['KeyState', 'Disabled', 6],
  ['KeyState', 'PendingImport', 1],
  ['KeySpec', 'ECC_NIST_P256', 1],
  ['KeySpec', 'ECC_NIST_P256', KEYS + 2, true],
  ['KeyUsage', 'SIGN_VERIFY', 1],
  ['Origin', 'EXTERNAL', 1],
  ['KeyManager', 'CUSTOMER', KEYS + 3],
  ['MultiRegion', 'true', 1],
  ['LastUsed', 'within-7', 1],
  ['LastUsed', 'not-30', KEYS + 2],
  ['KeyId', 'FIRST', 1],
  ['Alias', 'long/long', 1],
  ['Description', 'key 1', 11],
  ['TagKey', 'lon', 1],
  ['TagValue', 'xxx', 1],
  ['Tag', `long=${'x'.repeat(256)}`, 1],
  ['CustomKeyStoreId', 'cks-0', KEYS + 3, true],
]

test('every property filters the list', { skip: NO_BROWSER }, async () => {
  await newKey({ Origin: 'EXTERNAL', MultiRegion: true })
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  for (const [property, value, matches, not] of CONDITIONS) {
    const values = [value === 'FIRST' ? ids[0] : value]
    const filter = [{ property, values, ...(not === true && { not }) }]
    await openKeys(page, `?filter=${encodeURIComponent(JSON.stringify(filter))}`)
    await page.getByText(`(${matches} of ${KEYS + 3})`).waitFor()
  }
  const source = await readFile(new URL('../../console/src/pages/keys/search.ts', import.meta.url), 'utf8')
  const properties = [...source.matchAll(/^ {2}(?:'(\w+)',|(\w+): \[)/gm)].map(
    ([, text, choice]) => text ?? choice,
  )
  const tried = new Set(CONDITIONS.map(([property]) => property))
  assert.ok(properties.length > 10)
  assert.deepEqual([...tried].sort(), properties.sort(), 'each property of the page is tried')
  assert.deepEqual(problemsOf(assertClean), [])
  await page.context().close()
})

test('usage by key is filtered by cost', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await page.goto(`${server.endpoint}/console/usage`)
  const used = page.getByRole('row', { name: new RegExp(`key/${ids[44]}.*2\\.00 EUR`) })
  const other = page.getByRole('row', { name: new RegExp(`key/${ids[5]}`) })
  await used.waitFor()
  await other.waitFor()
  await page.getByLabel('Only lines that cost at least (EUR)').fill('1.5')
  await other.waitFor({ state: 'detached' })
  await used.waitFor()
  await page.getByLabel('Only lines that cost at least (EUR)').fill('2.5')
  await used.waitFor({ state: 'detached' })
  assert.deepEqual(problemsOf(assertClean), [])
  await page.context().close()
})

test('the page of a key plots its calls, and shows what each principal costs', {
  skip: NO_BROWSER,
}, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await page.goto(`${server.endpoint}/console/keys/${ids[44]}?tab=usage`)
  await page.getByRole('heading', { name: 'Calls by day' }).waitFor()
  await page.getByRole('row', { name: /:root.*2\.00 EUR/ }).waitFor()
  await look(page, 'key-usage')
  assert.deepEqual(problemsOf(assertClean), [])
  await page.context().close()
})

test('the audit log is filtered by time, and plots the calls that match', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await page.goto(`${server.endpoint}/console/audit?attribute=EventName&value=Encrypt`)
  await page.getByRole('radio').first().waitFor()
  await page.getByRole('heading', { name: 'Calls by day' }).waitFor()
  await look(page, 'audit-plot')
  const before = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10)
  await page.getByLabel('Until').fill(before.replaceAll('-', '/'))
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByText('No calls match.').waitFor()
  assert.equal(new URL(page.url()).searchParams.get('until')?.replaceAll('"', ''), before)
  await page.goto(`${server.endpoint}/console/audit?attribute=EventName&value=Encrypt&from=${before}`)
  await page.getByRole('radio').first().waitFor()
  assert.deepEqual(problemsOf(assertClean), [])
  await page.context().close()
})
