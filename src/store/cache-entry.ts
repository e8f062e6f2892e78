import { toHex } from '../base/bytes.ts'
import { type RawChange, type RawKey, versionAfter } from './port.ts'
import type { CacheEntry } from './record-cache.ts'
import type { Change, Kind, Place, Stored } from './records.ts'
import type { Located, Opened } from './sealed.ts'

/** Bytes that a place takes in memory beside its record: its entries in two maps, and its key. */
const ENTRY_BYTES = 640

/**
 * The ratio of the size of an opened value to its sealed size. Measured with keys and key material: 5.3 KB of
 * heap for both.
 */
const VALUE_FACTOR = 3

/** What the cache holds of a place. @param sealedBytes size of the sealed value; 0 where there is none. */
export function cacheEntryOf(
  kind: Kind<object>,
  { place, key }: Located,
  record: Stored<object> | undefined,
  sealedBytes: number,
): CacheEntry {
  const { partition, name } = place
  const entryBytes = ENTRY_BYTES + 2 * (partition.length + name.length)
  return {
    key: cacheKey(key),
    kind,
    partition,
    name,
    record,
    sizeBytes: entryBytes + VALUE_FACTOR * sealedBytes,
  }
}

/** What the cache holds of a place after a commit: the same as a read would return. */
export function entryAfterCommit(known: CacheEntry, { value }: Change, raw: RawChange): CacheEntry {
  const { kind, partition, name } = known
  const sizeBytes = raw.value?.length ?? 0
  const located = { place: { kind: kind.name, partition, name }, key: raw, shard: raw.shard }
  if (value === undefined) return cacheEntryOf(kind, located, undefined, sizeBytes)
  const opened = { located, version: versionAfter(raw), value: parseJsonOf(value), sizeBytes }
  return cacheEntryOf(kind, located, storedOf(kind, opened), sizeBytes)
}

/** A value as it is stored: without what JSON leaves out. */
function parseJsonOf(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object
}

/** The key of a place in the cache. */
export function cacheKey({ kind, id }: RawKey): string {
  return `${kind}:${toHex(id)}`
}

/** The record that reads return. @throws what its kind throws. */
export function storedOf<V extends object>(kind: Kind<V>, { located, version, value }: Opened): Stored<V> {
  const { partition, name } = located.place satisfies Place
  return Object.freeze({ kind: kind.name, partition, name, version, value: deepFrozen(kind.parse(value)) })
}

/** Freezes a value and all that it holds; bytes cannot be frozen. */
export function deepFrozen<V>(value: V): V {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  for (const member of Object.values(value)) deepFrozen(member)
  return Object.freeze(value)
}

/** The record of an entry of this kind; so its value came from the kind's `parse`. */
export function parseCached<V extends object>(
  _kind: Kind<V>,
  record: Stored<object> | undefined,
): Stored<V> | undefined {
  return record as Stored<V> | undefined
}
