/** Machines of a fleet on this one, each with a proxy of its own to the database, and what bad luck does to them. */

import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { FaultProxy } from '../support/fault-proxy.ts'
import { copyMachine, fleetStore, startMachine } from '../support/fleet.ts'
import type { PostgresServer } from '../support/postgres-server.ts'
import type { Seeded } from '../support/seeded.ts'
import type { TestServer } from '../support/server.ts'

const RETRY_MS = 250
const READY_ATTEMPTS = 400
/** How long a paused machine stands still, and others are cut off. */
const PAUSE_MS = 10_000
const PARTITION_MS = { shortest: 2000, more: 6000 }
const OUTAGE_MS = 2000

/** A machine that starts again whenever it has ended. */
export class Machine implements AsyncDisposable {
  readonly data: string
  readonly database: string
  readonly store: string
  readonly proxy: FaultProxy
  #server: TestServer
  #isStopping = false
  #starting: Promise<void> | undefined

  private constructor(
    place: { readonly data: string; readonly database: string; readonly store: string },
    proxy: FaultProxy,
    server: TestServer,
  ) {
    this.data = place.data
    this.database = place.database
    this.store = place.store
    this.proxy = proxy
    this.#server = server
    this.#watch()
  }

  static async start(
    folder: string,
    name: string,
    postgres: PostgresServer,
    database: string,
  ): Promise<Machine> {
    const data = join(folder, name)
    const proxy = await FaultProxy.open(postgres.port)
    const store = fleetStore(postgres, database, proxy.port)
    return new Machine({ data, database, store }, proxy, await startMachine(data, store))
  }

  /** The process that serves, or did last. */
  get server(): TestServer {
    return this.#server
  }

  /** Ends it as a power cut does; it starts again. */
  async kill(): Promise<void> {
    await this.#server.kill()
    await this.#starting
  }

  async pause(): Promise<void> {
    const { process } = this.#server
    process.kill('SIGSTOP')
    await delay(PAUSE_MS)
    process.kill('SIGCONT')
  }

  /** Resolves when it says that it can serve. */
  async ready(): Promise<void> {
    for (let attempt = 0; attempt < READY_ATTEMPTS; attempt += 1) {
      const answer = await fetch(`${this.#server.endpoint}/readyz`).catch(() => undefined)
      if (answer?.status === 200) return
      await delay(RETRY_MS)
    }
    throw new Error(`${this.data} does not become ready: ${this.#server.errors()}`)
  }

  /** Lets it finish. @returns its exit status. */
  async stop(): Promise<number | null> {
    this.#isStopping = true
    await this.#starting
    return await this.#server.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true
    await this.#starting
    await this.#server.kill()
    await this.proxy[Symbol.asyncDispose]()
  }

  #watch(): void {
    this.#server.process.once('exit', () => {
      if (this.#isStopping) return
      this.#starting = this.#startAgain()
    })
  }

  async #startAgain(): Promise<void> {
    while (!this.#isStopping) {
      const started = await startMachine(this.data, this.store).catch(() => undefined)
      if (started !== undefined) {
        this.#server = started
        this.#starting = undefined
        this.#watch()
        return
      }
      await delay(RETRY_MS)
    }
  }
}

/** Starts the first machine, and then the others with its root key. */
export async function startFleet(
  folder: string,
  count: number,
  postgres: PostgresServer,
): Promise<readonly Machine[]> {
  const { database } = await postgres.database()
  const first = await Machine.start(folder, 'machine-0', postgres, database)
  const names = Array.from({ length: count - 1 }, (_, index) => `machine-${index + 1}`)
  for (const name of names) await copyMachine(first.data, join(folder, name))
  return [first, ...(await Promise.all(names.map((name) => Machine.start(folder, name, postgres, database))))]
}

/** What bad luck does. Each kind resolves when it is over. */
export type BadLuck = 'kill' | 'pause' | 'silence' | 'deafness' | 'cut' | 'restart' | 'crash'

/** Every kind of bad luck. */
export const BAD_LUCK: readonly BadLuck[] = [
  'kill',
  'pause',
  'silence',
  'deafness',
  'cut',
  'restart',
  'crash',
]

/** Has bad luck once. */
export async function strike(
  kind: BadLuck,
  machines: readonly Machine[],
  postgres: PostgresServer,
  random: Seeded,
): Promise<void> {
  const machine = random.pick(machines)
  const partitionMs = PARTITION_MS.shortest + random.below(PARTITION_MS.more)
  switch (kind) {
    case 'kill':
      return machine.kill()
    case 'pause':
      return machine.pause()
    case 'silence':
      return cutOff(machine, 'silent', partitionMs)
    case 'deafness':
      return cutOff(machine, 'deaf', partitionMs)
    case 'cut':
      return cutOff(machine, 'refusing', partitionMs)
    case 'restart':
      return outage(postgres, () => postgres.stop())
    case 'crash':
      return outage(postgres, () => postgres.kill())
  }
}

async function cutOff({ proxy }: Machine, mode: 'silent' | 'deaf' | 'refusing', ms: number): Promise<void> {
  proxy.mode = mode
  if (mode === 'refusing') proxy.cut()
  await delay(ms)
  proxy.mode = 'open'
  // What was held back is lost: the connections are worth nothing.
  proxy.cut()
}

async function outage(postgres: PostgresServer, end: () => Promise<void>): Promise<void> {
  await end()
  await delay(OUTAGE_MS)
  await postgres.start()
}
