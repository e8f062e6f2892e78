import { join } from 'node:path'
import { fromUtf8 } from '../../base/bytes.ts'
import type { Ed25519Key } from '../../crypto/ed25519.ts'
import type { AuditFiles } from '../log/files.ts'
import { nodesAmong } from '../log/slot.ts'
import { openCheckpoint, originOf } from './note.ts'

/** The folder of checkpoints, in the folder of the nodes' folders. */
export const CHECKPOINTS_FOLDER = 'checkpoints'

/** A checkpoint in a file. */
export type KeptCheckpoint = {
  readonly node: string
  /** The folder of the node's checkpoints, and the file in it. */
  readonly folder: string
  readonly file: string
  /** How many events it covers; nothing when this log has not signed it, or not for this file. */
  readonly size: number | undefined
}

const SIZE_DIGITS = 16
const NAME = /^(\d{16})\.checkpoint$/
/** A checkpoint is far smaller. */
const READ_MAX_BYTES = 4096

/** The name of the file for a checkpoint of so many events. */
export function checkpointName(size: number): string {
  return `${String(size).padStart(SIZE_DIGITS, '0')}.checkpoint`
}

/** All stored checkpoints of a log, with their signatures checked. */
export async function readCheckpoints(
  files: AuditFiles,
  auditFolder: string,
  signingKey: Ed25519Key,
): Promise<readonly KeptCheckpoint[]> {
  const kept: KeptCheckpoint[] = []
  for (const node of nodesAmong(await files.list(join(auditFolder, CHECKPOINTS_FOLDER)))) {
    const folder = join(CHECKPOINTS_FOLDER, node)
    const key = { name: originOf(signingKey, node), publicKey: signingKey.publicKey }
    for (const file of [...(await files.list(join(auditFolder, folder)))].sort()) {
      const [, digits] = NAME.exec(file) ?? []
      if (digits === undefined) continue
      const size = openCheckpoint(await readText(files, join(auditFolder, folder, file)), key)?.size
      kept.push({ node, folder, file, size: size === Number(digits) ? size : undefined })
    }
  }
  return kept
}

async function readText(files: AuditFiles, path: string): Promise<string> {
  const file = await files.openRead(path)
  try {
    const bytes = new Uint8Array(READ_MAX_BYTES)
    let sizeBytes = 0
    for (let count = -1; count !== 0 && sizeBytes < bytes.length; sizeBytes += count) {
      count = await file.read(bytes.subarray(sizeBytes), sizeBytes)
    }
    return fromUtf8(bytes.subarray(0, sizeBytes))
  } finally {
    await file.close()
  }
}
