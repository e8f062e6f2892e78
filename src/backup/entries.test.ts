import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hmacKey } from '../crypto/hmac.ts'
import { type Entry, formatEntry, type Manifest, readEntries } from './entries.ts'
import { BackupError, type BackupHeader, ByteSource, sealBackup } from './format.ts'
import { type BackupVisitor, readBackup } from './read.ts'

const KEY = hmacKey(new Uint8Array(32).fill(7))
const ID = '00112233445566778899aabbccddeeff'
const SEGMENT = 'node-0/0000000000000001.jsonl'
const HEADER: BackupHeader = {
  id: ID,
  deployment: 'd',
  createdAt: '2026-11-30T12:00:00.000Z',
  release: '0.1.0',
  base: undefined,
  envelope: '{}',
}
const MANIFEST: Manifest = {
  id: ID,
  revision: 5,
  heads: new Map([
    [3, 2],
    [63, 3],
  ]),
  covered: { 'node-0': 7 },
  files: [{ path: SEGMENT, sizeBytes: 4 }],
  inBase: [],
}
const RECORD = { kind: 'key', id: Buffer.from([1, 2]), version: 2 ** 40, value: Buffer.from('sealed') }
const WHOLE: readonly Entry[] = [
  { type: 'manifest', manifest: MANIFEST },
  { type: 'record', record: RECORD },
  { type: 'file', path: SEGMENT },
  { type: 'data', bytes: Buffer.from('abcd') },
  { type: 'end', records: 1, files: 1 },
]

const NOTHING: BackupVisitor = { record: () => {}, file: () => {}, data: () => {}, fileEnd: () => {} }

async function* bytesOf(entries: readonly Entry[]): AsyncGenerator<Uint8Array> {
  for (const entry of entries) yield formatEntry(entry)
}

function read(entries: readonly Entry[]) {
  return readBackup(sealBackup(HEADER, KEY, bytesOf(entries)), async () => KEY, NOTHING)
}

test('entries are read as they were written', async () => {
  const found = await Array.fromAsync(readEntries(new ByteSource(bytesOf(WHOLE))))
  assert.deepEqual(found, WHOLE)
  const { manifest, records } = await read(WHOLE)
  assert.deepEqual(manifest, MANIFEST)
  assert.equal(records, 1)
})

test('a backup whose entries are incomplete, repeated or in another order is refused', async () => {
  const [manifest, record, file, data, end] = WHOLE as [Entry, Entry, Entry, Entry, Entry]
  const short: Entry = { type: 'data', bytes: Buffer.from('abc') }
  const long: Entry = { type: 'data', bytes: Buffer.from('abcde') }
  const other: Entry = { type: 'file', path: 'node-1/0000000000000001.jsonl' }
  const foreign: Entry = { type: 'manifest', manifest: { ...MANIFEST, id: 'ff'.repeat(16) } }
  for (const entries of [
    [],
    [manifest],
    [manifest, record, file, data],
    [manifest, file, data, end],
    [manifest, record, end],
    [record, manifest, file, data, end],
    [manifest, manifest, record, file, data, end],
    [manifest, file, data, record, end],
    [manifest, record, file, short, end],
    [manifest, record, file, long, end],
    [manifest, record, other, data, end],
    [manifest, record, data, end],
    [manifest, record, file, data, file, data, end],
    [foreign, record, file, data, end],
    [...WHOLE, end],
    [...WHOLE, record],
  ] satisfies Entry[][])
    await assert.rejects(read(entries), BackupError, entries.map(({ type }) => type).join())
})

test('a path out of the audit folder, an unknown entry and a cut one are refused', async () => {
  const framed = (type: string, text: string): Buffer => {
    const head = Buffer.alloc(5)
    head.write(type, 'latin1')
    head.writeUInt32BE(Buffer.byteLength(text), 1)
    return Buffer.concat([head, Buffer.from(text)])
  }
  const all = (bytes: Uint8Array) =>
    Array.fromAsync(
      readEntries(
        new ByteSource(
          (async function* () {
            yield bytes
          })(),
        ),
      ),
    )
  for (const path of ['../seal.json', 'node-0/../../x', '/etc/passwd', 'node-0/lock', 'node-0/probe', ''])
    await assert.rejects(all(framed('F', path)), BackupError, path)
  await assert.rejects(all(framed('X', 'anything')), BackupError)
  await assert.rejects(all(framed('E', '{}')), BackupError)
  await assert.rejects(all(framed('E', '{"records":-1,"files":0}')), BackupError)
  await assert.rejects(all(framed('M', '[]')), BackupError)
  await assert.rejects(all(framed('R', 'xxxx')), BackupError)
  await assert.rejects(all(framed('D', 'abc').subarray(0, -1)), BackupError)
  await assert.rejects(all(Buffer.from('D')), BackupError)
})
