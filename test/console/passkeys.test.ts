/** Passkeys in Chromium, with its virtual authenticator: made, as only and as second factor, and refused. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { newLink, problemsOf, rowAction } from '../support/console.ts'
import { iamClient } from '../support/iam.ts'
import { codeAt, enableDevice } from '../support/mfa.ts'
import { callIam } from '../support/sdk-by-name.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const PASSWORD = 'correct Horse 1'
const skip = NO_BROWSER

let browser: Browser
let server: TestServer
let client: IAMClient
/** Browsers make no passkeys at an IP address. */
let origin: string

before(async () => {
  if (skip !== false) return
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on' } })
  origin = server.endpoint.replace('127.0.0.1', 'localhost')
  client = iamClient(server)
  browser = await openBrowser()
})

after(async () => {
  await browser?.close()
  client?.destroy()
  await server?.[Symbol.asyncDispose]()
})

const iam = (name: string, input: object = {}) => callIam(client, name, input)

async function person(UserName: string): Promise<void> {
  await iam('CreateUser', { UserName })
  await iam('CreateLoginProfile', { UserName, Password: PASSWORD })
  await iam('AttachUserPolicy', { UserName, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' })
}

type Device = { readonly cdp: CDPSession; readonly authenticatorId: string }

/** Gives a page an authenticator that verifies its user at once. */
async function plugIn(page: Page): Promise<Device> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  })
  return { cdp, authenticatorId }
}

async function enter(page: Page, user: string): Promise<void> {
  await page.getByLabel('Account ID or alias').fill(ACCOUNT)
  await page.getByLabel('User name').fill(user)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

async function addPasskey(page: Page, name: string): Promise<void> {
  await page.goto(`${origin}/console/credentials`)
  await page.getByRole('button', { name: 'Add passkey' }).click()
  await page.getByLabel('Name of the passkey').fill(name)
}

const home = (page: Page): Promise<void> => page.getByRole('heading', { name: 'Home', exact: true }).waitFor()

async function signOut(page: Page, holder: string): Promise<void> {
  await page
    .getByRole('button', { name: `${holder} @ ${ACCOUNT}` })
    .first()
    .click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByLabel('User name').waitFor()
}

const LOOKS = [
  ['light', 360],
  ['dark', 360],
  ['dark', 1280],
  ['light', 2560],
  ['light', 1280],
] as const

async function lookAll(page: Page, name: string): Promise<void> {
  for (const [colorScheme, width] of LOOKS) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 900 })
    await look(page, `${name}-${colorScheme}-${width}`)
  }
}

test('a user makes a passkey, and signs in with it alone', { skip }, async () => {
  await person('ada')
  const { page, assertClean } = await openPage(browser)
  await plugIn(page)
  await page.goto(`${origin}/console/`)
  await enter(page, 'ada')
  await home(page)
  await addPasskey(page, 'laptop')
  await lookAll(page, 'passkey-add')
  await page.getByRole('button', { name: 'Make passkey' }).click()
  await page.getByText(`arn:aws:iam::${ACCOUNT}:u2f/user/ada/laptop-`).first().waitFor()
  await lookAll(page, 'passkey-listed')
  await signOut(page, 'ada')
  await lookAll(page, 'passkey-sign-in')
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await home(page)
  await page
    .getByRole('button', { name: `ada @ ${ACCOUNT}` })
    .first()
    .waitFor()
  await addPasskey(page, 'again')
  await page.getByRole('button', { name: 'Make passkey' }).click()
  await page.getByText('This device has one of your passkeys already.').waitFor()
  assert.deepEqual(problemsOf(assertClean), [])
})

test('sign-in by password asks for the passkey, and offers a code to who has both', { skip }, async () => {
  await person('mia')
  const { page } = await openPage(browser)
  await plugIn(page)
  await page.goto(`${origin}/console/`)
  await enter(page, 'mia')
  await home(page)
  await addPasskey(page, 'key')
  await page.getByRole('button', { name: 'Make passkey' }).click()
  await page.getByText(`u2f/user/mia/key-`).first().waitFor()
  const serial = await enableDevice(iam, 'of-mia', { UserName: 'mia' })
  await signOut(page, 'mia')
  await enter(page, 'mia')
  await page.getByText('Continue with your passkey or security key.').waitFor()
  await lookAll(page, 'passkey-second')
  await page.getByRole('button', { name: 'Continue' }).click()
  await home(page)
  await signOut(page, 'mia')
  await enter(page, 'mia')
  await page.getByRole('button', { name: 'Use a code instead' }).click()
  await page.getByLabel('Code of your MFA device').fill(codeAt(serial, 1))
  await page.getByRole('button', { name: 'Continue' }).click()
  await home(page)
})

test('an authenticator that does not verify its user signs nobody in', { skip }, async () => {
  await person('eve')
  const { page } = await openPage(browser)
  const { cdp, authenticatorId } = await plugIn(page)
  await page.goto(`${origin}/console/`)
  await enter(page, 'eve')
  await home(page)
  await addPasskey(page, 'key')
  await page.getByRole('button', { name: 'Make passkey' }).click()
  await page.getByText(`u2f/user/eve/key-`).first().waitFor()
  await signOut(page, 'eve')
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await page.getByText('No passkey was used. Try again, or sign in another way.').waitFor()
  await look(page, 'passkey-refused')
})

test('the root user makes a passkey, signs in with it, and removes it', { skip }, async () => {
  const { page } = await openPage(browser)
  await plugIn(page)
  const link = (await newLink(server)).replace('127.0.0.1', 'localhost')
  await page.goto(link)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await home(page)
  await addPasskey(page, 'safe')
  await page.getByRole('button', { name: 'Make passkey' }).click()
  await page.getByText(`arn:aws:iam::${ACCOUNT}:u2f/root/safe-`).first().waitFor()
  await look(page, 'passkey-root')
  await signOut(page, 'Root user')
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await home(page)
  await page.goto(`${origin}/console/credentials`)
  await rowAction(page, { button: /^Remove arn/, action: 'Remove', command: 'aws iam deactivate-mfa-device' })
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor()
})

test('at an IP address there are no passkeys, and the page says why', { skip }, async () => {
  await person('lou')
  const { page } = await openPage(browser)
  await page.goto(`${server.endpoint}/console/credentials`)
  await page.getByLabel('User name').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Use a passkey' }).count(), 0)
  await enter(page, 'lou')
  await page.getByRole('button', { name: 'Add passkey' }).hover()
  await page.getByText('Browsers make no passkeys at an IP address').last().waitFor()
})
