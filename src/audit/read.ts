import { assert } from '../base/assert.ts'
import type { AuditFiles, ReadFile } from './files.ts'
import { BATCH_MAX_BYTES, BATCH_START, FRAME_MAX_BYTES } from './segment.ts'

/**
 * A part of a segment as it lies in the file, nothing checked. Its bytes are lent: they are others
 * when the next part is read.
 */
export type Part = {
  /** Where the part begins, in bytes and in lines (from 1). */
  readonly offset: number
  readonly line: number
  readonly endOffset: number
} & (
  | { readonly type: 'header'; readonly text: Uint8Array }
  /** Event lines, as many as `count`, and the batch line, all with their line ends. */
  | {
      readonly type: 'batch'
      readonly events: Uint8Array
      readonly count: number
      readonly text: Uint8Array
    }
  /** What is left at the end of the file; `overlong`: at least that, and too much for one batch. */
  | { readonly type: 'rest'; readonly overlong: boolean }
)

const BUFFER_FIRST_BYTES = 1_048_576
const BUFFER_MAX_BYTES = BATCH_MAX_BYTES + FRAME_MAX_BYTES
const LINE_END = 0x0a
const BATCH_LINE_START = Buffer.from(`\n${BATCH_START}`)

/** Where reading begins: the beginning of the segment, or the end of one of its parts. */
export type ReadStart = { readonly offset: number; readonly line: number }

const SEGMENT_BEGIN: ReadStart = { offset: 0, line: 1 }

/** The parts of a segment in order: a header, batches, and a rest if there is any. */
export async function* readSegment(
  files: AuditFiles,
  path: string,
  start: ReadStart = SEGMENT_BEGIN,
): AsyncGenerator<Part> {
  const window = new Window(await files.openRead(path), start.offset)
  try {
    let { line } = start
    const header = start.offset > 0 ? 0 : await window.upTo(() => window.endOfLine(0))
    if (header !== undefined) {
      if (header > 0) {
        yield { type: 'header', offset: 0, line, endOffset: header, text: window.take(header) }
        line += 1
      }
      for (;;) {
        const end = await window.upTo(() => window.endOfBatch())
        if (end === undefined) break
        const { offset, batchLine } = window
        const bytes = window.take(end)
        const events = bytes.subarray(0, batchLine)
        const count = countLines(events)
        const text = bytes.subarray(batchLine)
        yield { type: 'batch', offset, line, events, count, text, endOffset: offset + end }
        line += count + 1
      }
    }
    const { offset, sizeBytes } = window
    if (sizeBytes === 0) return
    const overlong = sizeBytes === BUFFER_MAX_BYTES
    yield { type: 'rest', offset, line, endOffset: offset + sizeBytes, overlong }
  } finally {
    await window.close()
  }
}

/** How many line ends there are. */
function countLines(bytes: Uint8Array): number {
  let count = 0
  for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, at + 1)) count += 1
  return count
}

/** The part of a file that is in memory; it moves from the beginning of the file to its end. */
class Window {
  readonly #file: ReadFile
  #buffer = Buffer.allocUnsafe(BUFFER_FIRST_BYTES)
  /** What has been read and not been taken. */
  #begin = 0
  #end = 0
  /** Where `#begin` is in the file. */
  #offset: number
  /** Until here, relative to `#begin`, there is no beginning of a batch line. */
  #searched = 0
  /** Where the batch line that was found last begins, relative to `#begin`. */
  batchLine = 0

  constructor(file: ReadFile, offset: number) {
    this.#file = file
    this.#offset = offset
  }

  get offset(): number {
    return this.#offset
  }

  get sizeBytes(): number {
    return this.#end - this.#begin
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  /** What `find` gives, once as much has been read as it needs; nothing if there is not that much. */
  async upTo(find: () => number | undefined): Promise<number | undefined> {
    for (let end = find(); ; end = find()) {
      if (end !== undefined) return end
      if (!(await this.#more())) return undefined
    }
  }

  /** The next bytes, up to an end that was found; they are lent until the next read. */
  take(sizeBytes: number): Uint8Array {
    assert(sizeBytes <= this.sizeBytes, 'the window of a segment was left')
    const bytes = this.#buffer.subarray(this.#begin, this.#begin + sizeBytes)
    this.#begin += sizeBytes
    this.#offset += sizeBytes
    this.#searched = 0
    return bytes
  }

  /** Where the line ends that begins at `from`. */
  endOfLine(from: number): number | undefined {
    const at = this.#buffer.subarray(this.#begin, this.#end).indexOf(LINE_END, from)
    return at < 0 ? undefined : at + 1
  }

  /** Where the batch ends that begins here. */
  endOfBatch(): number | undefined {
    const bytes = this.#buffer.subarray(this.#begin, this.#end)
    // A batch line without events before it has no line end of theirs.
    const bare = bytes.subarray(0, BATCH_START.length).equals(BATCH_LINE_START.subarray(1))
    const at = bare ? -1 : bytes.indexOf(BATCH_LINE_START, this.#searched)
    if (at < 0 && !bare) {
      this.#searched = Math.max(0, bytes.length - BATCH_LINE_START.length + 1)
      return undefined
    }
    this.#searched = Math.max(0, at)
    this.batchLine = at + 1
    return this.endOfLine(this.batchLine)
  }

  /** Reads on; false at the end of the file and when a batch would be larger than any may be. */
  async #more(): Promise<boolean> {
    if (this.#begin > 0) {
      this.#buffer.copyWithin(0, this.#begin, this.#end)
      this.#end -= this.#begin
      this.#begin = 0
    }
    if (this.#end === this.#buffer.length && !this.#grow()) return false
    const count = await this.#file.read(this.#buffer.subarray(this.#end), this.#offset + this.sizeBytes)
    this.#end += count
    return count > 0
  }

  #grow(): boolean {
    const sizeBytes = Math.min(this.#buffer.length * 2, BUFFER_MAX_BYTES)
    if (sizeBytes === this.#buffer.length) return false
    const larger = Buffer.allocUnsafe(sizeBytes)
    this.#buffer.copy(larger, 0, 0, this.#end)
    this.#buffer = larger
    return true
  }
}
