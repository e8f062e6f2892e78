import type { Kind, Stored } from './records.ts'

/** What memory knows about one place: its record, or that there is none. */
export type Remembered = {
  /** See {@link memoryKey}. */
  readonly key: string
  readonly kind: Kind<object>
  readonly partition: string
  readonly name: string
  readonly record: Stored<object> | undefined
  readonly sizeBytes: number
}

/** How much is remembered at most. */
export type MemoryLimits = {
  readonly records: number
  readonly bytes: number
  /** Places that are known to be empty: they cannot push out records. */
  readonly absences: number
}

/** What a node may remember. A record takes about three times its sealed size. */
export const MEMORY_LIMITS: MemoryLimits = { records: 50_000, bytes: 67_108_864, absences: 10_000 }

type Entry = Remembered & { used: boolean }

/**
 * Opened records by their place, with a bound: those not asked for of late go first (the clock
 * algorithm: a hit costs a flag, not a reordering).
 */
export class Memory {
  readonly #places = new Map<string, Map<string, Map<string, Entry>>>()
  readonly #records: Ring
  readonly #absences: Ring

  constructor(limits: MemoryLimits) {
    this.#records = new Ring(limits.records, limits.bytes)
    this.#absences = new Ring(limits.absences, limits.bytes)
  }

  find(kind: string, partition: string, name: string): Remembered | undefined {
    const entry = this.#places.get(kind)?.get(partition)?.get(name)
    if (entry !== undefined) entry.used = true
    return entry
  }

  put(remembered: Remembered): void {
    this.drop(remembered.key)
    const entry: Entry = { ...remembered, used: false }
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

  /** How many places it knows about. */
  get size(): number {
    return this.#records.size + this.#absences.size
  }

  #forget({ kind, partition, name }: Entry): void {
    const names = this.#places.get(kind.name)?.get(partition)
    names?.delete(name)
    if (names?.size === 0) this.#places.get(kind.name)?.delete(partition)
  }
}

/** Entries in a circle, with a hand that goes round it in search of one that can go. */
class Ring {
  readonly #maxCount: number
  readonly #maxBytes: number
  readonly #entries = new Map<string, Entry>()
  #hand = this.#entries.values()
  #sizeBytes = 0

  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount
    this.#maxBytes = maxBytes
  }

  get size(): number {
    return this.#entries.size
  }

  add(entry: Entry): void {
    this.#entries.set(entry.key, entry)
    this.#sizeBytes += entry.sizeBytes
  }

  take(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#sizeBytes -= entry.sizeBytes
    return entry
  }

  /** Takes out one entry when there are too many. */
  takeOver(): Entry | undefined {
    while (this.#entries.size > this.#maxCount || this.#sizeBytes > this.#maxBytes) {
      const entry = this.#nextEntry()
      if (entry === undefined) return undefined
      if (!entry.used) return this.take(entry.key)
      entry.used = false
    }
    return undefined
  }

  clear(): void {
    this.#entries.clear()
    this.#hand = this.#entries.values()
    this.#sizeBytes = 0
  }

  #nextEntry(): Entry | undefined {
    const next = this.#hand.next()
    if (!next.done) return next.value
    this.#hand = this.#entries.values()
    return this.#hand.next().value
  }
}

function nested<V>(map: Map<string, Map<string, V>>, key: string): Map<string, V> {
  const inner = map.get(key)
  if (inner !== undefined) return inner
  const created = new Map<string, V>()
  map.set(key, created)
  return created
}
