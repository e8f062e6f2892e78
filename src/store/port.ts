/**
 * The raw store: an ordered, versioned map with atomic batches and a change feed. An engine (SQLite,
 * PostgreSQL) implements it and does not know what it holds: ids arrive blinded and values sealed (see
 * `sealed.ts`).
 */

/** The place of a record: a kind and an id, both compared as bytes. */
export type RawKey = {
  /** Lower-case letters and hyphens, 1 to {@link KIND_MAX_LENGTH}. */
  readonly kind: string
  /** 1 to {@link RAW_ID_MAX_BYTES}. */
  readonly id: Uint8Array
}

/** A record as the engine holds it. */
export type RawRecord = RawKey & {
  /** Increases by one with each replacement, from the first version of the insertion. */
  readonly version: number
  readonly value: Uint8Array
}

/** A record without its value. */
export type RawVersion = Omit<RawRecord, 'value'>

/**
 * One change of a commit. `expected` is the version that the writer has read: 0 when the record must not
 * exist. `value`, at most {@link RAW_VALUE_MAX_BYTES}, becomes the version that {@link versionAfter} returns; without
 * it, the record is removed.
 */
export type RawChange = RawKey & {
  /** The feed shard: 0 to {@link FEED_SHARDS} − 1. */
  readonly shard: number
  readonly expected: number
  /**
   * The version of a record that is inserted: 1 to {@link FIRST_VERSION_MAX}; without it, 1. Only an insertion has one.
   * The engine remembers no versions of removed records, so a writer that may insert a record again draws it at random:
   * otherwise, the change of a caller who has read the removed record would fit the new one.
   */
  readonly first?: number | undefined
  /**
   * Whether the value holds the same content as before, sealed under another key: the record keeps its version, and the
   * feed does not name the change, so caches and writers that have read the record stay valid.
   */
  readonly isRewrite?: boolean | undefined
  readonly value: Uint8Array | undefined
}

/** The version that the value of a change becomes. */
export function versionAfter({
  expected,
  first = 1,
  isRewrite,
}: Pick<RawChange, 'expected' | 'first' | 'isRewrite'>): number {
  if (isRewrite === true) return expected
  return expected === 0 ? first : expected + 1
}

/** One line of the feed: in `shard`, the `sequence`th change was to this record. */
export type FeedEntry = RawKey & {
  readonly shard: number
  readonly sequence: number
}

/** A range of records of a kind. */
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

/** Called with the sequences of a commit's changes in the feeds of their shards, in order; 0 for a rewrite. Must not throw. */
export type Applied = (sequences: readonly number[]) => void

/** The port that an engine implements. */
export type RawStore = {
  readonly get: (key: RawKey) => Promise<RawRecord | undefined>
  /** Records in the byte order of their ids, without their values. */
  readonly range: (kind: string, query: RangeQuery) => Promise<readonly RawVersion[]>
  /** The kinds of all records, in byte order. */
  readonly kinds: () => Promise<readonly string[]>
  /**
   * All or nothing, durable when it resolves. At most {@link COMMIT_MAX_CHANGES}, no two of them to one
   * record; none at all is no commit.
   *
   * @param applied called once the commit is durable, before the promise resolves.
   * @throws StoreConflict when a record is not at its expected version; nothing has changed.
   * @throws StoreOutcomeUnknown when the engine failed and cannot tell whether anything has changed.
   * @throws StoreFailure when the engine failed otherwise; nothing has changed.
   */
  readonly commit: (changes: readonly RawChange[], applied?: Applied) => Promise<void>
  /**
   * The number of changes ever committed, by all processes: the sum of all sequences. Where it is a number at once,
   * commits of this handle that are done are reported first.
   *
   * @throws StoreFailure
   */
  readonly changeCount: () => number | Promise<number>
  readonly feedPosition: () => Promise<FeedPosition>
  /**
   * The changes of the shard after `sequence`, oldest first, at most {@link FEED_PAGE_MAX}; `trimmed` when
   * the feed no longer has them, or never reached that far.
   */
  readonly changesSince: (shard: number, sequence: number) => Promise<readonly FeedEntry[] | 'trimmed'>
  /**
   * A number that differs from an earlier one if any handle or process has committed in between. Cheap: Holdfast asks
   * for it once per event-loop turn. An engine on this machine returns it at once; another one returns a promise of the
   * number as of some moment after the call. Numbers of two handles cannot be compared.
   *
   * @throws StoreFailure, from the call or the promise.
   */
  readonly dataVersion: () => number | Promise<number>
  /**
   * A number that differs from an earlier one if the latest answer of `dataVersion` may come from another server, which
   * may not have all commits: its numbers and its feed prove nothing about what was read before. Without it, the engine
   * has one server for as long as it is open.
   */
  readonly lineage?: () => number
  /** Waits for the commits in progress; every later call fails with StoreFailure. */
  readonly close: () => Promise<void>
}

/** A record was not at the version that the writer expected. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict'
}

/** The engine failed: disk full, file unreadable, connection lost. The caller may try again. */
export class StoreFailure extends Error {
  override readonly name: string = 'StoreFailure'
}

/** The engine failed during a commit, and cannot tell whether the commit was made. Readers see it if it was. */
export class StoreOutcomeUnknown extends StoreFailure {
  override readonly name = 'StoreOutcomeUnknown'
}

/** Characters of a kind. */
export const KIND_MAX_LENGTH = 32
/** The longest id. */
export const RAW_ID_MAX_BYTES = 64
/**
 * The greatest first version. It leaves room for 2^52 replacements below the largest safe integer, and makes a random
 * version that a caller has read the version of the new record with a probability of 2^-40.
 */
export const FIRST_VERSION_MAX = 2 ** 40
/** The largest records are key policies (32,768 characters) and outbox events (256 KiB). */
export const RAW_VALUE_MAX_BYTES = 1_048_576
/** A page of 1,000, the longest that AWS KMS returns, and one more that shows whether others follow. */
export const RANGE_MAX_RECORDS = 1001
/** The number of shards of the feed. */
export const FEED_SHARDS = 64
/** Lines of the feed per read. */
export const FEED_PAGE_MAX = 1000
/** Lines of the feed that a shard keeps; a process that is further behind must clear its cache. */
export const FEED_KEPT_PER_SHARD = 4096
/** Changes in one commit: deleting a key with 50 aliases and its materials stays below it. */
export const COMMIT_MAX_CHANGES = 1000
