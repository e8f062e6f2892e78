import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { newKey, succeed } from '../support/calls.ts'
import { problemsOf, rowAction, signInTo } from '../support/console.ts'
import { allow, iamClient, newUser, policyText } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
/** An insight is found when the index has read its call: the page is opened again until then. */
const ATTEMPTS = 10
const ATTEMPT_MS = 2000

let browser: Browser
let server: TestServer

before(async () => {
  if (NO_BROWSER !== false) return
  server = await startServer({
    environment: { HOLDFAST_CONSOLE: 'on', HOLDFAST_REGION: REGION, HOLDFAST_INSIGHTS_LEARNING_DAYS: '0' },
  })
  browser = await openBrowser()
  const iam = iamClient(server)
  await newUser(iam, 'ada', policyText(allow('sts:AssumeRole')))
  iam.destroy()
})

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

function openAccess(page: Page, path: string): Promise<unknown> {
  return page.goto(`${server.endpoint}/console/access${path}`)
}

/** Deletes what the page is of, by typing its name. */
async function deletePage(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: `Delete ${name}` })
  await dialog.getByLabel(`To confirm, type ${name}`).fill(name)
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

test('a group gets a member and a policy, loses both, and is deleted', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await openAccess(page, '?tab=groups')
  await page.getByRole('button', { name: 'Create group' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create group' })
  await dialog.getByLabel('Group name').fill('painters')
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('link', { name: 'painters', exact: true }).click()
  await page.getByRole('button', { name: 'Choose a user' }).click()
  await page.getByRole('option', { name: 'ada' }).click()
  await page.getByRole('button', { name: 'Show as CLI' }).first().click()
  await page.locator('pre', { hasText: 'aws iam add-user-to-group' }).waitFor()
  await page.getByRole('dialog').getByRole('button', { name: /Close/ }).click()
  await page.getByRole('button', { name: 'Add user' }).click()
  await page.getByRole('button', { name: 'Remove ada' }).waitFor()
  await page.getByRole('button', { name: 'Choose a policy' }).click()
  await page.getByRole('option', { name: 'IAMReadOnlyAccess' }).first().click()
  await page.getByRole('button', { name: 'Attach policy' }).click()
  await page.getByRole('button', { name: 'Detach IAMReadOnlyAccess' }).waitFor()
  await look(page, 'access-group')
  await rowAction(page, { button: 'Remove ada', action: 'Remove', command: 'aws iam remove-user-from-group' })
  await page.getByText('The group has no users.').waitFor()
  await rowAction(page, {
    button: 'Detach IAMReadOnlyAccess',
    action: 'Detach',
    command: 'aws iam detach-group-policy',
  })
  await page.getByText('No managed policies are attached.').waitFor()
  await deletePage(page, 'painters')
  await page.getByText('There are no groups yet.').waitFor()
  assert.deepEqual(problemsOf(assertClean), [])
  await page.context().close()
})

test('a role is created, trusts somebody else, and is deleted', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await openAccess(page, '?tab=roles')
  await page.getByRole('button', { name: 'Create role' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create role' })
  await dialog.getByLabel('Role name').fill('worker')
  await dialog.getByLabel('Who may assume the role').fill(`arn:aws:iam::${ACCOUNT}:user/nobody`)
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await dialog.getByText('MalformedPolicyDocument', { exact: true }).waitFor()
  await dialog.getByLabel('Who may assume the role').fill(ACCOUNT)
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('link', { name: 'worker', exact: true }).click()
  const editor = page.getByRole('textbox', { name: 'Trust policy' })
  await editor.focus()
  await page.keyboard.press('Control+A')
  const trust = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/ada` } }
  await page.keyboard.insertText(policyText({ ...trust, Action: 'sts:AssumeRole' }))
  await page.getByRole('button', { name: 'Review changes' }).first().click()
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('The policy was saved').waitFor()
  await look(page, 'access-role')
  await deletePage(page, 'worker')
  await page.getByRole('link', { name: 'worker', exact: true }).waitFor({ state: 'detached' })
  assert.deepEqual(problemsOf(assertClean), [])
  await page.context().close()
})

test('the first use of a key is an insight, whose record and key are shown', {
  skip: NO_BROWSER,
}, async () => {
  const keyId = await newKey(server)
  await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA' })
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  const row = page.getByRole('row', { name: new RegExp(`first time.*${keyId}`) })
  for (let attempt = 0; attempt < ATTEMPTS && (await row.count()) === 0; attempt += 1) {
    await page.goto(`${server.endpoint}/console/insights`)
    await row.waitFor({ timeout: ATTEMPT_MS }).catch(() => undefined)
  }
  await look(page, 'insights-listed')
  await row.getByRole('button', { name: /^Show/ }).click()
  await page.locator('pre', { hasText: 'KeyFirstUseInsight' }).waitFor()
  assert.deepEqual(problemsOf(assertClean), [])
  await page.context().close()
})
