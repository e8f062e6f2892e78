import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page, Route } from 'playwright-core'
import { NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { signInTo } from '../support/console.ts'
import { startServer, type TestServer } from '../support/server.ts'

const TOTAL = 100_000
/** Keys that a page of the list shows, by default. */
const PAGE = 20
/** Elements of the document with one page of keys: more than the page has, and far fewer than a list of all keys would have. */
const ELEMENTS_MAX = 4000

let browser: Browser
let server: TestServer

before(async () => {
  if (NO_BROWSER !== false) return
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on' } })
  browser = await openBrowser()
})

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

test('of 100,000 keys the page asks for one page at a time, and shows no more', {
  skip: NO_BROWSER,
}, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  const asked: Search[] = []
  await page.route('**/', (route) => answerKeys(route, asked))
  await page.goto(`${server.endpoint}/console/keys`)
  await page.getByText(`(${TOTAL} of ${TOTAL})`).waitFor()
  await assertOnePage(page, asked, 1)
  await page.getByRole('button', { name: 'Next page' }).click()
  await page.getByText('key-20', { exact: true }).waitFor()
  await assertOnePage(page, asked, 2)
  await page.getByRole('button', { name: /^Created/ }).click()
  await page.getByText('key-0', { exact: true }).waitFor()
  await assertOnePage(page, asked, 3)
  await page.getByRole('checkbox', { name: 'Select all keys of this page' }).click()
  await page.getByText(`${PAGE} selected`).waitFor()
  await assertOnePage(page, asked, 3)
  assertClean()
})

/** The members of a search that say how much it wants. */
type Search = { readonly MaxResults?: number; readonly NextToken?: string }

/** Asserts that so many searches were made, each for one page, and that the document has the rows of one page. */
async function assertOnePage(page: Page, asked: readonly Search[], searches: number): Promise<void> {
  await page.waitForLoadState('networkidle')
  assert.deepEqual(
    asked.map(({ MaxResults }) => MaxResults),
    Array.from({ length: searches }, () => PAGE),
  )
  assert.equal(await page.locator('tbody tr').count(), PAGE)
  const elements: number = await page.evaluate('document.querySelectorAll("*").length')
  assert.ok(elements <= ELEMENTS_MAX, `${elements} elements`)
}

/** Answers searches as a server with 100,000 keys does, and lets other requests through. */
async function answerKeys(route: Route, asked: Search[]): Promise<void> {
  const request = route.request()
  const target = await request.headerValue('x-amz-target')
  if (target?.endsWith('.ListKeySummaries') !== true) return route.fallback()
  const search: Search = JSON.parse(request.postData() ?? '{}')
  asked.push(search)
  const { MaxResults = 100, NextToken = '0' } = search
  const from = Number(NextToken)
  const Keys = Array.from({ length: MaxResults }, (_, index) => summary(from + index))
  const body = { Keys, Matches: TOTAL, Total: TOTAL, Current: true, NextToken: String(from + MaxResults) }
  return route.fulfill({ contentType: 'application/x-amz-json-1.1', body: JSON.stringify(body) })
}

function summary(index: number) {
  const KeyId = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
  return {
    KeyId,
    KeyArn: `arn:aws:kms:us-east-1:000000000000:key/${KeyId}`,
    Aliases: [`alias/key-${index}`],
    Description: `key ${index}`,
    ...{ KeyState: 'Enabled', KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT', Origin: 'AWS_KMS' },
    ...{ KeyManager: 'CUSTOMER', MultiRegion: false, CreationDate: 1_700_000_000 + index, Tags: [] },
  }
}
