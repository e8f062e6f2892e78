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

/** A record as read. `value` is deeply immutable JSON; equal versions share one object. */
export type Stored<V> = Place & {
  readonly version: number
  readonly value: V
}

/** A change that a commit makes: see {@link insert}, {@link replace}, {@link remove}. */
export type Change = Place & {
  readonly expected: number
  readonly value: object | undefined
}

export type Page<V> = {
  readonly records: readonly Stored<V>[]
  /** Where the next page begins, when there is one: opaque, hexadecimal. */
  readonly next: string | undefined
}

export type ListQuery = {
  readonly kind: string
  readonly partition: string
  readonly after?: string | undefined
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
  readonly list: <V extends object>(
    kind: Kind<V>,
    query: { partition: string; after?: string | undefined; limit: number },
  ) => Promise<Page<V>>
  /** Durable, all or nothing. @throws StoreConflict, StoreFailure; nothing has changed then. */
  readonly commit: (changes: readonly Change[]) => Promise<void>
  /**
   * Drops from memory whatever somebody else has changed. Call it before a decision that rests on
   * remembered records.
   */
  readonly refresh: () => Promise<void> | undefined
  readonly close: () => Promise<void>
}

export function insert<V extends object>(kind: Kind<V>, partition: string, name: string, value: V): Change {
  return { kind: kind.name, partition, name, expected: 0, value }
}

/** A new value for a record that was read; conflicts if it has changed since. */
export function replace<V extends object>(record: Stored<V>, value: V): Change {
  const { kind, partition, name, version } = record
  return { kind, partition, name, expected: version, value }
}

export function remove<V extends object>(record: Stored<V>): Change {
  const { kind, partition, name, version } = record
  return { kind, partition, name, expected: version, value: undefined }
}

/** A stored record or the keyring has been tampered with or damaged. Never a silent absence. */
export class IntegrityError extends Error {
  override readonly name = 'IntegrityError'
}
