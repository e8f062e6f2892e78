import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CreateLoginProfileCommand, CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import type { Browser } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { runHoldfast } from '../support/command.ts'
import { problemsOf, signInTo } from '../support/console.ts'
import { allow, iamClient, newUser, policyText } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { readCredentials, startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const OTHER = '111122223333'
const PASSWORD = 'correct Horse 1'

let browser: Browser
let server: TestServer

before(async () => {
  if (NO_BROWSER !== false) return
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on', HOLDFAST_REGION: REGION } })
  browser = await openBrowser()
  const iam = iamClient(server)
  await newUser(iam, 'ada', policyText(allow('sts:AssumeRole', 'holdfast:SimulateCall')))
  const trust = {
    ...{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/ada` } },
    Action: 'sts:AssumeRole',
  }
  const AssumeRolePolicyDocument = policyText(trust)
  await iam.send(new CreateRoleCommand({ RoleName: 'painter', AssumeRolePolicyDocument }))
  const PolicyDocument = policyText(allow('kms:*', 'holdfast:*', 'cloudtrail:*'))
  await iam.send(new PutRolePolicyCommand({ RoleName: 'painter', PolicyName: 'own', PolicyDocument }))
  iam.destroy()
  await otherAccount()
})

/** Another account with a role that trusts ada, and a user of its own. */
async function otherAccount(): Promise<void> {
  const { status, errors } = await runHoldfast(server.data, 'account', 'create', `--id=${OTHER}`)
  assert.equal(status, 0, errors)
  const iam = iamClient(server, await readCredentials(server.data, OTHER))
  const trust = {
    ...{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/ada` } },
    Action: 'sts:AssumeRole',
  }
  const AssumeRolePolicyDocument = policyText(trust)
  await iam.send(new CreateRoleCommand({ RoleName: 'guest', AssumeRolePolicyDocument }))
  const PolicyDocument = policyText(allow('kms:*', 'holdfast:*', 'cloudtrail:*'))
  await iam.send(new PutRolePolicyCommand({ RoleName: 'guest', PolicyName: 'own', PolicyDocument }))
  await newUser(iam, 'eve', PolicyDocument)
  await iam.send(new CreateLoginProfileCommand({ UserName: 'eve', Password: PASSWORD }))
  iam.destroy()
}

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

test('a user goes on as a role that trusts it, and goes back', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page, 'ada')
  await page.getByRole('button', { name: `ada @ ${ACCOUNT}` }).click()
  await page.getByRole('menuitem', { name: 'Switch role' }).click()
  const dialog = page.getByRole('dialog', { name: 'Switch role' })
  await dialog.getByLabel('Role name').fill('nobody')
  await dialog.getByRole('button', { name: 'Switch role' }).click()
  await dialog.getByText(/not authorized to perform: sts:AssumeRole/).waitFor()
  await dialog.getByLabel('Role name').fill('painter')
  await look(page, 'switch-role')
  await dialog.getByRole('button', { name: 'Show as CLI' }).click()
  await page.locator('pre', { hasText: `role/painter` }).waitFor()
  await page.getByRole('dialog').last().getByRole('button', { name: /Close/ }).click()
  await dialog.getByRole('button', { name: 'Switch role' }).click()
  const menu = page.getByRole('button', { name: `painter @ ${ACCOUNT}` })
  await menu.waitFor()
  await page.getByText('You go on as the role painter').waitFor()
  await page.getByRole('link', { name: 'Keys', exact: true }).click()
  await page.getByText('This account has no keys in this Region yet.').waitFor()
  await look(page, 'switched-role')
  await menu.click()
  await page.getByRole('menuitem', { name: 'Switch back' }).click()
  await page.getByRole('button', { name: `ada @ ${ACCOUNT}` }).waitFor()
  await page.getByText(/not authorized to perform: holdfast:ListKeySummaries/).waitFor()
  assert.equal(await page.getByText('This account has no keys in this Region yet.').count(), 0)
  assert.deepEqual(problemsOf(assertClean), [])
  await page.context().close()
})

test('a user goes on as a role of another account, and signs in to that account', {
  skip: NO_BROWSER,
}, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page, 'ada')
  await page.getByRole('button', { name: `ada @ ${ACCOUNT}` }).click()
  await page.getByRole('menuitem', { name: 'Switch role' }).click()
  const dialog = page.getByRole('dialog', { name: 'Switch role' })
  await dialog.getByLabel('Account ID').fill(OTHER)
  await dialog.getByLabel('Role name').fill('guest')
  await dialog.getByRole('button', { name: 'Switch role' }).click()
  await page.getByRole('button', { name: `guest @ ${OTHER}` }).waitFor()
  await page.getByRole('link', { name: 'Keys', exact: true }).click()
  await page.getByText('This account has no keys in this Region yet.').waitFor()
  await page.getByRole('button', { name: `guest @ ${OTHER}` }).click()
  await page.getByRole('menuitem', { name: 'Switch account' }).click()
  const other = page.getByRole('dialog', { name: 'Switch account' })
  await look(page, 'switch-account')
  await other.getByLabel('Account ID').fill(ACCOUNT)
  await other.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: `guest @ ${OTHER}` }).click()
  await page.getByRole('menuitem', { name: 'Switch back' }).click()
  await page.getByRole('button', { name: `ada @ ${ACCOUNT}` }).click()
  await page.getByRole('menuitem', { name: 'Switch account' }).click()
  await other.getByLabel('Account ID').fill(OTHER)
  await other.getByRole('button', { name: 'Sign in to this account' }).click()
  await page.getByLabel('User name').waitFor()
  assert.equal(await page.getByLabel('Account ID or alias').inputValue(), OTHER)
  await page.getByLabel('User name').fill('eve')
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: `eve @ ${OTHER}` }).waitFor()
  assert.deepEqual(problemsOf(assertClean), [])
  await page.context().close()
})

test('the root user cannot switch, and is told why', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await page.getByRole('button', { name: `Root user @ ${ACCOUNT}` }).click()
  const item = page.getByRole('menuitem', { name: /Switch role/ })
  assert.equal(await item.getAttribute('aria-disabled'), 'true')
  assertClean()
  await page.context().close()
})
