import { dirname, join } from 'node:path'
import { concatBytes, toBase64, utf8 } from '../../base/bytes.ts'
import type { Log } from '../../base/log.ts'
import type { Ed25519Key } from '../../crypto/ed25519.ts'
import { sha256 } from '../../crypto/hash.ts'
import type { HmacKey } from '../../crypto/hmac.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import {
  type Change,
  insert,
  type Kind,
  LIST_MAX_RECORDS,
  type Records,
  replace,
} from '../../store/records.ts'
import { archiveEvent, type OwnEventDependencies } from '../events/own-events.ts'
import type { FormattedEvent } from '../events/service-event.ts'
import { CHAIN_START, type ChainPoint } from '../log/chain.ts'
import { ChainWalk } from '../log/chain-walk.ts'
import type { AuditFiles, ReadFile } from '../log/files.ts'
import { LogBroken } from '../log/follow.ts'
import { AUDIT_HEAD_PARTITION, type AuditHeadValue, decodeHead, encodeHead } from '../log/head.ts'
import { readHeads } from '../log/journal.ts'
import { readSegment } from '../log/read.ts'
import { batchTimeOf, FRAME_MAX_BYTES, parseSegmentLine, segmentName, segmentsAmong } from '../log/segment.ts'
import { nodesAmong } from '../log/slot.ts'
import { writeAll } from '../log/writer.ts'
import { readTrees } from '../proofs/checkpoints.ts'
import {
  archivePaths,
  BLOCK_BYTES,
  compressBlock,
  type Manifest,
  openArchive,
  readManifest,
  signManifest,
} from './archive.ts'

/** The part of a node's log that stays uncompressed. */
export type KeepLive = {
  /** Segments whose last batch is older are archived. */
  readonly ageMs?: number | undefined
  /** The oldest segments beyond this size are archived. */
  readonly sizeBytes?: number | undefined
}

/** The dependencies of archiving. */
export type ArchiverDependencies = {
  readonly records: Records
  /** The operating system's files: no archive among them appears as a segment. */
  readonly files: AuditFiles
  /** The folder with the nodes' folders. */
  readonly folder: string
  readonly key: HmacKey
  readonly signingKey: Ed25519Key
  /** Makes changes and their events durable together. */
  readonly commit: (changes: readonly Change[], events: readonly FormattedEvent[]) => Promise<void>
  readonly own: OwnEventDependencies
  /** By node, the last event that everything derived from the log has processed. */
  readonly taken: () => Promise<(node: string) => number>
  readonly log: Log
}

/** The record of how far a node's log is archived: partition and name as those of heads. */
const AUDIT_ARCHIVE: Kind<AuditHeadValue> = kindOfFormat1('audit-archive')

/** Segments at the end of a log that are never archived: a start may go back to the last but one. */
const LIVE_SEGMENTS_MIN = 2

/** By node, the last archived point of the log. */
export async function readArchived(records: Records): Promise<ReadonlyMap<string, ChainPoint>> {
  const page = await records.list(AUDIT_ARCHIVE, { partition: AUDIT_HEAD_PARTITION, limit: LIST_MAX_RECORDS })
  return new Map(page.records.map(({ name, value }) => [name, decodeHead(value)]))
}

/**
 * Archives what is no longer to be live, of all nodes; gives how many segments that were. A segment is removed only when
 * its archive is durable and has been read back, and the event and the record that tell of it are durable too.
 * Nothing is archived that a saved head, a checkpoint or {@link ArchiverDependencies.taken} has not reached.
 *
 * @throws LogBroken for the first segment that is not as it was written, after all other nodes; StoreFailure.
 */
export async function archiveOld(dependencies: ArchiverDependencies, keep: KeepLive): Promise<number> {
  let archived = 0
  let broken: LogBroken | undefined
  for (const node of nodesAmong(await dependencies.files.list(dependencies.folder))) {
    try {
      archived += await archiveNode(dependencies, node, keep)
    } catch (error) {
      if (!(error instanceof LogBroken)) throw error
      broken ??= error
    }
  }
  if (broken !== undefined) throw broken
  return archived
}

async function archiveNode(
  dependencies: ArchiverDependencies,
  node: string,
  keep: KeepLive,
): Promise<number> {
  const { files, records } = dependencies
  const folder = join(dependencies.folder, node)
  await removeArchived(dependencies, node)
  const live = segmentsAmong(await files.list(folder))
  const taken = await dependencies.taken()
  const head = (await readHeads(records)).get(node)?.sequence ?? 0
  const covered = (await readTrees(records)).get(node)?.sequence ?? 0
  const until = Math.min(head, covered, taken(node))
  const sizes = await Promise.all(live.map((first) => files.sizeOf(join(folder, segmentName(first)))))
  let total = sizes.reduce((sum, size) => sum + size, 0)
  let archived = 0
  for (const [index, first] of live.slice(0, -LIVE_SEGMENTS_MIN).entries()) {
    const last = (live[index + 1] ?? 0) - 1
    const isLarge = keep.sizeBytes !== undefined && total > keep.sizeBytes
    if (last > until || !(isLarge || (await isOld(dependencies, join(folder, segmentName(first)), keep))))
      break
    await archiveSegment(dependencies, node, first)
    total -= sizes[index] ?? 0
    archived += 1
  }
  return archived
}

async function isOld(
  { files, own }: ArchiverDependencies,
  path: string,
  { ageMs }: KeepLive,
): Promise<boolean> {
  if (ageMs === undefined) return false
  const sizeBytes = await files.sizeOf(path)
  const tail = Buffer.alloc(Math.min(sizeBytes, FRAME_MAX_BYTES))
  const file = await files.openRead(path)
  try {
    await file.read(tail, sizeBytes - tail.length)
  } finally {
    await file.close()
  }
  return own.clock.now() - batchTimeOf(tail) > ageMs
}

/** Removes segments whose archiving was committed, but which a crash kept from being removed. */
async function removeArchived(dependencies: ArchiverDependencies, node: string): Promise<void> {
  const { files } = dependencies
  const folder = join(dependencies.folder, node)
  const end = (await readArchived(dependencies.records)).get(node)?.sequence ?? 0
  for (const first of segmentsAmong(await files.list(folder)).filter((one) => one <= end)) {
    const path = join(folder, segmentName(first))
    await assertArchived(dependencies, node, path)
    await files.remove(path)
    await files.syncFolder(folder)
  }
}

async function archiveSegment(
  dependencies: ArchiverDependencies,
  node: string,
  first: number,
): Promise<void> {
  const { files, records, log } = dependencies
  const folder = join(dependencies.folder, node)
  const path = join(folder, segmentName(first))
  const facts = await walkSegment(dependencies, node, path)
  const { archive, manifest: manifestPath } = archivePaths(path)
  await files.makeFolder(dirname(archive))
  await files.syncFolder(folder)
  const packed = await pack(files, path, archive)
  const manifest: Manifest = { ...facts, ...packed }
  await writeNew(files, manifestPath, [utf8(signManifest(dependencies.signingKey, manifest))])
  await files.rename(`${archive}.new`, archive)
  await files.rename(`${manifestPath}.new`, manifestPath)
  await files.syncFolder(dirname(archive))
  await assertArchived(dependencies, node, path)
  const { last, end, sizeBytes, blocks } = manifest
  const archivedBytes = blocks.reduce((sum, size) => sum + size, 0)
  const details = { node, first, last, sizeBytes, archivedBytes, end: toBase64(end) }
  const present = await records.get(AUDIT_ARCHIVE, AUDIT_HEAD_PARTITION, node)
  const value = encodeHead({ sequence: last, mac: end, segment: first })
  const id = dependencies.own.random.uuid()
  await dependencies.commit(
    [
      present === undefined
        ? insert(AUDIT_ARCHIVE, AUDIT_HEAD_PARTITION, node, value)
        : replace(present, value),
    ],
    [{ id, json: archiveEvent(dependencies.own, id, details) }],
  )
  await files.remove(path)
  await files.syncFolder(folder)
  log.info('a segment of the audit log was archived', details)
}

type SegmentFacts = Omit<Manifest, 'sizeBytes' | 'hash' | 'blocks'>

/** Checks every batch of a closed segment. @throws LogBroken. */
async function walkSegment(
  { files, key }: ArchiverDependencies,
  node: string,
  path: string,
): Promise<SegmentFacts> {
  let walk: ChainWalk | undefined
  let before = CHAIN_START
  let firstAt: number | undefined
  for await (const part of readSegment(files, path)) {
    if (part.type === 'header') {
      before = parseSegmentLine(part.text)?.point ?? before
      walk = new ChainWalk({ node, key }, undefined, before, { sparse: true })
    }
    const wrong = walk?.step(part)
    if (wrong !== undefined) throw new LogBroken(`${path}, offset ${part.offset}: ${wrong}`)
    if (part.type === 'batch') firstAt ??= walk?.at
  }
  const wrong = walk?.settle()
  if (wrong !== undefined || walk === undefined || firstAt === undefined)
    throw new LogBroken(`${path}: ${wrong ?? 'it holds no batch'}`)
  const { sequence: last, mac: end } = walk.point
  return { node, first: before.sequence + 1, last, firstAt, lastAt: walk.at, before: before.mac, end }
}

/** Compresses a segment into a new file beside its place. */
async function pack(
  files: AuditFiles,
  from: string,
  to: string,
): Promise<Pick<Manifest, 'sizeBytes' | 'hash' | 'blocks'>> {
  const source = await files.openRead(from)
  const target = await files.openAppend(`${to}.new`)
  try {
    await target.truncate(0)
    const blocks: number[] = []
    const hashes: Uint8Array[] = []
    let sizeBytes = 0
    for await (const block of blocksOf(source)) {
      const packed = await compressBlock(block)
      await writeAll(target, packed)
      blocks.push(packed.length)
      hashes.push(sha256(block))
      sizeBytes += block.length
    }
    return { sizeBytes, hash: sha256(concatBytes(...hashes)), blocks }
  } finally {
    await target.close()
    await source.close()
  }
}

async function* blocksOf(file: ReadFile): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(BLOCK_BYTES)
  for (let position = 0; ; ) {
    let filled = 0
    for (let count = -1; count !== 0 && filled < BLOCK_BYTES; filled += count)
      count = await file.read(buffer.subarray(filled), position + filled)
    if (filled === 0) return
    yield buffer.subarray(0, filled)
    position += filled
  }
}

/** Fails unless the archive of a segment has the segment's content. */
async function assertArchived({ files }: ArchiverDependencies, node: string, path: string): Promise<void> {
  const { archive, manifest: manifestPath } = archivePaths(path)
  const { manifest } = await readManifest(files, manifestPath, node)
  if (manifest === undefined) throw new LogBroken(`${manifestPath} is no manifest`)
  const hashes: Uint8Array[] = []
  const file = openArchive(await files.openRead(archive), manifest)
  const segment = await files.openRead(path)
  try {
    for await (const block of blocksOf(file)) hashes.push(sha256(block))
    const own: Uint8Array[] = []
    for await (const block of blocksOf(segment)) own.push(sha256(block))
    const [archived, live] = [hashes, own].map((list) => toBase64(sha256(concatBytes(...list))))
    if (archived !== live || archived !== toBase64(manifest.hash))
      throw new LogBroken(`${archive} is not the archive of ${path}`)
  } finally {
    await file.close()
    await segment.close()
  }
}

async function writeNew(files: AuditFiles, path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await files.openAppend(`${path}.new`)
  try {
    await file.truncate(0)
    for (const part of parts) await writeAll(file, part)
  } finally {
    await file.close()
  }
}
