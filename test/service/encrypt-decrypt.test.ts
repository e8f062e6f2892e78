/** Encrypt, Decrypt, ReEncrypt and their encryption contexts, at and beyond their limits. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  type Answer,
  assertError,
  base64,
  call,
  callRaw,
  encryptText,
  fromBase64,
  newKey,
  succeed,
} from '../support/calls.ts'
import { REGION } from '../support/kms.ts'
import { policy } from '../support/samples.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const NO_USABLE_KEY =
  'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.'
const INCORRECT_KEY = 'The key ID in the request does not identify a CMK that can perform this operation.'

let server: TestServer
let keyId: string

before(async () => {
  server = await startServer()
  keyId = await newKey(server)
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

type Context = Readonly<Record<string, string>>

function decrypt(blob: string, context?: Context, key?: string): Promise<Answer> {
  return call(server, 'Decrypt', { CiphertextBlob: blob, EncryptionContext: context, KeyId: key })
}

const zeros = (size: number): string => Buffer.alloc(size).toString('base64')
const tooLong = (path: string, limit: number): string =>
  `1 validation error detected: Value at '${path}' failed to satisfy constraint: Member must have length less than or equal to ${limit}`

test('Encrypt takes 1 to 4,096 bytes', async () => {
  for (const size of [1, 4096]) {
    const { CiphertextBlob } = await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: zeros(size) })
    const { json } = await decrypt(String(CiphertextBlob))
    assert.equal(json['Plaintext'], zeros(size))
  }
  assertError(
    await call(server, 'Encrypt', { KeyId: keyId, Plaintext: zeros(4097) }),
    'ValidationException',
    tooLong('plaintext', 4096),
  )
})

test('Decrypt and ReEncrypt take ciphertexts of up to 6,144 bytes', async () => {
  for (const [operation, more] of [
    ['Decrypt', {}],
    ['ReEncrypt', { DestinationKeyId: keyId }],
  ] as const) {
    const run = (size: number) => call(server, operation, { CiphertextBlob: zeros(size), ...more })
    assertError(await run(1), 'InvalidCiphertextException', undefined)
    assertError(await run(6144), 'InvalidCiphertextException', undefined)
    assertError(await run(6145), 'ValidationException', tooLong('ciphertextBlob', 6144))
    assertError(
      await call(server, operation, more),
      'ValidationException',
      "1 validation error detected: Value at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
    )
  }
})

test('a ciphertext with any one bit flipped, one byte more or less is never decrypted', async () => {
  const blob = Buffer.from(await encryptText(server, keyId, 'x'), 'base64')
  const key = Buffer.from(keyId.replaceAll('-', ''), 'hex')
  const keyAt = blob.indexOf(key)
  assert.ok(keyAt > 0)
  // The flags before the id belong to it: one of them makes it the id of a multi-Region key.
  const altered: (readonly [what: string, bytes: Buffer, namesOtherKey: boolean])[] = []
  for (let bit = 0; bit < blob.length * 8; bit += 1) {
    const bytes = Buffer.from(blob)
    const at = bit >> 3
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7))
    altered.push([`bit ${bit}`, bytes, at >= keyAt - 1 && at < keyAt + key.length])
  }
  altered.push(['a byte more', Buffer.concat([blob, Buffer.alloc(1)]), false])
  altered.push(['a byte less', blob.subarray(0, -1), false])
  altered.push(['a byte in front', Buffer.concat([Buffer.alloc(1), blob]), false])
  const answers = await Promise.all(
    altered.map(async ([what, bytes, other]) => ({
      what,
      other,
      answer: await decrypt(bytes.toString('base64')),
    })),
  )
  for (const { what, other, answer } of answers) {
    assert.equal(answer.status, 400, what)
    const refused = answer.code === 'InvalidCiphertextException' && answer.message === undefined
    const hidden = answer.code === 'AccessDeniedException' && answer.message === NO_USABLE_KEY
    assert.ok(other ? hidden || refused : refused, `${what}: ${answer.text}`)
  }
  for (const named of [keyId, `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}`]) {
    const bytes = Buffer.from(blob)
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    assertError(
      await decrypt(bytes.toString('base64'), undefined, named),
      'InvalidCiphertextException',
      undefined,
    )
  }
})

test('Decrypt refuses a context that is wrong, missing or too much', async () => {
  const blob = await encryptText(server, keyId, 'x', { a: '1', b: '2' })
  for (const context of [
    undefined,
    {},
    { a: '1' },
    { a: '1', b: '3' },
    { a: '1', B: '2' },
    { a: '1', b: '2', c: '' },
    { a: '2', b: '1' },
    { a1: '', b2: '' },
    { ab: '12' },
  ]) {
    assertError(await decrypt(blob, context), 'InvalidCiphertextException', undefined)
    assertError(await decrypt(blob, context, keyId), 'InvalidCiphertextException', undefined)
  }
  assert.equal((await decrypt(blob, { b: '2', a: '1' })).status, 200)
  const bare = await encryptText(server, keyId, 'x')
  assertError(await decrypt(bare, { a: '1' }), 'InvalidCiphertextException', undefined)
})

test('an empty context is the same as none', async () => {
  const bare = await encryptText(server, keyId, 'x')
  const empty = await encryptText(server, keyId, 'x', {})
  assert.equal((await decrypt(bare, {})).status, 200)
  assert.equal((await decrypt(empty)).status, 200)
})

test('a context keeps every name and value apart, whatever they are', async () => {
  const contexts: readonly (readonly [string, string])[][] = [
    [['__proto__', 'a']],
    [['constructor', 'a']],
    [['toString', 'a']],
    [['hasOwnProperty', '__proto__']],
    [['', '']],
    [['', 'a']],
    [['a', '']],
    [['ä', 'a']],
    [['a\u0308', 'a']],
    [['😀', '\u0000']],
    [['é', '中文']],
    [['=', ';']],
    [
      ['😀', '1'],
      ['\uffee', '2'],
    ],
  ]
  const texts = contexts.map(
    (pairs) =>
      // By hand: an object literal would take __proto__ for its prototype.
      `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
  )
  const blobs = await Promise.all(
    texts.map(async (context) => {
      const body = `{"KeyId":"${keyId}","Plaintext":"${base64('x')}","EncryptionContext":${context}}`
      const { status, json, text } = await callRaw(server, 'TrentService.Encrypt', body)
      assert.equal(status, 200, text)
      return String(json['CiphertextBlob'])
    }),
  )
  for (const [made, blob] of blobs.entries()) {
    for (const [given, context] of texts.entries()) {
      const body = `{"CiphertextBlob":"${blob}","EncryptionContext":${context}}`
      const { status, code } = await callRaw(server, 'TrentService.Decrypt', body)
      assert.equal(status, made === given ? 200 : 400, `${texts[made]} with ${context}`)
      if (made !== given) assert.equal(code, 'InvalidCiphertextException')
    }
  }
})

test('a context with a lone surrogate is refused with SerializationException', async () => {
  for (const context of ['{"a":"\\ud800"}', '{"\\udc00":"a"}', '{"a":"\\udc00\\ud800"}']) {
    const body = `{"KeyId":"${keyId}","Plaintext":"${base64('x')}","EncryptionContext":${context}}`
    assertError(await callRaw(server, 'TrentService.Encrypt', body), 'SerializationException', undefined)
  }
  const paired = `{"KeyId":"${keyId}","Plaintext":"${base64('x')}","EncryptionContext":{"a":"\\ud83d\\ude00"}}`
  assert.equal((await callRaw(server, 'TrentService.Encrypt', paired)).status, 200)
})

test('a context whose values are no texts is refused with SerializationException', async () => {
  for (const value of ['1', 'null', 'true', '{}', '["a"]']) {
    const body = `{"KeyId":"${keyId}","Plaintext":"${base64('x')}","EncryptionContext":{"a":${value}}}`
    assertError(await callRaw(server, 'TrentService.Encrypt', body), 'SerializationException', undefined)
  }
})

test('a context of 8,192 bytes is taken and one of 8,193 bytes refused', async () => {
  const blob = await encryptText(server, keyId, 'x', { a: 'v'.repeat(8191) })
  assert.equal((await decrypt(blob, { a: 'v'.repeat(8191) })).status, 200)
  const message = 'EncryptionContext: at most 8192 bytes in names and values together, got 8193.'
  const large = { a: 'v'.repeat(8192) }
  for (const [operation, input] of [
    ['Encrypt', { KeyId: keyId, Plaintext: base64('x'), EncryptionContext: large }],
    ['GenerateDataKey', { KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: large }],
    ['Decrypt', { CiphertextBlob: blob, EncryptionContext: large }],
  ] as const) {
    assertError(await call(server, operation, input), 'ValidationException', message)
  }
})

test('Decrypt refuses a key that did not make the ciphertext', async () => {
  const other = await newKey(server)
  const blob = await encryptText(server, keyId, 'x')
  for (const name of [other, `arn:aws:kms:${REGION}:${ACCOUNT}:key/${other}`]) {
    assertError(await decrypt(blob, undefined, name), 'IncorrectKeyException', INCORRECT_KEY)
    assertError(
      await call(server, 'ReEncrypt', { CiphertextBlob: blob, SourceKeyId: name, DestinationKeyId: keyId }),
      'IncorrectKeyException',
      INCORRECT_KEY,
    )
  }
  const unknown = '12345678-1234-4234-8234-123456789012'
  assertError(
    await decrypt(blob, undefined, unknown),
    'NotFoundException',
    `Key 'arn:aws:kms:${REGION}:${ACCOUNT}:key/${unknown}' does not exist`,
  )
})

test('Decrypt with another algorithm than the key has is refused', async () => {
  const blob = await encryptText(server, keyId, 'x')
  assertError(
    await call(server, 'Decrypt', { CiphertextBlob: blob, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }),
    'InvalidKeyUsageException',
    'Algorithm RSAES_OAEP_SHA_1 is incompatible with key spec SYMMETRIC_DEFAULT.',
  )
})

test('Recipient is refused without a root of attestation: an answer for an enclave is never sent in the clear', async () => {
  const Recipient = { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument: base64('x') }
  const message = 'Recipient is not supported: no attestation root is configured.'
  const blob = await encryptText(server, keyId, 'x')
  for (const [operation, input] of [
    ['Decrypt', { CiphertextBlob: blob, Recipient }],
    ['GenerateDataKey', { KeyId: keyId, KeySpec: 'AES_256', Recipient }],
    ['GenerateRandom', { NumberOfBytes: 1, Recipient }],
  ] as const) {
    const answer = await call(server, operation, input)
    assertError(answer, 'UnsupportedOperationException', message)
  }
})

test('Decrypt without a KeyId says why when a policy denies the key of the ciphertext', async () => {
  const closed = await newKey(server)
  const blob = await encryptText(server, closed, 'x')
  await succeed(server, 'PutKeyPolicy', { KeyId: closed, Policy: policy(ACCOUNT, ['kms:Decrypt']) })
  for (const key of [undefined, closed]) {
    assertError(
      await decrypt(blob, undefined, key),
      'AccessDeniedException',
      `User: arn:aws:iam::${ACCOUNT}:root is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:${REGION}:${ACCOUNT}:key/${closed} with an explicit deny in a resource-based policy`,
    )
  }
})

test('a ciphertext outlives everything that happens to its key', async () => {
  const moody = await newKey(server)
  const blob = await encryptText(server, moody, 'still here')
  await succeed(server, 'DisableKey', { KeyId: moody })
  assertError(
    await decrypt(blob),
    'DisabledException',
    `arn:aws:kms:${REGION}:${ACCOUNT}:key/${moody} is disabled.`,
  )
  await succeed(server, 'ScheduleKeyDeletion', { KeyId: moody })
  assertError(await decrypt(blob), 'KMSInvalidStateException', /is pending deletion\.$/)
  await succeed(server, 'CancelKeyDeletion', { KeyId: moody })
  await succeed(server, 'EnableKey', { KeyId: moody })
  assert.equal(fromBase64((await decrypt(blob)).json['Plaintext']), 'still here')
})
