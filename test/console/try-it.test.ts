import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CreateKeyCommand, type CreateKeyCommandInput, GetPublicKeyCommand } from '@aws-sdk/client-kms'
import type { Browser, Page } from 'playwright-core'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { problemsOf, signInTo } from '../support/console.ts'
import { kmsClient, REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

let browser: Browser
let server: TestServer

before(async () => {
  if (NO_BROWSER !== false) return
  const environment = { HOLDFAST_CONSOLE: 'on', HOLDFAST_REGION: REGION, HOLDFAST_SM2_REGIONS: REGION }
  server = await startServer({ environment })
  browser = await openBrowser()
})

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

async function newKey(input: CreateKeyCommandInput = {}): Promise<string> {
  return (await kmsClient(server).send(new CreateKeyCommand(input))).KeyMetadata?.KeyId ?? ''
}

/** Opens the page for a new key, and waits until it knows what the key is for. */
async function openTry(page: Page, input: CreateKeyCommandInput = {}): Promise<string> {
  const keyId = await newKey(input)
  await page.goto(`${server.endpoint}/console/try?key=${keyId}`)
  const { KeySpec = 'SYMMETRIC_DEFAULT', KeyUsage = 'ENCRYPT_DECRYPT' } = input
  await page.getByText(`${KeySpec}, ${KeyUsage}`).waitFor()
  return keyId
}

function button(page: Page, name: string) {
  return page.getByRole('button', { name, exact: true })
}

/** The text of the blocks of code in the page. */
async function blocks(page: Page): Promise<readonly string[]> {
  return page.locator('main pre').allTextContents()
}

async function seesCommand(page: Page, which: number, command: string): Promise<void> {
  await button(page, 'Show as CLI').nth(which).click()
  const dialog = page.getByRole('dialog', { name: 'The same with the AWS CLI' })
  await dialog.locator('pre', { hasText: command }).waitFor()
  await dialog.getByRole('button', { name: /Close/ }).click()
}

const SIGNING = ['RSA_2048', 'ECC_NIST_P256', 'ECC_NIST_EDWARDS25519', 'SM2', 'ML_DSA_44'] as const

for (const KeySpec of SIGNING) {
  test(`a message is signed and verified by a key of the spec ${KeySpec}`, { skip: NO_BROWSER }, async () => {
    const { page, assertClean } = await openPage(browser)
    await signInTo(server, page)
    await openTry(page, { KeySpec, KeyUsage: 'SIGN_VERIFY' })
    assert.equal(await page.getByRole('tab').count(), 1, 'the key is for nothing else')
    await page.getByLabel('Message', { exact: true }).fill('attack at dawn')
    await button(page, 'Sign').click()
    await button(page, 'Verify this').click()
    await button(page, 'Verify').click()
    await page.getByText('The signature is valid', { exact: true }).waitFor()
    if (KeySpec === 'RSA_2048') {
      await look(page, 'try-sign')
      await seesCommand(page, 1, 'aws kms verify')
    }
    assertClean()
    await page.getByLabel('Message', { exact: true }).fill('attack at noon')
    await button(page, 'Verify').click()
    await page.getByText('The signature is not valid').waitFor()
    assert.ok(!page.url().includes('attack'))
    await page.context().close()
  })
}

test('a digest is signed as it is, and text that is not base64 is not sent', {
  skip: NO_BROWSER,
}, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await openTry(page, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  await page.getByRole('button', { name: /Message type/ }).click()
  await page.getByRole('option', { name: 'DIGEST' }).click()
  await page.getByLabel('Message', { exact: true }).fill('no base64!')
  await page.getByText('This is not base64.').waitFor()
  assert.equal(await button(page, 'Sign').isDisabled(), true)
  await page.getByLabel('Message', { exact: true }).fill(Buffer.alloc(32, 7).toString('base64'))
  await button(page, 'Sign').click()
  await page.getByText('Signed', { exact: true }).waitFor()
  assertClean()
  await page.context().close()
})

test('a MAC is made and verified', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await openTry(page, { KeySpec: 'HMAC_384', KeyUsage: 'GENERATE_VERIFY_MAC' })
  await page.getByLabel('Message', { exact: true }).fill('attack at dawn')
  await button(page, 'Generate MAC').click()
  await button(page, 'Verify this').click()
  await button(page, 'Verify MAC').click()
  await page.getByText('The MAC is valid', { exact: true }).waitFor()
  await look(page, 'try-mac')
  await page.getByLabel('Message', { exact: true }).fill('attack at noon')
  await button(page, 'Verify MAC').click()
  await page.getByText('The MAC is not valid').waitFor()
  await seesCommand(page, 0, 'aws kms generate-mac')
  assert.deepEqual(problemsOf(assertClean), [])
  await page.context().close()
})

test('two keys agree on one secret', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  const input = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' } as const
  const theirs = await newKey(input)
  const ours = await openTry(page, input)
  const derive = async (keyId: string): Promise<string | undefined> => {
    const { PublicKey = new Uint8Array() } = await kmsClient(server).send(
      new GetPublicKeyCommand({ KeyId: keyId }),
    )
    const base64 = Buffer.from(PublicKey).toString('base64')
    const lines = base64.match(/.{1,64}/g) ?? []
    const pem = `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`
    await page.getByLabel('Their public key').fill(pem)
    await button(page, 'Derive shared secret').click()
    await page.getByText('The shared secret', { exact: true }).waitFor()
    return (await blocks(page))[0]
  }
  const here = await derive(theirs)
  await look(page, 'try-agreement')
  await seesCommand(page, 0, 'aws kms derive-shared-secret')
  await page.goto(`${server.endpoint}/console/try?key=${theirs}`)
  assert.equal(await derive(ours), here)
  assert.match(here ?? '', /^[\w+/]{43}=$/)
  assertClean()
  await page.context().close()
})

test('a secret is encapsulated and decapsulated', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await openTry(page, { KeySpec: 'ML_KEM_512', KeyUsage: 'ENCAPSULATE_DECAPSULATE' })
  await button(page, 'Encapsulate').click()
  await button(page, 'Decapsulate this').click()
  await button(page, 'Decapsulate').click()
  await page.getByText('Decapsulated', { exact: true }).waitFor()
  const [made, , opened] = await blocks(page)
  assert.match(made ?? '', /^[\w+/]{43}=$/)
  assert.equal(opened, made)
  await look(page, 'try-encapsulation')
  assertClean()
  await page.context().close()
})

test('data keys and data key pairs are made with and without plaintext', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await openTry(page)
  await page.getByRole('tab', { name: 'Data keys' }).click()
  await button(page, 'Generate data key').click()
  await page.getByText('Data key (base64)', { exact: true }).waitFor()
  await page.getByRole('checkbox', { name: 'With plaintext' }).uncheck()
  await button(page, 'Generate data key').click()
  await page.getByText('Data key (base64)', { exact: true }).waitFor({ state: 'detached' })
  await page.getByText('Encrypted data key (base64)', { exact: true }).waitFor()
  await button(page, 'Generate data key pair').click()
  await page.getByText('Private key (base64)', { exact: true }).waitFor()
  await look(page, 'try-data-keys')
  await page.getByRole('checkbox', { name: 'With the private key as plaintext' }).uncheck()
  await button(page, 'Generate data key pair').click()
  await page.getByText('Private key (base64)', { exact: true }).waitFor({ state: 'detached' })
  await page.getByText('Encrypted private key (base64)', { exact: true }).waitFor()
  await seesCommand(page, 1, 'aws kms generate-data-key-pair-without-plaintext')
  assertClean()
  await page.context().close()
})

test('a ciphertext is encrypted again under another key, with another context', {
  skip: NO_BROWSER,
}, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  const other = await newKey()
  await openTry(page)
  await page.getByLabel('Plaintext').fill('attack at dawn')
  await button(page, 'Encrypt').click()
  await page.getByText('Encrypted', { exact: true }).waitFor()
  const [ciphertext = ''] = await blocks(page)
  await page.getByRole('tab', { name: 'Re-encrypt' }).click()
  await page.getByLabel('Ciphertext (base64)').fill(ciphertext)
  await page.getByLabel('Destination key').fill(other)
  await button(page, 'Add pair').last().click()
  await page.getByRole('textbox', { name: 'New encryption context Key' }).fill('purpose')
  await page.getByRole('textbox', { name: 'New encryption context Value' }).fill('test')
  await button(page, 'Re-encrypt').click()
  await page.getByText('Re-encrypted', { exact: true }).waitFor()
  await look(page, 'try-re-encrypt')
  const [again = '', by = ''] = await blocks(page)
  assert.notEqual(again, ciphertext)
  assert.ok(by.endsWith(other))
  await seesCommand(page, 0, `--destination-encryption-context='{"purpose":"test"}'`)
  assertClean()
  await page.context().close()
})

test('a key pair encrypts and decrypts by the chosen algorithm', { skip: NO_BROWSER }, async () => {
  const { page, assertClean } = await openPage(browser)
  await signInTo(server, page)
  await openTry(page, { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' })
  assert.equal(await page.getByText('Encryption context').count(), 0, 'key pairs have no context')
  await page.getByRole('button', { name: /Algorithm/ }).click()
  await page.getByRole('option', { name: 'RSAES_OAEP_SHA_1' }).click()
  await page.getByLabel('Plaintext').fill('attack at dawn')
  await button(page, 'Encrypt').click()
  await button(page, 'Decrypt this').click()
  await button(page, 'Decrypt').click()
  await page.locator('main pre', { hasText: 'attack at dawn' }).waitFor()
  await look(page, 'try-rsa')
  assertClean()
  await page.context().close()
})
