import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { undoAtExit } from './cleanup.ts'

/** A folder that belongs to this run. */
export type Folder = { readonly path: string; readonly remove: () => void }

/** Creates an empty folder under `parent`. */
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

/** Whether a folder is in memory. There, making a log durable costs nothing and proves nothing. */
export function isInMemory(path: string): boolean {
  return statfsSync(path).type === TMPFS
}
