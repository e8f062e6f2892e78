import { join } from 'node:path'
import { checkBatch, checkHeader, headConflict } from './check.ts'
import { AuditDamaged } from './damage.ts'
import type { AuditFiles } from './files.ts'
import type { AuditHead } from './head.ts'
import { readSegment } from './read.ts'
import {
  CHAIN_START,
  type Chain,
  type ChainPoint,
  parseSegmentLine,
  segmentName,
  segmentsAmong,
} from './segment.ts'
import type { LogTail } from './writer.ts'

export type RecoverParts = {
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

export type Recovery = { readonly tail: LogTail; readonly torn: TornTail | undefined }

/** What is the matter with what follows the last good batch. */
type Bad = {
  readonly offset: number
  readonly line: number
  readonly sizeBytes: number
  readonly what: string
}

/** A last segment as it was found. `start` is unknown when its first line is bad. */
type Scan = {
  readonly first: number
  readonly start: ChainPoint | undefined
  /** After the last good batch; nothing if there is none. */
  readonly end: { readonly point: ChainPoint; readonly offset: number; readonly line: number } | undefined
  readonly bad: Bad | undefined
  /** Something follows the bad part, so it was not the last that was written. */
  readonly followed: boolean
  readonly conflict: string | undefined
}

/**
 * Finds where a node's log goes on. A tail that was never acknowledged is kept in a file of its
 * own and cut off.
 *
 * @throws AuditDamaged when the log is not what was acknowledged; nothing has been changed then.
 */
export async function recoverLog(parts: RecoverParts): Promise<Recovery> {
  const segments = segmentsAmong(await parts.files.list(parts.folder))
  const last = segments.at(-1)
  if (last === undefined) {
    assertReaches(parts, CHAIN_START, 0)
    return { tail: { point: CHAIN_START, segment: undefined }, torn: undefined }
  }
  const scan = await scanSegment(parts, last)
  assertUnderstood(parts, scan)
  if (scan.end !== undefined) {
    assertReaches(parts, scan.end.point, last)
    const torn = scan.bad && (await cutTail(parts, last, scan.bad))
    return { tail: tailAt(last, scan.end), torn }
  }
  const { point, segment } = await beforeTorn(parts, scan, segments.at(-2))
  const torn = await setAside(parts, last, scan.bad?.sizeBytes ?? 0)
  return { tail: { point, segment }, torn }
}

function tailAt(first: number, end: { readonly point: ChainPoint; readonly offset: number }): LogTail {
  return { point: end.point, segment: { first, sizeBytes: end.offset } }
}

/** The tail of the segment before one that holds no batch: it must be whole. */
async function beforeTorn(parts: RecoverParts, torn: Scan, first: number | undefined): Promise<LogTail> {
  if (first === undefined) {
    if (torn.first !== 1)
      throw damaged(parts, { first: torn.first, what: `events 1 to ${torn.first - 1} are missing` })
    assertReaches(parts, CHAIN_START, torn.first)
    return { point: CHAIN_START, segment: undefined }
  }
  const scan = await scanSegment(parts, first)
  assertUnderstood(parts, scan)
  if (scan.bad !== undefined || scan.end === undefined) {
    const what = scan.bad?.what ?? 'the segment holds no batch'
    throw damaged(parts, { first, at: scan.bad, point: scan.end?.point, what })
  }
  if (scan.end.point.sequence !== torn.first - 1) {
    const what = `events ${scan.end.point.sequence + 1} to ${torn.first - 1} are missing`
    throw damaged(parts, { first: torn.first, point: scan.end.point, what })
  }
  assertReaches(parts, scan.end.point, first)
  return tailAt(first, scan.end)
}

async function scanSegment(parts: RecoverParts, first: number): Promise<Scan> {
  const { chain, head } = parts
  let start: ChainPoint | undefined
  let end: Scan['end']
  let bad: Bad | undefined
  let followed = false
  let conflict: string | undefined
  for await (const part of readSegment(parts.files, join(parts.folder, segmentName(first)))) {
    const { offset, line } = part
    if (bad !== undefined) {
      // A bad first line and the batch that was written with it are one write.
      const sameWrite = start === undefined && part.type === 'batch' && line === 2
      followed ||= !sameWrite
      const sizeBytes =
        part.type === 'batch' ? part.endOffset - offset : 'sizeBytes' in part ? part.sizeBytes : 0
      bad = { ...bad, sizeBytes: bad.sizeBytes + sizeBytes }
    } else if (part.type === 'header') {
      const header = parseSegmentLine(part.text)
      const checked = checkHeader(chain.node, header?.point ?? CHAIN_START, part.text)
      if (checked.ok && checked.value.sequence === first - 1) {
        start = checked.value
        conflict = head?.sequence === start.sequence ? headConflict(head, CHAIN_START, start) : undefined
      } else {
        const what = checked.ok ? `the segment begins with event ${checked.value.sequence + 1}` : checked.what
        bad = { offset, line, sizeBytes: part.text.length, what }
      }
    } else if (part.type === 'rest') {
      bad = { offset, line, sizeBytes: part.sizeBytes, what: 'the last batch is incomplete' }
    } else if (start !== undefined) {
      const from = end?.point ?? start
      const checked = checkBatch(chain, from, part)
      if (checked.ok) {
        conflict ??= headConflict(head, from, checked.value)
        end = { point: checked.value, offset: part.endOffset, line: line + part.count + 1 }
      } else {
        bad = { offset, line, sizeBytes: part.endOffset - offset, what: checked.what }
      }
    }
  }
  return { first, start, end, bad, followed, conflict }
}

/** Fails unless the bad part, if there is one, can be the last write, torn. */
function assertUnderstood(parts: RecoverParts, scan: Scan): void {
  const { first, start, end, bad, followed, conflict } = scan
  const point = end?.point ?? start
  if (conflict !== undefined) throw damaged(parts, { first, point, what: conflict })
  if (bad === undefined) return
  const reached = point?.sequence ?? first - 1
  if (!followed && (parts.head?.sequence ?? 0) <= reached) return
  throw damaged(parts, { first, at: bad, point, what: bad.what })
}

/** Fails when the log ends before the saved head. */
function assertReaches(parts: RecoverParts, point: ChainPoint, first: number): void {
  const { head } = parts
  if (head === undefined || head.sequence <= point.sequence) return
  const what = `events ${point.sequence + 1} to ${head.sequence}, which the saved head tells of, are missing`
  throw damaged(parts, { first, point, what })
}

type Place = {
  readonly first: number
  readonly at?: Bad | undefined
  readonly point?: ChainPoint | undefined
  readonly what: string
}

function damaged({ chain }: RecoverParts, { first, at, point, what }: Place): AuditDamaged {
  const sequence = (point?.sequence ?? Math.max(0, first - 1)) + 1
  const file = first === 0 ? '' : segmentName(first)
  return new AuditDamaged({
    node: chain.node,
    file,
    offset: at?.offset ?? 0,
    line: at?.line ?? 1,
    sequence,
    what,
  })
}

/** Keeps the torn end of a segment beside it, and cuts it off. */
async function cutTail(parts: RecoverParts, first: number, bad: Bad): Promise<TornTail> {
  const { files, folder } = parts
  const file = segmentName(first)
  const movedTo = await tornName(parts, file)
  await files.copyTail(join(folder, file), bad.offset, join(folder, movedTo))
  await files.syncFolder(folder)
  const segment = await files.openAppend(join(folder, file))
  try {
    await segment.truncate(bad.offset)
  } finally {
    await segment.close()
  }
  return { file, offset: bad.offset, sizeBytes: bad.sizeBytes, movedTo }
}

/** Takes a segment without any batch out of the chain; an empty one is worth nothing. */
async function setAside(
  parts: RecoverParts,
  first: number,
  sizeBytes: number,
): Promise<TornTail | undefined> {
  const { files, folder } = parts
  const file = segmentName(first)
  const movedTo = await tornName(parts, file)
  if (sizeBytes > 0) await files.rename(join(folder, file), join(folder, movedTo))
  else await files.remove(join(folder, file))
  await files.syncFolder(folder)
  return sizeBytes > 0 ? { file, offset: 0, sizeBytes, movedTo } : undefined
}

async function tornName({ files, folder }: RecoverParts, file: string): Promise<string> {
  const names = new Set(await files.list(folder))
  let name = `${file}.torn`
  for (let count = 1; names.has(name); count += 1) name = `${file}.torn.${count}`
  return name
}
