import { isIP } from 'node:net'
import { DatabaseError, Pool, type PoolClient, type PoolConfig, type QueryResult } from 'pg'
import type { Clock, Random, Timers } from '../base/ports.ts'
import { StoreFailure } from './port.ts'
import { IntegrityError } from './records.ts'

/** Where a database is, and how to sign in to it. */
export type PostgresAddress = {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  /** Read for each new connection; an empty one when the server asks for none. */
  readonly password: () => Promise<string>
  /** Without it, there is no TLS: for this machine only. */
  readonly tls: { readonly ca: string | undefined } | undefined
}

/** How long the store waits for a database. */
type PostgresTimeouts = {
  /** For a new connection, and for a free one. */
  readonly connectMs: number
  /** For a statement in the server that changes nothing, and for a lock there. */
  readonly statementMs: number
  /** For an answer, before this end gives a connection up. */
  readonly answerMs: number
}

/** The effects that the store needs. */
export type PostgresDependencies = {
  /** Without them, {@link TIMEOUTS}. */
  readonly timeouts?: PostgresTimeouts
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly sleep: (delayMs: number) => Promise<void>
}

/** A statement that each connection prepares once. */
export type Statement = { readonly name: string; readonly text: string }

/** A row as the driver returns it. */
export type Row = Readonly<Record<string, unknown>>

/** The rows of a statement, and how many it changed. */
export type Result = { readonly rows: readonly Row[]; readonly count: number; readonly command: string }

/** A connection that is in use. */
export type Session = {
  readonly run: (statement: Statement | string, values?: readonly unknown[]) => Promise<Result>
}

/** Connections for reads of records; validation and commits have one each of their own. */
const READERS = 4
/** A server that answers later than this is away: clients of KMS wait for some seconds. */
const TIMEOUTS: PostgresTimeouts = { connectMs: 5000, statementMs: 4000, answerMs: 5000 }
/** When the server ends a transaction of a client that is silent, and so releases its locks. */
const SILENT_TRANSACTION_TIMEOUT_MS = 10_000
/** Runs of a read whose connection has broken. The first finds what a restart of the server has left. */
const READ_RUNS = 3

/** The connections of a store. They connect when they are first needed, and again after a failure. */
export class Connections {
  readonly #readers: Pool
  readonly #validator: Pool
  readonly #writer: Pool
  readonly #renewer: Pool
  #validatorConnections = 0

  constructor(address: PostgresAddress, timeouts = TIMEOUTS) {
    const common = poolConfig(address, timeouts)
    const { statementMs } = timeouts
    this.#readers = quiet(new Pool({ ...common, max: READERS, statement_timeout: statementMs }))
    this.#validator = quiet(new Pool({ ...common, max: 1, statement_timeout: statementMs }))
    this.#validator.on('connect', () => {
      this.#validatorConnections += 1
    })
    // No limit within the server: PostgreSQL takes a cancelled wait for a synchronous standby for a commit.
    this.#writer = quiet(new Pool({ ...common, max: 1, lock_timeout: statementMs }))
    this.#renewer = quiet(new Pool({ ...common, max: 1, lock_timeout: statementMs }))
  }

  /** Runs a statement that changes nothing, again if its connection breaks. @throws StoreFailure. */
  read(statement: Statement, values: readonly unknown[] = []): Promise<Result> {
    return readFrom(this.#readers, statement, values)
  }

  /** The same on the connection for validation, which no read of records delays. @throws StoreFailure. */
  validate(statement: Statement, values: readonly unknown[] = []): Promise<Result> {
    return readFrom(this.#validator, statement, values)
  }

  /** How often the connection for validation was made: a new one may lead to another server, after a failover. */
  get validatorConnections(): number {
    return this.#validatorConnections
  }

  /** Runs a statement that may run twice, on a connection that waits for no commit. @throws StoreFailure. */
  renew(statement: Statement, values: readonly unknown[]): Promise<Result> {
    return readFrom(this.#renewer, statement, values)
  }

  /**
   * Uses the one connection for changes. A failure ends the connection, and with it an open transaction.
   *
   * @throws StoreFailure when there is no connection; what `use` throws.
   */
  async write<T>(use: (session: Session) => Promise<T>): Promise<T> {
    const client = await connected(this.#writer)
    let failure: unknown
    try {
      return await use(sessionOf(client))
    } catch (error) {
      failure = error
      throw error
    } finally {
      client.release(failure !== undefined)
    }
  }

  async close(): Promise<void> {
    const pools = [this.#readers, this.#validator, this.#writer, this.#renewer]
    await Promise.all(pools.map((pool) => pool.end()))
  }
}

/** Whether the server has ended a transaction that can be run again: a serialization failure or a deadlock. */
export function isRepeatable(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '40001' || error.code === '40P01')
}

/** Whether the server has answered that a statement failed; otherwise, its outcome is unknown. */
export function isRefused(error: unknown): boolean {
  return error instanceof DatabaseError && !isEnding(error)
}

/** The SQLSTATE of an error of the server. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined
}

/** The failure that an error of the driver means. @returns errors of the store as they are. */
export function failureOf(what: string, error: unknown): Error {
  if (error instanceof StoreFailure || error instanceof IntegrityError) return error
  const reason = error instanceof Error && error.message !== '' ? error.message : 'no connection'
  return new StoreFailure(`${what}: ${reason}`, { cause: error })
}

/** A count in a row: the driver returns a bigint as text. @throws IntegrityError when it is none. */
export function parseCount(value: unknown): number {
  const count = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count
  throw new IntegrityError('the database holds a number that was never written')
}

/** Bytes in a row. @throws IntegrityError when they are none. */
export function parseBytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array))
    throw new IntegrityError(`the database holds ${typeof value}, not bytes`)
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

/** A text in a row. @throws IntegrityError when it is none. */
export function parseString(value: unknown): string {
  if (typeof value !== 'string') throw new IntegrityError(`the database holds ${typeof value}, not text`)
  return value
}

function poolConfig(
  { host, port, database, user, password, tls }: PostgresAddress,
  { connectMs, answerMs }: PostgresTimeouts,
): PoolConfig {
  // An address is compared with the certificate as `host`; a name is also sent to the server.
  const named = isIP(host) === 0 ? { servername: host } : {}
  return {
    ...{ host, port, database, user, password },
    ssl: tls === undefined ? false : { host, ...named, ca: tls.ca, rejectUnauthorized: true },
    application_name: 'holdfast',
    connectionTimeoutMillis: connectMs,
    query_timeout: answerMs,
    idle_in_transaction_session_timeout: SILENT_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
    idleTimeoutMillis: 0,
    allowExitOnIdle: true,
  }
}

/** A connection that breaks is dropped: its statement fails, or the next use connects again. */
function quiet(pool: Pool): Pool {
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool.on('error', () => {})
}

async function readFrom(pool: Pool, statement: Statement, values: readonly unknown[]): Promise<Result> {
  for (let runs = 1; ; runs += 1) {
    try {
      const client = await connected(pool)
      let failure: unknown
      try {
        return await sessionOf(client).run(statement, values)
      } catch (error) {
        failure = error
        throw error
      } finally {
        client.release(failure !== undefined)
      }
    } catch (error) {
      const isWorthAnother = isRepeatable(error) || isBroken(error)
      if (!isWorthAnother || runs === READ_RUNS) throw failureOf('the database cannot be read', error)
    }
  }
}

/** Every transaction of these connections ends on the primary: a standby could be behind. */
const PREPARE: Statement = {
  name: 'holdfast-prepare',
  text: `SELECT current_setting('transaction_read_only') AS read_only,
                current_setting('synchronous_commit', true) AS synchronous_commit,
                current_setting('fsync', true) AS fsync`,
}

const prepared = new WeakSet<PoolClient>()

async function connected(pool: Pool): Promise<PoolClient> {
  if (pool.ending) throw new StoreFailure('the store is closed')
  const client = await pool.connect().catch((error: unknown) => {
    throw failureOf('the database cannot be reached', error)
  })
  if (prepared.has(client)) return client
  try {
    await prepare(sessionOf(client))
    prepared.add(client)
    return client
  } catch (error) {
    client.release(true)
    throw error
  }
}

/** Refuses a server that reads old data or forgets new data. @throws StoreFailure. */
async function prepare(session: Session): Promise<void> {
  const [row] = (await session.run(PREPARE)).rows
  if (row?.['read_only'] !== 'off') throw new StoreFailure('the database is read-only, or a standby')
  if (row['fsync'] === 'off')
    throw new StoreFailure('the database does not sync its disk: set fsync to on in its configuration')
  if (row['synchronous_commit'] === 'off') await session.run('SET synchronous_commit = on')
}

function sessionOf(client: PoolClient): Session {
  return {
    run: async (statement, values = []) => {
      const query = typeof statement === 'string' ? { text: statement } : { ...statement }
      const result: QueryResult<Row> = await client.query({ ...query, values: [...values] })
      return { rows: result.rows, count: result.rowCount ?? 0, command: result.command }
    },
  }
}

/** A read of a broken connection can be run on a new one; one that takes too long cannot. */
function isBroken(error: unknown): boolean {
  if (error instanceof StoreFailure || error instanceof IntegrityError) return false
  if (error instanceof DatabaseError) return isEnding(error)
  return error instanceof Error && error.message !== 'Query read timeout'
}

/** The server ends the connection: class 08, and its own shutdown. */
function isEnding({ code = '' }: DatabaseError): boolean {
  return code.startsWith('08') || code === '57P01' || code === '57P02' || code === '57P03'
}
