/** The thread that commits to an ordered file, so that no sync of the disk delays a request. */

import { closeSync, existsSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { reasonOf } from './sqlite-file.ts'

/** A change of an entry; without a value, the entry is removed. */
export type OrderedChange = {
  readonly space: string
  readonly id: Uint8Array
  readonly value: Uint8Array | undefined
}

/** Changes for the thread: one transaction. */
export type OrderedRequest = { readonly changes: readonly OrderedChange[] }

/** The result of a transaction: an error when nothing has changed. */
export type OrderedAnswer = { readonly error: string | undefined }

const TABLE = `CREATE TABLE IF NOT EXISTS entries (
  space TEXT NOT NULL, id BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (space, id)
) STRICT, WITHOUT ROWID`

/** Opens the database, and makes it if there is none. Each commit is synced; what is removed is overwritten. */
export function openOrdered(path: string): DatabaseSync {
  if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600))
  const database = new DatabaseSync(path, { timeout: 5000 })
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON')
  database.exec(`PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON; ${TABLE}`)
  return database
}

function serve(path: string): void {
  const database = openOrdered(path)
  const put = database.prepare(
    'INSERT INTO entries (space, id, value) VALUES (?, ?, ?) ON CONFLICT (space, id) DO UPDATE SET value = excluded.value',
  )
  const remove = database.prepare('DELETE FROM entries WHERE space = ? AND id = ?')
  const commit = (changes: readonly OrderedChange[]): void => {
    database.exec('BEGIN IMMEDIATE')
    try {
      for (const { space, id, value } of changes) {
        if (value === undefined) remove.run(space, id)
        else put.run(space, id, value)
      }
      database.exec('COMMIT')
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }
  parentPort?.on('message', ({ changes }: OrderedRequest) => {
    let error: string | undefined
    try {
      commit(changes)
    } catch (cause) {
      error = reasonOf(cause)
    }
    parentPort?.postMessage({ error } satisfies OrderedAnswer)
  })
}

if (!isMainThread && typeof workerData === 'string') serve(workerData)
