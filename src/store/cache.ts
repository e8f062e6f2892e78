import { assert } from '../base/assert.ts'
import { type GiveWay, neverGiveWay } from '../base/slices.ts'
import { type Beginning, beginningOf, isEqual, type Seen } from './cache-beginning.ts'
import { cacheEntryOf, cacheKey, entryAfterCommit, parseCached, storedOf } from './cache-entry.ts'
import { FollowedFeed } from './feed.ts'
import { PartitionMirror } from './mirror.ts'
import { FEED_SHARDS, type RawChange, type RawKey, type RawStore, type RawVersion } from './port.ts'
import { CACHE_LIMITS, type CacheLimits, RecordCache } from './record-cache.ts'
import {
  type Change,
  type Kind,
  LIST_MAX_RECORDS,
  type ListQuery,
  type Mirror,
  type Page,
  type Records,
  type Stored,
  type Summary,
  type SummaryKind,
  type SummaryPage,
} from './records.ts'
import {
  listSealed,
  locate,
  locatePartition,
  markerAfter,
  type Opened,
  readListed,
  readSealed,
  type Sealer,
  sealChanges,
} from './sealed.ts'
import { Summaries, summaryOf, summaryRecord } from './summaries.ts'
import type { StoreWatch } from './watch.ts'

/** The options of a store's records. */
export type RecordsOptions = {
  readonly limits?: CacheLimits
  readonly watch?: StoreWatch | undefined
  /** Gives way between the records of a list. */
  readonly giveWay?: GiveWay
  /** Called when the store is closed. */
  readonly closed?: () => Promise<void>
}

/** Opens the records of a store, with a cache. Closing them closes the store. @throws StoreFailure. */
export async function openRecords(
  raw: RawStore,
  sealer: Sealer,
  { limits = CACHE_LIMITS, watch, giveWay = neverGiveWay, closed = async () => {} }: RecordsOptions = {},
): Promise<Records> {
  const beginning = await beginningOf(raw)
  return new CachedRecords({ ...beginning, sealer, limits, watch, giveWay, closed })
}

/**
 * A cache in front of a store. These rules keep it valid:
 *
 * - The cache keeps a record only if its shard's generation is the same as before the read. The generation of
 *   a shard changes each time that the cache drops something of it.
 * - So everything cached of a shard was read after the feed position held for that shard, and a change made
 *   since then is in the feed beyond it.
 * - The cache reads the data version before the feed, and counts it as seen only when it has dropped
 *   everything that the feed names.
 * - A value that a commit of this process wrote replaces the cached version, unless the feed was followed
 *   further already. A later change is beyond it in the feed, and drops it when the feed is followed.
 */
class CachedRecords implements Records {
  readonly #raw: RawStore
  readonly #sealer: Sealer
  readonly #cache: RecordCache
  readonly #summaries = new Summaries()
  readonly #giveWay: GiveWay
  readonly #closed: () => Promise<void>
  readonly #watch: StoreWatch | undefined
  readonly #isLocal: boolean
  #feed: FollowedFeed
  readonly #generations = new Array<number>(FEED_SHARDS).fill(0)
  readonly #mirrors = new Set<PartitionMirror<object>>()
  #seenDataVersion: number
  #seenLineage: number | undefined
  #pass: (Seen & { readonly done: Promise<void> }) | undefined

  constructor({ raw, sealer, limits, watch, giveWay, closed, isLocal, seen, position }: Beginning) {
    this.#isLocal = isLocal
    this.#closed = closed
    this.#giveWay = giveWay
    this.#watch = watch
    this.#raw = raw
    this.#sealer = sealer
    this.#cache = new RecordCache(limits)
    this.#feed = new FollowedFeed(position)
    this.#seenDataVersion = seen.dataVersion
    this.#seenLineage = seen.lineage
  }

  async get<V extends object>(
    kind: Kind<V>,
    partition: string,
    name: string,
  ): Promise<Stored<V> | undefined> {
    const entry = this.#cache.find(kind.name, partition, name)
    if (entry?.kind === kind) {
      if (this.#watch !== undefined) this.#watch.cached += 1
      return parseCached(kind, entry.record)
    }
    if (this.#watch !== undefined) this.#watch.read += 1
    const located = locate(this.#sealer, { kind: kind.name, partition, name })
    const generation = this.#generations[located.shard]
    const opened = await readSealed(this.#raw, this.#sealer, located)
    const record = opened === undefined ? undefined : storedOf(kind, opened)
    if (generation === this.#generations[located.shard]) {
      this.#cache.put(cacheEntryOf(kind, located, record, opened?.sizeBytes ?? 0))
    }
    return record
  }

  peek<V extends object>(kind: Kind<V>, partition: string, name: string): Stored<V> | undefined {
    const entry = this.#cache.find(kind.name, partition, name)
    if (entry?.kind !== kind) return undefined
    if (this.#watch !== undefined) this.#watch.cached += 1
    return parseCached(kind, entry.record)
  }

  async list<V extends object>(kind: Kind<V>, query: Omit<ListQuery, 'kind'>): Promise<Page<V>> {
    return this.#page<Stored<V>>(
      { ...query, kind: kind.name },
      (row, shard) => this.#findListed(kind, row) ?? this.#openListed(kind, row, shard, query.partition),
    )
  }

  async getSummary<V extends object, L extends object>(
    summary: SummaryKind<V, L>,
    partition: string,
    name: string,
  ): Promise<Summary<L> | undefined> {
    const entry = this.peek(summary.kind, partition, name)
    if (entry !== undefined) return summaryOf(summary, entry)
    const located = locate(this.#sealer, { kind: summary.kind.name, partition, name })
    // A version proves nothing for a record that was not read; the cache is as valid here as for whole
    // records.
    const known = this.#summaries.find(summary, cacheKey(located.key))
    if (known !== undefined) return known
    const generation = this.#generations[located.shard]
    const opened = await readSealed(this.#raw, this.#sealer, located)
    return opened && this.#putSummary(summary, opened, generation)
  }

  async listSummaries<V extends object, L extends object>(
    summary: SummaryKind<V, L>,
    query: Omit<ListQuery, 'kind'>,
  ): Promise<SummaryPage<L>> {
    return this.#page<Summary<L>>(
      { ...query, kind: summary.kind.name },
      (row, shard) =>
        this.#summaries.find(summary, cacheKey(row), row.version) ??
        this.#openSummary(summary, row, shard, query.partition),
    )
  }

  /** The records of a page. Gives way between records and between queries of the store. */
  async #page<R>(
    query: ListQuery,
    recordOf: (row: RawVersion, shard: number) => R | Promise<R | undefined>,
  ): Promise<{ readonly records: readonly R[]; readonly next: string | undefined }> {
    assert(query.limit >= 1 && query.limit <= LIST_MAX_RECORDS, `a page of ${query.limit} records`)
    const records: R[] = []
    let { after } = query
    for (let left = query.limit; ; left -= ROWS_AT_ONCE) {
      const limit = Math.min(left, ROWS_AT_ONCE)
      const { rows, shard, next } = await listSealed(this.#raw, this.#sealer, { ...query, after, limit })
      for (const row of rows) {
        const wait = this.#giveWay()
        if (wait !== undefined) await wait
        const record = await recordOf(row, shard)
        if (record !== undefined) records.push(record)
      }
      if (next === undefined || left <= ROWS_AT_ONCE) {
        // The rows come from the store, which may be ahead of the cache: a `get` after this list must not return
        // a record of before a commit that the list shows.
        await this.refresh()
        return { records, next }
      }
      after = next
    }
  }

  mirror<V extends object, L extends object>(summary: SummaryKind<V, L>, partition: string): Mirror<L> {
    const kind = summary.kind.name
    const { prefix, shard } = locatePartition(this.#sealer, kind, partition)
    const query = { kind, partition, limit: ROWS_AT_ONCE }
    const mirror: PartitionMirror<L> = new PartitionMirror({
      ...{ kind, prefix, shard, giveWay: this.#giveWay },
      page: (after) => listSealed(this.#raw, this.#sealer, { ...query, after }),
      read: (row) => readListed(this.#raw, this.#sealer, row, partition),
      summaryOf: ({ located, value }) =>
        summaryRecord(summary, located.place.name, summary.kind.parse(value)),
      closed: () => this.#mirrors.delete(mirror),
    })
    this.#mirrors.add(mirror)
    return mirror
  }

  markerAfter(kind: string, partition: string, name: string): string {
    return markerAfter(this.#sealer, { kind, partition, name })
  }

  #findListed<V extends object>(kind: Kind<V>, row: RawVersion): Stored<V> | undefined {
    const entry = this.#cache.findRecord(cacheKey(row))
    if (entry?.kind !== kind || entry.record?.version !== row.version) return undefined
    if (this.#watch !== undefined) this.#watch.cached += 1
    return parseCached(kind, entry.record)
  }

  async #openListed<V extends object>(
    kind: Kind<V>,
    row: RawVersion,
    shard: number,
    partition: string,
  ): Promise<Stored<V> | undefined> {
    if (this.#watch !== undefined) this.#watch.read += 1
    const generation = this.#generations[shard]
    const opened = await readListed(this.#raw, this.#sealer, row, partition)
    if (opened === undefined) return undefined
    const record = storedOf(kind, opened)
    if (generation === this.#generations[shard]) {
      this.#cache.put(cacheEntryOf(kind, opened.located, record, opened.sizeBytes))
    }
    return record
  }

  async #openSummary<V extends object, L extends object>(
    summary: SummaryKind<V, L>,
    row: RawVersion,
    shard: number,
    partition: string,
  ): Promise<Summary<L> | undefined> {
    const whole = this.#findListed(summary.kind, row)
    if (whole !== undefined) return summaryOf(summary, whole)
    if (this.#watch !== undefined) this.#watch.read += 1
    const generation = this.#generations[shard]
    const opened = await readListed(this.#raw, this.#sealer, row, partition)
    return opened && this.#putSummary(summary, opened, generation)
  }

  /** @param generation of the record's shard before the read. */
  #putSummary<V extends object, L extends object>(
    summary: SummaryKind<V, L>,
    { located, version, value }: Opened,
    generation: number | undefined,
  ): Summary<L> {
    const record = summaryRecord(summary, located.place.name, summary.kind.parse(value))
    if (generation === this.#generations[located.shard]) {
      this.#summaries.put(summary, cacheKey(located.key), { version, record })
    }
    return record
  }

  async commit(changes: readonly Change[]): Promise<void> {
    const sealed = sealChanges(this.#sealer, changes, (place) => this.#cache.idOf(place))
    const ended = this.#watch?.begin()
    let isApplied = false
    const applied = (sequences: readonly number[]): void => {
      isApplied = true
      for (const [index, change] of changes.entries()) {
        const raw = sealed[index]
        if (raw !== undefined) this.#written(change, raw, sequences[index] ?? 0)
      }
    }
    try {
      await this.#raw.commit(sealed, applied)
      ended?.()
    } catch (error) {
      ended?.(error)
      throw error
    } finally {
      // After a conflict too: the cached records are outdated.
      if (!isApplied) for (const change of sealed) this.#drop(change.shard, change)
    }
  }

  /** Replaces what the cache holds of a record by what was written; adds nothing that it does not hold. */
  #written(change: Change, raw: RawChange, sequence: number): void {
    const known = this.#cache.findKnown(cacheKey(raw))
    this.#drop(raw.shard, raw)
    const isAhead = this.#feed.noteOwn(raw.shard, sequence)
    if (known === undefined || !isAhead || (known.record?.version ?? 0) !== raw.expected) return
    this.#cache.put(entryAfterCommit(known, change, raw))
  }

  refresh(): Promise<void> | undefined {
    const dataVersion = this.#raw.dataVersion()
    return typeof dataVersion === 'number'
      ? this.#reach(dataVersion)
      : dataVersion.then((version) => this.#reach(version))
  }

  #reach(dataVersion: number): Promise<void> | undefined {
    const seen = { dataVersion, lineage: this.#raw.lineage?.() }
    const isSame = seen.lineage === this.#seenLineage
    if (dataVersion === this.#seenDataVersion && isSame) return undefined
    if (this.#pass !== undefined && isEqual(this.#pass, seen)) return this.#pass.done
    if (this.#pass === undefined && isSame && this.#skipOwn()) {
      this.#seenDataVersion = dataVersion
      return OWN_CHANGES
    }
    const done = this.#catchUp(seen, this.#pass?.done)
    this.#pass = { ...seen, done }
    return done
  }

  async close(): Promise<void> {
    await this.#raw.close()
    await this.#closed()
  }

  /**
   * Skips the feed if all new changes are own ones. A count that comes later proves nothing: own changes that are noted
   * meanwhile would stand for changes of others.
   */
  #skipOwn(): boolean {
    if (!this.#isLocal) return false
    const count = this.#raw.changeCount()
    return typeof count === 'number' && this.#feed.skipOwn(count)
  }

  /** One pass after the other: two at once would follow the feed from the same position. */
  async #catchUp(seen: Seen, previous: Promise<void> | undefined): Promise<void> {
    const { dataVersion, lineage } = seen
    await Promise.allSettled([previous])
    try {
      if (lineage === this.#seenLineage && this.#skipOwn()) {
        this.#seenDataVersion = dataVersion
        return
      }
      const heads = await this.#raw.feedPosition()
      if (lineage !== this.#seenLineage) {
        // Another server may lack changes, and have others in their places: nothing that is known holds for it.
        this.#feed = new FollowedFeed(heads)
        this.#dropAll()
        this.#seenLineage = lineage
      }
      for (const [shard, head] of heads) {
        const known = this.#feed.positionOf(shard)
        if (head !== known && !this.#feed.skipOwnOf(shard, head)) await this.#follow(shard, known, head)
      }
      this.#seenDataVersion = dataVersion
    } finally {
      if (this.#pass !== undefined && isEqual(this.#pass, seen)) this.#pass = undefined
    }
  }

  /** Drops the records that the feed of a shard names, up to its head. */
  async #follow(shard: number, known: number, head: number): Promise<void> {
    let reached = known
    while (reached !== head) {
      const entries = await this.#raw.changesSince(shard, reached)
      const last = entries === 'trimmed' ? undefined : entries.at(-1)
      if (entries === 'trimmed' || last === undefined) {
        this.#dropAll()
        reached = head
      } else {
        for (const entry of entries) {
          if (!this.#feed.isOwn(shard, entry.sequence)) this.#drop(shard, entry)
        }
        reached = last.sequence
      }
      // Without waiting: a commit reported from here on must know whether the feed was followed beyond it.
      this.#feed.moveTo(shard, reached)
      if (reached > head) break
    }
  }

  #drop(shard: number, key: RawKey): void {
    const dropped = cacheKey(key)
    this.#cache.drop(dropped)
    this.#summaries.drop(dropped)
    for (const mirror of this.#mirrors) mirror.note(shard, key)
    this.#generations[shard] = (this.#generations[shard] ?? 0) + 1
  }

  #dropAll(): void {
    this.#cache.clear()
    this.#summaries.clear()
    for (const mirror of this.#mirrors) mirror.noteAll()
    for (const [shard, generation] of this.#generations.entries()) this.#generations[shard] = generation + 1
  }
}

/** The cache has all changes already. */
const OWN_CHANGES = Promise.resolve()
/** Rows per query of the store. Where records are large, each is on a page of the database of its own. */
const ROWS_AT_ONCE = 200
