import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { succeed } from '../support/calls.ts'
import { makeCertificate, NO_CERTIFICATES, type TestCertificate } from '../support/certificate.ts'
import { signInTo } from '../support/console.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { CREDENTIAL, proxySettings } from '../support/stores.ts'
import { openScriptedProxy, PROXY_HOST, PROXY_PATH, type ScriptedProxy } from '../support/xks-proxy.ts'

const skip = NO_BROWSER || NO_CERTIFICATES

let browser: Browser
let certificate: TestCertificate
let proxy: ScriptedProxy
let server: TestServer

before(async () => {
  if (skip !== false) return
  certificate = await makeCertificate()
  proxy = await openScriptedProxy(certificate)
  const environment = { HOLDFAST_CONSOLE: 'on', HOLDFAST_REGION: REGION }
  server = await startServer({ environment: { ...environment, ...proxySettings(certificate, proxy.port) } })
  browser = await openBrowser()
})

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
  await proxy?.[Symbol.asyncDispose]()
  await certificate?.[Symbol.asyncDispose]()
})

test('a store is created, connected and used by a new key, and disconnected', { skip }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await page.getByRole('link', { name: 'Custom key stores' }).click()
  await page.getByText('There are no custom key stores in this region.').waitFor()
  await createStore(page)
  await act(page, 'Connect')
  await page.getByRole('row', { name: /partner.*CONNECTED/ }).waitFor()
  await look(page, 'key-stores')
  await createKey(page)
  assert.equal(await encryptsBy(page), true)
  await page.goto(`${server.endpoint}/console/key-stores`)
  await act(page, 'Disconnect')
  await page.getByRole('row', { name: /partner.*DISCONNECTED/ }).waitFor()
  await page.goto(`${server.endpoint}/console/keys/create`)
  await page.getByRole('button', { name: 'Advanced options' }).click()
  await page.getByRole('radio', { name: /external key store/ }).check()
  await page.getByRole('button', { name: 'Choose a store' }).click()
  assert.equal(
    await page.getByRole('option', { name: /partner/ }).getAttribute('aria-disabled'),
    'true',
    'a store that is not connected is not offered',
  )
  assertClean()
  await page.context().close()
})

async function createStore(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Create external key store' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create external key store' })
  await dialog.getByLabel('Store name').fill('partner')
  await dialog.getByLabel('Proxy URI endpoint').fill(`https://${PROXY_HOST}`)
  await dialog.getByLabel('Proxy URI path').fill(PROXY_PATH)
  await dialog.getByLabel('Access key ID', { exact: true }).fill(CREDENTIAL.AccessKeyId)
  await dialog.getByLabel('Secret access key').fill(CREDENTIAL.RawSecretAccessKey)
  await look(page, 'key-stores-create')
  await dialog.getByRole('button', { name: 'Show as CLI' }).click()
  const command = page.locator('pre', { hasText: 'aws kms create-custom-key-store' })
  await command.waitFor()
  assert.ok(!(await command.textContent())?.includes(CREDENTIAL.RawSecretAccessKey))
  await page.getByRole('dialog').last().getByRole('button', { name: /Close/ }).click()
  await dialog.getByRole('button', { name: 'Create external key store' }).click()
  await page.getByRole('row', { name: /partner.*DISCONNECTED/ }).waitFor()
}

async function act(page: Page, action: 'Connect' | 'Disconnect'): Promise<void> {
  await page.getByRole('button', { name: `${action} partner` }).click()
  const dialog = page.getByRole('dialog', { name: `${action} partner` })
  if (action === 'Disconnect') await dialog.getByLabel('To confirm, type partner').fill('partner')
  await dialog.getByRole('button', { name: action, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

async function createKey(page: Page): Promise<void> {
  await page.goto(`${server.endpoint}/console/keys/create`)
  await page.getByRole('button', { name: 'Advanced options' }).click()
  await page.getByRole('radio', { name: /external key store/ }).check()
  await page.getByRole('button', { name: 'Choose a store' }).click()
  await page.getByRole('option', { name: /partner/ }).click()
  await page.getByLabel('External key ID').fill('orders')
  assert.equal(await page.getByRole('checkbox', { name: 'Multi-Region key' }).isDisabled(), true)
  await look(page, 'wizard-external')
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByLabel('Alias').fill('in-a-store')
  for (let step = 0; step < 3; step += 1) await page.getByRole('button', { name: 'Next' }).click()
  await page.getByRole('button', { name: 'Create key' }).click()
  await page.getByRole('heading', { name: 'in-a-store' }).waitFor()
}

async function encryptsBy(page: Page): Promise<boolean> {
  const keyId = /keys\/([^?]+)/.exec(page.url())?.[1]
  const { KeyMetadata } = await succeed(server, 'DescribeKey', { KeyId: keyId })
  assert.match(JSON.stringify(KeyMetadata), /"XksKeyConfiguration":\{"Id":"orders"\}/)
  const { CiphertextBlob } = await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA' })
  return typeof CiphertextBlob === 'string'
}
