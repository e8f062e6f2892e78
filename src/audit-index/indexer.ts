import { join } from 'node:path'
import type { AuditFiles } from '../audit/log/files.ts'
import {
  type FollowedBatch,
  followLog,
  LOG_START,
  LogBroken,
  type LogPosition,
  logEnd,
} from '../audit/log/follow.ts'
import { nodesAmong } from '../audit/log/slot.ts'
import type { Log } from '../base/log.ts'
import type { HmacKey } from '../crypto/hmac.ts'
import type { EventEntry, EventIndex, IndexBatch, IndexPosition } from '../store/index-port.ts'
import { idPrefixOf } from './event-facts.ts'
import { EventReader, type ReadLine } from './event-reader.ts'
import type { Handover } from './handover.ts'

/** The approximate number of events in a transaction. */
const TRANSACTION_EVENTS = 4096

/** The dependencies of an indexer. */
export type IndexerDependencies = {
  readonly index: EventIndex
  /** The parent of the nodes' folders. */
  readonly auditFolder: string
  readonly key: HmacKey
  readonly files: AuditFiles
  readonly log: Log
  /** Buffers read batches for the detection of insights. */
  readonly handover?: Handover | undefined
}

/** The end of each node's log, to check later whether the index has reached it. */
export type LogEnds = ReadonlyMap<string, { readonly segment: number; readonly sizeBytes: number }>

/**
 * What one transaction did: nothing at the end of the logs; or it added all events up to the end, as the logs were then;
 * or it was full, or cleared the index, and more events wait.
 */
export type IndexStep = 'nothing' | 'all' | 'more'

/** Adds the log's new events to the index. */
export class Indexer {
  readonly #dependencies: IndexerDependencies
  readonly #reader = new EventReader()
  /** Nodes whose log does not continue from the index's position: their remaining events are skipped. */
  readonly #broken = new Set<string>()
  /** The positions at which the log did not match the rebuilt index: a second mismatch means damage. */
  readonly #mismatches = new Map<string, number>()

  constructor(dependencies: IndexerDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Follows all nodes for one transaction.
   *
   * @throws StoreFailure, or the error of reading a file; nothing is lost.
   */
  async step(): Promise<IndexStep> {
    const { index } = this.#dependencies
    if (index.rebuildAsked()) this.rebuild()
    const positions = index.positions()
    const gathered = new Transaction()
    for (const node of await this.#nodes()) {
      if (this.#broken.has(node)) continue
      const broken = await this.#follow(node, logPosition(positions.get(node)), gathered)
      if (broken !== undefined && this.#isStale(node, broken)) return 'more'
      if (gathered.events >= TRANSACTION_EVENTS) break
    }
    if (gathered.positions.size > 0) index.add(gathered.batches, gathered.positions)
    if (gathered.events >= TRANSACTION_EVENTS) return 'more'
    return gathered.events > 0 ? 'all' : 'nothing'
  }

  /** Clears the index; the next steps add everything again. */
  rebuild(): void {
    this.#broken.clear()
    this.#dependencies.index.clear()
  }

  /** The current ends of all logs. */
  async ends(): Promise<LogEnds> {
    const { auditFolder, files } = this.#dependencies
    const ends = new Map<string, { segment: number; sizeBytes: number }>()
    for (const node of await this.#nodes()) ends.set(node, await logEnd(files, join(auditFolder, node)))
    return ends
  }

  /** Whether no log is broken. */
  get isWhole(): boolean {
    return this.#broken.size === 0
  }

  /** Whether the index has reached these ends in all unbroken logs. */
  hasReached(ends: LogEnds): boolean {
    const positions = this.#dependencies.index.positions()
    for (const [node, { segment, sizeBytes }] of ends) {
      const at = positions.get(node)
      if (segment === 0 || this.#broken.has(node)) continue
      if (at === undefined || at.segment < segment) return false
      if (at.segment === segment && at.offset < sizeBytes) return false
    }
    return true
  }

  /**
   * Decides whether to rebuild the index because it may contain a batch that is no longer in the log: the indexer
   * can read a batch whose write fails before it is truncated. The second time, the log is damaged, and the rest
   * of the node is skipped.
   */
  #isStale(node: string, { sequence, reason }: Broken): boolean {
    const { log } = this.#dependencies
    if (this.#mismatches.get(node) !== sequence) {
      this.#mismatches.set(node, sequence)
      log.warn('the index does not fit the audit log and is made again', { reason })
      this.rebuild()
      return true
    }
    this.#broken.add(node)
    log.error('the audit log cannot be followed: see holdfast audit verify', { reason })
    return false
  }

  async #nodes(): Promise<readonly string[]> {
    return nodesAmong(await this.#dependencies.files.list(this.#dependencies.auditFolder))
  }

  /** Adds the next events of a node's log; returns where the log is broken, if it is. */
  async #follow(node: string, from: LogPosition, into: Transaction): Promise<Broken | undefined> {
    const { auditFolder, files, key, handover } = this.#dependencies
    const dependencies = { files, folder: join(auditFolder, node), chain: { node, key }, fromFirstKept: true }
    let { point } = from
    try {
      for await (const batch of followLog(dependencies, from)) {
        const lines = this.#reader.readAll(batch.events)
        into.take(node, batch, lines)
        handover?.put(
          node,
          point,
          batch.end,
          lines.map(({ event }) => event),
        )
        point = batch.end.point
        if (into.events >= TRANSACTION_EVENTS) break
      }
      return undefined
    } catch (error) {
      if (!(error instanceof LogBroken)) throw error
      return { sequence: point.sequence, reason: error.message }
    }
  }
}

type Broken = { readonly sequence: number; readonly reason: string }

class Transaction {
  readonly batches: IndexBatch[] = []
  readonly positions = new Map<string, IndexPosition>()
  events = 0

  /** Adds the events of a batch. */
  take(node: string, { segment, offset, end }: FollowedBatch, lines: readonly ReadLine[]): void {
    const entries = lines.map(({ begin, sizeBytes, event }): EventEntry => {
      const { second, eventId, requestId, alike } = event
      const { terms, uses } = alike
      const place = { offset: offset + begin, sizeBytes }
      return { second, ...place, eventId, idPrefix: idPrefixOf(eventId), requestId, terms, uses }
    })
    this.batches.push({ node, segment, entries })
    const { point, ...place } = end
    this.positions.set(node, { ...place, sequence: point.sequence, mac: point.mac })
    this.events += entries.length
  }
}

function logPosition(position: IndexPosition | undefined): LogPosition {
  if (position === undefined) return LOG_START
  const { segment, offset, line, sequence, mac } = position
  return { segment, offset, line, point: { sequence, mac } }
}
