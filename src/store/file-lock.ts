import { closeSync, existsSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { StoreFailure } from './port.ts'
import { reasonOf } from './sqlite-file.ts'

/** A lock that is held. It ends with `release`, or with the process, however that ends. */
export type FileLock = { readonly release: () => void }

/** SQLite's primary result codes. Source: SQLite, "Result and Error Codes". */
const SQLITE_BUSY = 5

/**
 * Takes the lock of a file, which is made if there is none; nothing when someone else holds it, in
 * this process or another.
 *
 * The lock is one of the kernel (`fcntl`), which SQLite takes for an exclusive transaction. Nobody
 * may open and close the file in this process otherwise: that would drop the lock.
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

/** Makes the file with its mode. One that exists is not touched: see above. */
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
