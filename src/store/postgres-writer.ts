import { systemAfterThisTurn } from '../base/ports.ts'
import { type Applied, type RawChange, StoreConflict, StoreFailure, StoreOutcomeUnknown } from './port.ts'
import { type GroupOutcome, GroupRaced, runGroup, WriterFenced, wasMade } from './postgres-commit.ts'
import {
  type Connections,
  failureOf,
  isRefused,
  isRepeatable,
  type PostgresDependencies,
} from './postgres-connection.ts'
import type { Lease } from './postgres-lease.ts'

/** The maximum number of commits that wait for the database; the store refuses more. */
const WAITING_MAX = 10_000
/** The most commits, and bytes of values, in one transaction: 512 as with SQLite, and some 8 MB as text. */
const GROUP_MAX_COMMITS = 512
const GROUP_MAX_BYTES = 4_194_304
/** Runs of a group that meets deadlocks, races or a broken connection. */
const RUNS_MAX = 8
/** The wait before a run: it doubles, and up to as much again is added at random. */
const BACKOFF_MS = 10
/** How long a handle asks whether a commit was made before its caller hears that nobody knows. */
const SETTLE_TIMEOUT_MS = 20_000
const SETTLE_INTERVAL_MS = 250

type Waiting = {
  readonly changes: readonly RawChange[]
  readonly applied: Applied
  readonly resolve: () => void
  readonly reject: (reason: Error) => void
}

/** COMMIT was sent, and no answer came. */
class CommitUnanswered extends Error {
  override readonly name = 'CommitUnanswered'
  readonly outcomes: readonly GroupOutcome[]

  constructor(outcomes: readonly GroupOutcome[], cause: unknown) {
    super('the answer to COMMIT is missing', { cause })
    this.outcomes = outcomes
  }
}

/** Commits the changes of a handle: what waits goes into one transaction, one transaction after the other. */
export class PostgresWriter {
  readonly #connections: Connections
  readonly #lease: Lease
  readonly #writer: string
  readonly #dependencies: PostgresDependencies
  readonly #waiting: Waiting[] = []
  #running: Promise<void> | undefined
  #ticket = 0
  /** The ticket of a group whose outcome nobody knows yet. */
  #unsettled: number | undefined
  #closed = false

  constructor(connections: Connections, lease: Lease, writer: string, dependencies: PostgresDependencies) {
    this.#connections = connections
    this.#lease = lease
    this.#writer = writer
    this.#dependencies = dependencies
  }

  /** @throws StoreConflict, StoreFailure, StoreOutcomeUnknown. */
  commit(changes: readonly RawChange[], applied: Applied): Promise<void> {
    if (this.#closed) return Promise.reject(new StoreFailure('the store is closed'))
    if (this.#waiting.length >= WAITING_MAX)
      return Promise.reject(new StoreFailure(`${WAITING_MAX} commits are waiting for the database`))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, applied, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves when all commits are answered. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #run(): Promise<void> {
    // The commits of this turn go together.
    await new Promise<void>((resolve) => systemAfterThisTurn(resolve))
    while (this.#waiting.length > 0) {
      const group = this.#take()
      try {
        answer(group, await this.#commit(group.map(({ changes }) => changes)))
      } catch (error) {
        const failure = failureOf('the database could not commit', error)
        for (const { reject } of group) reject(failure)
      }
    }
    this.#running = undefined
  }

  #take(): readonly Waiting[] {
    let count = 0
    let sizeBytes = 0
    for (const { changes } of this.#waiting) {
      for (const { value } of changes) sizeBytes += value?.length ?? 0
      if (count > 0 && (count === GROUP_MAX_COMMITS || sizeBytes > GROUP_MAX_BYTES)) break
      count += 1
    }
    return this.#waiting.splice(0, count)
  }

  /** Commits a group, again after what others cause. A run that failed before its COMMIT has changed nothing. */
  async #commit(commits: readonly (readonly RawChange[])[]): Promise<readonly GroupOutcome[]> {
    for (let run = 1; ; run += 1) {
      try {
        this.#lease.assertHeld()
        if (this.#unsettled !== undefined) await this.#settle(this.#unsettled)
        return await this.#attempt(commits)
      } catch (error) {
        const outcomes = await this.#recover(error, run === RUNS_MAX)
        if (outcomes !== undefined) return outcomes
        await this.#backOff(run)
      }
    }
  }

  /** The outcomes of a run that was made after all; nothing when the group can run again. @throws error. */
  async #recover(error: unknown, isLast: boolean): Promise<readonly GroupOutcome[] | undefined> {
    if (error instanceof WriterFenced) throw this.#lease.fence()
    if (error instanceof CommitUnanswered && (await this.#settle(this.#ticket))) return error.outcomes
    if (isLast || !isWorthAnother(error)) throw error
    return undefined
  }

  /** @throws CommitUnanswered when COMMIT was sent and may have been made. */
  #attempt(commits: readonly (readonly RawChange[])[]): Promise<readonly GroupOutcome[]> {
    this.#ticket += 1
    const group = { writer: this.#writer, ticket: this.#ticket, commits }
    return this.#connections.write(async (session) => {
      const outcomes = await runGroup(session, group)
      const isChange = outcomes.some(({ kind }) => kind === 'done')
      if (!isChange) {
        await session.run('ROLLBACK')
        return outcomes
      }
      this.#unsettled = group.ticket
      const ended = await session.run('COMMIT').catch((error: unknown) => {
        if (!isRefused(error)) throw new CommitUnanswered(outcomes, error)
        this.#unsettled = undefined
        throw error
      })
      this.#unsettled = undefined
      if (ended.command !== 'COMMIT') throw new StoreFailure('the database has rolled a commit back')
      return outcomes
    })
  }

  /**
   * Looks up whether a group was made, by the ticket that it wrote.
   *
   * @throws StoreOutcomeUnknown when the database does not say so in time; the next group asks again before it begins.
   */
  async #settle(ticket: number): Promise<boolean> {
    const { clock, sleep } = this.#dependencies
    const beganAtMs = clock.monotonicMs()
    for (;;) {
      try {
        const isMade = await this.#connections.write((session) => wasMade(session, this.#writer, ticket))
        this.#unsettled = undefined
        return isMade
      } catch (error) {
        const isLate = clock.monotonicMs() - beganAtMs > SETTLE_TIMEOUT_MS
        if (error instanceof WriterFenced) this.#lease.fence()
        if (isLate || error instanceof WriterFenced) {
          const reason = error instanceof Error ? error.message : 'no answer'
          throw new StoreOutcomeUnknown(`nobody knows whether a commit was made: ${reason}`, { cause: error })
        }
      }
      await sleep(SETTLE_INTERVAL_MS)
    }
  }

  async #backOff(run: number): Promise<void> {
    const { random, sleep } = this.#dependencies
    const share = (random.bytes(1)[0] ?? 0) / 256
    await sleep(BACKOFF_MS * 2 ** (run - 1) * (1 + share))
  }
}

/** Others caused it, or the connection broke before COMMIT was sent. */
function isWorthAnother(error: unknown): boolean {
  if (isRepeatable(error) || error instanceof GroupRaced) return true
  return !(error instanceof StoreFailure) && !isRefused(error)
}

function answer(group: readonly Waiting[], outcomes: readonly GroupOutcome[]): void {
  for (const [index, { applied, resolve, reject }] of group.entries()) {
    const outcome = outcomes[index]
    if (outcome?.kind === 'done') {
      applied(outcome.sequences)
      resolve()
    } else reject(new StoreConflict(outcome?.message))
  }
}
