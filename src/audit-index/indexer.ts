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

/** Events that one transaction takes, about. */
const TRANSACTION_EVENTS = 4096

/** What an indexer works with. */
export type IndexerDependencies = {
  readonly index: EventIndex
  /** The folder that holds the nodes' folders. */
  readonly auditFolder: string
  readonly key: HmacKey
  readonly files: AuditFiles
  readonly log: Log
  /** Takes what was read, for what looks for insights. */
  readonly handover?: Handover | undefined
}

/** Where each node's log ends, for knowing later whether the index has come so far. */
export type LogEnds = ReadonlyMap<string, { readonly segment: number; readonly sizeBytes: number }>

/** Brings into the index what the log has and the index has not. */
export class Indexer {
  readonly #dependencies: IndexerDependencies
  readonly #reader = new EventReader()
  /** Nodes whose log does not go on from where the index has come: their rest is left out. */
  readonly #broken = new Set<string>()
  /** Where the log did not fit the index when that was made again: a second time, the log is damaged. */
  readonly #mismatches = new Map<string, number>()

  constructor(dependencies: IndexerDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Follows all nodes for one transaction. Gives how many events were added; 0 when all are in.
   *
   * @throws StoreFailure, or what reading a file throws; nothing is lost by it.
   */
  async step(): Promise<number> {
    const { index } = this.#dependencies
    if (index.rebuildAsked()) this.rebuild()
    const positions = index.positions()
    const gathered = new Transaction()
    for (const node of await this.#nodes()) {
      if (this.#broken.has(node)) continue
      const broken = await this.#follow(node, logPosition(positions.get(node)), gathered)
      if (broken !== undefined && this.#isStale(node, broken)) return 1
      if (gathered.events >= TRANSACTION_EVENTS) break
    }
    if (gathered.positions.size > 0) index.add(gathered.batches, gathered.positions)
    return gathered.events
  }

  /** Forgets what is in the index; the next steps bring it in again. */
  rebuild(): void {
    this.#broken.clear()
    this.#dependencies.index.clear()
  }

  /** Where all logs end now. */
  async ends(): Promise<LogEnds> {
    const { auditFolder, files } = this.#dependencies
    const ends = new Map<string, { segment: number; sizeBytes: number }>()
    for (const node of await this.#nodes()) ends.set(node, await logEnd(files, join(auditFolder, node)))
    return ends
  }

  /** Whether every log could be followed. */
  get isWhole(): boolean {
    return this.#broken.size === 0
  }

  /** Whether the index has come at least so far, in all logs that can be followed. */
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
   * Makes the index again where it may hold a batch that is in the log no longer: one whose write
   * has failed can be followed before it is cut off again. The second time, the log is damaged, and
   * the node is left out from there on.
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

  /** Takes what follows in a node's log; gives where it does not follow. */
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

  /** Takes the events of a batch. */
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
