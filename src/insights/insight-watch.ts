import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type MergedLogDependencies, type MergedStep, mergedLog } from '../audit-index/merged-log.ts'
import type { Log } from '../base/log.ts'
import type { Clock } from '../base/ports.ts'
import { claimFileLock, type FileLock } from '../store/file-lock.ts'
import type { Anomaly } from './detector/anomaly.ts'
import { putRecent } from './detector/bounded.ts'
import { passTime, takeEvent } from './detector/detector.ts'
import type { InsightRules } from './detector/rules.ts'
import { type InsightState, newInsightState, readInsightState, writeInsightState } from './insight-state.ts'

/** What looking for insights works with. */
export type InsightWatchDependencies = MergedLogDependencies & {
  /** Where what is known is kept. */
  readonly folder: string
  readonly rules: InsightRules
  readonly clock: Clock
  readonly log: Log
}

const LOCK_FILE = 'lock'
/** Events that are taken in one go, about. */
const STEP_EVENTS = 20_000
/** Insights that wait to be recorded; beyond, the oldest is given up. */
const OUTSTANDING_MAX = 10_000
/** Insights that may be seen in the log before they are found. */
const EARLY_MAX = 10_000
/** How much of the log is followed again after a crash, about. */
const SAVE_MS = 600_000
/** When nothing is known, what was found of the time before the last day is not recorded. */
const LATE_SECONDS = 86_400

/**
 * Follows the log, and finds what is unusual. What it knows is kept together with how far it has
 * come, so after a crash it finds the same again; and what it finds is done with when it is seen in
 * the log. So each insight is recorded once.
 *
 * Of all processes that have a data folder open, the holder of the lock does it.
 */
export class InsightWatch {
  readonly #dependencies: InsightWatchDependencies
  /** Where a log did not go on when it was followed from its beginning: the second time it is damaged. */
  readonly #breaks = new Map<string, number>()
  readonly #damaged = new Set<string>()
  #lock: FileLock | undefined
  #state: InsightState | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #halted = false
  #savedMs: number

  constructor(dependencies: InsightWatchDependencies) {
    this.#dependencies = dependencies
    this.#savedMs = dependencies.clock.monotonicMs()
    mkdirSync(dependencies.folder, { recursive: true, mode: 0o700 })
  }

  /** Follows the log to its end, if this is the one that does. */
  async catchUp(): Promise<void> {
    while (!this.#halted && !(await this.#inTurn(() => this.#step())));
  }

  /** Makes {@link catchUp} end soon. */
  halt(): void {
    this.#halted = true
  }

  /**
   * What is to be recorded now; nothing when the log has not been followed to its end. Whoever asks
   * records it before asking again.
   */
  pull(): Promise<readonly Anomaly[]> {
    return this.#inTurn(async () => {
      const isThere = await this.#step()
      return isThere && this.#state !== undefined ? [...this.#state.outstanding.values()] : []
    })
  }

  /** Keeps what is known. */
  async close(): Promise<void> {
    await this.#inTurn(() => this.#save())
    this.#lock?.release()
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run)
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** Whether the end was reached, or somebody else follows the log. */
  async #step(): Promise<boolean> {
    const { clock, rules, folder, key, handover } = this.#dependencies
    this.#lock ??= claimFileLock(join(folder, LOCK_FILE))
    if (this.#lock === undefined) return true
    if (handover !== undefined) handover.isWanted = true
    const nowSecond = Math.floor(clock.now() / 1000)
    this.#state ??= (await readInsightState(folder, key)) ?? newInsightState(nowSecond - LATE_SECONDS)
    const isThere = await this.#follow(this.#state)
    if (isThere) this.#found(this.#state, passTime(this.#state.detector, rules, nowSecond))
    if (clock.monotonicMs() - this.#savedMs >= SAVE_MS) await this.#save()
    return isThere
  }

  async #follow(state: InsightState): Promise<boolean> {
    let taken = 0
    for await (const step of mergedLog(this.#dependencies, state.positions, this.#damaged)) {
      if (step.type === 'break') {
        this.#broken(step)
        return false
      }
      this.#take(state, step)
      taken += step.facts.length
      if (taken >= STEP_EVENTS) return false
    }
    return true
  }

  #take(state: InsightState, { node, end, facts, insights }: Extract<MergedStep, { type: 'batch' }>): void {
    const { rules } = this.#dependencies
    for (const fact of facts) this.#found(state, takeEvent(state.detector, rules, fact))
    for (const id of insights) {
      if (!state.outstanding.delete(id)) putRecent(state.early, id, true, EARLY_MAX)
    }
    state.positions.set(node, end)
  }

  #found(state: InsightState, anomalies: readonly Anomaly[]): void {
    for (const anomaly of anomalies) {
      if (anomaly.second < state.fromSecond || state.early.delete(anomaly.id)) continue
      putRecent(state.outstanding, anomaly.id, anomaly, OUTSTANDING_MAX)
    }
  }

  /**
   * Begins anew where a batch may have been followed whose write failed and that is in the log no
   * longer. The second time, the log is damaged, and the node is left out.
   */
  #broken({ node, sequence, reason }: Extract<MergedStep, { type: 'break' }>): void {
    const { log } = this.#dependencies
    if (this.#breaks.get(node) === sequence) {
      this.#damaged.add(node)
      log.error('insights leave out a log that cannot be followed: see holdfast audit verify', { reason })
      return
    }
    this.#breaks.set(node, sequence)
    log.warn('the audit log is not what insights were found in, and is followed again', { reason })
    this.#state = newInsightState(this.#state?.fromSecond ?? 0)
  }

  async #save(): Promise<void> {
    const { folder, key, clock } = this.#dependencies
    this.#savedMs = clock.monotonicMs()
    if (this.#state !== undefined && this.#lock !== undefined) {
      await writeInsightState(folder, key, this.#state)
    }
  }
}
