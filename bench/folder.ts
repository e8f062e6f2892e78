import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { undoAtExit } from './cleanup.ts'

/** A folder of this run's own. */
export type Folder = { readonly path: string; readonly remove: () => void }

/** Makes an empty folder under `parent`. */
export function makeFolder(parent: string): Folder {
  const path = mkdtempSync(join(parent, 'holdfast-bench-'))
  const remove = () => rmSync(path, { recursive: true, force: true })
  const forget = undoAtExit(remove)
  return {
    path,
    remove: () => {
      remove()
      forget()
    },
  }
}

/** `TMPFS_MAGIC`. Source: statfs(2). */
const TMPFS = 0x01021994

/** Whether a folder is held in memory, where making a log durable costs nothing and proves nothing. */
export function isInMemory(path: string): boolean {
  return statfsSync(path).type === TMPFS
}
