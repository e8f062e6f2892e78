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

/** The dependencies of detecting insights. */
export type InsightWatchDependencies = MergedLogDependencies & {
  /** The folder of the saved state. */
  readonly folder: string
  readonly rules: InsightRules
  readonly clock: Clock
  readonly log: Log
}

const LOCK_FILE = 'lock'
/** The approximate number of events in one step. */
const STEP_EVENTS = 20_000
/** The maximum number of insights that wait to be recorded; beyond it, the oldest is dropped. */
const OUTSTANDING_MAX = 10_000
/** The maximum number of insights that are seen in the log before they are detected. */
const EARLY_MAX = 10_000
/** The interval of saves: about how much of the log is processed again after a crash. */
const SAVE_MS = 600_000
/** Without a saved state, anomalies older than a day are not recorded. */
const LATE_SECONDS = 86_400

/**
 * Follows the log and detects anomalies. It saves its state together with its position, so after a crash it
 * detects the same anomalies again; an anomaly is complete once it is seen in the log. So each insight is recorded
 * once.
 *
 * Among the processes with the data folder open, the holder of the lock does this.
 */
export class InsightWatch {
  readonly #dependencies: InsightWatchDependencies
  /** The positions at which a log ended early when read from its beginning; a second time means damage. */
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

  /** Follows the log to its end, if this process holds the lock. */
  async catchUp(): Promise<void> {
    while (!this.#halted && !(await this.#inTurn(() => this.#step())));
  }

  /** Makes {@link catchUp} end soon. */
  halt(): void {
    this.#halted = true
  }

  /**
   * The insights to record now; none before the end of the log is reached. The caller records them before the
   * next call.
   */
  pull(): Promise<readonly Anomaly[]> {
    return this.#inTurn(async () => {
      const isThere = await this.#step()
      return isThere && this.#state !== undefined ? [...this.#state.outstanding.values()] : []
    })
  }

  /** Saves the state. */
  async close(): Promise<void> {
    await this.#inTurn(() => this.#save())
    this.#lock?.release()
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run)
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** Returns whether the end was reached, or another process follows the log. */
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
   * Starts again from the beginning: the state may include a batch whose write failed and which is no longer in
   * the log. The second time, the log is damaged, and the node is skipped.
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
