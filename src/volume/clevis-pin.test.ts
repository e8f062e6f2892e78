import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toBase64, utf8 } from '../base/bytes.ts'
import { UsageError } from '../base/usage-error.ts'
import { decryptPin, encryptPin, parsePinConfig } from './clevis-pin.ts'
import { VolumeError } from './volume-error.ts'
import type { VolumeKms } from './wrapped-key.ts'

const ARN = 'arn:aws:kms:eu-west-1:000000000000:key/3f2b8c1e-5d7a-4b60-9e21-0c4d8f6a7b90'

/** A KMS with one data key. */
function kmsWith(dataKey: Uint8Array, calls: string[] = []): VolumeKms {
  return {
    allows: async (operation) => {
      calls.push(`${operation} by DryRun`)
    },
    call: async (operation, input) => {
      calls.push(`${operation} ${JSON.stringify(input['EncryptionContext'])}`)
      return { KeyId: ARN, CiphertextBlob: toBase64(utf8('wrapped')), Plaintext: toBase64(dataKey) }
    },
  }
}

const KEY = new Uint8Array(32).fill(7)
const CONFIG = parsePinConfig('{"key": "alias/disks", "context": {"host": "one"}}')

test('the pin decrypts what it encrypted, with the context of its configuration, after it tried both permissions', async () => {
  const calls: string[] = []
  const jwe = await encryptPin(kmsWith(KEY, calls), CONFIG, utf8('secret'))
  const [header = ''] = jwe.split('.')
  assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), {
    alg: 'dir',
    enc: 'A256GCM',
    clevis: {
      pin: 'kms',
      kms: { version: 1, keyArn: ARN, ciphertext: 'd3JhcHBlZA==', context: { host: 'one' } },
    },
  })
  assert.equal(Buffer.from(await decryptPin(kmsWith(KEY, calls), jwe)).toString(), 'secret')
  assert.deepEqual(calls, [
    'GenerateDataKey by DryRun',
    'GenerateDataKey {"host":"one"}',
    'Decrypt by DryRun',
    'Decrypt {"host":"one"}',
  ])
})

test('the pin refuses a JWE of another pin, one that was changed, and another key', async () => {
  const jwe = await encryptPin(kmsWith(KEY), CONFIG, utf8('secret'))
  const [header = '', ...rest] = jwe.split('.')
  const changed = (change: (text: string) => string): string =>
    [Buffer.from(change(Buffer.from(header, 'base64url').toString())).toString('base64url'), ...rest].join(
      '.',
    )
  const failing = async (kms: VolumeKms, text: string): Promise<unknown> => {
    const error = await decryptPin(kms, text).catch((thrown: unknown) => thrown)
    return error instanceof VolumeError ? error.failure : error
  }
  assert.equal(
    await failing(
      kmsWith(KEY),
      changed((text) => text.replace('"pin":"kms"', '"pin":"tang"')),
    ),
    'header',
  )
  assert.equal(
    await failing(
      kmsWith(KEY),
      changed((text) => text.replace('"version":1', '"version":2')),
    ),
    'header',
  )
  assert.equal(
    await failing(
      kmsWith(KEY),
      changed((text) => text.replace('one', 'two')),
    ),
    'mismatch',
  )
  assert.equal(await failing(kmsWith(KEY), `${jwe.slice(0, -3)}AAA`), 'mismatch')
  assert.equal(await failing(kmsWith(new Uint8Array(32)), jwe), 'mismatch')
  for (const text of ['', 'x', 'e30.....', header])
    assert.equal(await failing(kmsWith(KEY), text), 'header', text)
})

test('parsePinConfig refuses what is not a key and perhaps a context', () => {
  assert.deepEqual(parsePinConfig('{"key":"alias/x"}'), { key: 'alias/x', context: {} })
  for (const text of [
    '',
    '{}',
    '{"key":""}',
    '{"key":1}',
    '{"key":"a","context":[]}',
    '{"key":"a","context":{"b":1}}',
    '{"key":"a","url":"b"}',
  ])
    assert.throws(() => parsePinConfig(text), UsageError, text)
})
