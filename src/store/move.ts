import { compareBytes } from '../base/bytes.ts'
import { type FeedPosition, type RawKey, type RawRecord, StoreFailure } from './port.ts'

/** What a store is used for. The numbers are in the database. */
export type StoreUse =
  /** A server may use it. */
  | 'serving'
  /** Records are moved into it. */
  | 'filling'
  /** Its records have moved elsewhere. */
  | 'moved'

/** The use of a store, and the move that has set it; 0 for none. */
export type Condition = { readonly use: StoreUse; readonly move: number }

/** A store that nobody else can change, for a move of its records. */
export type MoveEnd = {
  readonly condition: () => Promise<Condition>
  /** The next records after a key, or the first ones, in the byte order of kinds and ids; none at the end. */
  readonly page: (after: RawKey | undefined) => Promise<readonly RawRecord[]>
  readonly heads: () => Promise<FeedPosition>
  /** Puts and removes records as they are, in one transaction. */
  readonly write: (put: readonly RawRecord[], removed: readonly RawKey[]) => Promise<void>
  /** Replaces the feed by an empty one with these heads. */
  readonly replaceFeed: (heads: FeedPosition) => Promise<void>
  readonly mark: (condition: Condition) => Promise<void>
  readonly close: () => Promise<void>
}

/** What a move has done. */
export type Moved = {
  /** Records that both stores have now. */
  readonly records: number
  /** Records that this run has written to the target, and removed from it. */
  readonly written: number
  readonly removed: number
}

/** The dependencies of a move. */
export type MoveDependencies = {
  /** A new number from 1 to 2^48 − 1, which names a move. */
  readonly newMove: () => number
  /** Called now and then with the number of records that were read. */
  readonly read: (records: number) => void
}

/** Records of a page. */
export const MOVE_PAGE_RECORDS = 50

const USES: readonly StoreUse[] = ['serving', 'filling', 'moved']

/** The number of a use in the database. */
export function encodeUse(use: StoreUse): number {
  return USES.indexOf(use)
}

/** @throws StoreFailure for a number that this release does not know. */
export function decodeUse(code: number): StoreUse {
  const use = USES[code]
  if (use === undefined) throw new StoreFailure(`the store has use ${code}, which this release does not know`)
  return use
}

/** Refuses a store that a server must not use. @param name of the store, for the message. @throws StoreFailure. */
export function assertServing(use: StoreUse, name: string): void {
  if (use === 'moved')
    throw new StoreFailure(
      `the records of ${name} have moved to another store: set HOLDFAST_STORE to that one`,
    )
  if (use === 'filling')
    throw new StoreFailure(
      `${name} has only a part of the records: run holdfast migrate again until it succeeds`,
    )
}

/**
 * Moves all records from one store to another, and verifies each by its bytes. A run that was interrupted is completed by
 * the next one: it writes what differs. A server can use the source until the target has everything, and only the target from
 * then on; never both.
 *
 * @throws StoreFailure when the stores do not fit or a record differs in the end; the source has not changed then.
 */
export async function moveRecords(
  from: MoveEnd,
  to: MoveEnd,
  dependencies: MoveDependencies,
): Promise<Moved> {
  const move = await beginMove(from, to, dependencies)
  const heads = await from.heads()
  const { written, removed } = await compare(from, to, dependencies, (put, gone) => to.write(put, gone))
  await to.replaceFeed(heads)
  const { records } = await compare(from, to, dependencies, async (put, gone) => {
    throw new StoreFailure(`${put.length + gone.length} records differ after the move`)
  })
  await from.mark({ use: 'moved', move })
  await to.mark({ use: 'serving', move: 0 })
  return { records, written, removed }
}

/** Marks the target as incomplete. Returns the number of the move, the same for each run of it. */
async function beginMove(from: MoveEnd, to: MoveEnd, { newMove }: MoveDependencies): Promise<number> {
  const [source, target] = [await from.condition(), await to.condition()]
  if (source.use === 'filling')
    throw new StoreFailure('the store to move from has only a part of the records: move from the other one')
  // A run that ended after the source was marked; another target would get what is outdated.
  const isResumed = target.use === 'filling' && target.move === source.move
  if (source.use === 'moved' && !isResumed)
    throw new StoreFailure('the records have moved from this store already: move from where they are')
  if (target.use === 'serving' && (await to.page(undefined)).length > 0)
    throw new StoreFailure('the store to move to has records that are in use: move to an empty one')
  const move = target.use === 'filling' ? target.move : newMove()
  await to.mark({ use: 'filling', move })
  return move
}

type Differ = (put: readonly RawRecord[], removed: readonly RawKey[]) => Promise<void>

/** Reads both stores in one order, and calls `differ` with what the target lacks and what it has too much. */
async function compare(
  from: MoveEnd,
  to: MoveEnd,
  { read }: MoveDependencies,
  differ: Differ,
): Promise<Moved> {
  const target = new Reader(to)
  let [records, written, removed] = [0, 0, 0]
  let last: RawKey | undefined
  for (;;) {
    const page = await from.page(last)
    last = page.at(-1)
    const { put, gone } = await differences(page, last, target)
    if (put.length + gone.length > 0) await differ(put, gone)
    records += page.length
    written += put.length
    removed += gone.length
    read(records)
    if (last === undefined) return { records, written, removed }
  }
}

/** What a target must change to have the records of a page, and no others up to its last one. */
async function differences(
  page: readonly RawRecord[],
  last: RawKey | undefined,
  target: Reader,
): Promise<{ readonly put: readonly RawRecord[]; readonly gone: readonly RawKey[] }> {
  const put: RawRecord[] = []
  const gone: RawKey[] = []
  for (const record of page) {
    for (let other = await target.peek(); other !== undefined; other = await target.peek()) {
      if (compareKeys(other, record) >= 0) break
      gone.push(target.take(other))
    }
    const other = await target.peek()
    if (other === undefined || compareKeys(other, record) !== 0) put.push(record)
    else if (!isSame(target.take(other), record)) put.push(record)
  }
  if (last !== undefined) return { put, gone }
  for (let other = await target.peek(); other !== undefined; other = await target.peek()) {
    gone.push(target.take(other))
  }
  return { put, gone }
}

/** Reads the records of a store one after the other. */
class Reader {
  readonly #end: MoveEnd
  #page: readonly RawRecord[] = []
  #at = 0
  #last: RawKey | undefined
  #isDone = false

  constructor(end: MoveEnd) {
    this.#end = end
  }

  /** The next record, which stays the next one. */
  async peek(): Promise<RawRecord | undefined> {
    if (this.#at < this.#page.length) return this.#page[this.#at]
    if (this.#isDone) return undefined
    this.#page = await this.#end.page(this.#last)
    this.#at = 0
    this.#last = this.#page.at(-1)
    this.#isDone = this.#page.length === 0
    return this.#page[0]
  }

  /** Goes beyond the record that was peeked at. */
  take(record: RawRecord): RawRecord {
    this.#at += 1
    return record
  }
}

function compareKeys(a: RawKey, b: RawKey): number {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1
  return compareBytes(a.id, b.id)
}

function isSame(a: RawRecord, b: RawRecord): boolean {
  return a.version === b.version && compareBytes(a.value, b.value) === 0
}
