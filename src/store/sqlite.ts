import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { assertChanges, assertKey, assertRange } from './checks.ts'
import {
  type Applied,
  FEED_PAGE_MAX,
  type FeedEntry,
  type FeedPosition,
  type RangeQuery,
  type RawChange,
  type RawKey,
  type RawRecord,
  type RawStore,
  type RawVersion,
  StoreFailure,
} from './port.ts'
import { boundsOf } from './range-bounds.ts'
import { IntegrityError } from './records.ts'
import { connect, parseBlob, parseInteger, parseText, prepareDatabase, reasonOf } from './sqlite-file.ts'
import { WriterThread } from './sqlite-thread.ts'

/**
 * The store of a folder: `holdfast.db`, made if there is none. Any number of processes may have the same
 * folder open.
 *
 * Reads are synchronous, on this thread; commits run on a thread of their own.
 *
 * @throws StoreFailure when the file cannot be opened or is not Holdfast's.
 */
export function openSqlite(folder: string): RawStore {
  const path = prepareDatabase(folder)
  return new SqliteStore(path)
}

class SqliteStore implements RawStore {
  readonly #database: DatabaseSync
  readonly #statements: Statements
  readonly #writer: WriterThread
  #closing: Promise<void> | undefined

  constructor(path: string) {
    try {
      this.#database = connect(path)
      this.#statements = prepareReads(this.#database)
    } catch (error) {
      throw new StoreFailure(`${path} cannot be read: ${reasonOf(error)}`, { cause: error })
    }
    this.#writer = new WriterThread(path)
  }

  async get(key: RawKey): Promise<RawRecord | undefined> {
    assertKey(key)
    const { kind, id } = key
    const row = read(() => this.#statements.get.get(kind, id))
    if (row === undefined) return undefined
    return { kind, id, version: parseInteger(row['version']), value: parseBlob(row['value']) }
  }

  async range(kind: string, query: RangeQuery): Promise<readonly RawVersion[]> {
    assertRange(kind, query)
    const { from, to } = boundsOf(query)
    const rows = read(() => this.#statements.range.all(kind, from, to, query.limit))
    return rows.map((row) => ({ kind, id: parseBlob(row['id']), version: parseInteger(row['version']) }))
  }

  async kinds(): Promise<readonly string[]> {
    const kinds: string[] = []
    for (let last = ''; ; ) {
      const row = read(() => this.#statements.nextKind.get(last))
      if (row?.['kind'] === null || row === undefined) return kinds
      last = parseText(row['kind'])
      kinds.push(last)
    }
  }

  async commit(changes: readonly RawChange[], applied: Applied = () => {}): Promise<void> {
    assertChanges(changes)
    if (changes.length > 0) await this.#writer.commit(changes, applied)
  }

  changeCount(): number {
    this.#writer.settleDone()
    return parseInteger(read(() => this.#statements.count.get())?.['total'])
  }

  async feedPosition(): Promise<FeedPosition> {
    const rows = read(() => this.#statements.heads.all())
    return new Map(rows.map((row) => [parseInteger(row['shard']), parseInteger(row['sequence'])]))
  }

  async changesSince(shard: number, sequence: number): Promise<readonly FeedEntry[] | 'trimmed'> {
    const rows = read(() => this.#statements.changes.all(shard, sequence, FEED_PAGE_MAX))
    const [first] = rows
    if (first === undefined) return this.#headOf(shard) === sequence ? [] : 'trimmed'
    if (parseInteger(first['sequence']) !== sequence + 1) return 'trimmed'
    return rows.map((row) => ({
      shard,
      sequence: parseInteger(row['sequence']),
      kind: parseText(row['kind']),
      id: parseBlob(row['id']),
    }))
  }

  /**
   * SQLite's own count of the commits that this connection has noticed. The connection never writes, so each
   * commit is of another connection, such as the writer thread's. It costs two file locks and reads nothing.
   */
  dataVersion(): number {
    const row: unknown = read(() => this.#statements.dataVersion.get())
    return parseInteger(Array.isArray(row) ? row[0] : undefined)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#writer.close()
    this.#database.close()
  }

  #headOf(shard: number): number {
    const row = read(() => this.#statements.head.get(shard))
    return row === undefined ? 0 : parseInteger(row['sequence'])
  }
}

type Statements = {
  readonly get: StatementSync
  readonly range: StatementSync
  readonly nextKind: StatementSync
  readonly heads: StatementSync
  readonly head: StatementSync
  readonly changes: StatementSync
  readonly count: StatementSync
  readonly dataVersion: StatementSync
}

function prepareReads(database: DatabaseSync): Statements {
  database.exec('PRAGMA query_only = ON')
  const dataVersion = database.prepare('PRAGMA data_version')
  dataVersion.setReturnArrays(true)
  return {
    get: database.prepare('SELECT version, value FROM records WHERE kind = ? AND id = ?'),
    range: database.prepare(
      'SELECT id, version FROM records WHERE kind = ? AND id >= ? AND id < ? ORDER BY id LIMIT ?',
    ),
    nextKind: database.prepare('SELECT min(kind) AS kind FROM records WHERE kind > ?'),
    heads: database.prepare('SELECT shard, sequence FROM heads'),
    head: database.prepare('SELECT sequence FROM heads WHERE shard = ?'),
    changes: database.prepare(
      'SELECT sequence, kind, id FROM feed WHERE shard = ? AND sequence > ? ORDER BY sequence LIMIT ?',
    ),
    count: database.prepare('SELECT coalesce(sum(sequence), 0) AS total FROM heads'),
    dataVersion,
  }
}

/** Runs a statement to its end, so that no reading transaction delays a checkpoint. */
function read<T>(statement: () => T): T {
  try {
    return statement()
  } catch (error) {
    if (isOutOfRange(error)) throw new IntegrityError('the database holds a number that was never written')
    throw new StoreFailure(`the database cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

/** The error of node:sqlite for an integer beyond 2^53, which no commit writes. */
function isOutOfRange(error: unknown): boolean {
  return error instanceof RangeError
}
