import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { assertServing, decodeUse, type StoreUse } from './move.ts'
import { StoreFailure } from './port.ts'
import { IntegrityError } from './records.ts'

/** The database in the data folder; SQLite puts `-wal` and `-shm` files of the same mode beside it. */
export const DATABASE_FILE = 'holdfast.db'
/** The version of the tables' layout, in the `meta` table. */
const FORMAT = 1
/** `HFST`: marks the file as Holdfast's, for `file(1)` and for Holdfast. */
const APPLICATION_ID = 0x48465354
/** How long a connection waits for another process that writes. */
const BUSY_TIMEOUT_MS = 5000

const TABLES = `
  CREATE TABLE meta (name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (name)) STRICT, WITHOUT ROWID;
  CREATE TABLE records (
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE feed (
    shard INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    PRIMARY KEY (shard, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE heads (shard INTEGER NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (shard)) STRICT, WITHOUT ROWID;
  INSERT INTO meta (name, value) VALUES ('format', ${FORMAT}), ('failures', 0);
  PRAGMA application_id = ${APPLICATION_ID};
`

/**
 * The path of the folder's database. Makes it if there is none, and checks that it is Holdfast's. Only a move opens one
 * whose records have moved or are incomplete.
 *
 * @throws StoreFailure when the file is not a database, not Holdfast's, or of a newer format; then it has not
 * changed.
 */
export function prepareDatabase(folder: string, purpose: 'use' | 'move' = 'use'): string {
  const path = join(folder, DATABASE_FILE)
  try {
    createFile(folder, path)
    const database = openFile(path)
    try {
      if (isEmpty(database)) createTables(database)
      else assertOurs(database, path)
      if (purpose === 'use') assertServing(useOf(database), path)
      // A restored copy may have lost the mode of the write-ahead log.
      database.exec('PRAGMA journal_mode = WAL')
    } finally {
      database.close()
    }
    chmodSync(path, 0o600)
    return path
  } catch (error) {
    if (error instanceof StoreFailure || error instanceof IntegrityError) throw error
    throw new StoreFailure(`${path} cannot be opened: ${reasonOf(error)}`, { cause: error })
  }
}

/**
 * A connection to a database that {@link prepareDatabase} has prepared. It syncs each commit, and overwrites
 * what is deleted: the sealed key material of a deleted key must not stay in free pages.
 */
export function connect(path: string): DatabaseSync {
  const database = openFile(path)
  database.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA trusted_schema = OFF')
  database.exec('PRAGMA secure_delete = ON')
  return database
}

/** The text of an error that an engine has thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** A number that a statement has returned. @throws IntegrityError when it is none. */
export function parseInteger(value: SQLOutputValue | undefined): number {
  if (typeof value !== 'number') throw new IntegrityError(`the database holds ${typeof value}, not a number`)
  return value
}

/** Bytes that a statement has returned. @throws IntegrityError when they are none. */
export function parseBlob(value: SQLOutputValue | undefined): Uint8Array {
  if (!(value instanceof Uint8Array))
    throw new IntegrityError(`the database holds ${typeof value}, not bytes`)
  return value
}

/** A text that a statement has returned. @throws IntegrityError when it is none. */
export function parseText(value: SQLOutputValue | undefined): string {
  if (typeof value !== 'string') throw new IntegrityError(`the database holds ${typeof value}, not text`)
  return value
}

/**
 * Makes the file with its mode before SQLite opens it. Opens only a file that does not exist: closing any
 * descriptor of a file releases the locks that SQLite holds on it in this process.
 */
export function createFile(folder: string, path: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (existsSync(path)) return
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    // Another process was faster.
    if (!existsSync(path)) throw error
    return
  }
  const directory = openSync(folder, 'r')
  fsyncSync(directory)
  closeSync(directory)
}

/** Opens an existing file: a database that was removed is never silently made anew. */
export function openFile(path: string): DatabaseSync {
  const url = pathToFileURL(path)
  url.searchParams.set('mode', 'rw')
  return new DatabaseSync(url, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: false })
}

function isEmpty(database: DatabaseSync): boolean {
  const row = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()
  return parseInteger(row?.['tables']) === 0
}

function createTables(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    // Another process may have been faster.
    if (isEmpty(database)) database.exec(TABLES)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function useOf(database: DatabaseSync): StoreUse {
  const row = database.prepare("SELECT value FROM meta WHERE name = 'use'").get()
  return decodeUse(parseInteger(row?.['value'] ?? 0))
}

function assertOurs(database: DatabaseSync, path: string): void {
  const id = database.prepare('PRAGMA application_id').get()?.['application_id']
  const named = database.prepare(
    "SELECT 1 AS found FROM sqlite_schema WHERE name = 'meta' AND type = 'table'",
  )
  if (id !== APPLICATION_ID || named.get() === undefined) {
    throw new StoreFailure(`${path} is a database, but not one of Holdfast`)
  }
  const row = database.prepare("SELECT value FROM meta WHERE name = 'format'").get()
  const format = parseInteger(row?.['value'])
  if (format === FORMAT) return
  throw new StoreFailure(
    `${path} has format ${format}, this version of Holdfast reads format ${FORMAT}: use the version that wrote it`,
  )
}
