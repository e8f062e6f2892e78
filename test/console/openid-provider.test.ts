/** Sign-in with an OpenID provider that others have made, in Chromium: see test/conformance/openid-provider. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { missingPackage } from '../conformance/tools.ts'
import { readEvents } from '../support/audit.ts'
import { NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { makeCertificate, NO_CERTIFICATES, type TestCertificate } from '../support/certificate.ts'
import { allow, iamClient, policyText } from '../support/iam.ts'
import { CLIENT } from '../support/oidc-issuer.ts'
import { freePort, PROVIDER, startOidcServer, trustGroup } from '../support/oidc-sign-in.ts'
import { callIam } from '../support/sdk-by-name.ts'
import type { TestServer } from '../support/server.ts'
import { newRole } from '../support/sts.ts'

const FOLDER = fileURLToPath(new URL('../conformance/openid-provider', import.meta.url))
const noBrowser = NO_BROWSER === false ? NO_CERTIFICATES : NO_BROWSER
const skip = noBrowser === false ? missingPackage(FOLDER, 'oidc-provider') : noBrowser

let browser: Browser
let certificate: TestCertificate
let provider: ChildProcess
let server: TestServer

before(async () => {
  if (skip !== false) return
  certificate = await makeCertificate()
  const port = await freePort()
  const url = await startProvider(`http://127.0.0.1:${port}/console/oidc`)
  server = await startOidcServer({ url }, certificate, {}, port)
  const client = iamClient(server)
  await callIam(client, 'CreateOpenIDConnectProvider', { Url: url, ClientIDList: [CLIENT.id] })
  await newRole(client, 'readers', trustGroup({ url }, 'readers'), policyText(allow('kms:*')))
  await newRole(client, 'admins', trustGroup({ url }, 'admins'), policyText(allow('*')))
  client.destroy()
  browser = await openBrowser()
})

/** Starts the provider; returns its address. */
async function startProvider(redirectUri: string): Promise<string> {
  const { certFile, keyFile } = certificate
  provider = spawn(process.execPath, ['provider.mjs'], {
    cwd: FOLDER,
    env: {
      ...{ CERT_FILE: certFile, KEY_FILE: keyFile, REDIRECT_URI: redirectUri },
      ...{ CLIENT_ID: CLIENT.id, CLIENT_SECRET: CLIENT.secret },
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  assert.ok(provider.stdout)
  for await (const line of createInterface(provider.stdout)) return line
  assert.fail('the provider did not start')
}

after(async () => {
  await browser?.close()
  provider?.kill()
  await server?.[Symbol.asyncDispose]()
  await certificate?.[Symbol.asyncDispose]()
})

async function goToProvider(path: string): Promise<Page> {
  const { page } = await openPage(browser, { takesEveryCertificate: true })
  await page.goto(`${server.endpoint}/console${path}`)
  await page.getByRole('button', { name: `Sign in with ${PROVIDER}` }).click()
  await page.locator('input[name="login"]').waitFor()
  return page
}

/** Signs in at the provider, and lets it tell the console who it is. */
async function signInAs(page: Page, person: string): Promise<void> {
  await page.locator('input[name="login"]').fill(person)
  await page.locator('input[name="password"]').fill('anything')
  await page.locator('button[type="submit"]').click()
  await page.getByRole('button', { name: 'Continue' }).click()
}

test('a person signs in with a provider of others, as the role that trusts its group', { skip }, async () => {
  const page = await goToProvider('/keys?q=team')
  await signInAs(page, 'ada')
  await page.getByRole('heading', { name: /^Keys/ }).first().waitFor()
  assert.equal(new URL(page.url()).pathname, '/console/keys')
  await page.getByRole('button', { name: 'readers/ada@example.com @ 000000000000' }).first().waitFor()
  await page.context().close()
  const events = await readEvents(server.data)
  const signIn = events.find(({ eventName }) => eventName === 'ConsoleLogin')
  assert.equal(signIn?.userIdentity?.arn, 'arn:aws:sts::000000000000:assumed-role/readers/ada@example.com')
  assert.ok(events.some(({ eventName }) => eventName === 'AssumeRoleWithWebIdentity'))
})

test('a person of two groups chooses a role, and one of another group gets none', { skip }, async () => {
  const chooser = await goToProvider('/')
  await signInAs(chooser, 'grace')
  await chooser.getByRole('heading', { name: 'Choose a role' }).waitFor()
  await chooser.getByRole('button', { name: 'admins' }).click()
  await chooser.getByRole('heading', { name: 'Home', exact: true }).waitFor()
  await chooser.context().close()
  const stranger = await goToProvider('/')
  await signInAs(stranger, 'mallory')
  await stranger.getByText('no role of account 000000000000 trusts you').waitFor()
  await stranger.context().close()
})

test('a person who turns back at the provider gets a reason', { skip }, async () => {
  const page = await goToProvider('/')
  await page.getByRole('link', { name: 'Cancel' }).click()
  await page.getByText('refused the sign-in: access_denied').waitFor()
  await page.context().close()
})
