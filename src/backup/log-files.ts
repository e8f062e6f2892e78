import { join } from 'node:path'
import { ARCHIVE_FOLDER } from '../audit/archive/archive.ts'
import type { AuditFiles, ReadFile } from '../audit/log/files.ts'
import {
  BATCH_MAX_BYTES,
  BATCH_START,
  FRAME_MAX_BYTES,
  segmentName,
  segmentsAmong,
} from '../audit/log/segment.ts'
import { nodesAmong } from '../audit/log/slot.ts'
import { CHECKPOINTS_FOLDER } from '../audit/proofs/kept-checkpoints.ts'
import { latin1 } from '../base/bytes.ts'
import { type BackupFile, isBackupPath } from './entries.ts'

/** The end of a node's log: its last whole batch. */
export type LogEnd = {
  /** The last sequence number. */
  readonly sequence: number
  /** The segment, and where the batch ends in it. */
  readonly segment: number
  readonly endOffset: number
}

/** The files of an audit folder. */
export type LogFolder = { readonly files: AuditFiles; readonly folder: string }

const FIRST_LOOK_BYTES = 65_536
/** The largest batch, and the batch lines around it. */
const LOOK_MAX_BYTES = BATCH_MAX_BYTES + 4 * FRAME_MAX_BYTES + FIRST_LOOK_BYTES
const BATCH_LINE = latin1(`\n${BATCH_START}`)
const BATCH = /^\n\{"batch":\{"first":(\d{1,16}),"count":(\d{1,16}),[^\n]{1,400}\}\}\n/
const COPY_BYTES = 262_144

/** The ends of the logs of all nodes, by node. A node without a whole batch in its last two segments has none. */
export async function findLogEnds({ files, folder }: LogFolder): Promise<ReadonlyMap<string, LogEnd>> {
  const ends = new Map<string, LogEnd>()
  for (const node of nodesAmong(await files.list(folder))) {
    const own = join(folder, node)
    for (const segment of segmentsAmong(await files.list(own))
      .slice(-2)
      .reverse()) {
      const end = await findEndOf(files, join(own, segmentName(segment)))
      if (end === undefined) continue
      ends.set(node, { ...end, segment })
      break
    }
  }
  return ends
}

async function findEndOf(
  files: AuditFiles,
  path: string,
): Promise<Pick<LogEnd, 'sequence' | 'endOffset'> | undefined> {
  const size = await files.sizeOf(path)
  const file = await files.openRead(path)
  try {
    for (let look = FIRST_LOOK_BYTES; ; look *= 4) {
      const from = Math.max(0, size - look)
      const end = lastBatch(await readPiece(file, from, size - from), from)
      if (end !== undefined || from === 0 || look > LOOK_MAX_BYTES) return end
    }
  } finally {
    await file.close()
  }
}

/** The last whole batch line of some bytes. */
function lastBatch(bytes: Buffer, from: number): Pick<LogEnd, 'sequence' | 'endOffset'> | undefined {
  for (let at = bytes.lastIndexOf(BATCH_LINE); at >= 0; at = bytes.lastIndexOf(BATCH_LINE, at - 1)) {
    const text = bytes.toString('latin1', at, at + FRAME_MAX_BYTES)
    const [line, first, count] = BATCH.exec(text) ?? []
    if (line !== undefined)
      return { sequence: Number(first) + Number(count) - 1, endOffset: from + at + line.length }
    if (at === 0) break
  }
  return undefined
}

/** The checkpoints of a log. List them before the records are read: a checkpoint covers what a saved head covers. */
export async function listCheckpoints({ files, folder }: LogFolder): Promise<readonly BackupFile[]> {
  const found: BackupFile[] = []
  for (const node of nodesAmong(await files.list(join(folder, CHECKPOINTS_FOLDER)))) {
    for (const name of (await files.list(join(folder, CHECKPOINTS_FOLDER, node))).toSorted()) {
      const path = `${CHECKPOINTS_FOLDER}/${node}/${name}`
      if (isBackupPath(path)) found.push({ path, sizeBytes: await files.sizeOf(join(folder, path)) })
    }
  }
  return found
}

/** The files of the nodes' logs, up to the given ends. Those before the last segment of a node never change. */
export async function listLogFiles(
  { files, folder }: LogFolder,
  ends: ReadonlyMap<string, LogEnd>,
): Promise<readonly (BackupFile & { readonly isClosed: boolean })[]> {
  const found: (BackupFile & { readonly isClosed: boolean })[] = []
  for (const [node, end] of ends) {
    // Segments before archives: one that is archived meanwhile is in both lists, never in none.
    const own = (await files.list(join(folder, node))).toSorted()
    const archives = (await files.list(join(folder, node, ARCHIVE_FOLDER))).toSorted()
    const paths = [
      ...own.map((name) => `${node}/${name}`),
      ...archives.map((name) => `${node}/${ARCHIVE_FOLDER}/${name}`),
    ].filter(isBackupPath)
    for (const path of paths) {
      const [segment] = segmentsAmong([path.slice(node.length + 1)])
      if (segment !== undefined && segment > end.segment) continue
      const isLast = segment === end.segment
      const sizeBytes = isLast ? end.endOffset : await sizeIfThere(files, join(folder, path))
      if (sizeBytes !== undefined) found.push({ path, sizeBytes, isClosed: !isLast })
    }
  }
  return found
}

/** An archiver removes a segment when its archive is durable. */
async function sizeIfThere(files: AuditFiles, path: string): Promise<number | undefined> {
  try {
    return await files.sizeOf(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Whether an error means that a file does not exist. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/** The bytes of a file up to a size. @throws Error when it ends before. */
export async function* readUpTo(
  files: AuditFiles,
  path: string,
  sizeBytes: number,
): AsyncGenerator<Uint8Array> {
  const file = await files.openRead(path)
  try {
    for (let at = 0; at < sizeBytes; ) {
      const piece = await readPiece(file, at, Math.min(COPY_BYTES, sizeBytes - at))
      if (piece.length === 0) throw new Error(`${path} has ${at} bytes, where it had ${sizeBytes} before`)
      yield piece
      at += piece.length
    }
  } finally {
    await file.close()
  }
}

async function readPiece(file: ReadFile, from: number, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(size)
  let filled = 0
  while (filled < size) {
    const count = await file.read(buffer.subarray(filled), from + filled)
    if (count === 0) break
    filled += count
  }
  return buffer.subarray(0, filled)
}
