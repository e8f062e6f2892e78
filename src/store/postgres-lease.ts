import type { Timer } from '../base/ports.ts'
import { StoreFailure } from './port.ts'
import {
  type Connections,
  failureOf,
  isRepeatable,
  type PostgresDependencies,
  parseCount,
  parseString,
  type Row,
  type Session,
} from './postgres-connection.ts'

/** How often a handle renews the lease. */
const RENEWAL_INTERVAL_MS = 1000
/** How long after the beginning of its last renewal a handle answers from the database. */
const LEASE_SERVES_MS = 5000
/**
 * How long nobody may have renewed a lease before another holder takes it: twice as long, so that clocks may run at
 * different rates.
 */
const LEASE_TAKEN_AFTER_MS = 10_000
const WATCH_INTERVAL_MS = 500
/** Attempts to take a lease that others take at the same time. */
const ATTEMPTS = 5

const FIND = {
  name: 'holdfast-lease',
  text: 'SELECT holder, token, renewals FROM holdfast_lease WHERE one = 1',
}
const TAKE = {
  name: 'holdfast-take',
  text: `UPDATE holdfast_lease SET holder = $1, token = token + 1, renewals = renewals + 1
    WHERE one = 1 AND holder = $2 AND token = $3 AND renewals = $4`,
}
const REGISTER = {
  name: 'holdfast-register',
  text: `INSERT INTO holdfast_writers (id, token, ticket, fenced)
    SELECT $1, token, 0, false FROM holdfast_lease WHERE one = 1 AND holder = $2 AND token = $3 FOR SHARE`,
}
const RENEW = {
  name: 'holdfast-renew',
  text: 'UPDATE holdfast_lease SET renewals = renewals + 1 WHERE one = 1 AND holder = $1 AND token = $2',
}

const AWAIT_COMMITS = {
  name: 'holdfast-await-commits',
  text: 'SELECT id FROM holdfast_writers WHERE NOT fenced ORDER BY id FOR UPDATE',
}

type Found = { readonly holder: string; readonly token: number; readonly renewals: number }

/** How a lease is opened. */
export type LeaseOptions = {
  /** Who holds the lease: all processes on one data folder are one holder. */
  readonly holder: string
  /** Names this handle among the holder's. */
  readonly writer: string
}

/**
 * The lease of one holder on a database, and this handle's share in it.
 *
 * Safety does not depend on time: whoever takes a lease fences the handles of the holder before, whose commits the
 * database refuses from then on. Time bounds only how long a handle that cannot reach the database keeps answering.
 */
export class Lease {
  readonly #connections: Connections
  readonly #dependencies: PostgresDependencies
  readonly #holder: string
  readonly #writer: string
  #token = 0
  #renewedAtMs = Number.NEGATIVE_INFINITY
  #lost: StoreFailure | undefined
  #timer: Timer | undefined
  #renewing: Promise<void> = Promise.resolve()
  #closed = false

  constructor(
    connections: Connections,
    { holder, writer }: LeaseOptions,
    dependencies: PostgresDependencies,
  ) {
    this.#connections = connections
    this.#dependencies = dependencies
    this.#holder = holder
    this.#writer = writer
  }

  /** Takes the lease or joins its holder. @throws StoreFailure when another holder has it. */
  async open(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const beganAtMs = this.#dependencies.clock.monotonicMs()
      try {
        const found = await this.#find()
        if (found.holder !== this.#holder) await this.#take(found)
        else if (await this.#join(found.token)) {
          // A process that was killed may have sent a COMMIT: what it changed must be there before anything is read.
          await this.#connections.write((session) => session.run(AWAIT_COMMITS))
          this.#token = found.token
          this.#renewedAtMs = beganAtMs
          this.#arm()
          return
        }
      } catch (error) {
        if (!isRepeatable(error)) throw failureOf('the lease on the database cannot be taken', error)
      }
      if (attempt === ATTEMPTS) throw new StoreFailure('others take the lease on the database all the time')
    }
  }

  /** @throws StoreFailure when the handle must not answer from the database any more. */
  assertHeld(): void {
    if (this.#lost !== undefined) throw this.#lost
    if (this.#closed) throw new StoreFailure('the store is closed')
    const sinceMs = this.#dependencies.clock.monotonicMs() - this.#renewedAtMs
    if (sinceMs > LEASE_SERVES_MS)
      throw new StoreFailure(`the lease on the database could not be renewed for ${Math.floor(sinceMs)} ms`)
  }

  /** Notes that another holder has taken the lease. */
  fence(): StoreFailure {
    this.#lost ??= new StoreFailure('another server has taken the database over: restart this one')
    return this.#lost
  }

  /** Gives this handle's share back; the last one of a holder releases the lease. */
  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await this.#renewing
    if (this.#lost !== undefined) return
    try {
      await this.#connections.write(async (session) => {
        await session.run('BEGIN')
        await session.run('SELECT token FROM holdfast_lease WHERE one = 1 FOR UPDATE')
        await session.run('DELETE FROM holdfast_writers WHERE id = $1', [this.#writer])
        await session.run(
          `UPDATE holdfast_lease SET holder = '', renewals = renewals + 1
            WHERE one = 1 AND holder = $1 AND NOT EXISTS (SELECT 1 FROM holdfast_writers WHERE NOT fenced)`,
          [this.#holder],
        )
        await session.run('COMMIT')
      })
    } catch {
      // Then others take the lease later.
    }
  }

  async #find(): Promise<Found> {
    const [row] = (await this.#connections.read(FIND)).rows
    return parseFound(row)
  }

  /** Whether the holder still had the lease when this handle became one of its writers. */
  #join(token: number): Promise<boolean> {
    return this.#connections.write(
      async (session) => (await session.run(REGISTER, [this.#writer, this.#holder, token])).count === 1,
    )
  }

  /** @throws StoreFailure when another holder renews the lease. */
  async #take(found: Found): Promise<void> {
    if (found.holder !== '') await this.#watch(found)
    await this.#connections.write(async (session) => {
      await session.run('BEGIN')
      const values = [this.#holder, found.holder, found.token, found.renewals]
      // Another one may have been faster: then the next attempt finds it.
      if ((await session.run(TAKE, values)).count === 1) await fenceOthers(session)
      await session.run('COMMIT')
    })
  }

  /** Watches a lease until nobody has renewed it for long enough. */
  async #watch({ holder, token, renewals }: Found): Promise<void> {
    const { clock, sleep } = this.#dependencies
    const beganAtMs = clock.monotonicMs()
    while (clock.monotonicMs() - beganAtMs < LEASE_TAKEN_AFTER_MS) {
      await sleep(WATCH_INTERVAL_MS)
      const now = await this.#find()
      if (now.holder === '' && now.token === token) return
      if (now.holder === holder && now.token === token && now.renewals === renewals) continue
      throw new StoreFailure(
        `the database is in use by ${describe(now.holder)}: a database serves one data folder on one machine, or one fleet with one root key`,
      )
    }
  }

  #arm(): void {
    this.#timer = this.#dependencies.timers.after(RENEWAL_INTERVAL_MS, () => {
      this.#renewing = this.#renew().finally(() => {
        if (!this.#closed && this.#lost === undefined) this.#arm()
      })
    })
  }

  async #renew(): Promise<void> {
    const beganAtMs = this.#dependencies.clock.monotonicMs()
    try {
      const values = [this.#holder, this.#token]
      const { count } = await this.#connections.renew(RENEW, values)
      if (count === 1) this.#renewedAtMs = beganAtMs
      else this.fence()
    } catch {
      // The lease ends by itself when no renewal succeeds in time.
    }
  }
}

/** How the holder of a fleet begins; the fingerprint of its root key follows. */
export const FLEET_HOLDER = 'fleet/'

function describe(holder: string): string {
  return holder.startsWith(FLEET_HOLDER) ? 'a fleet' : `the data folder ${holder}`
}

/** Refuses all commits of handles of earlier holders, after those in progress; forgets older handles. */
async function fenceOthers(session: Session): Promise<void> {
  await session.run('DELETE FROM holdfast_writers WHERE fenced')
  await session.run('UPDATE holdfast_writers SET fenced = true')
}

function parseFound(row: Row | undefined): Found {
  return {
    holder: parseString(row?.['holder']),
    token: parseCount(row?.['token']),
    renewals: parseCount(row?.['renewals']),
  }
}
