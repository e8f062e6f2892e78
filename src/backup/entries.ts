/** The content of a backup: entries, each a type, a length and bytes. */

import { concatBytes, fromUtf8, lengthPrefixed, uint32, utf8 } from '../base/bytes.ts'
import { parseJsonText } from '../base/json-text.ts'
import type { FeedPosition, RawRecord } from '../store/port.ts'
import { isShard } from '../store/sqlite-snapshot.ts'
import { BackupError, type ByteSource } from './format.ts'

/** What a backup holds, in its first entry. */
export type Manifest = {
  /** The id of the backup, as in its header. */
  readonly id: string
  /** The number of changes that the store had seen. */
  readonly revision: number
  readonly heads: FeedPosition
  /** By node, the last event that was in the log before the records were read: every change up to it is in the records. */
  readonly covered: Readonly<Record<string, number>>
  readonly files: readonly BackupFile[]
  /** Files of the log that the base has, which do not change any more. */
  readonly inBase: readonly string[]
}

/** A file of the audit folder. */
export type BackupFile = { readonly path: string; readonly sizeBytes: number }

/** An entry of a backup. */
export type Entry =
  | { readonly type: 'manifest'; readonly manifest: Manifest }
  | { readonly type: 'record'; readonly record: RawRecord }
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  | { readonly type: 'end'; readonly records: number; readonly files: number }

const MANIFEST = 0x4d
const RECORD = 0x52
const FILE = 0x46
const DATA = 0x44
const END = 0x45

/** A record has at most 1 MiB; a manifest names each file of the log. */
const ENTRY_MAX_BYTES = 67_108_864
const HEAD_BYTES = 5
const LENGTH_BYTES = 4
const VERSION_BYTES = 8
/** Paths of the audit folder that a backup has. */
const PATH =
  /^(?:node-\d{1,3}\/(?:\d{16}\.jsonl(?:\.torn(?:\.\d+)?)?|archive\/\d{16}\.(?:jsonl\.gz|manifest))|checkpoints\/node-\d{1,3}\/\d{16}\.checkpoint)$/
const NODE = /^node-\d{1,3}$/

/** Whether a path within the audit folder can be in a backup. */
export function isBackupPath(path: string): boolean {
  return PATH.test(path)
}

/** The bytes of an entry. */
export function formatEntry(entry: Entry): Uint8Array {
  switch (entry.type) {
    case 'manifest':
      return framed(MANIFEST, utf8(JSON.stringify(jsonOf(entry.manifest))))
    case 'record': {
      const { kind, id, version, value } = entry.record
      const count = Buffer.alloc(VERSION_BYTES)
      count.writeBigInt64BE(BigInt(version))
      return framed(RECORD, lengthPrefixed(kind, id, count, value))
    }
    case 'file':
      return framed(FILE, utf8(entry.path))
    case 'data':
      return framed(DATA, entry.bytes)
    case 'end':
      return framed(END, utf8(JSON.stringify({ records: entry.records, files: entry.files })))
  }
}

function framed(type: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(type), uint32(bytes.length), bytes)
}

function jsonOf({ id, revision, heads, covered, files, inBase }: Manifest): object {
  return { id, revision, heads: [...heads], covered, files, inBase }
}

/** The entries of a backup's content. @throws BackupError for what no release of this format writes. */
export async function* readEntries(source: ByteSource): AsyncGenerator<Entry> {
  for (;;) {
    const head = await source.take(HEAD_BYTES)
    if (head.length === 0) return
    const size = head.length < HEAD_BYTES ? ENTRY_MAX_BYTES + 1 : Buffer.from(head).readUInt32BE(1)
    if (size > ENTRY_MAX_BYTES) throw malformed()
    const bytes = await source.take(size)
    if (bytes.length < size) throw malformed()
    yield parseEntry(head[0], bytes)
  }
}

function parseEntry(type: number | undefined, bytes: Uint8Array): Entry {
  switch (type) {
    case MANIFEST:
      return { type: 'manifest', manifest: parseManifest(membersOf(bytes)) }
    case RECORD:
      return { type: 'record', record: parseRecord(bytes) }
    case FILE: {
      const path = fromUtf8(bytes)
      if (!isBackupPath(path)) throw malformed()
      return { type: 'file', path }
    }
    case DATA:
      return { type: 'data', bytes }
    case END: {
      const { records, files } = membersOf(bytes)
      return { type: 'end', records: countOf(records), files: countOf(files) }
    }
    default:
      throw malformed()
  }
}

function parseRecord(bytes: Uint8Array): RawRecord {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const fields: Buffer[] = []
  let at = 0
  while (at + LENGTH_BYTES <= buffer.length) {
    const end = at + LENGTH_BYTES + buffer.readUInt32BE(at)
    fields.push(buffer.subarray(at + LENGTH_BYTES, end))
    at = end
  }
  const [kind, id, version, value, more] = fields
  if (at !== buffer.length || value === undefined || more !== undefined) throw malformed()
  if (kind === undefined || id === undefined || version?.length !== VERSION_BYTES) throw malformed()
  return { kind: kind.toString('latin1'), id, version: Number(version.readBigInt64BE()), value }
}

type Members = Readonly<Record<string, unknown>>

function membersOf(bytes: Uint8Array): Members {
  let value: unknown
  try {
    value = parseJsonText(fromUtf8(bytes))
  } catch {
    throw malformed()
  }
  return parseMembers(value)
}

function parseMembers(value: unknown): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed()
  return { ...value }
}

function parseManifest({ id, revision, heads, covered, files, inBase }: Members): Manifest {
  if (typeof id !== 'string') throw malformed()
  const pairs = listOf(heads).map((pair): [number, number] => {
    const [shard, sequence] = listOf(pair)
    return [countOf(shard), countOf(sequence)]
  })
  if (!pairs.every(([shard]) => isShard(shard))) throw malformed()
  const nodes = Object.entries(parseMembers(covered)).map(([node, sequence]): [string, number] => {
    if (!NODE.test(node)) throw malformed()
    return [node, countOf(sequence)]
  })
  return {
    id,
    revision: countOf(revision),
    heads: new Map(pairs),
    covered: Object.fromEntries(nodes),
    files: listOf(files).map((file) => {
      const { path, sizeBytes } = parseMembers(file)
      return { path: pathOf(path), sizeBytes: countOf(sizeBytes) }
    }),
    inBase: listOf(inBase).map(pathOf),
  }
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed()
  return value
}

function pathOf(value: unknown): string {
  if (typeof value !== 'string' || !isBackupPath(value)) throw malformed()
  return value
}

function countOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw malformed()
  return value
}

function malformed(): BackupError {
  return new BackupError(
    'the content of the backup is not as this release writes it: use the release that made it',
  )
}
