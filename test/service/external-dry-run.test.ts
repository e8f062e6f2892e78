/** A dry run on a key in an external key store: decided here, without a word to the proxy. */

import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { Output } from '../../src/api/json.ts'
import { eventOf } from '../support/audit.ts'
import { assertError, base64, call, encryptText, newKey, succeed } from '../support/calls.ts'
import {
  makeCertificate,
  NO_CERTIFICATES,
  type TestCertificate,
  testWithCertificate as test,
} from '../support/certificate.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { connect, newStore, proxySettings } from '../support/stores.ts'
import { openScriptedProxy, refusal, type ScriptedProxy } from '../support/xks-proxy.ts'

const WOULD_SUCCEED = 'The request would have succeeded, but the DryRun option is set.'
const CONTEXT = { project: 'nile' }
const ENDPOINT_ID = 'a-key'

let certificate: TestCertificate
let proxy: ScriptedProxy
let server: TestServer
let storeId: string
let keyId: string
let plainId: string
let ciphertext: string
let plainCiphertext: string

before(async () => {
  if (NO_CERTIFICATES !== false) return
  certificate = await makeCertificate()
  proxy = await openScriptedProxy(certificate)
  server = await startServer({ environment: proxySettings(certificate, proxy.port) })
  storeId = await newStore(server)
  assert.equal((await connect(server, storeId)).ConnectionState, 'CONNECTED')
  keyId = await newKey(server, {
    Origin: 'EXTERNAL_KEY_STORE',
    CustomKeyStoreId: storeId,
    XksKeyId: ENDPOINT_ID,
  })
  plainId = await newKey(server)
  ciphertext = await encryptText(server, keyId, 'x', CONTEXT)
  plainCiphertext = await encryptText(server, plainId, 'x', CONTEXT)
})

after(async () => {
  if (NO_CERTIFICATES !== false) return
  await server[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await certificate[Symbol.asyncDispose]()
})

/** The calls that ask a proxy when they are no dry runs. */
const CALLS: Readonly<Record<string, () => readonly [operation: string, input: Output]>> = {
  Encrypt: () => ['Encrypt', { KeyId: keyId, Plaintext: base64('x'), EncryptionContext: CONTEXT }],
  'Decrypt without a key': () => ['Decrypt', { CiphertextBlob: ciphertext, EncryptionContext: CONTEXT }],
  'Decrypt with the key': () => [
    'Decrypt',
    { KeyId: keyId, CiphertextBlob: ciphertext, EncryptionContext: CONTEXT },
  ],
  'ReEncrypt out of the store': () => [
    'ReEncrypt',
    { CiphertextBlob: ciphertext, SourceEncryptionContext: CONTEXT, DestinationKeyId: plainId },
  ],
  'ReEncrypt into the store': () => [
    'ReEncrypt',
    { CiphertextBlob: plainCiphertext, SourceEncryptionContext: CONTEXT, DestinationKeyId: keyId },
  ],
  GenerateDataKey: () => ['GenerateDataKey', { KeyId: keyId, KeySpec: 'AES_256' }],
  GenerateDataKeyWithoutPlaintext: () => [
    'GenerateDataKeyWithoutPlaintext',
    { KeyId: keyId, NumberOfBytes: 64 },
  ],
}

for (const [name, inputOf] of Object.entries(CALLS)) {
  test(`a dry run of ${name} asks no proxy, and says that it would have succeeded`, async () => {
    proxy.behave((_, right) => right())
    const [operation, input] = inputOf()
    const asked = proxy.requests.length
    const answer = await call(server, operation, { ...input, DryRun: true })
    assertError(answer, 'DryRunOperationException', WOULD_SUCCEED)
    assert.equal(proxy.requests.length, asked)
    const event = await eventOf(server, answer.requestId)
    assert.equal(event.errorCode, 'DryRunOperationException')
    await succeed(server, operation, { ...input, DryRun: false })
    assert.equal(proxy.requests.length, asked + 1)
  })

  test(`a dry run of ${name} says the same when the proxy would refuse`, async () => {
    proxy.behave(() => refusal(400, 'KeyNotFoundException'))
    const [operation, input] = inputOf()
    const answer = await call(server, operation, { ...input, DryRun: true })
    assertError(answer, 'DryRunOperationException', WOULD_SUCCEED)
    const wet = await call(server, operation, input)
    assert.equal(wet.code, 'KMSInvalidStateException', wet.text)
  })
}

test('a dry run checks what can be known without the proxy', async () => {
  proxy.behave((_, right) => right())
  const other = await newKey(server, {
    Origin: 'EXTERNAL_KEY_STORE',
    CustomKeyStoreId: storeId,
    XksKeyId: 'other',
  })
  const asked = proxy.requests.length
  const dry = (operation: string, input: Output) => call(server, operation, { ...input, DryRun: true })
  const foreign = { KeyId: other, CiphertextBlob: ciphertext, EncryptionContext: CONTEXT }
  assertError(await dry('Decrypt', foreign), 'IncorrectKeyException', /does not identify a CMK/)
  const cut = Buffer.from(ciphertext, 'base64').subarray(0, 40).toString('base64')
  assertError(
    await dry('Decrypt', { KeyId: keyId, CiphertextBlob: cut }),
    'InvalidCiphertextException',
    undefined,
  )
  const long = { KeyId: keyId, Plaintext: base64('x'), EncryptionContext: { a: 'b'.repeat(8192) } }
  assertError(await dry('Encrypt', long), 'ValidationException', /^EncryptionContext: at most 8192 bytes/)
  await succeed(server, 'DisableKey', { KeyId: keyId })
  const disabled = await dry('Encrypt', { KeyId: keyId, Plaintext: base64('x') })
  assertError(disabled, 'DisabledException', /is disabled\.$/)
  await succeed(server, 'EnableKey', { KeyId: keyId })
  await succeed(server, 'DisconnectCustomKeyStore', { CustomKeyStoreId: storeId })
  const disconnected = await dry('Encrypt', { KeyId: keyId, Plaintext: base64('x') })
  assertError(disconnected, 'KMSInvalidStateException', /not connected to its external key store/)
  assert.equal(proxy.requests.length, asked)
})
