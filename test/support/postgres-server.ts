/** For tests: a PostgreSQL server of their own, from the programs that the machine has. */

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
const START_ATTEMPTS = 2400
const START_RETRY_MS = 50

/** The effects of a store in tests. */
export const POSTGRES_DEPENDENCIES: PostgresDependencies = {
  clock: systemClock,
  timers: systemTimers,
  random: systemRandom,
  sleep: systemSleep,
}

/** The slower passing of time for handles whose tests are about something else. */
const PATIENCE = 20

/** The same for tests that no busy machine may fail: whatever has a time limit gets twenty times as long. */
export const PATIENT_DEPENDENCIES: PostgresDependencies = {
  ...POSTGRES_DEPENDENCIES,
  clock: { now: systemClock.now, monotonicMs: () => systemClock.monotonicMs() / PATIENCE },
  timeouts: { connectMs: 100_000, statementMs: 80_000, answerMs: 100_000 },
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

/** How a server is set up. */
export type ServerSetup = {
  /** Of its configuration. */
  readonly settings?: Readonly<Record<string, string>>
  /** Lines of `pg_hba.conf` before those that trust everybody. */
  readonly access?: readonly string[]
  /** The PEM texts for TLS. */
  readonly tls?: { readonly cert: string; readonly key: string }
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
  static async create({ settings = {}, access = [], tls }: ServerSetup = {}): Promise<PostgresServer> {
    const bin = findPrograms()
    if (bin === undefined) throw new Error('there is no PostgreSQL')
    const user = await findUser()
    const folder = mkdtempSync('/tmp/holdfast-postgres-')
    if (user !== undefined) chownSync(folder, user.uid, user.gid)
    const secured = tls === undefined ? {} : writeTls(folder, tls, user)
    const port = await freePort()
    const server = new PostgresServer({ folder, port, bin, user, settings: { ...settings, ...secured } })
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
    const rules = join(server.#data, 'pg_hba.conf')
    writeFileSync(rules, `${access.join('\n')}\n${readFileSync(rules, 'utf8')}`)
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

function writeTls(
  folder: string,
  { cert, key }: { readonly cert: string; readonly key: string },
  user: User | undefined,
): Readonly<Record<string, string>> {
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  for (const [path, text] of [
    [certFile, cert],
    [keyFile, key],
  ] as const) {
    writeFileSync(path, text, { mode: 0o600 })
    if (user !== undefined) chownSync(path, user.uid, user.gid)
  }
  return { ssl: 'on', ssl_cert_file: certFile, ssl_key_file: keyFile }
}

/** Ports that no system gives to outgoing connections: one of these could take the port while the server is stopped. */
const PORTS = { from: 20_000, count: 10_000 }

async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * PORTS.count)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    server.close()
    if (isFree) return port
  }
}
