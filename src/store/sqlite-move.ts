import type { DatabaseSync } from 'node:sqlite'
import { type Condition, decodeUse, encodeUse, MOVE_PAGE_RECORDS, type MoveEnd } from './move.ts'
import { type FeedPosition, type RawKey, type RawRecord, StoreFailure } from './port.ts'
import { connect, parseBlob, parseInteger, parseText, prepareDatabase, reasonOf } from './sqlite-file.ts'

/** Changes of the records of a store that has moved fail in every process, however long it has had the file open. */
const STOP = ['INSERT', 'UPDATE', 'DELETE'].map(
  (change) => `CREATE TRIGGER moved_${change} BEFORE ${change} ON records
    BEGIN SELECT RAISE(ABORT, 'the records have moved to another store'); END;`,
)
const GO = ['INSERT', 'UPDATE', 'DELETE'].map((change) => `DROP TRIGGER IF EXISTS moved_${change};`)

/**
 * Opens a folder's database for a move, with the lock on all changes: nothing changes in it until the store is closed.
 *
 * @throws StoreFailure when another process holds the lock, or the file cannot be used.
 */
export function openSqliteMove(folder: string): MoveEnd {
  const path = prepareDatabase(folder, 'move')
  const run = <T>(use: () => T): T => withReason(path, use)
  return run(() => {
    const database = connect(path)
    try {
      database.exec('BEGIN IMMEDIATE')
    } catch (error) {
      database.close()
      throw error
    }
    return endOf(database, run)
  })
}

function endOf(database: DatabaseSync, run: <T>(use: () => T) => T): MoveEnd {
  const first = database.prepare(
    `SELECT kind, id, version, value FROM records ORDER BY kind, id LIMIT ${MOVE_PAGE_RECORDS}`,
  )
  const next = database.prepare(
    `SELECT kind, id, version, value FROM records WHERE (kind, id) > (?, ?) ORDER BY kind, id LIMIT ${MOVE_PAGE_RECORDS}`,
  )
  return {
    condition: async () => run(() => readCondition(database)),
    page: async (after) => run(() => parseRows(after ? next.all(after.kind, after.id) : first.all())),
    heads: async () => run(() => readHeads(database)),
    write: async (put, removed) => run(() => write(database, put, removed)),
    replaceFeed: async (heads) => run(() => replaceFeed(database, heads)),
    mark: async (condition) => run(() => mark(database, condition)),
    close: async () => database.close(),
  }
}

/** Commits, and takes the lock again at once. */
function keep(database: DatabaseSync): void {
  database.exec('COMMIT; BEGIN IMMEDIATE')
}

function readCondition(database: DatabaseSync): Condition {
  const find = database.prepare('SELECT value FROM meta WHERE name = ?')
  const numberOf = (name: string): number => parseInteger(find.get(name)?.['value'] ?? 0)
  return { use: decodeUse(numberOf('use')), move: numberOf('move') }
}

function parseRows(rows: ReturnType<ReturnType<DatabaseSync['prepare']>['all']>): readonly RawRecord[] {
  return rows.map((row) => ({
    kind: parseText(row['kind']),
    id: parseBlob(row['id']),
    version: parseInteger(row['version']),
    value: parseBlob(row['value']),
  }))
}

function readHeads(database: DatabaseSync): FeedPosition {
  const rows = database.prepare('SELECT shard, sequence FROM heads').all()
  return new Map(rows.map((row) => [parseInteger(row['shard']), parseInteger(row['sequence'])]))
}

function write(database: DatabaseSync, put: readonly RawRecord[], removed: readonly RawKey[]): void {
  const remove = database.prepare('DELETE FROM records WHERE kind = ? AND id = ?')
  const insert = database.prepare('INSERT INTO records (kind, id, version, value) VALUES (?, ?, ?, ?)')
  for (const { kind, id } of [...removed, ...put]) remove.run(kind, id)
  for (const { kind, id, version, value } of put) insert.run(kind, id, version, value)
  keep(database)
}

function replaceFeed(database: DatabaseSync, heads: FeedPosition): void {
  database.exec('DELETE FROM feed; DELETE FROM heads')
  const insert = database.prepare('INSERT INTO heads (shard, sequence) VALUES (?, ?)')
  for (const [shard, sequence] of heads) insert.run(shard, sequence)
  keep(database)
}

function mark(database: DatabaseSync, { use, move }: Condition): void {
  const set = database.prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)')
  set.run('use', encodeUse(use))
  set.run('move', move)
  database.exec(GO.join(''))
  if (use === 'moved') database.exec(STOP.join(''))
  keep(database)
}

function withReason<T>(path: string, use: () => T): T {
  try {
    return use()
  } catch (error) {
    if (error instanceof StoreFailure) throw error
    throw new StoreFailure(`${path}: ${reasonOf(error)}`, { cause: error })
  }
}
