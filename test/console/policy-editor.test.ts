import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { eventOf } from '../support/audit.ts'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { callRaw } from '../support/calls.ts'
import { problemsOf, signInTo } from '../support/console.ts'
import { iamClient, newUser, policyText, type TestCredentials } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'

let browser: Browser
let server: TestServer
let ada: TestCredentials

before(async () => {
  if (NO_BROWSER !== false) return
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on', HOLDFAST_REGION: REGION } })
  browser = await openBrowser()
  const iam = iamClient(server, server.credentials)
  ada = await newUser(iam, 'ada', policyText({ Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' }))
  iam.destroy()
})

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

/** A key that ada has used once. */
async function usedKey(): Promise<string> {
  const { json } = await callRaw(server, 'TrentService.CreateKey', '{}', server.credentials)
  const keyId = /"KeyId":"([\w-]+)"/.exec(JSON.stringify(json))?.[1] ?? ''
  const body = JSON.stringify({ KeyId: keyId, Plaintext: 'AAAA' })
  const answer = await callRaw(server, 'TrentService.Encrypt', body, ada)
  assert.equal(answer.status, 200, answer.text)
  await eventOf(server, answer.requestId)
  return keyId
}

/** A key policy that gives the root user everything, and nobody else anything. */
const ROOT_ONLY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: 'kms:*',
      Resource: '*',
      Condition: { StringEquals: { 'aws:PrincipalType': 'Account' } },
    },
  ],
})

async function openPolicy(page: Page, keyId: string): Promise<void> {
  await page.goto(`${server.endpoint}/console/keys/${keyId}?tab=policy`)
  await page.getByRole('textbox', { name: 'Key policy' }).waitFor()
}

/** Replaces the text of the editor by the keyboard alone. */
async function write(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Key policy' }).focus()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(text)
}

test('the editor says which recorded calls a key policy would refuse before it is saved', {
  skip: NO_BROWSER,
}, async () => {
  const keyId = await usedKey()
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await openPolicy(page, keyId)
  await write(page, '{ "Version": "2012-10-17", "Statement": [{ "Effect": "Maybe" }] }')
  await page.getByText('Effect is Allow or Deny.').waitFor()
  assert.ok(await page.getByRole('button', { name: 'Review changes' }).isDisabled())
  await look(page, 'policy-editor-problems')
  await write(page, ROOT_ONLY)
  await page.getByText('No problems found.').waitFor()
  await page.getByRole('button', { name: 'Sentences' }).click()
  await page.getByText(`when aws:PrincipalType is Account`).waitFor()
  await look(page, 'policy-editor-sentences')
  await page.getByRole('button', { name: 'Review changes' }).click()
  const row = page.getByRole('row', { name: /refused.*user\/ada.*kms:Encrypt/ })
  await row.waitFor()
  await page.getByText('No faults or risks found.').waitFor()
  await look(page, 'policy-editor-what-if')
  assert.match(await storedPolicy(keyId), /key-default-1/, 'nothing is saved yet')
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('The policy was saved').waitFor()
  assert.match(await storedPolicy(keyId), /PrincipalType/)
  assertClean()
  await page.context().close()
})

test('the editor says which recorded calls another policy of a user would refuse', {
  skip: NO_BROWSER,
}, async () => {
  await usedKey()
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await page.goto(`${server.endpoint}/console/access/users/ada`)
  await page.getByRole('button', { name: 'Edit own' }).click()
  const editor = page.getByRole('textbox', { name: 'Policy own' })
  await editor.focus()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(policyText({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' }))
  await page.getByRole('button', { name: 'Review changes' }).click()
  await page.getByRole('row', { name: /refused.*user\/ada.*kms:Encrypt/ }).waitFor()
  await look(page, 'policy-editor-identity-what-if')
  await page.getByRole('button', { name: 'Show as CLI' }).last().click()
  await page.locator('pre', { hasText: 'WhatIfIdentityPolicy' }).waitFor()
  assert.deepEqual(problemsOf(assertClean), [])
  await page.context().close()
})

test('a person without a mouse edits a policy, reviews it and saves it', { skip: NO_BROWSER }, async () => {
  const keyId = await usedKey()
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await openPolicy(page, keyId)
  await write(page, ROOT_ONLY)
  await page.getByText('No problems found.').waitFor()
  await tabTo(page, 'Review changes')
  await page.keyboard.press('Enter')
  await page.getByRole('row', { name: /refused.*user\/ada/ }).waitFor()
  await tabTo(page, 'Save changes')
  await page.keyboard.press('Enter')
  await page.getByText('The policy was saved').waitFor()
  assertClean()
  await page.context().close()
})

/** Presses Tab until a button has the focus: Tab goes past one that cannot be pressed yet. */
async function tabTo(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true, disabled: false }).waitFor()
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab')
    if ((await page.evaluate('document.activeElement?.textContent')) === name) return
  }
  assert.fail(`Tab does not get to ${name}`)
}

test('a policy that somebody changes while another one is being saved is not overwritten', {
  skip: NO_BROWSER,
}, async () => {
  const keyId = await usedKey()
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await openPolicy(page, keyId)
  await write(page, ROOT_ONLY)
  let puts = 0
  await page.route('**/*', async (route) => {
    if (!/PutKeyPolicy$/.test(route.request().headers()['x-amz-target'] ?? '')) return route.continue()
    puts += 1
    if (puts === 1) await putPolicy(keyId, 'Theirs')
    return route.continue()
  })
  await page.getByRole('button', { name: 'Review changes' }).click()
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByRole('heading', { name: 'Somebody else has changed this policy' }).waitFor()
  assert.match(await storedPolicy(keyId), /Theirs/, 'nothing is overwritten unseen')
  await page.getByRole('button', { name: 'Overwrite it with my changes' }).click()
  await page.getByText('The policy was saved').waitFor()
  assert.match(await storedPolicy(keyId), /PrincipalType/)
  assert.deepEqual(problemsOf(assertClean), [])
  await page.context().close()
})

/** Puts a policy for the root user, as somebody else. */
async function putPolicy(keyId: string, Sid: string): Promise<void> {
  const policy = policyText({
    ...{ Sid, Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } },
    ...{ Action: 'kms:*', Resource: '*' },
  })
  const body = JSON.stringify({ KeyId: keyId, Policy: policy })
  assert.equal((await callRaw(server, 'TrentService.PutKeyPolicy', body, server.credentials)).status, 200)
}

test('the editor decides an operation of a user by a policy that is not saved', {
  skip: NO_BROWSER,
}, async () => {
  const keyId = await usedKey()
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await openPolicy(page, keyId)
  await page.getByRole('button', { name: 'Explain for a user or role' }).click()
  await page.getByRole('combobox', { name: 'User or role' }).fill(`arn:aws:iam::${ACCOUNT}:user/ada`)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Explain', exact: true }).click()
  await page.getByText('Refused: no statement allows it').waitFor()
  await page.getByRole('columnheader', { name: 'Encrypt', exact: true }).waitFor()
  await page
    .getByRole('row', { name: /user\/ada/ })
    .getByRole('img', { name: 'Allowed' })
    .first()
    .waitFor()
  await look(page, 'policy-editor-explain')
  assertClean()
  await page.context().close()
})

test('a hostile Sid is text in sentences and problems', { skip: NO_BROWSER }, async () => {
  const keyId = await usedKey()
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await openPolicy(page, keyId)
  const Sid = '<img src=x onerror=alert(1)>\u202Efdp'
  const statement = { Sid, Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' }
  await write(page, JSON.stringify({ Version: '2012-10-17', Statement: [statement, statement] }))
  await page.getByText(/Another statement has the Sid <img/).waitFor()
  await page.getByRole('button', { name: 'Sentences' }).click()
  await page.getByText('Anybody may use every operation of KMS.').first().waitFor()
  assert.equal(await page.locator('main img[src="x"]').count(), 0)
  assert.ok(!(await page.locator('main').textContent())?.includes('\u202E'), 'no mark changes the direction')
  await look(page, 'policy-editor-hostile')
  assertClean()
  await page.context().close()
})

async function storedPolicy(KeyId: string): Promise<string> {
  const body = JSON.stringify({ KeyId })
  return (await callRaw(server, 'TrentService.GetKeyPolicy', body, server.credentials)).text
}
