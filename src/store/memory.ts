import { charsOf } from '../base/bytes.ts'
import { assertChanges, assertKey, assertRange } from './checks.ts'
import {
  FEED_KEPT_PER_SHARD,
  FEED_PAGE_MAX,
  type FeedEntry,
  type FeedPosition,
  type RangeQuery,
  type RawChange,
  type RawKey,
  type RawRecord,
  type RawStore,
  type RawVersion,
  StoreConflict,
  StoreFailure,
  versionAfter,
} from './port.ts'

/** A database in memory, which is gone when nobody holds it. Handles are opened with {@link openMemory}. */
export class MemoryDatabase {
  /** By kind and id, as text whose order is that of the bytes. */
  readonly records = new Map<string, RawRecord>()
  readonly feed = new Map<number, { readonly entries: FeedEntry[]; last: number }>()
  /** The number of changes ever committed. */
  changes = 0
}

/** A handle of a database in memory. */
export function openMemory(database: MemoryDatabase = new MemoryDatabase()): RawStore {
  return new MemoryStore(database)
}

/** States: open, closed (for ever). */
class MemoryStore implements RawStore {
  readonly #database: MemoryDatabase
  #isClosed = false

  constructor(database: MemoryDatabase) {
    this.#database = database
  }

  async get(key: RawKey): Promise<RawRecord | undefined> {
    this.#assertOpen()
    assertKey(key)
    const record = this.#database.records.get(placeOf(key))
    return record && { ...record, id: new Uint8Array(record.id), value: new Uint8Array(record.value) }
  }

  async range(kind: string, query: RangeQuery): Promise<readonly RawVersion[]> {
    this.#assertOpen()
    assertRange(kind, query)
    const prefix = placeOf({ kind, id: query.prefix })
    const after = query.after === undefined ? '' : placeOf({ kind, id: query.after })
    return [...this.#database.records]
      .filter(([place]) => place.startsWith(prefix) && place > after)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .slice(0, query.limit)
      .map(([, { id, version }]) => ({ kind, id: new Uint8Array(id), version }))
  }

  async kinds(): Promise<readonly string[]> {
    this.#assertOpen()
    return [...new Set([...this.#database.records.values()].map(({ kind }) => kind))].sort()
  }

  async commit(
    changes: readonly RawChange[],
    applied: (sequences: readonly number[]) => void = () => {},
  ): Promise<void> {
    this.#assertOpen()
    assertChanges(changes)
    if (changes.length === 0) return
    const { records } = this.#database
    for (const change of changes) {
      if ((records.get(placeOf(change))?.version ?? 0) === change.expected) continue
      throw new StoreConflict(`a record of kind ${change.kind} is not at version ${change.expected}`)
    }
    applied(changes.map((change) => this.#apply(change)))
  }

  changeCount(): number {
    this.#assertOpen()
    return this.#database.changes
  }

  async feedPosition(): Promise<FeedPosition> {
    this.#assertOpen()
    return new Map([...this.#database.feed].map(([shard, { last }]) => [shard, last]))
  }

  async changesSince(shard: number, sequence: number): Promise<readonly FeedEntry[] | 'trimmed'> {
    this.#assertOpen()
    const { entries = [], last = 0 } = this.#database.feed.get(shard) ?? {}
    if (sequence === last) return []
    const from = entries.findIndex((entry) => entry.sequence === sequence + 1)
    return from < 0 ? 'trimmed' : entries.slice(from, from + FEED_PAGE_MAX)
  }

  dataVersion(): number {
    this.#assertOpen()
    return this.#database.changes
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new StoreFailure('the store is closed')
  }

  /** Returns the sequence of the change in its shard's feed. */
  #apply(change: RawChange): number {
    const { kind, shard, value } = change
    const id = new Uint8Array(change.id)
    const { records, feed } = this.#database
    if (value === undefined) records.delete(placeOf(change))
    else
      records.set(placeOf(change), { kind, id, version: versionAfter(change), value: new Uint8Array(value) })
    if (change.isRewrite === true) return NO_SEQUENCE
    const known = feed.get(shard) ?? { entries: [], last: 0 }
    feed.set(shard, known)
    known.last += 1
    known.entries.push({ shard, sequence: known.last, kind, id })
    if (known.entries.length > FEED_KEPT_PER_SHARD) known.entries.shift()
    this.#database.changes += 1
    return known.last
  }
}

/** The sequence of a change that the feed does not name. */
const NO_SEQUENCE = 0

/** No kind contains a colon. */
function placeOf({ kind, id }: RawKey): string {
  return `${kind}:${charsOf(id, { begin: 0, end: id.length })}`
}
