import type { AuditFiles, ReadFile } from './files.ts'
import { BATCH_MAX_BYTES, BATCH_START, FRAME_MAX_BYTES } from './segment.ts'

/**
 * A part of a segment as it is in the file, unchecked. Its bytes are valid until the next part is read or the
 * reader is closed.
 */
export type Part = {
  /** Where the part begins, in bytes and in lines (from 1). */
  readonly offset: number
  readonly line: number
  readonly endOffset: number
} & (
  | { readonly type: 'header'; readonly text: Buffer }
  /** Event lines, as many as `count`, and the batch line, all with their line ends. */
  | {
      readonly type: 'batch'
      readonly events: Buffer
      readonly count: number
      readonly text: Buffer
    }
  /** The rest of the file; `overlong`: at least that, and too much for one batch. */
  | { readonly type: 'rest'; readonly overlong: boolean }
)

const BUFFER_FIRST_BYTES = 1_048_576
const BUFFER_MAX_BYTES = BATCH_MAX_BYTES + FRAME_MAX_BYTES
const NO_BUFFER = Buffer.alloc(0)
const LINE_END = 0x0a
const BATCH_LINE_START = Buffer.from(`\n${BATCH_START}`)
/** This letter distinguishes a batch line from events. */
const BATCH_LETTER_AT = 2
const BATCH_LETTER = BATCH_START.charCodeAt(BATCH_LETTER_AT)

/** Where reading begins: at the beginning of the segment, or the end of one of its parts. */
export type ReadStart = { readonly offset: number; readonly line: number }

const SEGMENT_BEGIN: ReadStart = { offset: 0, line: 1 }

/** The parts of a segment in order: a header, batches, and a rest if there is any. */
export async function* readSegment(
  files: AuditFiles,
  path: string,
  start: ReadStart = SEGMENT_BEGIN,
): AsyncGenerator<Part> {
  const reader = await openSegment(files, path, start)
  try {
    for (;;) {
      const part = reader.next()
      if (part !== undefined) yield part
      else if (!(await reader.more())) break
    }
    const rest = reader.rest()
    if (rest !== undefined) yield rest
  } finally {
    await reader.close()
  }
}

/** Opens a segment for reading part by part. */
export async function openSegment(
  files: AuditFiles,
  path: string,
  start: ReadStart = SEGMENT_BEGIN,
): Promise<SegmentReader> {
  return new SegmentReader(await files.openRead(path), start)
}

/** The buffer of a closed reader, for the next one of this thread: logs are read every second. */
const kept: { buffer: Buffer | undefined } = { buffer: undefined }

function takeBuffer(): Buffer {
  const buffer = kept.buffer ?? Buffer.allocUnsafeSlow(BUFFER_FIRST_BYTES)
  kept.buffer = undefined
  return buffer
}

/** The part of a segment that is in memory; it moves from the beginning of the file to its end. */
export class SegmentReader {
  readonly #file: ReadFile
  #buffer = takeBuffer()
  /** Bytes that were read and are in no part yet. */
  #begin = 0
  #end = 0
  /** Where `#begin` is in the file. */
  #offset: number
  #line: number
  /** No batch line begins before this. */
  #searched = 0

  constructor(file: ReadFile, start: ReadStart) {
    this.#file = file
    this.#offset = start.offset
    this.#line = start.line
  }

  /** The next part of the bytes read; nothing when it needs more of them. */
  next(): Part | undefined {
    return this.#offset === 0 ? this.#header() : this.#batch()
  }

  /** Reads more; returns false at the end of the file, and when a batch would be larger than the limit. */
  async more(): Promise<boolean> {
    if (this.#begin > 0) {
      this.#buffer.copyWithin(0, this.#begin, this.#end)
      this.#end -= this.#begin
      this.#searched = Math.max(0, this.#searched - this.#begin)
      this.#begin = 0
    }
    if (this.#end === this.#buffer.length && !this.#grow()) return false
    const count = await this.#file.read(this.#buffer.subarray(this.#end), this.#offset + this.#end)
    this.#end += count
    return count > 0
  }

  /** The rest, when no more can be read. */
  rest(): Part | undefined {
    const sizeBytes = this.#end - this.#begin
    if (sizeBytes === 0) return undefined
    const [offset, line] = [this.#offset, this.#line]
    const overlong = sizeBytes === BUFFER_MAX_BYTES
    return { type: 'rest', offset, line, endOffset: offset + sizeBytes, overlong }
  }

  /** Also invalidates the bytes of the last part. */
  close(): Promise<void> {
    if (this.#buffer.length === BUFFER_FIRST_BYTES) kept.buffer = this.#buffer
    this.#buffer = NO_BUFFER
    this.#begin = 0
    this.#end = 0
    return this.#file.close()
  }

  #header(): Part | undefined {
    const end = this.#endOfLine(this.#begin)
    if (end === undefined) return undefined
    const [offset, line] = [this.#offset, this.#line]
    const text = this.#buffer.subarray(this.#begin, end)
    this.#take(end)
    this.#line += 1
    return { type: 'header', offset, line, endOffset: this.#offset, text }
  }

  #batch(): Part | undefined {
    const [begin, offset, line] = [this.#begin, this.#offset, this.#line]
    const batchLine = this.#findBatchLine()
    const end = batchLine === undefined ? undefined : this.#endOfLine(batchLine)
    if (batchLine === undefined || end === undefined) return undefined
    const count = this.#countLines(begin, batchLine)
    const events = this.#buffer.subarray(begin, batchLine)
    const text = this.#buffer.subarray(batchLine, end)
    this.#take(end)
    this.#line += count + 1
    return { type: 'batch', offset, line, events, count, text, endOffset: this.#offset }
  }

  #take(end: number): void {
    this.#offset += end - this.#begin
    this.#begin = end
    this.#searched = end
  }

  /** The end of the line that begins at `from`, if it was read. */
  #endOfLine(from: number): number | undefined {
    const at = this.#buffer.indexOf(LINE_END, from)
    return at < 0 || at >= this.#end ? undefined : at + 1
  }

  #findBatchLine(): number | undefined {
    const begin = this.#begin
    // A batch line without events before it follows no line end of theirs.
    if (this.#buffer[begin + BATCH_LETTER_AT] === BATCH_LETTER && this.#isBatchLine(begin)) return begin
    const at = this.#buffer.indexOf(BATCH_LINE_START, this.#searched)
    if (at >= 0 && at + BATCH_LINE_START.length <= this.#end) {
      this.#searched = at
      return at + 1
    }
    this.#searched = Math.max(begin, this.#end - BATCH_LINE_START.length + 1)
    return undefined
  }

  #isBatchLine(at: number): boolean {
    const end = at + BATCH_START.length
    return end <= this.#end && this.#buffer.toString('latin1', at, end) === BATCH_START
  }

  #countLines(begin: number, end: number): number {
    let count = 0
    for (let at = begin; at < end; count += 1) at = this.#buffer.indexOf(LINE_END, at) + 1
    return count
  }

  #grow(): boolean {
    const sizeBytes = Math.min(this.#buffer.length * 2, BUFFER_MAX_BYTES)
    if (sizeBytes === this.#buffer.length) return false
    const larger = Buffer.allocUnsafeSlow(sizeBytes)
    this.#buffer.copy(larger, 0, 0, this.#end)
    this.#buffer = larger
    return true
  }
}
