import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { signInLink } from '../support/console.ts'
import { startServer, type TestServer } from '../support/server.ts'

let browser: Browser
let server: TestServer

before(async () => {
  if (NO_BROWSER !== false) return
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'link' } })
  browser = await openBrowser()
})

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

test('whoever opens the link that a start prints creates a key, uses it and sees the call', {
  skip: NO_BROWSER,
}, async () => {
  const { page, assertClean } = await openPage(browser)
  await page.goto(await signInLink(server))
  await look(page, 'sign-in-light')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Home', exact: true }).waitFor()
  assert.equal(new URL(page.url()).hash, '', 'the secret is not in the address any more')
  await look(page, 'home-light')
  await createKey(page)
  await encryptAndDecrypt(page)
  await seeCall(page)
  assertClean()
})

async function createKey(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Create key' }).first().click()
  await page.getByText('Key type and use').first().waitFor()
  await look(page, 'wizard-1-light')
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByLabel('Alias').fill('first-minute')
  await look(page, 'wizard-2-light')
  await page.getByRole('button', { name: 'Next' }).click()
  await look(page, 'wizard-3-light')
  await page.getByRole('button', { name: 'Next' }).click()
  await look(page, 'wizard-4-light')
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByText('What the policy says').waitFor()
  await look(page, 'wizard-5-light')
  await page.getByRole('button', { name: 'Create key' }).click()
  await page.getByRole('heading', { name: 'first-minute' }).waitFor()
  await page.getByText('The key was created').waitFor()
  await look(page, 'key-use-light')
}

async function encryptAndDecrypt(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Try it' }).click()
  await page.getByLabel('Plaintext').fill('attack at dawn')
  await page.getByRole('button', { name: 'Encrypt', exact: true }).click()
  await page.getByRole('button', { name: 'Decrypt this' }).click()
  await page.getByRole('button', { name: 'Decrypt', exact: true }).click()
  await page.getByText('Decrypted', { exact: true }).waitFor()
  assert.equal(await page.locator('pre', { hasText: 'attack at dawn' }).count(), 1)
  assert.ok(!page.url().includes('attack'))
  await look(page, 'try-it-light')
}

async function seeCall(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'See the call in the audit log' }).last().click()
  const row = page.getByRole('row', { name: /Decrypt.*Success/ })
  await row.first().waitFor()
  await row.getByRole('radio').first().check()
  await page.locator('pre', { hasText: '"sessionCredentialFromConsole": "true"' }).waitFor()
  await look(page, 'audit-light')
  const coming = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('menuitem', { name: 'JSON Lines' }).click()
  const lines = (await readFile(await (await coming).path(), 'utf8')).trimEnd().split('\n')
  assert.ok(lines.length >= 1)
  for (const line of lines)
    assert.equal(JSON.parse(line).eventName, 'Decrypt', 'the filter is that of the list')
}
