/**
 * The store as the rest of the server sees it: records with a readable place and a value.
 *
 * A place is a kind, a partition and a name. Lists show one partition (`<account>/<region>` for keys); a name
 * is unique within it. The engine gets both blinded, so the order of a list has no meaning but never changes.
 */
export type Place = {
  readonly kind: string
  readonly partition: string
  readonly name: string
}

/** A record as read. `value` is deeply frozen, and the same object for as long as the cache holds it. */
export type Stored<V> = Place & {
  readonly version: number
  readonly value: V
}

/** A change in a commit: see {@link insert}, {@link replace}, {@link remove}. */
export type Change = Place & {
  readonly expected: number
  /** The version of a record that is inserted, if it must be known without a read; otherwise, a random one. */
  readonly first?: number
  readonly value: object | undefined
}

/** Records of a partition, and where the next page begins. */
export type Page<V> = {
  readonly records: readonly Stored<V>[]
  /** Where the next page begins, when there is one: see {@link isPageMarker}. */
  readonly next: string | undefined
}

/** A query of a partition's records. */
export type ListQuery = {
  readonly kind: string
  readonly partition: string
  /** The `next` of the page before. */
  readonly after?: string | undefined
  /** 1 to {@link LIST_MAX_RECORDS}. */
  readonly limit: number
}

/**
 * A kind of record: its name, and `parse`, which turns a value from the store into one of today's shape. It
 * upgrades older shapes, and throws on what it cannot read.
 */
export type Kind<V extends object> = {
  readonly name: string
  readonly parse: (value: unknown) => V
}

/**
 * Summaries of a kind's records: the few members that lists show. The cache makes a summary once for each
 * version and keeps it apart from whole records, so that a page of many costs little. Each kind has at most
 * one.
 */
export type SummaryKind<V extends object, L extends object> = {
  readonly kind: Kind<V>
  readonly of: (value: V) => L
}

/** The summary of a record: it cannot be replaced, since it is not the record. */
export type Summary<L> = { readonly name: string; readonly summary: L }

/** A page of summaries. */
export type SummaryPage<L> = {
  readonly records: readonly Summary<L>[]
  /** See {@link Page}. */
  readonly next: string | undefined
}

/** Summaries of all records of a partition, kept in memory until it is closed. */
export type Mirror<L extends object> = {
  /**
   * The summaries as of now; as valid as the cache. The first call reads every record, later calls only those that
   * have changed since. The map changes with the next call. @throws TooManyRecords, IntegrityError, StoreFailure.
   */
  readonly read: () => Promise<ReadonlyMap<string, Summary<L>>>
  readonly close: () => void
}

/** Reads records, from the cache where it is valid, and commits changes. */
export type Records = {
  /** @throws IntegrityError when the record does not open; StoreFailure. */
  readonly get: <V extends object>(
    kind: Kind<V>,
    partition: string,
    name: string,
  ) => Promise<Stored<V> | undefined>
  /**
   * The same from the cache alone, if it holds the record and is valid; `undefined` when the record must be
   * read. For the hot path.
   */
  readonly peek: <V extends object>(kind: Kind<V>, partition: string, name: string) => Stored<V> | undefined
  /**
   * A page of a partition. A long list gives way while it opens records: each record is as it was at some
   * moment after the call. A `get` after it returns no record of before a commit that the page shows.
   */
  readonly list: <V extends object>(kind: Kind<V>, query: Omit<ListQuery, 'kind'>) => Promise<Page<V>>
  /** The summary of a record. @throws as `get` does. */
  readonly getSummary: <V extends object, L extends object>(
    kind: SummaryKind<V, L>,
    partition: string,
    name: string,
  ) => Promise<Summary<L> | undefined>
  readonly listSummaries: <V extends object, L extends object>(
    kind: SummaryKind<V, L>,
    query: Omit<ListQuery, 'kind'>,
  ) => Promise<SummaryPage<L>>
  /** A mirror of a partition: for queries of all its records. It has summaries of its own, of any kind. */
  readonly mirror: <V extends object, L extends object>(
    summary: SummaryKind<V, L>,
    partition: string,
  ) => Mirror<L>
  /** Where a page begins that continues after a record, whether or not that still exists. */
  readonly markerAfter: (kind: string, partition: string, name: string) => string
  /**
   * Commits changes: durable, all or nothing. @throws StoreConflict, StoreFailure; then nothing has changed.
   */
  readonly commit: (changes: readonly Change[]) => Promise<void>
  /**
   * Validates the cache. When it returns nothing or its promise resolves, the cache holds no record that a
   * process changed before this call. Call it before a decision that depends on cached records. @throws
   * StoreFailure, from the call or the promise.
   */
  readonly refresh: () => Promise<void> | undefined
  readonly close: () => Promise<void>
}

/** The longest page. Source: AWS KMS API Reference, the largest `Limit` of the List operations. */
export const LIST_MAX_RECORDS = 1000

const PAGE_MARKER = /^[0-9a-f]{32}$/

/** Whether a text from outside can be the beginning of a page. */
export function isPageMarker(text: string): boolean {
  return PAGE_MARKER.test(text)
}

/** A new record; conflicts if one of that name exists. */
export function insert<V extends object>(kind: Kind<V>, partition: string, name: string, value: V): Change {
  return { kind: kind.name, partition, name, expected: 0, value }
}

/** A new value for a record that was read; conflicts if it has changed since. */
export function replace<V extends object>(record: Stored<V>, value: V): Change {
  const { kind, partition, name, version } = record
  return { kind, partition, name, expected: version, value }
}

/** Removes a record that was read; conflicts if it has changed since. */
export function remove<V extends object>(record: Stored<V>): Change {
  const { kind, partition, name, version } = record
  return { kind, partition, name, expected: version, value: undefined }
}

/** The most records of a mirrored partition. An account has 100,000 keys in a region by default. */
export const MIRROR_MAX_RECORDS = 250_000

/** A partition has more than {@link MIRROR_MAX_RECORDS} records, too many for a mirror. */
export class TooManyRecords extends Error {
  override readonly name = 'TooManyRecords'
}

/** A stored record or the keyring was tampered with or damaged. Never a silent absence. */
export class IntegrityError extends Error {
  override readonly name = 'IntegrityError'
}
