import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand } from '@aws-sdk/client-kms'
import type { Browser } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { newLink, signInTo } from '../support/console.ts'
import { iamClient } from '../support/iam.ts'
import { kmsClient, REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

let browser: Browser
let server: TestServer

before(async () => {
  if (NO_BROWSER !== false) return
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on', HOLDFAST_REGION: REGION } })
  browser = await openBrowser()
})

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

test('a session that ends in the middle of a form is renewed in place, and nothing is lost', {
  skip: NO_BROWSER,
}, async () => {
  const { page } = await openPage(browser)
  await signInTo(server, page)
  await page.goto(`${server.endpoint}/console/keys/create`)
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByLabel('Alias').fill('not-lost')
  for (let step = 0; step < 3; step += 1) await page.getByRole('button', { name: 'Next' }).click()
  await page.getByText('What the policy says').waitFor()
  await page.evaluate(`fetch('/console/session/end', { method: 'POST', body: '{}' })`)
  await page.getByRole('button', { name: 'Create key' }).click()
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor()
  await look(page, 'session-ended')
  await page.getByLabel('Sign-in link').fill(await newLink(server))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Create key' }).click()
  await page.getByRole('heading', { name: 'not-lost' }).waitFor()
})

test('while the server does not respond, a banner stands above the page, and goes when it responds', {
  skip: NO_BROWSER,
}, async () => {
  const { page } = await openPage(browser)
  await signInTo(server, page)
  await page.context().setOffline(true)
  await page.getByRole('link', { name: 'Audit log', exact: true }).click()
  await page.getByText('The server does not respond').first().waitFor()
  await page.getByRole('link', { name: 'Home', exact: true }).click()
  await page.getByRole('heading', { name: 'Home', exact: true }).waitFor()
  await look(page, 'server-gone')
  await page.context().setOffline(false)
  await page.getByText('The server does not respond').first().waitFor({ state: 'detached' })
  await page.goto(`${server.endpoint}/console/audit`)
  await page.getByRole('heading', { name: 'Audit log' }).waitFor()
})

test('a browser that believes to be without a network shows what the server answers', {
  skip: NO_BROWSER,
}, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await page.evaluate(`window.dispatchEvent(new Event('offline'))`)
  await page.getByRole('link', { name: 'Audit log', exact: true }).click()
  await page
    .getByRole('row', { name: /ConsoleLogin/ })
    .first()
    .waitFor()
  assertClean()
})

test('a user sees what it may not do disabled, with the reason', { skip: NO_BROWSER }, async () => {
  const iam = iamClient(server)
  await iam.send(new CreateUserCommand({ UserName: 'reader' }))
  const Action = ['kms:Describe*', 'kms:Get*', 'kms:List*', 'holdfast:*', 'cloudtrail:LookupEvents']
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
  })
  await iam.send(new PutUserPolicyCommand({ UserName: 'reader', PolicyName: 'read', PolicyDocument }))
  const { KeyMetadata } = await kmsClient(server).send(new CreateKeyCommand({}))
  const { page } = await openPage(browser)
  await signInTo(server, page, 'reader')
  await page.goto(`${server.endpoint}/console/keys/${KeyMetadata?.KeyId}`)
  const disable = page.getByRole('button', { name: 'Disable', exact: true })
  await disable.waitFor()
  await page.locator('button[aria-disabled=true]').first().waitFor()
  assert.equal(await disable.getAttribute('aria-disabled'), 'true')
  await disable.hover()
  await page
    .getByText(/kms:DisableKey: /)
    .first()
    .waitFor({ state: 'attached' })
})

test('a page leaves out what a hand-made address adds', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  const addresses: readonly (readonly [string, string])[] = [
    ['audit?attribute=constructor&value=%7B%22a%22%3A1%7D&event=%5B1%5D', 'Audit log'],
    ['access?tab=%7B%22a%22%3A1%7D', 'Access'],
    ['refusals?days=1000000', 'Refusals'],
    ['usage?days=%22x%22&by=constructor', 'Usage'],
    ['explain?id=%7B%22a%22%3A1%7D', 'Explain'],
    ['try?key=%7B%22a%22%3A1%7D', 'Try'],
  ]
  for (const [address, heading] of addresses) {
    await page.goto(`${server.endpoint}/console/${address}`)
    await page.getByRole('heading', { level: 1 }).filter({ hasText: heading }).first().waitFor()
    const shown = (await page.locator('main').textContent()) ?? ''
    assert.doesNotMatch(shown, /\[object Object\]|NaN|Invalid|undefined/, address)
  }
  assertClean()
})
