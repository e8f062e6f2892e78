import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  encodeDecryptResponse,
  encodeEncryptResponse,
  encodeStatusResponse,
  parseDecryptRequest,
  parseEncryptRequest,
} from './messages.ts'

/** Bytes as a protocol buffer has them: tag, length, content. */
function field(number: number, content: string): string {
  return Buffer.from([(number << 3) | 2, content.length]).toString('latin1') + content
}

test('answers are encoded by the numbers of the API', () => {
  const status = encodeStatusResponse({ version: 'v2', healthz: 'ok', keyId: 'k' })
  assert.equal(status.toString('latin1'), field(1, 'v2') + field(2, 'ok') + field(3, 'k'))
  const encrypted = encodeEncryptResponse({ ciphertext: Buffer.from('c'), keyId: 'k' })
  assert.equal(encrypted.toString('latin1'), field(1, 'c') + field(2, 'k'))
  const decrypted = encodeDecryptResponse({ plaintext: Buffer.from('p') })
  assert.equal(decrypted.toString('latin1'), field(1, 'p'))
  assert.equal(encodeDecryptResponse({ plaintext: new Uint8Array(0) }).length, 0)
})

test('calls are parsed in any order of fields, and unknown fields mean nothing', () => {
  const bytes = Buffer.from(`${field(2, 'uid')}\x28\x07${field(1, 'one')}${field(1, 'last')}`, 'latin1')
  const { plaintext, uid } = parseEncryptRequest(bytes)
  assert.deepEqual([Buffer.from(plaintext).toString(), uid], ['last', 'uid'])
  const annotation = field(4, field(1, 'name') + field(2, 'value'))
  const call = Buffer.from(`${field(1, 'c')}${field(2, 'u')}${field(3, 'k')}${annotation}`, 'latin1')
  const parsed = parseDecryptRequest(call)
  assert.deepEqual(
    { ...parsed, ciphertext: Buffer.from(parsed.ciphertext).toString() },
    {
      ciphertext: 'c',
      uid: 'u',
      keyId: 'k',
    },
  )
  assert.deepEqual(parseEncryptRequest(new Uint8Array(0)), { plaintext: new Uint8Array(0), uid: '' })
})

test('what is no message is refused', () => {
  for (const text of ['\x0a', '\x0a\x05abc', '\x0a\xff\xff\xff\xff\x0f', '\x12\x01\xff', '\x0f'])
    assert.throws(() => parseEncryptRequest(Buffer.from(text, 'latin1')), Error, JSON.stringify(text))
})
