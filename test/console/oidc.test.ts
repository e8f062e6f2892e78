/** Sign-in with an OpenID provider in Chromium: one role, a choice of roles, refusals, and a session that ends. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import type { Browser, Page } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { makeCertificate, NO_CERTIFICATES, type TestCertificate } from '../support/certificate.ts'
import { problemsOf } from '../support/console.ts'
import { allow, iamClient, policyText } from '../support/iam.ts'
import { CLIENT, type OidcIssuer, openOidcIssuer } from '../support/oidc-issuer.ts'
import { PROVIDER, startOidcServer, trustGroup } from '../support/oidc-sign-in.ts'
import { callIam } from '../support/sdk-by-name.ts'
import type { TestServer } from '../support/server.ts'
import { newRole } from '../support/sts.ts'

const skip = NO_BROWSER === false ? NO_CERTIFICATES : NO_BROWSER

let browser: Browser
let certificate: TestCertificate
let issuer: OidcIssuer
let server: TestServer
let client: IAMClient

before(async () => {
  if (skip !== false) return
  certificate = await makeCertificate()
  issuer = await openOidcIssuer(certificate)
  server = await startOidcServer(issuer, certificate)
  client = iamClient(server)
  await callIam(client, 'CreateOpenIDConnectProvider', { Url: issuer.url, ClientIDList: [CLIENT.id] })
  await newRole(client, 'readers', trustGroup(issuer, 'readers'), policyText(allow('kms:*')))
  await newRole(client, 'admins', trustGroup(issuer, 'admins'), policyText(allow('*')))
  browser = await openBrowser()
})

after(async () => {
  await browser?.close()
  client?.destroy()
  await server?.[Symbol.asyncDispose]()
  await issuer?.[Symbol.asyncDispose]()
  await certificate?.[Symbol.asyncDispose]()
})

const LOOKS = [
  ['light', 360],
  ['dark', 360],
  ['dark', 1280],
  ['light', 2560],
] as const

async function lookAll(page: Page, name: string): Promise<void> {
  for (const [colorScheme, width] of LOOKS) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 900 })
    await look(page, `${name}-${colorScheme}-${width}`)
  }
}

/** Goes to the provider from a page of the console, and comes back as a person of these groups. */
async function prove(page: Page, groups: readonly string[]): Promise<void> {
  issuer.person({ sub: 'auth0|17', email: 'ada@example.com', email_verified: true, groups })
  await page.getByRole('button', { name: `Sign in with ${PROVIDER}` }).click()
  await page.getByRole('link', { name: 'I am who I am' }).click()
}

test('a person signs in to the one role that trusts it, and is at the page that was asked for', {
  skip,
}, async () => {
  const { page, assertClean } = await openPage(browser, { takesEveryCertificate: true })
  await page.goto(`${server.endpoint}/console/keys?q=team`)
  await page.getByRole('button', { name: `Sign in with ${PROVIDER}` }).waitFor()
  await lookAll(page, 'oidc-sign-in')
  await prove(page, ['readers'])
  await page.getByRole('heading', { name: /^Keys/ }).first().waitFor()
  assert.equal(new URL(page.url()).pathname, '/console/keys')
  assert.ok(!page.url().includes('code='))
  await page.getByRole('button', { name: 'readers/ada@example.com @ 000000000000' }).first().waitFor()
  assert.deepEqual(problemsOf(assertClean), [])
})

test('a person whom two roles trust chooses one', { skip }, async () => {
  const { page, assertClean } = await openPage(browser, { takesEveryCertificate: true })
  await page.goto(`${server.endpoint}/console/`)
  await prove(page, ['readers', 'admins'])
  await page.getByRole('heading', { name: 'Choose a role' }).waitFor()
  await lookAll(page, 'oidc-roles')
  await page.getByRole('button', { name: 'admins' }).click()
  await page.getByRole('heading', { name: 'Home', exact: true }).waitFor()
  await page.goto(`${server.endpoint}/console/credentials`)
  await page.getByText('You signed in with an identity provider').waitFor()
  await page.getByRole('button', { name: 'admins/ada@example.com @ 000000000000' }).first().click()
  await page.getByRole('menuitem', { name: 'Switch role' }).click()
  const dialog = page.getByRole('dialog', { name: 'Switch role' })
  await dialog.getByLabel('Role name').fill('readers')
  await dialog.getByRole('button', { name: 'Switch role' }).click()
  // The name of the session is valid: the trust policy decides.
  await dialog.getByText(/not authorized to perform: sts:AssumeRole/).waitFor()
  assert.deepEqual(problemsOf(assertClean), [])
})

test('a person whom no role trusts, and an answer that nobody asked for, get a reason', {
  skip,
}, async () => {
  const { page } = await openPage(browser, { takesEveryCertificate: true })
  await page.goto(`${server.endpoint}/console/`)
  await prove(page, [])
  await page.getByText('no role of account 000000000000 trusts you').waitFor()
  await lookAll(page, 'oidc-refused')
  await page.getByRole('button', { name: 'Begin again' }).click()
  await page.getByLabel('User name').waitFor()
  const other = await openPage(browser)
  await other.page.goto(`${server.endpoint}/console/oidc?code=theirs&state=theirs`)
  await other.page.getByText('was not begun in this browser').waitFor()
  await other.page.goto(`${server.endpoint}/console/oidc?error=access_denied`)
  await other.page.getByText('refused the sign-in: access_denied').waitFor()
  assert.equal(new URL(other.page.url()).pathname, '/console/')
})

test('a session that ends is taken up in place, by a sign-in in another tab', { skip }, async () => {
  const { page } = await openPage(browser, { takesEveryCertificate: true })
  await page.goto(`${server.endpoint}/console/`)
  await prove(page, ['readers'])
  await page.getByRole('heading', { name: 'Home', exact: true }).waitFor()
  const [cookie] = await page.context().cookies()
  assert.ok(cookie)
  await page.evaluate("fetch('/console/session/end', { method: 'POST' }).then(() => undefined)")
  await page.getByRole('link', { name: 'Keys', exact: true }).first().click()
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor()
  await look(page, 'oidc-ended')
  const [tab] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('button', { name: `Sign in with ${PROVIDER}` }).click(),
  ])
  await tab.getByRole('link', { name: 'I am who I am' }).click()
  await tab.getByRole('heading', { name: 'Home', exact: true }).waitFor()
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor({ state: 'detached' })
})
