import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DescribeKeyCommand,
  EncryptCommand,
} from '@aws-sdk/client-kms'
import type { Browser, Page } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { rowAction, signInTo } from '../support/console.ts'
import { kmsClient, REGION } from '../support/kms.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'

let browser: Browser
let server: TestServer

before(async () => {
  if (NO_BROWSER !== false) return
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on', HOLDFAST_REGION: REGION } })
  browser = await openBrowser()
})

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

async function newKey(alias: string, input: CreateKeyCommandInput = {}): Promise<string> {
  const kms = kmsClient(server)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand(input))
  const TargetKeyId = KeyMetadata?.KeyId ?? ''
  await kms.send(new CreateAliasCommand({ AliasName: `alias/${alias}`, TargetKeyId }))
  return TargetKeyId
}

async function stateOf(KeyId: string): Promise<string | undefined> {
  return (await kmsClient(server).send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState
}

function openTab(page: Page, keyId: string, tab: string): Promise<unknown> {
  return page.goto(`${server.endpoint}/console/keys/${keyId}?tab=${tab}`)
}

/** The file that a click downloads. */
async function download(page: Page, button: string): Promise<Buffer> {
  const coming = page.waitForEvent('download')
  await page.getByRole('button', { name: button }).click()
  return readFile(await (await coming).path())
}

test('a grant is created, shown and revoked, and its command line is shown', {
  skip: NO_BROWSER,
}, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await openTab(page, await newKey('granted'), 'grants')
  await page.getByRole('button', { name: 'Create grant' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Grantee').fill('arn:aws:iam::000000000000:root')
  await dialog.getByRole('button', { name: /Choose at least one operation/ }).click()
  await page.getByRole('option', { name: 'Decrypt', exact: true }).click()
  await page.keyboard.press('Escape')
  await look(page, 'create-grant')
  await dialog.getByRole('button', { name: 'Show as CLI' }).click()
  await page.locator('pre', { hasText: 'aws kms create-grant' }).waitFor()
  await page.getByRole('dialog').last().getByRole('button', { name: /Close/ }).click()
  await dialog.getByRole('button', { name: 'Create grant' }).click()
  const revoke = page.getByRole('button', { name: /^Revoke [0-9a-f]{64}/ })
  await revoke.waitFor()
  await look(page, 'grants')
  await rowAction(page, { button: /^Revoke [0-9a-f]{64}/, action: 'Revoke', command: 'aws kms revoke-grant' })
  await page.getByText('This key has no grants.').waitFor()
  assertClean()
})

test('disabling shows the impact first, and needs the alias', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  const keyId = await newKey('payments')
  await openTab(page, keyId, 'overview')
  await page.getByText(/^Not since/).waitFor()
  await kmsClient(server).send(new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('x') }))
  await openTab(page, keyId, 'overview')
  await page.getByRole('button', { name: 'Disable', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Who has used it').waitFor()
  await dialog.getByRole('row', { name: /Encrypt/ }).waitFor()
  const looks = dialog.getByRole('row', { name: /DescribeKey|GetKeyPolicy|ListAliases/ })
  assert.equal(await looks.count(), 0, 'the reads of the page are no use of the key')
  const confirm = dialog.getByRole('button', { name: 'Disable', exact: true })
  assert.ok(await confirm.isDisabled())
  await dialog.getByLabel('To confirm, type payments').fill('payments')
  await look(page, 'disable-impact')
  await confirm.click()
  await page.getByRole('button', { name: 'Enable', exact: true }).waitFor()
  assert.equal(await stateOf(keyId), 'Disabled')
  await page.getByRole('button', { name: 'Schedule deletion' }).click()
  const deletion = page.getByRole('dialog')
  await deletion.getByLabel('To confirm, type payments').fill('payment')
  assert.ok(await deletion.getByRole('button', { name: 'Schedule deletion' }).isDisabled())
  await deletion.getByLabel('To confirm, type payments').fill('payments')
  await deletion.getByRole('button', { name: 'Schedule deletion' }).click()
  await page.getByRole('button', { name: 'Cancel deletion' }).waitFor()
  assert.equal(await stateOf(keyId), 'PendingDeletion')
  assertClean()
})

test('key material is wrapped by the commands of the page, and imported', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  const keyId = await newKey('imported', { Origin: 'EXTERNAL' })
  const folder = await temporaryFolder()
  await openTab(page, keyId, 'import')
  await page.getByRole('button', { name: 'Get wrapping key and import token' }).click()
  await writeFile(join(folder, 'WrappingPublicKey.der'), await download(page, 'Download wrapping key'))
  const commands = await page.locator('pre', { hasText: 'openssl' }).textContent()
  await promisify(execFile)('sh', ['-euc', commands ?? ''], { cwd: folder })
  await page.locator('input[type=file]').setInputFiles(join(folder, 'EncryptedKeyMaterial.bin'))
  await look(page, 'import')
  await page.getByRole('button', { name: 'Import', exact: true }).click()
  await page.getByText('The key material was imported').waitFor()
  assert.equal(await stateOf(keyId), 'Enabled')
  assertClean()
})

test('a public key is downloaded as PEM, DER and JWK', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await openTab(
    page,
    await newKey('signing', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
    'publicKey',
  )
  assert.match((await download(page, 'Download PEM')).toString(), /^-----BEGIN PUBLIC KEY-----\n/)
  assert.equal((await download(page, 'Download DER')).length, 91)
  const jwk: unknown = JSON.parse((await download(page, 'Download JWK')).toString())
  assert.ok(typeof jwk === 'object' && jwk !== null && Reflect.get(jwk, 'crv') === 'P-256')
  assertClean()
})
