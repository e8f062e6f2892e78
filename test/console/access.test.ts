import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { callRaw } from '../support/calls.ts'
import { problemsOf, signInTo } from '../support/console.ts'
import { iamClient, newUser, policyText } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

let browser: Browser
let server: TestServer

before(async () => {
  if (NO_BROWSER !== false) return
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on', HOLDFAST_REGION: REGION } })
  browser = await openBrowser()
  const iam = iamClient(server, server.credentials)
  await newUser(
    iam,
    'reader',
    policyText({
      Effect: 'Allow',
      Action: ['iam:Get*', 'iam:List*', 'holdfast:SimulateCall', 'kms:ListKeys', 'cloudtrail:LookupEvents'],
      Resource: '*',
    }),
  )
  iam.destroy()
})

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

test('a user gets a group, a policy and an access key, whose secret is shown once and works', {
  skip: NO_BROWSER,
}, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await page.goto(`${server.endpoint}/console/access?tab=groups`)
  await create(page, 'Create group', 'Group name', 'payments')
  await page.getByRole('tab', { name: 'Users' }).click()
  await create(page, 'Create user', 'User name', 'ada')
  await page.getByRole('link', { name: 'ada', exact: true }).click()
  await page.getByRole('heading', { name: 'ada', exact: true }).waitFor()
  await page.getByRole('button', { name: 'Choose a group' }).click()
  await page.getByRole('option', { name: 'payments' }).click()
  await page.getByRole('button', { name: 'Add to group' }).click()
  await page.getByRole('row', { name: /payments.*group\/payments/ }).waitFor()
  await inlinePolicy(page)
  await page.getByRole('button', { name: 'Create access key' }).click()
  const dialog = page.getByRole('dialog', { name: 'The new access key' })
  await dialog.getByText('shown this once').waitFor()
  const accessKeyId = String(await dialog.getByText(/^AKIA\w{16}$/).textContent())
  const secretAccessKey = String(await dialog.getByText(/^[A-Za-z0-9+/]{40}$/).textContent())
  await look(page, 'access-new-key')
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await page.getByRole('row', { name: new RegExp(accessKeyId) }).waitFor()
  assert.ok(!(await page.content()).includes(secretAccessKey), 'the secret is not in the page any more')
  const answer = await callRaw(server, 'TrentService.ListKeys', '{}', { accessKeyId, secretAccessKey })
  assert.equal(answer.status, 200, answer.text)
  await look(page, 'access-user')
  assertClean()
  await page.context().close()
})

async function create(page: Page, button: string, label: string, name: string): Promise<void> {
  await page.getByRole('button', { name: button }).click()
  const dialog = page.getByRole('dialog', { name: button })
  await dialog.getByLabel(label).fill(name)
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('link', { name, exact: true }).waitFor()
}

async function inlinePolicy(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New inline policy' }).click()
  const dialog = page.getByRole('dialog', { name: 'New inline policy' })
  await dialog.getByLabel('Policy name').fill('list-keys')
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('textbox', { name: 'Policy list-keys' }).focus()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(policyText({ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }))
  await page.getByRole('button', { name: 'Review changes' }).click()
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('The policy was saved').waitFor()
  await page.getByRole('row', { name: /list-keys/ }).waitFor()
}

test('what a person may not do is disabled with the reason, and pages out of reach are not shown', {
  skip: NO_BROWSER,
}, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page, 'reader')
  await page.getByRole('link', { name: 'Access' }).click()
  const button = page.getByRole('button', { name: 'Create user' })
  await button.and(page.locator('[aria-disabled=true]')).waitFor()
  await button.hover()
  const reason = page.getByText('iam:CreateUser: Not allowed by any identity-based policy.')
  await reason.locator('visible=true').first().waitFor()
  await look(page, 'access-reader')
  assert.equal(await page.getByRole('link', { name: 'Usage and cost' }).count(), 0)
  assert.equal(await page.getByRole('link', { name: 'Settings' }).count(), 1)
  assert.deepEqual(problemsOf(assertClean), [])
  await page.context().close()
})

test('a person whose first simulation came too soon still sees what it may not do', {
  skip: NO_BROWSER,
}, async () => {
  const { page } = await openPage(browser)
  let refused = 0
  await page.route(`${server.endpoint}/`, async (route) => {
    const { 'x-amz-target': target = '' } = route.request().headers()
    if (refused > 0 || !target.endsWith('.SimulateCall')) return route.continue()
    refused += 1
    const body = JSON.stringify({ __type: 'ThrottlingException', message: 'Rate exceeded' })
    return route.fulfill({ status: 400, contentType: 'application/x-amz-json-1.1', body })
  })
  await signInTo(server, page, 'reader')
  await page.getByRole('link', { name: 'Access' }).click()
  const disabled = page.locator('[aria-disabled=true]')
  await page.getByRole('button', { name: 'Create user' }).and(disabled).waitFor()
  assert.equal(refused, 1)
  await page.context().close()
})
