import { assert } from '../base/assert.ts'
import { compareBytes, concatBytes, fromUtf8, lengthPrefixed, parseHex, toHex, utf8 } from '../base/bytes.ts'
import {
  FEED_SHARDS,
  type RawChange,
  type RawKey,
  type RawRecord,
  type RawStore,
  type RawVersion,
  versionAfter,
} from './port.ts'
import {
  type Change,
  IntegrityError,
  isPageMarker,
  LIST_MAX_RECORDS,
  type ListQuery,
  type Place,
} from './records.ts'

/**
 * The cryptography of sealed records. `docs/reference/formats/sealed-record.md` names the keys and
 * algorithms.
 */
export type Sealer = {
  /** A pseudorandom function of the bytes under a secret key: 32 bytes. */
  readonly blind: (input: Uint8Array) => Uint8Array
  /** A random first version of a record: 1 to 2^40. */
  readonly firstVersion: () => number
  /** Nonce, IV, ciphertext and tag; never the same twice. */
  readonly seal: (plaintext: Uint8Array, associatedData: Uint8Array) => Uint8Array
  /** The plaintext, or nothing when sealed bytes and associated data do not belong together. */
  readonly unseal: (sealed: Uint8Array, associatedData: Uint8Array) => Uint8Array | undefined
}

/** A place, and where the engine has it. */
export type Located = { readonly place: Place; readonly key: RawKey; readonly shard: number }

/** An opened record. `value` is fresh JSON, of the shape in which it was written. */
export type Opened = {
  readonly located: Located
  readonly version: number
  readonly value: object
  /** Its size in the engine. */
  readonly sizeBytes: number
}

/** A page of records that are not opened. All of them are in one feed shard. */
export type SealedPage = {
  readonly rows: readonly RawVersion[]
  readonly shard: number
  readonly next: string | undefined
}

const FORMAT = 1
const LABEL = 'holdfast/record/1'
const BLIND_BYTES = 16

/** Where the engine has a record. The partition and the name must be well-formed text. */
export function locate(sealer: Sealer, place: Place): Located {
  const { kind, partition, name } = place
  assert(partition.isWellFormed() && name.isWellFormed(), `a place of kind ${kind} that is not text`)
  const blind = blindPartition(sealer, kind, partition)
  const id = concatBytes(blind, shortBlind(sealer, 'name', kind, partition, name))
  return { place, key: { kind, id }, shard: shardOf(blind) }
}

/** The first bytes of the ids of a partition's records, and their shard. */
export function locatePartition(
  sealer: Sealer,
  kind: string,
  partition: string,
): { readonly prefix: Uint8Array; readonly shard: number } {
  const prefix = blindPartition(sealer, kind, partition)
  return { prefix, shard: shardOf(prefix) }
}

/** The record at a place, or nothing. @throws IntegrityError, StoreFailure. */
export async function readSealed(
  raw: RawStore,
  sealer: Sealer,
  located: Located,
): Promise<Opened | undefined> {
  const row = await raw.get(located.key)
  if (row === undefined) return undefined
  const { name, value } = open(sealer, row, located.place.partition)
  if (name !== located.place.name) throw damaged(row, 'it belongs to another name')
  return { located, version: row.version, value, sizeBytes: row.value.length }
}

/** Where the records of a page are, in the order of their blinded names. @throws StoreFailure. */
export async function listSealed(raw: RawStore, sealer: Sealer, query: ListQuery): Promise<SealedPage> {
  const { kind, partition, after, limit } = query
  assert(limit >= 1 && limit <= LIST_MAX_RECORDS, `a page of ${limit} records`)
  const prefix = blindPartition(sealer, kind, partition)
  const range = {
    prefix,
    limit: limit + 1,
    ...(after === undefined ? {} : { after: idAfter(prefix, after) }),
  }
  const rows = await raw.range(kind, range)
  const last = rows.length > limit ? rows[limit - 1] : undefined
  const next = last === undefined ? undefined : toHex(last.id.subarray(BLIND_BYTES))
  return { rows: rows.slice(0, limit), shard: shardOf(prefix), next }
}

/** The `next` of a page that ends with that record. */
export function markerAfter(sealer: Sealer, place: Place): string {
  return toHex(locate(sealer, place).key.id.subarray(BLIND_BYTES))
}

/** A record of a page, as it is now; nothing when it is gone. @throws IntegrityError, StoreFailure. */
export async function readListed(
  raw: RawStore,
  sealer: Sealer,
  key: RawKey,
  partition: string,
): Promise<Opened | undefined> {
  const row = await raw.get(key)
  return row && openListed(sealer, row, partition)
}

/** A row that is sealed by the current key, with its content; `rewrite` when it has to be sealed again. */
export type Resealed = { readonly content: Content; readonly rewrite: RawChange | undefined }

/**
 * Seals a row again when `current` does not open it.
 *
 * @param any opens rows of both keys. @throws IntegrityError when the row does not open.
 */
export function resealRow(current: Sealer, any: Sealer, row: RawRecord): Resealed {
  if (row.value[0] !== FORMAT) throw damaged(row, `its format is ${row.value[0]}, not ${FORMAT}`)
  const bound = associatedData(row, row.version)
  const present = current.unseal(row.value.subarray(1), bound)
  const plaintext = present ?? any.unseal(row.value.subarray(1), bound)
  const content = plaintext && parseContent(fromUtf8(plaintext))
  if (plaintext === undefined || content === undefined) throw damaged(row, 'it does not open')
  if (present !== undefined) return { content, rewrite: undefined }
  const { kind, id, version } = row
  const value = concatBytes(Uint8Array.of(FORMAT), current.seal(plaintext, bound))
  return { content, rewrite: { kind, id, shard: shardOf(id), expected: version, isRewrite: true, value } }
}

/**
 * The changes for the engine.
 *
 * @param findId returns the ids of places that are known already.
 */
export function sealChanges(
  sealer: Sealer,
  changes: readonly Change[],
  findId: (place: Place) => Uint8Array | undefined = () => undefined,
): readonly RawChange[] {
  return changes.map((change) => {
    const { kind, partition, name, expected, value } = change
    const id = findId(change) ?? locate(sealer, change).key.id
    const key = { kind, id }
    const shard = shardOf(id)
    if (value === undefined) return { kind, id, shard, expected, first: undefined, value: undefined }
    const first = expected === 0 ? (change.first ?? sealer.firstVersion()) : undefined
    const version = versionAfter({ expected, first })
    return { kind, id, shard, expected, first, value: seal(sealer, key, version, { partition, name, value }) }
  })
}

function seal(sealer: Sealer, key: RawKey, version: number, content: Content): Uint8Array {
  const sealed = sealer.seal(utf8(JSON.stringify(content)), associatedData(key, version))
  return concatBytes(Uint8Array.of(FORMAT), sealed)
}

function openListed(sealer: Sealer, row: RawRecord, partition: string): Opened {
  const { name, value } = open(sealer, row, partition)
  const located = locate(sealer, { kind: row.kind, partition, name })
  if (compareBytes(located.key.id, row.id) !== 0) throw damaged(row, 'it belongs to another id')
  return { located, version: row.version, value, sizeBytes: row.value.length }
}

/** A record, opened without knowing its place. */
type OpenedRow = Place & { readonly version: number; readonly value: object }

/** Opens a row that this sealer has sealed for its place and version; nothing for any other row. */
export function openSealedRow(sealer: Sealer, row: RawRecord): OpenedRow | undefined {
  if (row.value[0] !== FORMAT) return undefined
  const { kind, version } = row
  const plaintext = sealer.unseal(row.value.subarray(1), associatedData(row, version))
  const content = plaintext && parseContent(fromUtf8(plaintext))
  if (content === undefined) return undefined
  const opened = { ...content, kind, version }
  return compareBytes(locate(sealer, opened).key.id, row.id) === 0 ? opened : undefined
}

/** The content of a sealed value. */
export type Content = { readonly partition: string; readonly name: string; readonly value: object }

function open(sealer: Sealer, row: RawRecord, partition: string): Content {
  if (row.value[0] !== FORMAT) throw damaged(row, `its format is ${row.value[0]}, not ${FORMAT}`)
  const plaintext = sealer.unseal(row.value.subarray(1), associatedData(row, row.version))
  if (plaintext === undefined) throw damaged(row, 'it does not open')
  const content = parseContent(fromUtf8(plaintext))
  if (content === undefined) throw damaged(row, 'it holds no record')
  if (content.partition !== partition) throw damaged(row, 'it belongs to another partition')
  return content
}

function parseContent(json: string): Content | undefined {
  const parsed = parseJson(json)
  if (typeof parsed !== 'object' || parsed === null) return undefined
  if (!('partition' in parsed && 'name' in parsed && 'value' in parsed)) return undefined
  const { partition, name, value } = parsed
  if (typeof partition !== 'string' || typeof name !== 'string') return undefined
  if (typeof value !== 'object' || value === null) return undefined
  return { partition, name, value }
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** Binds a sealed value to its row: label, kind, id, and the version as 8 bytes. */
function associatedData({ kind, id }: RawKey, version: number): Uint8Array {
  const count = Buffer.alloc(8)
  count.writeBigInt64BE(BigInt(version))
  return lengthPrefixed(LABEL, kind, id, count)
}

/** Partitions whose blinded ids are kept: few are used repeatedly. */
const KEPT_BLINDS = 1024

/** Blinded ids of partitions, by kind and partition: no kind contains a slash. */
const BLINDS = new WeakMap<Sealer, Map<string, Uint8Array>>()

function blindPartition(sealer: Sealer, kind: string, partition: string): Uint8Array {
  const blinds = BLINDS.get(sealer) ?? new Map<string, Uint8Array>()
  const key = `${kind}/${partition}`
  const kept = blinds.get(key)
  if (kept !== undefined) return kept
  const blind = shortBlind(sealer, 'partition', kind, partition)
  if (blinds.size >= KEPT_BLINDS) blinds.clear()
  BLINDS.set(sealer, blinds.set(key, blind))
  return blind
}

function shortBlind(sealer: Sealer, ...fields: readonly string[]): Uint8Array {
  return sealer.blind(lengthPrefixed(...fields)).subarray(0, BLIND_BYTES)
}

function shardOf(partitionBlind: Uint8Array): number {
  return (partitionBlind[0] ?? 0) % FEED_SHARDS
}

function idAfter(prefix: Uint8Array, marker: string): Uint8Array {
  const name = parseHex(marker)
  assert(name !== undefined && isPageMarker(marker), 'a page that begins nowhere')
  return concatBytes(prefix, name)
}

function damaged({ kind, id, version }: RawRecord, why: string): IntegrityError {
  return new IntegrityError(`record ${kind} ${toHex(id)} version ${version} is damaged: ${why}`)
}
