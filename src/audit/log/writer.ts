import { join } from 'node:path'
import { nextTick } from 'node:process'
import { setImmediate } from 'node:timers'
import { assert } from '../../base/assert.ts'
import type { Log } from '../../base/log.ts'
import type { Clock, Timers } from '../../base/ports.ts'
import { type Chain, ChainMac, type ChainPoint, macText } from './chain.ts'
import { AuditUnavailable } from './damage.ts'
import type { AppendFile, AuditFiles } from './files.ts'
import { type AuditHead, HeadKeeper } from './head.ts'
import {
  BATCH_MAX_EVENTS,
  EVENT_START,
  FRAME_MAX_BYTES,
  formatBatchLine,
  formatSegmentLine,
  SEGMENT_MAX_BYTES,
  segmentName,
} from './segment.ts'

/** Where a log continues: the last durable batch, and its segment. */
export type LogTail = {
  readonly point: ChainPoint
  /** Nothing when there is no segment yet. */
  readonly segment: { readonly first: number; readonly sizeBytes: number } | undefined
}

/** The dependencies of a log. */
export type AuditLogDependencies = {
  /** The node's own folder, which exists. */
  readonly folder: string
  readonly chain: Chain
  readonly tail: LogTail
  readonly files: AuditFiles
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly saveHead: (head: AuditHead) => Promise<void>
  readonly segmentMaxBytes?: number
  /** Called for each batch that has become durable, with the time that its first event has waited. */
  readonly durable?: ((waitedMs: number) => void) | undefined
}

/** The longest event in UTF-16 units: at most three times as many bytes. */
const EVENT_MAX_CHARS = 524_288
/** A batch with so many UTF-16 units takes no more events: with the last one it is below BATCH_MAX_BYTES. */
const BATCH_CLOSED_AT_CHARS = 2_000_000
/** With so many events the log writes at once: the disk works while the rest of the turn is computed. */
export const EAGER_EVENTS = 16
/** Events that may wait for the disk. */
export const QUEUE_MAX_EVENTS = 16_384
const QUEUE_MAX_CHARS = 33_554_432
/** The shortest interval between attempts to repair a log that cannot be written. */
export const REPAIR_INTERVAL_MS = 250
/** The size of the buffer for composing batches: enough for a thousand events. */
const BUFFER_BYTES = 4_194_304
/** UTF-8 needs at most this many bytes for a UTF-16 unit. */
const BYTES_PER_CHAR = 3
/** Written and cut off again to learn whether the file can be written. */
const PROBE = Buffer.alloc(4096, '\n')

/** Events that become durable together; all callers that wait for them share one promise. */
type Batch = {
  readonly events: string[]
  readonly openedAtMs: number
  chars: number
  readonly durable: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: AuditUnavailable) => void
}

type Segment = { readonly first: number; readonly path: string; durableBytes: number }

/**
 * The log of one node, open for appending. One write is in progress at a time; events appended meanwhile are
 * in the next batch.
 *
 * States: ready; impaired (a write has failed: before the next write, the log cuts the file back and tries
 * it, at most every {@link REPAIR_INTERVAL_MS}); closed (for ever).
 */
export class AuditLog {
  readonly #dependencies: AuditLogDependencies
  readonly #head: HeadKeeper
  readonly #macs: ChainMac
  #point: ChainPoint
  #segment: Segment | undefined
  #file: AppendFile | undefined
  readonly #queue: Batch[] = []
  #waitingEvents = 0
  #waitingChars = 0
  #impaired: { readonly retryAtMs: number; readonly cause: unknown } | undefined
  #closed = false
  #buffer: Buffer | undefined
  /** Ends the wait for the next turn. */
  #wake: (() => void) | undefined
  /** The round in progress, if any: from the first append to an idle log until it is idle again. */
  #round: Promise<void> | undefined

  constructor(dependencies: AuditLogDependencies) {
    this.#dependencies = dependencies
    this.#head = new HeadKeeper(dependencies)
    this.#macs = new ChainMac(dependencies.chain, dependencies.tail.point)
    this.#point = dependencies.tail.point
    const { segment } = dependencies.tail
    if (segment !== undefined) this.#segment = this.#segmentOf(segment.first, segment.sizeBytes)
  }

  /** Events that wait to become durable. */
  get waiting(): number {
    return this.#waitingEvents
  }

  /** Whether the last write failed and no repair has succeeded since. */
  get isImpaired(): boolean {
    return this.#impaired !== undefined
  }

  /** The last durable sequence number. */
  get sequence(): number {
    return this.#point.sequence
  }

  /**
   * Appends a CloudTrail record, JSON on one line; resolves once it is durable.
   *
   * @throws AuditUnavailable when it could not be made durable, or too many events wait.
   */
  append(eventJson: string): Promise<void> {
    assert(eventJson.startsWith(EVENT_START) && !eventJson.includes('\n'), 'an event is not one line')
    assert(eventJson.length <= EVENT_MAX_CHARS, 'an event is too long')
    const refusal = this.#refusal()
    if (refusal !== undefined) return Promise.reject(refusal)
    const batch = this.#openBatch()
    batch.events.push(eventJson)
    batch.chars += eventJson.length
    if (batch.events.length === EAGER_EVENTS) this.#wake?.()
    this.#waitingEvents += 1
    this.#waitingChars += eventJson.length
    return batch.durable
  }

  /**
   * Fails if an append would fail, as far as is known. Tries to repair an impaired log; the promise then
   * shows whether it can be written.
   *
   * @throws AuditUnavailable, from the call or the promise.
   */
  assertWritable(): void | Promise<void> {
    const refusal = this.#refusal()
    if (refusal !== undefined) throw refusal
    return this.#impaired === undefined ? undefined : this.#openBatch().durable
  }

  /** Writes the waiting events, saves the head and closes the file. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#round
    await this.#head.close()
    await this.#file?.close()
    this.#file = undefined
  }

  #refusal(): AuditUnavailable | undefined {
    if (this.#closed) return new AuditUnavailable('the audit log is closed')
    if (this.#waitingEvents >= QUEUE_MAX_EVENTS || this.#waitingChars >= QUEUE_MAX_CHARS)
      return new AuditUnavailable(`${this.#waitingEvents} events already wait for the audit log`)
    // During a round, its repair is the attempt that all callers wait for.
    if (this.#impaired !== undefined && this.#round === undefined && !this.#repairIsDue())
      return this.#unavailable(this.#impaired.cause)
    return undefined
  }

  #repairIsDue(): boolean {
    return this.#impaired === undefined || this.#dependencies.clock.monotonicMs() >= this.#impaired.retryAtMs
  }

  #unavailable(cause: unknown): AuditUnavailable {
    return new AuditUnavailable('the audit log cannot be written', { cause })
  }

  /** The batch for the next event; it will be written. */
  #openBatch(): Batch {
    const last = this.#queue.at(-1)
    if (last !== undefined && last.events.length < BATCH_MAX_EVENTS && last.chars < BATCH_CLOSED_AT_CHARS)
      return last
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const openedAtMs = this.#dependencies.clock.monotonicMs()
    const batch = { events: [], openedAtMs, chars: 0, durable: promise, resolve, reject }
    this.#queue.push(batch)
    this.#round ??= this.#run()
    return batch
  }

  async #run(): Promise<void> {
    // Calls that continue together, because they arrived in one turn of the event loop, share the first batch.
    await this.#until(nextTick)
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) {
      await this.#settle(batch)
      // An append in this turn, or after an answer in it, joins the next batch.
      if (this.#queue.length > 0) await this.#until(setImmediate)
    }
    this.#round = undefined
  }

  /** Resolves when a task that is handed over runs, or earlier, when enough events for a write have arrived. */
  #until(later: (task: () => void) => void): Promise<void> {
    if ((this.#queue[0]?.events.length ?? 0) >= EAGER_EVENTS) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wake = resolve
      later(resolve)
    })
  }

  async #settle(batch: Batch): Promise<void> {
    const wasImpaired = this.#impaired !== undefined
    try {
      if (wasImpaired) await this.#repair()
      if (batch.events.length > 0) {
        await this.#write(batch)
        this.#dependencies.durable?.(this.#dependencies.clock.monotonicMs() - batch.openedAtMs)
      }
      batch.resolve()
    } catch (cause) {
      if (this.#repairIsDue()) {
        const waitMs = wasImpaired ? REPAIR_INTERVAL_MS : 0
        this.#impaired = { retryAtMs: this.#dependencies.clock.monotonicMs() + waitMs, cause }
        this.#dependencies.log.error('the audit log cannot be written', { reason: String(cause) })
      }
      batch.reject(this.#unavailable(cause))
    } finally {
      this.#waitingEvents -= batch.events.length
      this.#waitingChars -= batch.chars
    }
  }

  async #write(batch: Batch): Promise<void> {
    const { chain, segmentMaxBytes = SEGMENT_MAX_BYTES } = this.#dependencies
    if (this.#segment === undefined || this.#segment.durableBytes >= segmentMaxBytes) await this.#begin()
    const segment = this.#segment
    assert(segment !== undefined, 'there is no segment')
    const file = this.#file ?? (await this.#open(segment))
    const header = segment.durableBytes === 0 ? formatSegmentLine(chain.node, this.#point) : ''
    const { bytes, point } = this.#compose(header, batch.events)
    await writeAll(file, bytes)
    segment.durableBytes += bytes.length
    this.#point = point
    this.#head.note({ ...point, segment: segment.first })
  }

  /** The bytes of a batch, valid until the next batch, and the point after it. */
  #compose(
    header: string,
    lines: readonly string[],
  ): { readonly bytes: Uint8Array; readonly point: ChainPoint } {
    const text = `${lines.join('\n')}\n`
    const buffer = this.#bufferOf(BYTES_PER_CHAR * text.length + 2 * FRAME_MAX_BYTES)
    const start = buffer.write(header)
    const end = start + buffer.write(text, start)
    const events = buffer.subarray(start, end)
    const count = lines.length
    const at = Math.max(0, Math.floor(this.#dependencies.clock.now()))
    const first = this.#point.sequence + 1
    const point = this.#macs.next(this.#point, { first, count, at, events })
    const line = { first, count, sizeBytes: events.length, at, mac: macText(point) }
    const size = end + buffer.write(formatBatchLine(line), end)
    return { bytes: buffer.subarray(0, size), point }
  }

  /** One buffer for all usual batches: only one of them is in progress. */
  #bufferOf(sizeBytes: number): Buffer {
    if (sizeBytes > BUFFER_BYTES) return Buffer.allocUnsafe(sizeBytes)
    this.#buffer ??= Buffer.allocUnsafe(BUFFER_BYTES)
    return this.#buffer
  }

  /** Changes to a new segment, whose file does not exist before it is opened. */
  async #begin(): Promise<void> {
    const full = this.#file
    this.#file = undefined
    this.#segment = this.#segmentOf(this.#point.sequence + 1, 0)
    await full?.close()
  }

  #segmentOf(first: number, durableBytes: number): Segment {
    return { first, path: join(this.#dependencies.folder, segmentName(first)), durableBytes }
  }

  /** Opens a segment, which is as long as what is known to be durable. */
  async #open(segment: Segment): Promise<AppendFile> {
    const file = await this.#dependencies.files.openAppend(segment.path)
    this.#file = file
    const sizeBytes = await file.sizeBytes()
    if (sizeBytes !== segment.durableBytes)
      throw new Error(`${segment.path} has ${sizeBytes} bytes, not ${segment.durableBytes}`)
    if (segment.durableBytes === 0) await this.#dependencies.files.syncFolder(this.#dependencies.folder)
    return file
  }

  /** Cuts the segment back to its durable part and learns whether it can be written. */
  async #repair(): Promise<void> {
    if (!this.#repairIsDue()) throw this.#impaired?.cause
    const segment = this.#segment
    assert(segment !== undefined, 'a log without a segment is impaired')
    const broken = this.#file
    this.#file = undefined
    // The descriptor is gone even when closing it reports an error.
    await Promise.allSettled([broken?.close()])
    const file = await this.#dependencies.files.openAppend(segment.path)
    this.#file = file
    if ((await file.sizeBytes()) < segment.durableBytes) throw new Error(`${segment.path} has been cut off`)
    await file.truncate(segment.durableBytes)
    if (segment.durableBytes === 0) await this.#dependencies.files.syncFolder(this.#dependencies.folder)
    await writeAll(file, PROBE)
    await file.truncate(segment.durableBytes)
    this.#impaired = undefined
    this.#dependencies.log.info('the audit log can be written again')
  }
}

/** Writes all bytes. @throws what a write throws; then some of them may be written. */
export async function writeAll(file: AppendFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const count = await file.write(bytes.subarray(written))
    assert(count > 0, 'a write of nothing succeeded')
    written += count
  }
}
