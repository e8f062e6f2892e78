import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import type { Browser } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { problemsOf, signInTo } from '../support/console.ts'
import { allow, iamClient, newUser, policyText } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'

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
})

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

test('the root user cannot switch, and is told why', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await page.getByRole('button', { name: `Root user @ ${ACCOUNT}` }).click()
  const item = page.getByRole('menuitem', { name: /Switch role/ })
  assert.equal(await item.getAttribute('aria-disabled'), 'true')
  assertClean()
  await page.context().close()
})
