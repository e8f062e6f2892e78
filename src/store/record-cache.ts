import { parseHex } from '../base/bytes.ts'
import type { Kind, Place, Stored } from './records.ts'
import { Ring, type RingEntry } from './ring.ts'

/** What the cache knows about one place: its record, or that there is none. */
export type CacheEntry = {
  /** See {@link cacheKey}. */
  readonly key: string
  readonly kind: Kind<object>
  readonly partition: string
  readonly name: string
  readonly record: Stored<object> | undefined
  readonly sizeBytes: number
}

/** How much the cache holds at most. */
export type CacheLimits = {
  readonly records: number
  /** Bytes that the records take in memory. */
  readonly bytes: number
  /** Places that are known to be empty: they cannot displace records. */
  readonly absences: number
}

/** What the cache of a node may hold: some 12,000 keys with their material. */
export const CACHE_LIMITS: CacheLimits = { records: 50_000, bytes: 67_108_864, absences: 10_000 }

type Entry = CacheEntry & RingEntry

/**
 * Opened records by their place, within limits. The cache removes first what was not used lately (the clock
 * algorithm: a hit costs a flag, not a reordering).
 */
export class RecordCache {
  readonly #places = new Map<string, Map<string, Map<string, Entry>>>()
  readonly #records: Ring<Entry>
  readonly #absences: Ring<Entry>

  constructor(limits: CacheLimits) {
    this.#records = new Ring(limits.records, limits.bytes)
    this.#absences = new Ring(limits.absences, limits.bytes)
  }

  find(kind: string, partition: string, name: string): CacheEntry | undefined {
    const entry = this.#places.get(kind)?.get(partition)?.get(name)
    if (entry !== undefined) entry.used = true
    return entry
  }

  /** The id of a place in the engine, if the cache knows it. */
  idOf({ kind, partition, name }: Place): Uint8Array | undefined {
    const entry = this.#places.get(kind)?.get(partition)?.get(name)
    return entry && parseHex(entry.key.slice(kind.length + 1))
  }

  /** What the cache knows of the place that has this key in it. */
  findKnown(key: string): CacheEntry | undefined {
    return this.#records.find(key) ?? this.#absences.find(key)
  }

  /** The record that has this key in the cache. */
  findRecord(key: string): CacheEntry | undefined {
    return this.#records.find(key)
  }

  put(known: CacheEntry): void {
    this.drop(known.key)
    const entry: Entry = { ...known, used: false }
    const ring = entry.record === undefined ? this.#absences : this.#records
    ring.add(entry)
    const partitions = nested(this.#places, entry.kind.name)
    nested(partitions, entry.partition).set(entry.name, entry)
    for (let over = ring.takeOver(); over !== undefined; over = ring.takeOver()) this.#forget(over)
  }

  drop(key: string): void {
    const entry = this.#records.take(key) ?? this.#absences.take(key)
    if (entry !== undefined) this.#forget(entry)
  }

  clear(): void {
    this.#places.clear()
    this.#records.clear()
    this.#absences.clear()
  }

  /** How many places the cache knows. */
  get size(): number {
    return this.#records.size + this.#absences.size
  }

  #forget({ kind, partition, name }: Entry): void {
    const names = this.#places.get(kind.name)?.get(partition)
    names?.delete(name)
    if (names?.size === 0) this.#places.get(kind.name)?.delete(partition)
  }
}

function nested<V>(map: Map<string, Map<string, V>>, key: string): Map<string, V> {
  const inner = map.get(key)
  if (inner !== undefined) return inner
  const created = new Map<string, V>()
  map.set(key, created)
  return created
}
