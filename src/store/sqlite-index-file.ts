import type { DatabaseSync } from 'node:sqlite'
import { createFile, openFile, parseInteger } from './sqlite-file.ts'

/** The index in its folder. It may be removed while no process has it open: Holdfast makes it again. */
export const INDEX_FILE = 'index.db'
/** The version of the tables' layout, of the terms and of what is counted. An index with another one is removed and made again. */
const FORMAT = 4
const TABLES = `
  CREATE TABLE meta (name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (name)) STRICT, WITHOUT ROWID;
  CREATE TABLE positions (
    node TEXT NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL, line INTEGER NOT NULL,
    sequence INTEGER NOT NULL, mac BLOB NOT NULL, PRIMARY KEY (node)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE segments (id INTEGER PRIMARY KEY, node TEXT NOT NULL, first INTEGER NOT NULL, UNIQUE (node, first)) STRICT;
  CREATE TABLE terms (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE events (
    id INTEGER PRIMARY KEY, segment INTEGER NOT NULL, offset INTEGER NOT NULL, size INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE postings (
    term INTEGER NOT NULL, last INTEGER NOT NULL, first INTEGER NOT NULL, distances BLOB NOT NULL,
    PRIMARY KEY (term, last)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE ids (prefix INTEGER NOT NULL, event INTEGER NOT NULL, PRIMARY KEY (prefix, event)) STRICT, WITHOUT ROWID;
  CREATE TABLE last_uses (
    key TEXT NOT NULL, second INTEGER NOT NULL, operation TEXT NOT NULL, event_id TEXT NOT NULL,
    request_id TEXT NOT NULL, PRIMARY KEY (key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE series (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, key TEXT NOT NULL,
    principal TEXT NOT NULL, source TEXT NOT NULL, operation TEXT NOT NULL, variant TEXT NOT NULL,
    UNIQUE (account, region, key, principal, source, operation, variant)
  ) STRICT;
  CREATE INDEX series_by_key ON series (key);
  CREATE TABLE touches (
    series INTEGER NOT NULL, material TEXT NOT NULL, opened INTEGER NOT NULL, address TEXT NOT NULL,
    failed INTEGER NOT NULL, calls INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    event_id TEXT NOT NULL, PRIMARY KEY (series, material, opened, address, failed)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE usage (
    hour INTEGER NOT NULL, series INTEGER NOT NULL, calls INTEGER NOT NULL, failures INTEGER NOT NULL,
    PRIMARY KEY (hour, series)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO meta (name, value) VALUES ('format', ${FORMAT}), ('rebuild', 0);
`

/**
 * A connection that does not sync each commit: after a power cut the index is as it was some time before, and
 * follows the log from there.
 *
 * @throws when the file cannot be used, or has another layout.
 */
export function connectIndex(folder: string, path: string): DatabaseSync {
  createFile(folder, path)
  const database = openFile(path)
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF')
    database.exec(`PRAGMA cache_size = ${-CACHE_KIB}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    const row = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()
    if (parseInteger(row?.['tables']) === 0) database.exec(`BEGIN IMMEDIATE; ${TABLES} COMMIT`)
    const format = database.prepare("SELECT value FROM meta WHERE name = 'format'").get()
    if (parseInteger(format?.['value']) !== FORMAT) throw new Error('it has another format')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * The cache of pages. Events are found by random ids, so a transaction reads most of its pages whatever its
 * size.
 */
const CACHE_KIB = 4096
/** Pages of the write-ahead log at which it is moved into the database, with a sync. */
const CHECKPOINT_PAGES = 8192
