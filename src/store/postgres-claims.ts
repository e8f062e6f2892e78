import type { Timer } from '../base/ports.ts'
import { type Claim, JOBS_CLAIM } from './claim.ts'
import {
  type Connections,
  type PostgresDependencies,
  parseCount,
  parseString,
} from './postgres-connection.ts'

/** How often a process shows that it is alive. */
const BEAT_INTERVAL_MS = 1000
/** How long after the beginning of its last beat a process relies on a claim. */
const CLAIM_HOLDS_MS = 5000
/** How long an owner must be silent before others take over: much longer, so that clocks may run at different rates. */
const SILENT_MS = 10_000
/** The same for the logs of processes, which no caller waits for: a process that was only paused goes on. */
export const LOG_SILENT_MS = 30_000
/** The longest time between two looks at the claims of others that still counts as watching them. */
const WATCH_GAP_MAX_MS = 4000

const OFFER = {
  name: 'holdfast-claim-offer',
  text: "INSERT INTO holdfast_claims (name, owner, beats, about) VALUES ($1, '', 0, '') ON CONFLICT DO NOTHING",
}
/** Runs again without harm: who has the claim already gets it. */
const CLAIM = {
  name: 'holdfast-claim',
  text: `UPDATE holdfast_claims SET owner = $2, about = $3, beats = beats + 1
    WHERE name = $1 AND (owner = '' OR owner = $2 OR (owner = $4 AND beats = $5))`,
}
const BEAT = {
  name: 'holdfast-claim-beat',
  text: `UPDATE holdfast_claims SET beats = beats + 1 WHERE owner = $1 AND name = ANY($2::text[]) RETURNING name`,
}
const WATCH = {
  name: 'holdfast-claim-watch',
  text: 'SELECT name, owner, beats, about FROM holdfast_claims ORDER BY name',
}
const RELEASE = {
  name: 'holdfast-claim-release',
  text: "UPDATE holdfast_claims SET owner = '', about = '', beats = beats + 1 WHERE name = $1 AND owner = $2",
}

/** Who claims, and what others read about it. */
export type Claimant = { readonly owner: string; readonly about: string }

/** What this process has seen of a claim of another one, and since when it has not changed. */
type Seen = Pick<Claim, 'owner' | 'beats'> & { readonly sinceMs: number }

/**
 * The claims of this process among all that share a database: on its log, and on the work that one process does for all.
 *
 * An owner is taken over from when it has been silent for long enough by the clock of the one that takes over. What it
 * writes to its log after that, the database refuses: each write names its owner (see `postgres-files.ts`).
 */
export class Claims {
  readonly #connections: Connections
  readonly #dependencies: PostgresDependencies
  readonly #claimant: Claimant
  readonly #held = new Map<string, { renewedAtMs: number }>()
  readonly #claiming = new Set<string>()
  readonly #seen = new Map<string, Seen>()
  #watchedAtMs = Number.NEGATIVE_INFINITY
  readonly #loss = Promise.withResolvers<string>()
  #isLeading = false
  #isStarted = false
  #timer: Timer | undefined
  #beating: Promise<void> = Promise.resolve()
  #closed = false

  constructor(connections: Connections, claimant: Claimant, dependencies: PostgresDependencies) {
    this.#connections = connections
    this.#claimant = claimant
    this.#dependencies = dependencies
  }

  get owner(): string {
    return this.#claimant.owner
  }

  /** Resolves with the name of a log that another process has taken over: this one must end. */
  get lost(): Promise<string> {
    return this.#loss.promise
  }

  /** Whether this process does the work that one process does for all. */
  get leads(): boolean {
    const held = this.#held.get(JOBS_CLAIM)
    return held !== undefined && this.#nowMs() - held.renewedAtMs <= CLAIM_HOLDS_MS
  }

  /** Claims the work that one process does for all, as soon as nobody does it. */
  lead(): void {
    this.#isLeading = true
    this.#start()
  }

  /** Claims what is free, or whose owner has been silent for so long. @throws StoreFailure. */
  async claim(name: string, silentMs: number): Promise<boolean> {
    if (this.#held.has(name) || this.#claiming.has(name)) return false
    this.#start()
    this.#claiming.add(name)
    try {
      const renewedAtMs = this.#nowMs()
      const { owner, about } = this.#claimant
      const seen = this.#seen.get(name)
      const isSilent = seen !== undefined && renewedAtMs - seen.sinceMs >= silentMs
      const from = isSilent ? [seen.owner, seen.beats] : ['', 0]
      await this.#connections.renew(OFFER, [name])
      const { count } = await this.#connections.renew(CLAIM, [name, owner, about, ...from])
      if (count === 1) this.#held.set(name, { renewedAtMs })
      return count === 1
    } finally {
      this.#claiming.delete(name)
    }
  }

  /** The claims of others that have been silent for so long. */
  silent(silentMs: number): readonly string[] {
    const nowMs = this.#nowMs()
    return [...this.#seen].flatMap(([name, { sinceMs }]) => (nowMs - sinceMs >= silentMs ? [name] : []))
  }

  /** Gives a claim back. If the database is away, others take it over later. */
  async release(name: string): Promise<void> {
    if (!this.#held.delete(name)) return
    await this.#connections.renew(RELEASE, [name, this.#claimant.owner]).catch(() => {})
  }

  /** All claims that are held by anybody. @throws StoreFailure. */
  async list(): Promise<readonly Claim[]> {
    const { rows } = await this.#connections.read(WATCH)
    return rows
      .map((row) => ({
        name: parseString(row['name']),
        owner: parseString(row['owner']),
        beats: parseCount(row['beats']),
        about: parseString(row['about']),
      }))
      .filter(({ owner }) => owner !== '')
  }

  /** Gives everything back. */
  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await this.#beating
    for (const name of [...this.#held.keys()]) await this.release(name)
  }

  #nowMs(): number {
    return this.#dependencies.clock.monotonicMs()
  }

  #arm(): void {
    if (this.#closed) return
    this.#timer = this.#dependencies.timers.after(BEAT_INTERVAL_MS, () => this.#turn())
  }

  #start(): void {
    if (this.#isStarted || this.#closed) return
    this.#isStarted = true
    this.#turn()
  }

  #turn(): void {
    this.#beating = this.#beat().finally(() => this.#arm())
  }

  /** A failure is no news: claims end by themselves when no beat succeeds in time. */
  async #beat(): Promise<void> {
    try {
      await this.#renew()
      await this.#watch()
      if (this.#isLeading && !this.#closed) await this.claim(JOBS_CLAIM, SILENT_MS)
    } catch {
      // The next beat tries again.
    }
  }

  async #renew(): Promise<void> {
    const names = [...this.#held.keys()]
    if (names.length === 0) return
    const renewedAtMs = this.#nowMs()
    const { rows } = await this.#connections.renew(BEAT, [this.#claimant.owner, names])
    const renewed = new Set(rows.map((row) => parseString(row['name'])))
    for (const name of names) {
      const held = this.#held.get(name)
      if (held === undefined) continue
      if (renewed.has(name)) held.renewedAtMs = renewedAtMs
      else {
        this.#held.delete(name)
        if (name !== JOBS_CLAIM) this.#loss.resolve(name)
      }
    }
  }

  async #watch(): Promise<void> {
    const nowMs = this.#nowMs()
    // Whoever did not look cannot tell who was silent: this process was paused, or the database was away for all.
    if (nowMs - this.#watchedAtMs > WATCH_GAP_MAX_MS) this.#seen.clear()
    this.#watchedAtMs = nowMs
    const others = (await this.list()).filter(({ owner }) => owner !== this.#claimant.owner)
    for (const name of [...this.#seen.keys()])
      if (!others.some((other) => other.name === name)) this.#seen.delete(name)
    for (const { name, owner, beats } of others) {
      const seen = this.#seen.get(name)
      if (seen?.owner !== owner || seen.beats !== beats)
        this.#seen.set(name, { owner, beats, sinceMs: nowMs })
    }
  }
}
