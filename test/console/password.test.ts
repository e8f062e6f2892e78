/** Sign-in by password in Chromium: a password that must be replaced, the code of an MFA device, and what goes wrong. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import type { Browser, Page } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { iamClient } from '../support/iam.ts'
import { codeAt, codeOf, enableDevice } from '../support/mfa.ts'
import { type Answer, callIam } from '../support/sdk-by-name.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const PASSWORD = 'correct Horse 1'
const NEXT_PASSWORD = 'another Horse 2'

let browser: Browser
let server: TestServer
let client: IAMClient

before(async () => {
  if (NO_BROWSER !== false) return
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on' } })
  client = iamClient(server)
  browser = await openBrowser()
})

after(async () => {
  await browser?.close()
  client?.destroy()
  await server?.[Symbol.asyncDispose]()
})

const iam = (name: string, input: object = {}): Promise<Answer> => callIam(client, name, input)

async function person(UserName: string, more: object = {}): Promise<void> {
  await iam('CreateUser', { UserName })
  await iam('CreateLoginProfile', { UserName, Password: PASSWORD, ...more })
  await iam('AttachUserPolicy', { UserName, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' })
}

async function enter(page: Page, user: string, password: string): Promise<void> {
  await page.getByLabel('Account ID or alias').fill(ACCOUNT)
  await page.getByLabel('User name').fill(user)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

const home = (page: Page): Promise<void> => page.getByRole('heading', { name: 'Home', exact: true }).waitFor()

test('a user replaces the first password, enters a code, and is signed in', {
  skip: NO_BROWSER,
}, async () => {
  await person('ada', { PasswordResetRequired: true })
  const serial = await enableDevice(iam, 'of-ada', { UserName: 'ada' })
  const { page } = await openPage(browser)
  await page.goto(`${server.endpoint}/console/keys`)
  await page.getByLabel('User name').waitFor()
  for (const [theme, width] of [
    ['light', 360],
    ['dark', 1280],
  ] as const) {
    await page.emulateMedia({ colorScheme: theme })
    await page.setViewportSize({ width, height: 900 })
    await look(page, `password-${theme}-${width}`)
  }
  await enter(page, 'ada', 'wrong Horse 9')
  await page.getByText('The account, user name, password or code is not correct.').waitFor()
  await enter(page, 'ada', PASSWORD)
  await page.getByLabel('New password', { exact: true }).fill(NEXT_PASSWORD)
  await page.getByLabel('New password again').fill('something else')
  await page.getByLabel('Code of your MFA device').fill('000000')
  await look(page, 'password-needs')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('The new passwords are not the same.').waitFor()
  await page.getByLabel('New password again').fill(NEXT_PASSWORD)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('The account, user name, password or code is not correct.').waitFor()
  await page.getByLabel('Code of your MFA device').fill(codeAt(serial, 1))
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: /^Keys/ }).first().waitFor()
  assert.equal(new URL(page.url()).pathname, '/console/keys', 'the page that was asked for')
  await page
    .getByRole('button', { name: `ada @ ${ACCOUNT}` })
    .first()
    .waitFor()
})

test('a session that ends with the password is taken up in place', { skip: NO_BROWSER }, async () => {
  await person('bob')
  const { page } = await openPage(browser)
  await page.goto(`${server.endpoint}/console/`)
  await enter(page, 'bob', PASSWORD)
  await home(page)
  await iam('UpdateLoginProfile', { UserName: 'bob', Password: NEXT_PASSWORD })
  await page.getByRole('link', { name: 'Keys', exact: true }).first().click()
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor()
  assert.equal(await page.getByLabel('User name').inputValue(), 'bob')
  await page.getByLabel('Password', { exact: true }).fill(NEXT_PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor({ state: 'detached' })
})

test('a user adds an MFA device and changes the password, and signs in with both', {
  skip: NO_BROWSER,
}, async () => {
  await person('eve')
  const { page, assertClean } = await openPage(browser)
  await page.goto(`${server.endpoint}/console/credentials`)
  await enter(page, 'eve', PASSWORD)
  await page.getByRole('heading', { name: 'My security credentials' }).waitFor()
  for (const [theme, width] of [
    ['light', 360],
    ['dark', 2560],
    ['dark', 360],
    ['light', 1280],
  ] as const) {
    await page.emulateMedia({ colorScheme: theme })
    await page.setViewportSize({ width, height: 900 })
    await look(page, `credentials-${theme}-${width}`)
  }
  await page.getByRole('button', { name: 'Add device' }).click()
  await page.getByRole('button', { name: 'Show QR code' }).click()
  await page.getByRole('img', { name: 'QR code of the device' }).waitFor()
  const seed =
    (await page
      .getByText(/^[A-Z2-7]{32}$/)
      .first()
      .textContent()) ?? ''
  await look(page, 'credentials-device')
  await page.getByLabel('First code').fill(codeOf(seed, -1))
  await page.getByLabel('Second code').fill(codeOf(seed, 0))
  await page.getByRole('button', { name: 'Enable device' }).click()
  await page.getByText(`arn:aws:iam::${ACCOUNT}:mfa/eve`).waitFor()
  await page.getByLabel('Present password').fill(PASSWORD)
  await page.getByLabel('New password', { exact: true }).fill(NEXT_PASSWORD)
  await page.getByLabel('New password again').fill(NEXT_PASSWORD)
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor()
  assertClean()
  await page.getByLabel('Password', { exact: true }).fill(NEXT_PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByLabel('Code of your MFA device').fill(codeOf(seed, 1))
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor({ state: 'detached' })
  await page.getByText('The password was changed.').first().waitFor()
})
