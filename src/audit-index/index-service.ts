import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AuditFiles } from '../audit/log/files.ts'
import { growTree, type TreeState } from '../audit/proofs/tree.ts'
import type { Log } from '../base/log.ts'
import type { Clock } from '../base/ports.ts'
import type { HmacKey } from '../crypto/hmac.ts'
import type { Anomaly } from '../insights/detector/anomaly.ts'
import { claimFileLock, type FileLock } from '../store/file-lock.ts'
import type {
  EventIndex,
  LastUse,
  LastUseRow,
  LastUsesQuestion,
  TouchRow,
  UsageQuestion,
  UsageRow,
} from '../store/index-port.ts'
import { openIndex } from '../store/sqlite-index.ts'
import { type Collected, type CollectQuestion, collectEvents } from './collect.ts'
import { type Gathered, type GatherQuestion, gatherRecords } from './gather.ts'
import type { Handover } from './handover.ts'
import { Indexer, type IndexStep } from './indexer.ts'
import {
  countEvents,
  type EventCountQuestion,
  findEvents,
  type LookupPage,
  type LookupQuestion,
  lookup,
} from './lookup.ts'

/** The dependencies of the index service. */
export type IndexServiceDependencies = {
  /** The folder of the index. */
  readonly folder: string
  readonly auditFolder: string
  readonly key: HmacKey
  readonly files: AuditFiles
  readonly clock: Clock
  readonly sleep: (delayMs: number) => Promise<void>
  readonly log: Log
  /** The source of insights; without it, there are none. */
  readonly insights?: { readonly pull: () => Promise<readonly Anomaly[]> } | undefined
  /** Buffers read batches for the detection of insights. */
  readonly handover?: Handover | undefined
}

/** A query to the index. `reachMs`: how long to wait for the current end of the log. */
export type IndexQuestion = { readonly reachMs: number } & (
  | { readonly ask: 'lookup'; readonly question: LookupQuestion }
  | { readonly ask: 'find'; readonly id: string }
  | { readonly ask: 'lastUse'; readonly key: string }
  | { readonly ask: 'counts'; readonly question: EventCountQuestion }
  | { readonly ask: 'lastUses'; readonly question: LastUsesQuestion }
  | { readonly ask: 'usage'; readonly question: UsageQuestion }
  | { readonly ask: 'touches'; readonly key: string }
  | { readonly ask: 'tree'; readonly node: string; readonly from: TreeState; readonly until: number }
  | { readonly ask: 'collect'; readonly question: CollectQuestion }
  | { readonly ask: 'gather'; readonly question: GatherQuestion }
  | { readonly ask: 'insights' }
  | { readonly ask: 'scopes' }
  | { readonly ask: 'status' }
  | { readonly ask: 'sequences' }
)

/** The index's answer, and whether it includes everything in the log at the time of the query. */
export type IndexAnswer<T> = { readonly value: T; readonly current: boolean }

/** The result types of the queries. */
export type IndexValues = {
  readonly lookup: LookupPage
  readonly find: readonly string[]
  readonly lastUse: LastUse | undefined
  readonly counts: readonly number[]
  readonly lastUses: readonly LastUseRow[]
  readonly usage: readonly UsageRow[]
  readonly touches: readonly TouchRow[]
  readonly tree: TreeState
  readonly collect: Collected
  readonly gather: Gathered
  readonly insights: readonly Anomaly[]
  readonly scopes: ReturnType<EventIndex['scopes']>
  readonly status: { readonly events: number }
  /** By node, the last sequence number in the index. */
  readonly sequences: Readonly<Record<string, number>>
}

const LOCK_FILE = 'lock'
/** How often a reading process checks the progress of the writing one. */
const WAIT_MS = 50

/**
 * The index of a data folder. Among the processes that have it open, the holder of its lock writes; the others
 * read, and one of them takes over when the holder ends.
 */
export class IndexService {
  readonly #dependencies: IndexServiceDependencies
  #lock: FileLock | undefined
  #index: EventIndex | undefined
  #indexer: Indexer | undefined
  #stepping: Promise<IndexStep> | undefined
  #halted = false

  constructor(dependencies: IndexServiceDependencies) {
    this.#dependencies = dependencies
    mkdirSync(dependencies.folder, { recursive: true, mode: 0o700 })
  }

  /**
   * Indexes the log, if this process holds the lock, up to its end as the last transaction finds it. Events that are
   * written meanwhile wait for the next call: a transaction of a few events costs as much as one of hundreds.
   */
  async catchUp(): Promise<void> {
    while (!this.#halted && (await this.#step()) === 'more');
  }

  /** Makes {@link catchUp} end after the current transaction. */
  halt(): void {
    this.#halted = true
  }

  /** Answers a query from the index. @throws StoreFailure. */
  async answer<Q extends IndexQuestion>(question: Q): Promise<IndexAnswer<IndexValues[Q['ask']]>> {
    const current = readsLog(question) || (await this.#reach(question.reachMs))
    return { value: parseValue(await this.#value(question)), current }
  }

  /** Takes the lock; returns false when another process holds it. */
  claim(): boolean {
    if (this.#lock !== undefined) return true
    this.#lock = claimFileLock(join(this.#dependencies.folder, LOCK_FILE))
    return this.#lock !== undefined
  }

  /** Rebuilds the index from the log, or requests it from the process that writes. */
  rebuild(): void {
    if (this.claim()) this.#open().indexer.rebuild()
    else this.#open().index.askForRebuild()
  }

  /** Closes after the current transaction. */
  async close(): Promise<void> {
    await this.#stepping?.catch(() => {})
    this.#index?.close()
    this.#lock?.release()
  }

  #value(question: IndexQuestion): Promise<unknown> | unknown {
    if (question.ask === 'tree') return this.#grow(question)
    if (question.ask === 'collect') return collectEvents(this.#dependencies, question.question)
    if (question.ask === 'gather') return gatherRecords(this.#dependencies, question.question)
    if (question.ask === 'insights') return this.#dependencies.insights?.pull() ?? []
    const { index } = this.#open()
    const { auditFolder, files } = this.#dependencies
    switch (question.ask) {
      case 'lookup':
        return lookup({ index, auditFolder, files }, question.question)
      case 'find':
        return findEvents({ index, auditFolder, files }, question.id)
      case 'lastUse':
        return index.lastUse(question.key)
      case 'counts':
        return countEvents(index, question.question)
      case 'lastUses':
        return index.lastUses(question.question)
      case 'usage':
        return index.usage(question.question)
      case 'touches':
        return index.touches(question.key)
      case 'scopes':
        return index.scopes()
      case 'status':
        return { events: index.count() }
      case 'sequences':
        return Object.fromEntries([...index.positions()].map(([node, { sequence }]) => [node, sequence]))
    }
  }

  #grow({ node, from, until }: Extract<IndexQuestion, { ask: 'tree' }>): Promise<TreeState> {
    const { auditFolder, files, key } = this.#dependencies
    return growTree({ files, folder: join(auditFolder, node), chain: { node, key } }, from, until)
  }

  /** Waits until the index reaches the current end of the log; returns whether it did in time. */
  async #reach(maxMs: number): Promise<boolean> {
    const { clock, sleep } = this.#dependencies
    const { indexer } = this.#open()
    const ends = await indexer.ends()
    const untilMs = clock.monotonicMs() + maxMs
    for (;;) {
      if (indexer.hasReached(ends)) return indexer.isWhole
      if (clock.monotonicMs() >= untilMs) return false
      const step = await this.#step()
      if (step === 'nothing' && !indexer.hasReached(ends)) await sleep(WAIT_MS)
    }
  }

  /** Runs one transaction; concurrent callers share it. */
  #step(): Promise<IndexStep> {
    if (!this.claim()) return Promise.resolve('nothing')
    const { indexer } = this.#open()
    this.#stepping ??= indexer.step().finally(() => {
      this.#stepping = undefined
    })
    return this.#stepping
  }

  #open(): { readonly index: EventIndex; readonly indexer: Indexer } {
    this.#index ??= openIndex(this.#dependencies.folder, this.claim())
    this.#indexer ??= new Indexer({ ...this.#dependencies, index: this.#index })
    return { index: this.#index, indexer: this.#indexer }
  }
}

/** Types a value: {@link IndexService} answers each query with the value of its type. */
function parseValue<T>(value: unknown): T {
  return value as T
}

/** Whether the log alone answers a query, without the index. */
function readsLog({ ask }: IndexQuestion): boolean {
  return ask === 'tree' || ask === 'collect' || ask === 'gather' || ask === 'insights'
}
