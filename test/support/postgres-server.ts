/** For tests: a PostgreSQL server of their own, from the programs that the machine has. */

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { systemClock, systemRandom, systemSleep, systemTimers } from '../../src/base/ports.ts'
import type { PostgresAddress, PostgresDependencies } from '../../src/store/postgres-connection.ts'

const run = promisify(execFile)

/** Where Debian keeps each release of PostgreSQL. */
const DEBIAN = '/usr/lib/postgresql'
/** The account of Debian's package, which tests that run as root use: PostgreSQL refuses root. */
const ACCOUNT = 'postgres'
const START_ATTEMPTS = 300
const START_RETRY_MS = 50

/** The effects of a store in tests. */
export const POSTGRES_DEPENDENCIES: PostgresDependencies = {
  clock: systemClock,
  timers: systemTimers,
  random: systemRandom,
  sleep: systemSleep,
}

/** Why tests with PostgreSQL are skipped; `false` when it is there. @throws Error when it is missing on CI. */
export function withoutPostgres(): string | false {
  if (findPrograms() !== undefined) return false
  const reason = `PostgreSQL's programs are not in ${DEBIAN}: install the package postgresql`
  if (process.env['CI'] === 'true') throw new Error(reason)
  return reason
}

function findPrograms(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined
  const releases = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a))
  return releases
    .map((release) => join(DEBIAN, release, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')))
}

type User = { readonly uid: number; readonly gid: number }

async function findUser(): Promise<User | undefined> {
  if (userInfo().uid !== 0) return undefined
  const idOf = async (option: string) => Number((await run('id', [option, ACCOUNT])).stdout)
  return { uid: await idOf('-u'), gid: await idOf('-g') }
}

/** Running servers that this process started. */
const STARTED = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of STARTED) child.kill('SIGQUIT')
})

/** A PostgreSQL server on a port of loopback and on a Unix socket. */
export class PostgresServer implements AsyncDisposable {
  readonly folder: string
  readonly port: number
  readonly #bin: string
  readonly #user: User | undefined
  readonly #settings: Readonly<Record<string, string>>
  #process: ChildProcess | undefined
  #databases = 0

  private constructor(place: {
    readonly folder: string
    readonly port: number
    readonly bin: string
    readonly user: User | undefined
    readonly settings: Readonly<Record<string, string>>
  }) {
    this.folder = place.folder
    this.port = place.port
    this.#bin = place.bin
    this.#user = place.user
    this.#settings = place.settings
  }

  /** Creates a server and starts it. */
  static async create(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
    const bin = findPrograms()
    if (bin === undefined) throw new Error('there is no PostgreSQL')
    const user = await findUser()
    const folder = mkdtempSync('/tmp/holdfast-postgres-')
    if (user !== undefined) chownSync(folder, user.uid, user.gid)
    const server = new PostgresServer({ folder, port: await freePort(), bin, user, settings })
    const options = [
      '-D',
      server.#data,
      '-U',
      ACCOUNT,
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale',
      'C',
      '--no-sync',
    ]
    await run(join(bin, 'initdb'), options, { ...user, cwd: folder })
    await server.start()
    return server
  }

  get #data(): string {
    return join(this.folder, 'data')
  }

  /** Starts it again after {@link stop} or {@link kill}. */
  async start(): Promise<void> {
    const given = {
      listen_addresses: '127.0.0.1',
      port: `${this.port}`,
      unix_socket_directories: this.folder,
    }
    const settings = { ...given, max_connections: '200', shared_buffers: '16MB', ...this.#settings }
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = spawn(join(this.#bin, 'postgres'), ['-D', this.#data, ...options], {
      ...this.#user,
      cwd: this.folder,
      stdio: 'ignore',
    })
    this.#process = child
    STARTED.add(child)
    child.once('exit', () => STARTED.delete(child))
    for (let attempt = 0; attempt < START_ATTEMPTS; attempt += 1) {
      if (child.exitCode !== null) throw new Error(`PostgreSQL ended with ${child.exitCode}`)
      const isReady = await this.query('SELECT 1').then(
        () => true,
        () => false,
      )
      if (isReady) return
      await systemSleep(START_RETRY_MS)
    }
    throw new Error('PostgreSQL does not start')
  }

  /** Ends it as a restart does: connections break, and what was committed stays. */
  async stop(): Promise<void> {
    await this.#end('SIGINT')
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    await this.#end('SIGQUIT')
  }

  /** The address of a new, empty database. */
  async database(): Promise<PostgresAddress> {
    this.#databases += 1
    const database = `test_${this.#databases}`
    await this.query(`CREATE DATABASE ${database} TEMPLATE template0`)
    return this.addressOf(database)
  }

  /** The address of a database. */
  addressOf(database: string, port = this.port): PostgresAddress {
    return { host: '127.0.0.1', port, database, user: ACCOUNT, password: async () => '', tls: undefined }
  }

  /** Runs a statement as the administrator. */
  async query(text: string, database = 'postgres'): Promise<readonly Record<string, unknown>[]> {
    const client = new Client({ host: '127.0.0.1', port: this.port, database, user: ACCOUNT })
    client.on('error', () => {})
    await client.connect()
    try {
      const { rows } = await client.query<Record<string, unknown>>(text)
      return rows
    } finally {
      await client.end().catch(() => {})
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGQUIT')
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined || child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
