import { join } from 'node:path'
import { CHAIN_START, type Chain, type ChainPoint } from './chain.ts'
import { ChainWalk } from './chain-walk.ts'
import { AuditDamaged } from './damage.ts'
import type { AuditFiles } from './files.ts'
import type { AuditHead } from './head.ts'
import { type Part, readSegment } from './read.ts'
import { parseSegmentLine, segmentName, segmentsAmong } from './segment.ts'
import type { LogTail } from './writer.ts'

/** The dependencies of recovering a node's log. */
export type RecoverDependencies = {
  /** The node's own folder. */
  readonly folder: string
  readonly chain: Chain
  readonly files: AuditFiles
  /** The saved head; nothing for a node that has never written. */
  readonly head: AuditHead | undefined
}

/** The end of a segment that was never acknowledged, and where its bytes are now. */
export type TornTail = {
  readonly file: string
  readonly offset: number
  readonly sizeBytes: number
  readonly movedTo: string
}

/** Where a log continues, and what was cut off before. */
export type Recovery = { readonly tail: LogTail; readonly torn: TornTail | undefined }

/** The first part of a segment that is not as it was written. */
type Bad = { readonly offset: number; readonly line: number; readonly what: string }

/** The last segment as it was found. */
type Scan = {
  readonly first: number
  /** After the last good batch, or before the first. */
  readonly point: ChainPoint
  /** Where the last good batch ends; 0 if there is none. */
  readonly endOffset: number
  readonly sizeBytes: number
  readonly bad: Bad | undefined
  /** Whether the bad part can be the last write, torn: beyond the head, with nothing after it. */
  readonly torn: boolean
}

/**
 * Finds where a node's log continues. Moves an end that was never acknowledged to a file of its own.
 *
 * @throws AuditDamaged when the log is not what was acknowledged; then nothing has changed.
 */
export async function recoverLog(dependencies: RecoverDependencies): Promise<Recovery> {
  const segments = segmentsAmong(await dependencies.files.list(dependencies.folder))
  const last = segments.at(-1)
  if (last === undefined) {
    assertReaches(dependencies, emptyScan(1))
    return { tail: { point: CHAIN_START, segment: undefined }, torn: undefined }
  }
  const scan = await scanSegment(dependencies, last)
  assertUndamaged(dependencies, scan)
  if (scan.endOffset > 0) {
    assertReaches(dependencies, scan)
    return { tail: tailOf(scan), torn: await settleTail(dependencies, scan) }
  }
  const tail = await tailBefore(dependencies, last, segments.at(-2))
  return { tail, torn: await setAside(dependencies, scan) }
}

function tailOf({ first, point, endOffset }: Scan): LogTail {
  return { point, segment: { first, sizeBytes: endOffset } }
}

/** The end of the segment before `next`, which has no batch: so this one must be whole. */
async function tailBefore(
  dependencies: RecoverDependencies,
  next: number,
  first: number | undefined,
): Promise<LogTail> {
  const scan = first === undefined ? emptyScan(1) : await scanSegment(dependencies, first)
  if (scan.bad !== undefined) throw damaged(dependencies, scan, scan.bad)
  assertReaches(dependencies, scan)
  if (scan.point.sequence !== next - 1)
    throw damaged(dependencies, scan, { ...endOf(scan), what: `events up to ${next - 1} are missing` })
  return first === undefined ? { point: CHAIN_START, segment: undefined } : tailOf(scan)
}

function emptyScan(first: number): Scan {
  const point = { ...CHAIN_START, sequence: first - 1 }
  return { first, point, endOffset: 0, sizeBytes: 0, bad: undefined, torn: false }
}

async function scanSegment(
  { files, folder, chain, head }: RecoverDependencies,
  first: number,
): Promise<Scan> {
  let walk = new ChainWalk(chain, head, emptyScan(first).point)
  let scan = emptyScan(first)
  for await (const part of readSegment(files, join(folder, segmentName(first)))) {
    const { offset, line, endOffset } = part
    if (scan.bad !== undefined) {
      // A bad segment line and the batch after it are one write.
      const isSameWrite = scan.bad.line === 1 && part.type === 'batch' && line === 2
      scan = { ...scan, sizeBytes: endOffset, torn: scan.torn && isSameWrite }
      continue
    }
    const start = part.type === 'header' ? parseSegmentLine(part.text)?.point : undefined
    if (start?.sequence === first - 1) walk = new ChainWalk(chain, head, start)
    const what = walk.step(part)
    const bad = what === undefined ? undefined : { offset, line, what }
    const isBatch = part.type === 'batch' && bad === undefined
    scan = {
      first,
      point: walk.point,
      endOffset: isBatch ? endOffset : scan.endOffset,
      sizeBytes: endOffset,
      bad,
      torn: !walk.isCovered && !isOverlong(part),
    }
  }
  return scan
}

/** More bytes than one write can leave. */
function isOverlong(part: Part): boolean {
  return part.type === 'rest' && part.overlong
}

function assertUndamaged(dependencies: RecoverDependencies, scan: Scan): void {
  if (scan.bad !== undefined && !scan.torn) throw damaged(dependencies, scan, scan.bad)
}

/** Fails when the log ends before the saved head. */
function assertReaches(dependencies: RecoverDependencies, scan: Scan): void {
  const { head } = dependencies
  const { sequence } = scan.point
  if (head === undefined || head.sequence <= sequence) return
  const what = `the log ends, but the saved head tells of events up to ${head.sequence}`
  throw damaged(dependencies, scan, { ...endOf(scan), what })
}

function endOf(scan: Scan): Pick<Bad, 'offset' | 'line'> {
  return { offset: scan.endOffset, line: 1 }
}

function damaged({ chain }: RecoverDependencies, { first, point }: Scan, bad: Bad): AuditDamaged {
  const file = segmentName(first)
  return new AuditDamaged({ node: chain.node, file, ...bad, sequence: point.sequence + 1 })
}

/** Keeps the torn end of a segment beside it, and cuts it off. The rest is then durable. */
async function settleTail(dependencies: RecoverDependencies, scan: Scan): Promise<TornTail | undefined> {
  const { files, folder } = dependencies
  const file = segmentName(scan.first)
  const torn = scan.bad && (await keepTail(dependencies, scan, file))
  const segment = await files.openAppend(join(folder, file))
  try {
    // Also when nothing is cut: a killed process may have left its last batch unsynced.
    await segment.truncate(scan.endOffset)
  } finally {
    await segment.close()
  }
  return torn
}

async function keepTail(
  dependencies: RecoverDependencies,
  { endOffset, sizeBytes }: Scan,
  file: string,
): Promise<TornTail> {
  const { files, folder } = dependencies
  const movedTo = await tornName(dependencies, file)
  await files.copyTail(join(folder, file), endOffset, join(folder, movedTo))
  await files.syncFolder(folder)
  return { file, offset: endOffset, sizeBytes: sizeBytes - endOffset, movedTo }
}

/** Removes a segment without any batch from the chain; an empty one is worth nothing. */
async function setAside(
  dependencies: RecoverDependencies,
  { first, sizeBytes }: Scan,
): Promise<TornTail | undefined> {
  const { files, folder } = dependencies
  const file = segmentName(first)
  const movedTo = await tornName(dependencies, file)
  if (sizeBytes > 0) await files.rename(join(folder, file), join(folder, movedTo))
  else await files.remove(join(folder, file))
  await files.syncFolder(folder)
  return sizeBytes > 0 ? { file, offset: 0, sizeBytes, movedTo } : undefined
}

async function tornName({ files, folder }: RecoverDependencies, file: string): Promise<string> {
  const names = new Set(await files.list(folder))
  let name = `${file}.torn`
  for (let count = 1; names.has(name); count += 1) name = `${file}.torn.${count}`
  return name
}
