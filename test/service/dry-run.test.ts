/** DryRun: always an error, and nothing happens. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Output } from '../../src/api/json.ts'
import { eventOf } from '../support/audit.ts'
import { assertError, base64, call, encryptText, newKey, succeed } from '../support/calls.ts'
import { policy } from '../support/samples.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const WOULD_SUCCEED = 'The request would have succeeded, but the DryRun option is set.'

let server: TestServer
let keyId: string
let ciphertext: string

before(async () => {
  server = await startServer()
  keyId = await newKey(server)
  ciphertext = await encryptText(server, keyId, 'x')
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

const CALLS: Readonly<Record<string, (key: string, blob: string) => Output>> = {
  Encrypt: (key) => ({ KeyId: key, Plaintext: base64('x') }),
  Decrypt: (key, blob) => ({ KeyId: key, CiphertextBlob: blob }),
  ReEncrypt: (key, blob) => ({ SourceKeyId: key, DestinationKeyId: key, CiphertextBlob: blob }),
  GenerateDataKey: (key) => ({ KeyId: key, KeySpec: 'AES_256' }),
  GenerateDataKeyWithoutPlaintext: (key) => ({ KeyId: key, KeySpec: 'AES_256' }),
}

for (const [operation, input] of Object.entries(CALLS)) {
  test(`a dry run of ${operation} that would succeed answers DryRunOperationException`, async () => {
    const answer = await call(server, operation, { ...input(keyId, ciphertext), DryRun: true })
    assertError(answer, 'DryRunOperationException', WOULD_SUCCEED)
    const event = await eventOf(server, answer.requestId)
    assert.equal(event.errorCode, 'DryRunOperationException')
    assert.equal(event.errorMessage, WOULD_SUCCEED)
    assert.equal(event.requestParameters?.['dryRun'], true)
    const wet = await call(server, operation, { ...input(keyId, ciphertext), DryRun: false })
    assert.equal(wet.status, 200)
  })

  test(`a dry run of ${operation} that would fail answers with that failure`, async () => {
    const closed = await newKey(server)
    const blob = await encryptText(server, closed, 'x')
    const dry = () => call(server, operation, { ...input(closed, blob), DryRun: true })
    await succeed(server, 'DisableKey', { KeyId: closed })
    assertError(await dry(), 'DisabledException', /is disabled\.$/)
    await succeed(server, 'EnableKey', { KeyId: closed })
    const denied = operation === 'ReEncrypt' ? 'kms:ReEncrypt*' : `kms:${operation}`
    await succeed(server, 'PutKeyPolicy', { KeyId: closed, Policy: policy(ACCOUNT, [denied]) })
    assertError(await dry(), 'AccessDeniedException', /with an explicit deny/)
    const unknown = '12345678-1234-4234-8234-123456789012'
    const absent = await call(server, operation, { ...input(unknown, blob), DryRun: true })
    assertError(absent, 'NotFoundException', /does not exist$/)
  })
}

test('a dry run of Decrypt checks the ciphertext and its context', async () => {
  assertError(
    await call(server, 'Decrypt', { CiphertextBlob: base64('garbage'), DryRun: true }),
    'InvalidCiphertextException',
    undefined,
  )
  assertError(
    await call(server, 'Decrypt', {
      CiphertextBlob: ciphertext,
      EncryptionContext: { a: 'b' },
      DryRun: true,
    }),
    'InvalidCiphertextException',
    undefined,
  )
})

test('IGNORE_CIPHERTEXT needs a dry run and a key, and then no ciphertext', async () => {
  const DryRunModifiers = ['IGNORE_CIPHERTEXT']
  assertError(
    await call(server, 'Decrypt', { KeyId: keyId, DryRun: true, DryRunModifiers }),
    'DryRunOperationException',
    WOULD_SUCCEED,
  )
  assertError(
    await call(server, 'ReEncrypt', {
      SourceKeyId: keyId,
      DestinationKeyId: keyId,
      DryRun: true,
      DryRunModifiers,
    }),
    'DryRunOperationException',
    WOULD_SUCCEED,
  )
  assertError(
    await call(server, 'Decrypt', { KeyId: keyId, CiphertextBlob: ciphertext, DryRunModifiers }),
    'ValidationException',
    'DryRunModifiers can be used only when DryRun is true.',
  )
  assertError(
    await call(server, 'Decrypt', { DryRun: true, DryRunModifiers }),
    'ValidationException',
    'KeyId is required when the ciphertext is ignored.',
  )
  assertError(
    await call(server, 'Decrypt', { KeyId: keyId, DryRun: true }),
    'ValidationException',
    /Value at 'ciphertextBlob' failed to satisfy constraint: Member must not be null$/,
  )
})
