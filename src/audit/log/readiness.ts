import type { Log } from '../../base/log.ts'
import type { Clock } from '../../base/ports.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import { insert, type Kind, type Records, replace } from '../../store/records.ts'
import type { StoreWatch } from '../../store/watch.ts'
import type { Journal } from './journal.ts'

/** How long a result "ready" is valid. */
export const READY_HOLDS_MS = 5000
/** How long a result "not ready" is valid, and how soon after a failed write the server checks again. */
export const UNREADY_HOLDS_MS = 500

/** The dependencies of readiness. */
export type ReadinessDependencies = {
  /** Whether a write has failed and none has succeeded since. */
  readonly isSuspect: () => { readonly log: boolean; readonly store: boolean }
  /** Whether the disk is full but for the reserve, which is for revocations. */
  readonly isReserved: () => boolean
  /** Fails when the audit log cannot be written. */
  readonly probeLog: () => Promise<void>
  /** Whether the records are on another machine, which can fail alone. */
  readonly isRemoteStore?: boolean | undefined
  /** Fails when records cannot be written. */
  readonly probeStore: () => Promise<void>
  readonly clock: Clock
  readonly log: Log
}

/**
 * Whether the server can serve calls: whether it can write the audit log and the records. Frequent questions
 * cause few writes; all that arrive meanwhile get one answer.
 */
export class Readiness {
  readonly #dependencies: ReadinessDependencies
  #reason: string | undefined
  #foundAtMs: number
  #finding: Promise<string | undefined> | undefined

  /** Everything could be written a moment ago, or the server had not started. */
  constructor(dependencies: ReadinessDependencies) {
    this.#dependencies = dependencies
    this.#foundAtMs = dependencies.clock.monotonicMs()
  }

  /** Why the server cannot serve calls, in words for the public; nothing when it can. */
  async reason(): Promise<string | undefined> {
    if (this.#dependencies.isReserved()) return 'the disk is full, and only revocations are done'
    if (this.#finding === undefined && !this.#holds()) {
      this.#finding = this.#find().finally(() => {
        this.#finding = undefined
      })
    }
    return this.#finding ?? this.#reason
  }

  #holds(): boolean {
    const { log, store } = this.#dependencies.isSuspect()
    const isGood = this.#reason === undefined && !log && !store
    const forMs = isGood ? READY_HOLDS_MS : UNREADY_HOLDS_MS
    // A failed write is news: an earlier result does not count.
    const isNews = this.#reason === undefined && (log || store)
    return !isNews && this.#dependencies.clock.monotonicMs() - this.#foundAtMs < forMs
  }

  async #find(): Promise<string | undefined> {
    const { probeLog, probeStore, isSuspect, isRemoteStore, clock } = this.#dependencies
    let reason = await this.#try(probeLog, 'the audit log cannot be written')
    // A database on the log's disk gets a write of its own only after a failed commit.
    if (reason === undefined && (isRemoteStore === true || isSuspect().store)) {
      reason = await this.#try(probeStore, 'records cannot be written')
    }
    if (this.#reason !== undefined && reason === undefined) this.#dependencies.log.info('ready again')
    this.#reason = reason
    this.#foundAtMs = clock.monotonicMs()
    return this.#reason
  }

  async #try(probe: () => Promise<void>, reason: string): Promise<string | undefined> {
    try {
      await probe()
      return undefined
    } catch (error) {
      if (this.#reason === undefined)
        this.#dependencies.log.error(`not ready: ${reason}`, { why: String(error) })
      return reason
    }
  }
}

/**
 * A record to learn whether records can be written. Partition and name: {@link PROBE_PARTITION}, the node.
 */
const PROBE: Kind<{ readonly format: 1; readonly count: number }> = kindOfFormat1('probe')
const PROBE_PARTITION = 'probe'

/** Commits a record without meaning. @throws StoreFailure. */
async function probeRecords(records: Records, node: string): Promise<void> {
  const present = await records.get(PROBE, PROBE_PARTITION, node)
  await records.commit([
    present === undefined
      ? insert(PROBE, PROBE_PARTITION, node, { format: 1, count: 1 })
      : replace(present, { format: 1, count: present.value.count + 1 }),
  ])
}

/** The dependencies of a node's readiness. */
export type NodeReadinessDependencies = {
  readonly journal: Pick<Journal, 'node' | 'condition' | 'probe'>
  readonly records: Records
  readonly watch: StoreWatch
  readonly isReserved?: () => boolean
  /** See {@link ReadinessDependencies}. */
  readonly isRemoteStore?: boolean
  readonly clock: Clock
  readonly log: Log
}

/** The readiness of a node, until it stops. */
export function openReadiness({
  journal,
  records,
  watch,
  isReserved = () => false,
  isRemoteStore,
  clock,
  log,
}: NodeReadinessDependencies): {
  readonly reason: () => Promise<string | undefined>
  readonly stop: () => void
} {
  const readiness = new Readiness({
    isSuspect: () => ({ log: journal.condition.isImpaired, store: watch.isFailing }),
    isReserved,
    isRemoteStore,
    probeLog: () => journal.probe(),
    probeStore: () => probeRecords(records, journal.node),
    clock,
    log,
  })
  const state = { isStopping: false }
  return {
    reason: async () => (state.isStopping ? 'stopping' : readiness.reason()),
    stop: () => {
      state.isStopping = true
    },
  }
}
