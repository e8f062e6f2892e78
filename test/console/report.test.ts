import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { callRaw } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { signInTo } from '../support/console.ts'
import { startServer, type TestServer } from '../support/server.ts'

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

test('the page shows a report whose signature is valid, and none that was changed', {
  skip: NO_BROWSER,
}, async () => {
  await callRaw(server, 'TrentService.CreateKey', '{}', server.credentials)
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await page.getByRole('link', { name: 'Compliance report' }).click()
  await page.getByRole('button', { name: 'Make a report' }).click()
  await page.getByText(/^The report of [0-9-]+ is made/).waitFor()
  await look(page, 'report-made')
  const folder = join(server.data, 'reports')
  const names = await readdir(folder)
  const fileOf = async (ending: string) => {
    const name = names.find((one) => one.endsWith(ending)) ?? ''
    return { name, mimeType: 'application/octet-stream', buffer: await readFile(join(folder, name)) }
  }
  const [json, note] = [await fileOf('.json'), await fileOf('.note')]
  await page.getByRole('button', { name: /^Open the report of/ }).click()
  await page.getByText('The signature is valid').waitFor()
  const verifierKey = await page.getByLabel('Verifier key').inputValue()
  const verified = await runHoldfast(
    server.data,
    'report',
    'verify',
    join(folder, json.name),
    '--verifier-key',
    verifierKey,
  )
  assert.equal(verified.status, 0, verified.errors)
  await look(page, 'report-stored')
  await page.reload()
  await page.getByLabel('Verifier key').fill(verifierKey)
  await page.locator('input[type=file]').setInputFiles([json, note])
  await page.getByText('The signature is valid').waitFor()
  await page
    .getByRole('row', { name: /rotation-off/ })
    .first()
    .waitFor()
  await look(page, 'report-valid')
  await page.getByLabel('Verifier key').fill(verifierKey.replace(/.$/, 'x'))
  await page.getByText('This is no verifier key').waitFor()
  await page.reload()
  await page.getByLabel('Verifier key').fill(verifierKey)
  const changed = { ...json, buffer: Buffer.concat([json.buffer, Buffer.from(' ')]) }
  await page.locator('input[type=file]').setInputFiles([changed, note])
  await page.getByText('The signature is not valid').waitFor()
  assert.equal(await page.getByRole('heading', { name: /^Findings/ }).count(), 0)
  assertClean()
  await page.context().close()
})
