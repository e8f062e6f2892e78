import { join } from 'node:path'
import { CHAIN_START, type Chain, type ChainPoint } from './chain.ts'
import { ChainWalk } from './chain-walk.ts'
import type { AuditFiles } from './files.ts'
import { readSegment } from './read.ts'
import { parseSegmentLine, segmentName, segmentsAmong } from './segment.ts'

/** A position between two batches of a node's log, and the chain there. */
export type LogPosition = {
  /** The first sequence number of the segment; 0 before the first. */
  readonly segment: number
  readonly offset: number
  readonly line: number
  readonly point: ChainPoint
}

/** The position before everything. */
export const LOG_START: LogPosition = { segment: 0, offset: 0, line: 1, point: CHAIN_START }

/** A batch whose MAC was checked. Its bytes are valid until the next one is requested. */
export type FollowedBatch = {
  readonly segment: number
  /** Where its events begin in the segment. */
  readonly offset: number
  /** The events' lines with their line ends. */
  readonly events: Uint8Array
  readonly count: number
  readonly end: LogPosition
}

/** The first segment of every log. */
const FIRST_SEGMENT = 1

/** The log does not continue from the position. */
export class LogBroken extends Error {
  override readonly name: string = 'LogBroken'
}

/** The log to follow. */
export type FollowDependencies = {
  readonly files: AuditFiles
  /** The node's own folder. */
  readonly folder: string
  readonly chain: Chain
  /**
   * Whether {@link LOG_START} is the first segment that exists: archives of earlier ones may be kept
   * elsewhere. What exists is checked all the same; that nothing came before is not.
   */
  readonly fromFirstKept?: boolean
}

/**
 * The complete batches of a node's log after a position, in order.
 *
 * @throws LogBroken where a batch is not the one that follows.
 */
export async function* followLog(
  dependencies: FollowDependencies,
  from: LogPosition,
): AsyncGenerator<FollowedBatch> {
  const { files, folder, chain } = dependencies
  const segments = segmentsAmong(await files.list(folder)).filter((first) => first >= from.segment)
  // After one that is kept elsewhere, the next continues if its segment line says that it follows this batch.
  const isThere = segments[0] === from.segment || segments[0] === from.point.sequence + 1
  if (from.segment > 0 && !isThere) {
    throw new LogBroken(`${chain.node}/${segmentName(from.segment)} is gone`)
  }
  let position = from
  const [kept] = segments
  // The first segment may exist without its segment line: its writer has only just begun.
  if (dependencies.fromFirstKept && from.segment === 0 && kept !== undefined && kept > FIRST_SEGMENT)
    position = { ...from, point: await pointBefore(dependencies, kept) }
  for (const first of segments) {
    if (first !== position.segment) position = { ...position, segment: first, offset: 0, line: 1 }
    if (position.offset === 0 && first !== position.point.sequence + 1) {
      throw new LogBroken(`${chain.node}: event ${position.point.sequence + 1} is in no segment`)
    }
    for await (const batch of followSegment(dependencies, position, first === segments.at(-1))) {
      position = batch.end
      yield batch
    }
  }
}

/** The point that a segment claims to follow; the MAC of its first batch proves it. */
async function pointBefore({ files, folder, chain }: FollowDependencies, first: number): Promise<ChainPoint> {
  const point = await readStart(files, join(folder, segmentName(first)))
  if (point?.sequence === first - 1) return point
  throw new LogBroken(`${chain.node}/${segmentName(first)}: the segment line is malformed`)
}

/** The point that a segment claims to follow; nothing when it has no segment line. */
export async function readStart(files: AuditFiles, path: string): Promise<ChainPoint | undefined> {
  for await (const part of readSegment(files, path))
    return part.type === 'header' ? parseSegmentLine(part.text)?.point : undefined
  return undefined
}

async function* followSegment(
  { files, folder, chain }: FollowDependencies,
  from: LogPosition,
  isLast: boolean,
): AsyncGenerator<FollowedBatch> {
  const { segment } = from
  const walk = new ChainWalk(chain, undefined, from.point)
  for await (const part of readSegment(files, join(folder, segmentName(segment)), from)) {
    const wrong = walk.step(part)
    // A batch in progress, or the rest of a torn one.
    if (part.type === 'rest' && isLast && !part.overlong) return
    if (wrong !== undefined) {
      throw new LogBroken(`${chain.node}/${segmentName(segment)}, offset ${part.offset}: ${wrong}`)
    }
    if (part.type !== 'batch') continue
    const { offset, events, count, endOffset, line } = part
    const end = { segment, offset: endOffset, line: line + count + 1, point: walk.point }
    yield { segment, offset, events, count, end }
  }
}

/** A node's last segment and its length: the end of what can be followed now. */
export async function logEnd(
  files: AuditFiles,
  folder: string,
): Promise<{ readonly segment: number; readonly sizeBytes: number }> {
  const segment = segmentsAmong(await files.list(folder)).at(-1)
  if (segment === undefined) return { segment: 0, sizeBytes: 0 }
  return { segment, sizeBytes: await files.sizeOf(join(folder, segmentName(segment))) }
}
