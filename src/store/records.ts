/**
 * The store as the rest of the server sees it: records with a readable place and a value.
 *
 * A place is a kind, a partition and a name. A partition is what is listed together
 * (`<account>/<region>` for keys); a name is unique within it. In the engine both are blinded, so
 * a list comes in an order that means nothing but never changes.
 */
export type Place = {
  readonly kind: string
  readonly partition: string
  readonly name: string
}

/** A record as read. `value` is deeply frozen, and the same object for as long as memory holds it. */
export type Stored<V> = Place & {
  readonly version: number
  readonly value: V
}

/** A change that a commit makes: see {@link insert}, {@link replace}, {@link remove}. */
export type Change = Place & {
  readonly expected: number
  readonly value: object | undefined
}

/** Records of a partition, and where the next page begins. */
export type Page<V> = {
  readonly records: readonly Stored<V>[]
  /** Where the next page begins, when there is one: see {@link isPageMarker}. */
  readonly next: string | undefined
}

/** Which records of a partition. */
export type ListQuery = {
  readonly kind: string
  readonly partition: string
  /** The `next` of the page before. */
  readonly after?: string | undefined
  /** 1 to {@link LIST_MAX_RECORDS}. */
  readonly limit: number
}

/**
 * A kind of record: its name, and how a value read from the store becomes a value of today's
 * shape (`parse` throws on what it cannot read; older shapes are upgraded).
 */
export type Kind<V extends object> = {
  readonly name: string
  readonly parse: (value: unknown) => V
}

/**
 * Summaries of a kind's records: the few members that lists show. The cache makes a summary once for each version and
 * keeps it apart from whole records, so that a page of many costs little. There is one of these for a kind.
 */
export type SummaryKind<V extends object, L extends object> = {
  readonly kind: Kind<V>
  readonly of: (value: V) => L
}

/** The summary of a record: it cannot be replaced, since it is not the record. */
export type Summary<L> = { readonly name: string; readonly summary: L }

/** The same of a partition, page by page. */
export type SummaryPage<L> = {
  readonly records: readonly Summary<L>[]
  /** See {@link Page}. */
  readonly next: string | undefined
}

/** Records, read from memory where memory is known to be true, and committed. */
export type Records = {
  /** @throws IntegrityError when the record does not open; StoreFailure. */
  readonly get: <V extends object>(
    kind: Kind<V>,
    partition: string,
    name: string,
  ) => Promise<Stored<V> | undefined>
  /**
   * The same from memory alone, when memory holds the record and is known to be true; `undefined`
   * when it must be read. For the hot path.
   */
  readonly peek: <V extends object>(kind: Kind<V>, partition: string, name: string) => Stored<V> | undefined
  /**
   * A page of a partition. A list of many gives way while it opens records: each is as it was at some moment after the
   * call.
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
  /** Where a page begins that goes on after a record, whether or not it is still there. */
  readonly markerAfter: (kind: string, partition: string, name: string) => string
  /** Durable, all or nothing. @throws StoreConflict, StoreFailure; nothing has changed then. */
  readonly commit: (changes: readonly Change[]) => Promise<void>
  /**
   * Makes memory true: whatever was committed before this call, by whomever, is no longer
   * remembered as it was when it returns nothing or its promise resolves. Call it before a
   * decision that rests on remembered records. @throws StoreFailure, at once or by the promise.
   */
  readonly refresh: () => Promise<void> | undefined
  readonly close: () => Promise<void>
}

/** The longest page. Source: AWS KMS API Reference, the largest `Limit` of the List operations. */
export const LIST_MAX_RECORDS = 1000

const PAGE_MARKER = /^[0-9a-f]{32}$/

/** Whether a text from outside can be where a page begins. */
export function isPageMarker(text: string): boolean {
  return PAGE_MARKER.test(text)
}

/** A new record; conflicts if there is one of that name. */
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

/** A stored record or the keyring has been tampered with or damaged. Never a silent absence. */
export class IntegrityError extends Error {
  override readonly name = 'IntegrityError'
}
