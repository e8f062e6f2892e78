import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { FEED_SHARDS, type FeedPosition, type RawKey, type RawRecord, StoreFailure } from './port.ts'
import { connect, parseBlob, parseInteger, parseText, prepareDatabase, reasonOf } from './sqlite-file.ts'

/** All records of a store as they were at one moment, whatever is committed meanwhile. */
export type StoreSnapshot = {
  /** The last sequence of each shard of the feed. */
  readonly heads: FeedPosition
  /** The number of changes ever committed. */
  readonly revision: number
  /** The next records after a key, or the first ones, in the order of kinds and ids; none at the end. */
  readonly page: (after: RawKey | undefined) => readonly RawRecord[]
  /** Ends it; again does nothing. */
  readonly close: () => void
}

/** A new store that is being filled with the records of a snapshot. */
export type StoreFilling = {
  readonly put: (record: RawRecord) => void
  /** Makes the records and the heads durable, and closes the store. */
  readonly finish: (heads: FeedPosition) => void
  /** Closes the store without what was put. */
  readonly abandon: () => void
}

/** Records of a page: some 100 KB, which are read in well under a millisecond. */
const PAGE_RECORDS = 50

/**
 * Opens a snapshot of a folder's database. It is a reading transaction: until it is closed, the write-ahead log grows
 * with what is committed. @throws StoreFailure.
 */
export function openSnapshot(folder: string): StoreSnapshot {
  const path = prepareDatabase(folder)
  return withReason(path, () => {
    const database = connect(path)
    try {
      database.exec('PRAGMA query_only = ON; BEGIN')
      // The first read begins the snapshot.
      const heads = readHeads(database)
      const first = database.prepare(
        `SELECT kind, id, version, value FROM records ORDER BY kind, id LIMIT ${PAGE_RECORDS}`,
      )
      const next = database.prepare(
        `SELECT kind, id, version, value FROM records WHERE (kind, id) > (?, ?) ORDER BY kind, id LIMIT ${PAGE_RECORDS}`,
      )
      return {
        heads,
        revision: [...heads.values()].reduce((sum, sequence) => sum + sequence, 0),
        page: (after) => withReason(path, () => readPage(first, next, after)),
        close: () => {
          if (database.isOpen) database.close()
        },
      }
    } catch (error) {
      database.close()
      throw error
    }
  })
}

function readHeads(database: DatabaseSync): FeedPosition {
  const rows = database.prepare('SELECT shard, sequence FROM heads ORDER BY shard').all()
  return new Map(rows.map((row) => [parseInteger(row['shard']), parseInteger(row['sequence'])]))
}

function readPage(
  first: StatementSync,
  next: StatementSync,
  after: RawKey | undefined,
): readonly RawRecord[] {
  const rows = after === undefined ? first.all() : next.all(after.kind, after.id)
  return rows.map((row) => ({
    kind: parseText(row['kind']),
    id: parseBlob(row['id']),
    version: parseInteger(row['version']),
    value: parseBlob(row['value']),
  }))
}

/** Creates the database of a folder that has none, to be filled with records. @throws StoreFailure. */
export function fillDatabase(folder: string): StoreFilling {
  const path = prepareDatabase(folder)
  return withReason(path, () => {
    const database = connect(path)
    database.exec('BEGIN IMMEDIATE')
    const insert = database.prepare('INSERT INTO records (kind, id, version, value) VALUES (?, ?, ?, ?)')
    const setHead = database.prepare('INSERT INTO heads (shard, sequence) VALUES (?, ?)')
    return {
      put: ({ kind, id, version, value }) => {
        withReason(path, () => insert.run(kind, id, version, value))
      },
      finish: (heads) =>
        withReason(path, () => {
          for (const [shard, sequence] of heads) setHead.run(shard, sequence)
          database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)')
          database.close()
        }),
      abandon: () => database.close(),
    }
  })
}

/** Whether a number is a shard of the feed. */
export function isShard(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < FEED_SHARDS
}

function withReason<T>(path: string, use: () => T): T {
  try {
    return use()
  } catch (error) {
    if (error instanceof StoreFailure) throw error
    throw new StoreFailure(`${path}: ${reasonOf(error)}`, { cause: error })
  }
}
