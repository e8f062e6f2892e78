import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { runHoldfast } from '../support/command.ts'
import { problemsOf, signInTo } from '../support/console.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const TEAM = '111122223333'

let browser: Browser
let server: TestServer

before(async () => {
  if (NO_BROWSER !== false) return
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on', HOLDFAST_REGION: REGION } })
  browser = await openBrowser()
  const { status, errors } = await runHoldfast(server.data, 'account', 'create', `--id=${TEAM}`)
  assert.equal(status, 0, errors)
})

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

async function openTab(page: Page, tab: string): Promise<void> {
  await page.goto(`${server.endpoint}/console/access?tab=${tab}`)
}

test('an organization gets a unit, an account in it, and a control policy that binds it', {
  skip: NO_BROWSER,
}, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await openTab(page, 'organization')
  await page.getByRole('button', { name: 'Create organization' }).click()
  await page.getByRole('button', { name: 'New unit in Root' }).click()
  await nameIn(page, 'New unit in Root', 'Unit name', 'Products')
  await page.getByRole('row', { name: /Root \/ Products/ }).waitFor()
  await page.getByRole('button', { name: 'Rename Products' }).click()
  await nameIn(page, 'Rename Products', 'Unit name', 'Goods')
  await page.getByRole('row', { name: /Root \/ Goods/ }).waitFor()
  await look(page, 'organization')
  await openTab(page, 'accounts')
  await page.getByRole('button', { name: `Move ${TEAM}` }).click()
  const dialog = page.getByRole('dialog', { name: `Move account ${TEAM}` })
  await dialog.getByRole('button', { name: 'Choose the root or a unit' }).click()
  await page.getByRole('option', { name: /Root \/ Goods/ }).click()
  await look(page, 'organization-move')
  await dialog.getByRole('button', { name: 'Move', exact: true }).click()
  await page.getByRole('row', { name: new RegExp(`${TEAM}.*ou-`) }).waitFor()
  const row = await page.getByRole('row', { name: new RegExp(TEAM) }).textContent()
  await bindAndFree(page, /ou-[0-9a-z]+-[0-9a-z]+?(?=FullAWSAccess|Move|–)/.exec(row ?? '')?.[0] ?? '')
  assert.deepEqual(problemsOf(assertClean), [])
  await page.context().close()
})

/** Fills in the name that a dialog asks for, and does what the dialog is for. */
async function nameIn(page: Page, title: string, label: string, name: string): Promise<void> {
  const dialog = page.getByRole('dialog', { name: title })
  await dialog.getByLabel(label).fill(name)
  await dialog.getByRole('button').last().waitFor()
  await dialog.locator('button[class*="variant-primary"]').click()
  await dialog.waitFor({ state: 'detached' })
}

/** Creates a control policy, attaches it, detaches it and deletes it. */
async function bindAndFree(page: Page, target: string): Promise<void> {
  await openTab(page, 'controls')
  await page.getByRole('button', { name: 'Create control policy' }).click()
  await nameIn(page, 'Create control policy', 'Policy name', 'no-delete')
  await page.getByRole('textbox', { name: 'Policy no-delete' }).focus()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Deny', Action: 'kms:ScheduleKeyDeletion', Resource: '*' }],
    }),
  )
  await page.getByRole('button', { name: 'Review changes' }).click()
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('The policy was saved').waitFor()
  await page.getByRole('button', { name: 'Attach to no-delete' }).click()
  await nameIn(page, 'Attach to: no-delete', 'Attach to', target)
  await page.getByRole('row', { name: new RegExp(`no-delete.*${target}`) }).waitFor()
  await look(page, 'control-policies')
  await page.getByRole('button', { name: 'Detach from no-delete' }).click()
  await nameIn(page, 'Detach no-delete', 'Detach from', target)
  await page.getByRole('button', { name: 'Delete no-delete' }).click()
  await nameIn(page, 'Delete no-delete', 'To confirm, type no-delete', 'no-delete')
  await page.getByRole('row', { name: /no-delete/ }).waitFor({ state: 'detached' })
}

test('a quota is changed, and set back to the default', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await page.goto(`${server.endpoint}/console/quotas`)
  await page.getByRole('searchbox').fill('kms.keys')
  const row = page.getByRole('row', { name: /kms\.keys/ })
  await row.getByRole('button', { name: 'Change kms.keys' }).click()
  const dialog = page.getByRole('dialog', { name: 'Change kms.keys' })
  await dialog.getByRole('textbox').fill('77')
  await look(page, 'quota-change')
  await dialog.getByRole('button', { name: 'Save changes' }).click()
  await page.getByRole('row', { name: /kms\.keys.*77.*Yes/ }).waitFor()
  await row.getByRole('button', { name: 'Change kms.keys' }).click()
  await dialog.getByRole('button', { name: 'Use the default' }).click()
  await page.getByRole('row', { name: /kms\.keys.*No/ }).waitFor()
  assert.deepEqual(problemsOf(assertClean), [])
  await page.context().close()
})
