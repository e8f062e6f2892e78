import { closeSync, existsSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { StoreFailure } from './port.ts'
import { reasonOf } from './sqlite-file.ts'

/** A held lock. It ends with `release`, or with the process, however that ends. */
export type FileLock = { readonly release: () => void }

/** SQLite's primary result codes. Source: SQLite, "Result and Error Codes". */
const SQLITE_BUSY = 5

/**
 * Locks a file and makes it if there is none; returns nothing if another process or this one holds the lock.
 *
 * It is a lock of the kernel (`fcntl`), which SQLite takes for an exclusive transaction. No other code of
 * this process may open and close the file: that would release the lock.
 *
 * @throws StoreFailure when the file cannot be used.
 */
export function claimFileLock(path: string): FileLock | undefined {
  let database: DatabaseSync | undefined
  try {
    createFile(path)
    database = new DatabaseSync(path, { timeout: 0 })
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()
    if (isBusy(error)) return undefined
    throw new StoreFailure(`${path} cannot be locked: ${reasonOf(error)}`, { cause: error })
  }
  const held = database
  return { release: () => held.close() }
}

/** Makes the file with its mode. Does not touch a file that exists: see above. */
function createFile(path: string): void {
  if (existsSync(path)) return
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    // Another process was faster.
    if (!existsSync(path)) throw error
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}
