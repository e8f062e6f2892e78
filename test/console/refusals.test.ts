import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { eventOf } from '../support/audit.ts'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { callRaw } from '../support/calls.ts'
import { problemsOf, signInTo } from '../support/console.ts'
import { iamClient, newUser, policyText, type TestCredentials } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

let browser: Browser
let server: TestServer
let ada: TestCredentials
let keyId: string

before(async () => {
  if (NO_BROWSER !== false) return
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on', HOLDFAST_REGION: REGION } })
  browser = await openBrowser()
  const iam = iamClient(server, server.credentials)
  ada = await newUser(iam, 'ada', policyText({ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }))
  iam.destroy()
  const { json } = await callRaw(server, 'TrentService.CreateKey', '{}', server.credentials)
  keyId = /"KeyId":"([\w-]+)"/.exec(JSON.stringify(json))?.[1] ?? ''
})

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

function encrypt() {
  const body = JSON.stringify({ KeyId: keyId, Plaintext: 'AAAA' })
  return callRaw(server, 'TrentService.Encrypt', body, ada)
}

test('a refusal leads to its smallest change, and a reviewed policy edit allows the call', {
  skip: NO_BROWSER,
}, async () => {
  const refused = await encrypt()
  assert.equal(refused.code, 'AccessDeniedException')
  await eventOf(server, refused.requestId)
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await page.getByRole('link', { name: 'Refusals' }).click()
  const group = page.getByRole('button', { name: /ada · kms:Encrypt/ })
  await group.waitFor()
  await look(page, 'refusals')
  await group.click()
  await page.getByText('this call would be refused').waitFor()
  await look(page, 'refusals-explained')
  await page.getByRole('button', { name: 'Review this change' }).first().click()
  await page.getByRole('heading', { name: 'Review the changes before you save them' }).waitFor()
  await page.getByText('kms:Encrypt').first().waitFor()
  await look(page, 'refusals-review')
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('The policy was saved').waitFor()
  await page.getByText('this call would be allowed').waitFor()
  assertClean()
  assert.equal((await encrypt()).status, 200)
  await page.context().close()
})

test('an error links to the explanation of its request', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page, 'ada')
  await page.goto(`${server.endpoint}/console/keys/${keyId}`)
  await page.getByRole('link', { name: 'Find out why, and what would allow it' }).first().click()
  await page.getByRole('heading', { name: 'Explain a call', exact: true }).waitFor()
  assert.match(new URL(page.url()).search, /^\?id=[0-9a-f-]{36}$/)
  assert.deepEqual(problemsOf(assertClean), [])
  await page.context().close()
})
