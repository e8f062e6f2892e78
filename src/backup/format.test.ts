import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hmacKey } from '../crypto/hmac.ts'
import {
  BackupError,
  type BackupHeader,
  ByteSource,
  CHUNK_BYTES,
  openBackup,
  readHeader,
  sealBackup,
} from './format.ts'

const KEY = hmacKey(new Uint8Array(32).fill(7))
const HEADER: BackupHeader = {
  id: '00112233445566778899aabbccddeeff',
  deployment: '3f2b8c1e-5d7a-4b60-9e21-0c4d8f6a7b90',
  createdAt: '2026-11-30T12:00:00.000Z',
  release: '0.1.0',
  base: undefined,
  envelope: '{}',
}
const SEALED_CHUNK_BYTES = CHUNK_BYTES + 16

async function* pieces(...all: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(source))
}

function seal(content: Uint8Array, header = HEADER, key = KEY): Promise<Buffer> {
  return collect(sealBackup(header, key, pieces(content)))
}

async function open(file: Uint8Array, key = KEY): Promise<Buffer> {
  const source = new ByteSource(pieces(file))
  return collect(openBackup(source, await readHeader(source), key))
}

const MARK = Buffer.from('what a backup holds')

for (const size of [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES]) {
  test(`a backup of ${size} bytes opens as it was sealed, in whatever pieces it arrives`, async () => {
    const content = Buffer.alloc(size, MARK)
    const file = await seal(content)
    assert.deepEqual(await open(file), content)
    const [first, rest] = [file.subarray(0, 1), file.subarray(1)]
    const source = new ByteSource(pieces(first, new Uint8Array(0), rest))
    assert.deepEqual(await collect(openBackup(source, await readHeader(source), KEY)), content)
    assert.equal(file.includes(MARK), false)
  })
}

test('a backup with any changed byte is refused, and so is one that is cut off anywhere', async () => {
  const file = await seal(MARK)
  for (let at = 0; at < file.length; at += 1) {
    const changed = Buffer.from(file)
    changed[at] = (changed[at] ?? 0) ^ 1
    await assert.rejects(open(changed), BackupError, `byte ${at}`)
    await assert.rejects(open(file.subarray(0, at)), BackupError, `cut at ${at}`)
  }
  await assert.rejects(open(Buffer.concat([file, Buffer.alloc(1)])), BackupError)
})

test('chunks that are swapped, repeated, left out or of another backup are refused', async () => {
  const content = Buffer.concat([1, 2, 3, 4].map((value) => Buffer.alloc(CHUNK_BYTES, value)))
  const file = await seal(content)
  const other = await seal(content, { ...HEADER, id: 'ff'.repeat(16) })
  const begin = file.length - 4 * SEALED_CHUNK_BYTES
  const head = file.subarray(0, begin)
  const chunks = (of: Buffer): Buffer[] =>
    [0, 1, 2, 3].map((number) =>
      of.subarray(begin + number * SEALED_CHUNK_BYTES, begin + (number + 1) * SEALED_CHUNK_BYTES),
    )
  const [a, b, c, d] = chunks(file) as [Buffer, Buffer, Buffer, Buffer]
  const [, foreign] = chunks(other) as [Buffer, Buffer]
  assert.deepEqual(await open(Buffer.concat([head, a, b, c, d])), content)
  for (const [what, order, message] of [
    ['swapped', [a, c, b, d], /chunk 1 of the backup is damaged/],
    ['repeated', [a, b, b, c, d], /chunk 2 of the backup is damaged/],
    ['left out', [a, b, d], /chunk 2 of the backup is damaged/],
    ['cut off', [a, b, c], /cut off after 2 of its chunks/],
    ['more', [a, b, c, d, d], /bytes follow the end/],
    ['foreign', [a, foreign, c, d], /chunk 1 of the backup is damaged, or of another backup/],
    ['none', [], /cut off after 0 of its chunks/],
  ] as const)
    await assert.rejects(open(Buffer.concat([head, ...order])), message, what)
})

test('a header in front of the chunks of another backup is refused', async () => {
  const file = await seal(MARK)
  const other = await seal(MARK, { ...HEADER, createdAt: '2026-11-30T12:00:01.000Z' })
  const chunk = MARK.length + 16
  const mixed = Buffer.concat([other.subarray(0, -chunk), file.subarray(-chunk)])
  await assert.rejects(open(mixed), /its header or first chunk is damaged, or they are of two backups/)
})

test('a backup of another deployment does not open', async () => {
  await assert.rejects(open(await seal(MARK), hmacKey(new Uint8Array(32).fill(8))), BackupError)
})

test('a backup of a newer format is refused with its number, and another file as no backup', async () => {
  const file = await seal(MARK)
  const newer = Buffer.concat([Buffer.from('HOLDFAST-BACKUP:2'), file.subarray('HOLDFAST-BACKUP:1'.length)])
  await assert.rejects(open(newer), /is of format 2, and this release reads format 1/)
  await assert.rejects(open(Buffer.from('PK\u0003\u0004 something else')), /it is no backup of Holdfast/)
})
