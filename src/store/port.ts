/**
 * The raw store: an ordered, versioned map with atomic batches and a change feed. An engine
 * (SQLite, PostgreSQL) implements it and knows nothing of what it holds: ids are blinded and
 * values sealed before they get here (see `sealed.ts`).
 */

/** Where a record lives: a kind and an id, both compared as bytes. */
export type RawKey = {
  /** Lower-case letters and hyphens, at most {@link KIND_MAX_LENGTH}. */
  readonly kind: string
  /** At most {@link RAW_ID_MAX_BYTES}. */
  readonly id: Uint8Array
}

export type RawRecord = RawKey & {
  /** Counts the writes to this id: 1 after its insertion. */
  readonly version: number
  readonly value: Uint8Array
}

/**
 * One change of a commit. `expected` is the version the writer has read: 0 when the record must
 * not exist yet. `value` is what it becomes (as version `expected + 1`), or nothing to remove it.
 */
export type RawChange = RawKey & {
  /** The feed shard: 0 to {@link FEED_SHARDS} − 1. */
  readonly shard: number
  readonly expected: number
  readonly value: Uint8Array | undefined
}

/** One line of the feed: in `shard`, the `sequence`th change was to this record. */
export type FeedEntry = RawKey & {
  readonly shard: number
  readonly sequence: number
}

export type RangeQuery = {
  /** Only ids that begin with these bytes. */
  readonly prefix: Uint8Array
  /** Only ids after this one. */
  readonly after?: Uint8Array
  /** 1 to {@link RANGE_MAX_RECORDS}. */
  readonly limit: number
}

/** The last sequence of each shard that has one, by shard. */
export type FeedPosition = ReadonlyMap<number, number>

export type RawStore = {
  readonly get: (key: RawKey) => Promise<RawRecord | undefined>
  /** Records in the byte order of their ids. */
  readonly range: (kind: string, query: RangeQuery) => Promise<readonly RawRecord[]>
  /**
   * All or nothing, durable when it resolves.
   *
   * @throws StoreConflict when a record is not at its expected version; nothing has changed.
   * @throws StoreFailure when the engine failed; nothing has changed.
   */
  readonly commit: (changes: readonly RawChange[]) => Promise<void>
  readonly feedPosition: () => Promise<FeedPosition>
  /** What has changed in the shard after `sequence`, oldest first, at most {@link FEED_PAGE_MAX}. */
  readonly changesSince: (shard: number, sequence: number) => Promise<readonly FeedEntry[]>
  /**
   * A token that differs from an earlier one if anything was committed in between, by whomever.
   * Synchronous and cheap: it is asked at every request.
   */
  readonly stamp: () => number
  readonly close: () => Promise<void>
}

/** A record was not at the version that the writer expected. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict'
}

/** The engine could not do its work: disk full, file unreadable, connection lost. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure'
}

export const KIND_MAX_LENGTH = 32
export const RAW_ID_MAX_BYTES = 64
export const RANGE_MAX_RECORDS = 1000
export const FEED_SHARDS = 64
export const FEED_PAGE_MAX = 1000
/** Changes in one commit: deleting a key with 50 aliases and its materials stays below it. */
export const COMMIT_MAX_CHANGES = 1000
