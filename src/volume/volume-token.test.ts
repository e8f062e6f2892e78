import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJsonText } from '../base/json-text.ts'
import { parseLuksHeader, tokenOf } from './luks-header.ts'
import { VolumeError } from './volume-error.ts'
import { contextOf, encodeToken, parseToken, type VolumeToken, volumeIdOf } from './volume-token.ts'

const UUID = '3f2b8c1e-5d7a-4b60-9e21-0c4d8f6a7b90'
const TOKEN: VolumeToken = {
  volumeId: volumeIdOf(UUID, 'vol'),
  keyArn: 'arn:aws:kms:eu-west-1:000000000000:key/3f2b8c1e-5d7a-4b60-9e21-0c4d8f6a7b90',
  scheme: 'slot',
  generation: 1,
  ciphertext: Uint8Array.of(1, 2, 3),
  keyslots: ['0'],
  createdAt: '2026-11-30T08:00:00Z',
}
const MEMBERS = { ...JSON.parse(encodeToken(TOKEN)) }

const SEGMENT = {
  type: 'crypt',
  offset: '16777216',
  size: 'dynamic',
  iv_tweak: '0',
  encryption: 'aes-xts-plain64',
  sector_size: 512,
}

const AREA = { type: 'raw', encryption: 'aes-xts-plain64', key_size: 64 }
const SLOT = { type: 'luks2', key_size: 64, area: AREA }

function headerWith(tokens: object, more: object = {}, slot: object = SLOT): string {
  return JSON.stringify({ keyslots: { 0: SLOT, 1: slot }, tokens, segments: { 0: { ...SEGMENT, ...more } } })
}

test('the volume ID and the token of a volume are those of the format', () => {
  assert.equal(TOKEN.volumeId, 'vol-b4a4f419affc35644')
  assert.equal(volumeIdOf(UUID.toUpperCase(), 'snap'), 'snap-b4a4f419affc35644')
  assert.deepEqual(contextOf(TOKEN.volumeId), { 'aws:ebs:id': 'vol-b4a4f419affc35644' })
  assert.deepEqual(MEMBERS, {
    type: 'holdfast-kms',
    keyslots: ['0'],
    version: 1,
    volumeId: TOKEN.volumeId,
    keyArn: TOKEN.keyArn,
    scheme: 'slot',
    generation: 1,
    ciphertext: 'AQID',
    createdAt: '2026-11-30T08:00:00Z',
  })
})

test('parseToken reads what encodeToken writes, for both schemes', () => {
  for (const token of [TOKEN, { ...TOKEN, scheme: 'ebs', keyslots: [] } as const])
    assert.deepEqual(parseToken(parseJsonText(encodeToken(token))), {
      ...token,
      ciphertext: Buffer.from(token.ciphertext),
    })
})

test('parseToken refuses every member that is missing or malformed', () => {
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    version: [2, '1'],
    volumeId: ['vol-1', 'i-b4a4f419affc35644', 7],
    keyArn: ['alias/x', 'arn:aws:kms:eu-west-1:0:key/x', 'https://kms.example.com'],
    scheme: ['luks', 1],
    generation: [0, 1.5, '1', 2 ** 31],
    ciphertext: ['', '?', 'A', 'A'.repeat(8196)],
    keyslots: [['32'], ['0', '1'], '0', [0]],
    createdAt: ['yesterday'],
  }
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of [undefined, null, ...values])
      assert.throws(() => parseToken({ ...MEMBERS, [name]: value }), `${name} ${String(value).slice(0, 20)}`)
  }
  assert.throws(() => parseToken({ ...MEMBERS, scheme: 'ebs' }), /keyslots/)
  for (const value of [null, 'x', 7, []]) assert.throws(() => parseToken(value), /version/)
})

test('tokenOf takes the newest token, and refuses that of another volume or an unexpected one', () => {
  const newer = { ...MEMBERS, generation: 2 }
  const header = parseLuksHeader(
    UUID,
    headerWith({ 0: MEMBERS, 1: newer, 2: { type: 'clevis', keyslots: [] } }),
  )
  assert.deepEqual(
    [header.tokenIds, header.dataOffset, header.sectorSize],
    [['0', '1', '2'], 16_777_216, 512],
  )
  assert.equal(tokenOf(header, TOKEN.volumeId).id, '1')
  const isHeader = (error: unknown): boolean => error instanceof VolumeError && error.failure === 'header'
  assert.throws(() => tokenOf(header, 'vol-00000000000000000'), isHeader)
  assert.throws(() => tokenOf({ ...header, uuid: UUID.replace('3', '4') }), isHeader)
  assert.throws(() => tokenOf({ ...header, ours: [] }), isHeader)
})

test('parseLuksHeader refuses damaged metadata, and segments that are not one encrypted rest', () => {
  const isHeader = (error: unknown): boolean => error instanceof VolumeError && error.failure === 'header'
  for (const json of [
    '',
    '[]',
    '{}',
    headerWith({ 0: { ...MEMBERS, keyArn: 'x' } }),
    headerWith({}, { type: 'linear' }),
    headerWith({}, { iv_tweak: '8' }),
    headerWith({}, { size: '4096' }),
    headerWith({}, { offset: '-1' }),
    headerWith({}, { offset: '513' }),
    JSON.stringify({ segments: { 0: SEGMENT, 1: SEGMENT } }),
  ])
    assert.throws(() => parseLuksHeader(UUID, json), isHeader, json)
})

test('parseLuksHeader refuses a header that somebody has changed so that data or a keyslot are in the clear', () => {
  const isHeader = (error: unknown): boolean =>
    error instanceof VolumeError && error.failure === 'header' && /aes-xts-plain64/.test(error.message)
  parseLuksHeader(UUID, headerWith({ 0: MEMBERS }))
  for (const encryption of ['cipher_null-ecb', 'null', 'aes-ecb', undefined])
    for (const json of [
      headerWith({ 0: MEMBERS }, { encryption }),
      headerWith({ 0: MEMBERS }, {}, { ...SLOT, area: { ...AREA, encryption } }),
    ])
      assert.throws(() => parseLuksHeader(UUID, json), isHeader, json)
  for (const slot of [{}, { ...SLOT, type: 'reencrypt' }, { ...SLOT, area: null }])
    assert.throws(() => parseLuksHeader(UUID, headerWith({ 0: MEMBERS }, {}, slot)), isHeader)
})
