import type { Log } from '../base/log.ts'
import type { Clock } from '../base/ports.ts'
import type { MetricName } from './catalogue.ts'
import { Histogram } from './histogram.ts'
import type { Point } from './points.ts'

/** The log's message for a record or key that does not open. */
const ALARM = 'INTEGRITY ALARM'

/** Returns its points; leaves out those that it cannot read now. */
export type PointSource = () => readonly Point[] | Promise<readonly Point[]>

/** The bounds that clients can reach: see `docs/reference/bounds.md`. */
type BoundName = 'connections' | 'requests' | 'receiving' | 'unread' | 'refused' | 'calls'

/**
 * The counts of one process. Other code calls its members when something has happened, and depends on nothing
 * of it: they only add, and neither wait nor fail.
 */
export class NodeMeters {
  /** A log that counts its lines. */
  readonly log: Log
  readonly #clock: Clock
  readonly #sources: PointSource[] = []
  readonly #durable = new Histogram()
  readonly #commits = { done: new Histogram(), conflict: new Histogram(), failed: new Histogram() }
  readonly #jobs = new Map<string, { done: number; failed: number; lastSuccessAt: number | undefined }>()
  readonly #due = new Map<string, { done: number; failed: number }>()
  readonly #lines = { info: 0, warn: 0, error: 0 }
  readonly #bounds = { connections: 0, requests: 0, receiving: 0, unread: 0, refused: 0, calls: 0 }
  #alarms = 0
  #summarised = 0

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.log = this.#watch(log)
  }

  /** A batch of the audit log has become durable. */
  readonly durable = (waitedMs: number): void => this.#durable.observe(waitedMs)

  /** A commit has ended. */
  readonly committed = (durationMs: number, end: 'done' | 'conflict' | 'failed'): void =>
    this.#commits[end].observe(durationMs)

  /** A run of a job has ended. */
  readonly jobEnded = (job: string, succeeded: boolean): void => {
    const counts = this.#jobs.get(job) ?? { done: 0, failed: 0, lastSuccessAt: undefined }
    this.#jobs.set(job, counts)
    counts[succeeded ? 'done' : 'failed'] += 1
    if (succeeded) counts.lastSuccessAt = this.#clock.now()
  }

  /** A due step has been done, or has failed. */
  readonly dueEnded = (what: string, succeeded: boolean): void => {
    const counts = this.#due.get(what) ?? { done: 0, failed: 0 }
    this.#due.set(what, counts)
    counts[succeeded ? 'done' : 'failed'] += 1
  }

  /** Counts refusals without an event of their own; returns its argument. */
  readonly admitted = (admitted: boolean): boolean => {
    if (!admitted) this.#summarised += 1
    return admitted
  }

  /** A client has reached a bound, and a client was cut off, slowed down or refused for it. */
  readonly boundReached = (bound: BoundName): void => {
    this.#bounds[bound] += 1
  }

  /** Adds a source that each collection reads. */
  addSource(source: PointSource): void {
    this.#sources.push(source)
  }

  /** All points, as they are now. */
  async collect(): Promise<readonly Point[]> {
    const answers = await Promise.all(this.#sources.map((source) => this.#ask(source)))
    return [...this.#own(), ...answers.flat()]
  }

  async #ask(source: PointSource): Promise<readonly Point[]> {
    try {
      return await source()
    } catch (error) {
      this.log.warn('some metrics could not be told', { reason: String(error) })
      return []
    }
  }

  #watch(log: Log): Log {
    const counted =
      (level: keyof Log): Log['info'] =>
      (message, fields) => {
        this.#lines[level] += 1
        if (message.startsWith(ALARM)) this.#alarms += 1
        log[level](message, fields)
      }
    return { info: counted('info'), warn: counted('warn'), error: counted('error') }
  }

  #own(): readonly Point[] {
    const points: Point[] = []
    const add = (metric: MetricName, labels: readonly string[], value: Point['value']): void => {
      points.push({ metric, labels, value })
    }
    add('holdfast_audit_durable_seconds', [], this.#durable.value)
    for (const [end, histogram] of Object.entries(this.#commits)) {
      add('holdfast_commit_duration_seconds', [end], histogram.value)
    }
    for (const [job, { done, failed, lastSuccessAt }] of this.#jobs) {
      add('holdfast_job_runs', [job, 'done'], done)
      add('holdfast_job_runs', [job, 'failed'], failed)
      if (lastSuccessAt !== undefined) {
        add('holdfast_job_last_success_timestamp_seconds', [job], lastSuccessAt / 1000)
      }
    }
    for (const what of ['DeleteKey', 'RotateKey', 'ExpireKeyMaterial']) {
      const { done = 0, failed = 0 } = this.#due.get(what) ?? {}
      add('holdfast_due', [what, 'done'], done)
      add('holdfast_due', [what, 'failed'], failed)
    }
    for (const [level, count] of Object.entries(this.#lines)) add('holdfast_log_lines', [level], count)
    for (const [bound, count] of Object.entries(this.#bounds)) add('holdfast_bounds_reached', [bound], count)
    add('holdfast_integrity_alarms', [], this.#alarms)
    add('holdfast_refusals_summarised', [], this.#summarised)
    return points
  }
}
