import { dirname, join } from 'node:path'
import type { FileLock } from '../../store/file-lock.ts'
import { AuditUnavailable } from './damage.ts'
import type { AuditFiles } from './files.ts'

/** Processes that may write into one data folder at a time. */
const NODES_MAX = 256

const LOCK_FILE = 'lock'
const NODE = /^node-(0|[1-9]\d{0,2})$/

/** Claims the lock of a node by its path; nothing when another process has it. */
export type ClaimLock = (path: string) => FileLock | undefined | Promise<FileLock | undefined>

/** A node's place in the log, held as long as its lock. */
export type Slot = { readonly node: string; readonly folder: string; readonly lock: FileLock }

/**
 * Claims the first node whose lock is free.
 *
 * @throws AuditUnavailable when none is free.
 */
export async function claimSlot(folder: string, files: AuditFiles, claimLock: ClaimLock): Promise<Slot> {
  for (let index = 0; index < NODES_MAX; index += 1) {
    const node = `node-${index}`
    const own = join(folder, node)
    await files.makeFolder(own)
    const lock = await claimLock(join(own, LOCK_FILE))
    if (lock !== undefined) {
      for (const made of [folder, dirname(folder)]) await files.syncFolder(made)
      return { node, folder: own, lock }
    }
  }
  throw new AuditUnavailable(`all ${NODES_MAX} nodes of ${folder} are taken`)
}

/** The nodes among some names, each once, in order. */
export function nodesAmong(names: readonly string[]): readonly string[] {
  const nodes = new Set(names.filter((name) => NODE.test(name)))
  return [...nodes].sort((a, b) => indexOf(a) - indexOf(b))
}

/** The node whose claim a writer of a path within the log's folder needs; nothing for files of no node. */
export function claimOfPath(path: string): string | undefined {
  return nodesAmong([path.split('/')[0] ?? ''])[0]
}

function indexOf(node: string): number {
  return Number(NODE.exec(node)?.[1])
}
