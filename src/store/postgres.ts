import { assertChanges, assertKey, assertRange } from './checks.ts'
import { assertServing } from './move.ts'
import {
  type Applied,
  FEED_PAGE_MAX,
  type FeedEntry,
  type FeedPosition,
  type RangeQuery,
  type RawChange,
  type RawKey,
  type RawRecord,
  type RawStore,
  type RawVersion,
} from './port.ts'
import {
  Connections,
  type PostgresAddress,
  type PostgresDependencies,
  parseBytes,
  parseCount,
  parseString,
  type Result,
  type Statement,
} from './postgres-connection.ts'
import { Lease } from './postgres-lease.ts'
import { assertAuditPlace, prepareTables, readUse } from './postgres-schema.ts'
import { PostgresWriter } from './postgres-writer.ts'
import { boundsOf } from './range-bounds.ts'

const GET = {
  name: 'holdfast-get',
  text: 'SELECT version, value FROM holdfast_records WHERE kind = $1 AND id = $2',
}
const RANGE = {
  name: 'holdfast-range',
  text: `SELECT id, version FROM holdfast_records WHERE kind = $1 AND id >= $2 AND id < $3 ORDER BY id LIMIT $4`,
}
const NEXT_KIND = {
  name: 'holdfast-next-kind',
  text: 'SELECT kind FROM holdfast_records WHERE kind > $1 ORDER BY kind LIMIT 1',
}
const HEADS = { name: 'holdfast-heads', text: 'SELECT shard, sequence FROM holdfast_heads' }
const HEAD = { name: 'holdfast-head', text: 'SELECT sequence FROM holdfast_heads WHERE shard = $1' }
const CHANGES = {
  name: 'holdfast-changes',
  text: `SELECT sequence, kind, id FROM holdfast_feed WHERE shard = $1 AND sequence > $2 ORDER BY sequence LIMIT $3`,
}
const VALIDATE = {
  name: 'holdfast-validate',
  text: `SELECT (SELECT coalesce(sum(sequence), 0)::bigint FROM holdfast_heads) AS total,
    (SELECT fenced FROM holdfast_writers WHERE id = $1) AS fenced`,
}

/** How a store is opened. */
export type PostgresOptions = {
  readonly address: PostgresAddress
  /** Who uses the database: all processes on one data folder are one holder, or all of a fleet. */
  readonly holder: string
  /** Whether the holder is a fleet, whose audit log is in the database. */
  readonly isFleet?: boolean
  readonly dependencies: PostgresDependencies
}

/**
 * The store in a PostgreSQL database; its tables are made if there are none.
 *
 * @throws StoreFailure when the database cannot be used, or is in use by another holder.
 */
export async function openPostgres({
  address,
  holder,
  isFleet = false,
  dependencies,
}: PostgresOptions): Promise<RawStore> {
  const connections = new Connections(address, dependencies.timeouts)
  const writer = dependencies.random.uuid()
  const lease = new Lease(connections, { holder, writer }, dependencies)
  try {
    await prepareTables(connections)
    await lease.open()
    assertServing((await readUse(connections)).use, 'the database of HOLDFAST_STORE')
    await assertAuditPlace(connections, isFleet)
  } catch (error) {
    await lease.close()
    await connections.close()
    throw error
  }
  const commits = new PostgresWriter(connections, lease, writer, dependencies)
  return new PostgresStore(connections, lease, writer, commits)
}

class PostgresStore implements RawStore {
  readonly #connections: Connections
  readonly #lease: Lease
  readonly #writer: string
  readonly #commits: PostgresWriter
  #asking: Promise<number> | undefined
  #next: Promise<number> | undefined
  #closing: Promise<void> | undefined

  constructor(connections: Connections, lease: Lease, writer: string, commits: PostgresWriter) {
    this.#connections = connections
    this.#lease = lease
    this.#writer = writer
    this.#commits = commits
  }

  async get(key: RawKey): Promise<RawRecord | undefined> {
    assertKey(key)
    const { kind, id } = key
    const [row] = (await this.#read(GET, [kind, id])).rows
    if (row === undefined) return undefined
    return { kind, id, version: parseCount(row['version']), value: parseBytes(row['value']) }
  }

  async range(kind: string, query: RangeQuery): Promise<readonly RawVersion[]> {
    assertRange(kind, query)
    const { from, to } = boundsOf(query)
    const { rows } = await this.#read(RANGE, [kind, from, to, query.limit])
    return rows.map((row) => ({ kind, id: parseBytes(row['id']), version: parseCount(row['version']) }))
  }

  async kinds(): Promise<readonly string[]> {
    const kinds: string[] = []
    for (;;) {
      const [row] = (await this.#read(NEXT_KIND, [kinds.at(-1) ?? ''])).rows
      if (row === undefined) return kinds
      kinds.push(parseString(row['kind']))
    }
  }

  async commit(changes: readonly RawChange[], applied: Applied = () => {}): Promise<void> {
    assertChanges(changes)
    if (changes.length > 0) await this.#commits.commit(changes, applied)
  }

  changeCount(): Promise<number> {
    return this.#validate()
  }

  async feedPosition(): Promise<FeedPosition> {
    const { rows } = await this.#read(HEADS, [])
    return new Map(rows.map((row) => [parseCount(row['shard']), parseCount(row['sequence'])]))
  }

  async changesSince(shard: number, sequence: number): Promise<readonly FeedEntry[] | 'trimmed'> {
    const { rows } = await this.#read(CHANGES, [shard, sequence, FEED_PAGE_MAX])
    const [first] = rows
    if (first === undefined) return (await this.#headOf(shard)) === sequence ? [] : 'trimmed'
    if (parseCount(first['sequence']) !== sequence + 1) return 'trimmed'
    return rows.map((row) => ({
      shard,
      sequence: parseCount(row['sequence']),
      kind: parseString(row['kind']),
      id: parseBytes(row['id']),
    }))
  }

  /**
   * The number of all changes. All that ask while a question is on its way share the next one: the answer to a question
   * that was sent before a call may be older than the call.
   */
  dataVersion(): Promise<number> {
    if (this.#asking === undefined) return this.#ask()
    this.#next ??= this.#askAfter(this.#asking)
    return this.#next
  }

  /** A failover breaks the connection for validation. A standby that was promoted may lack commits. */
  lineage(): number {
    return this.#connections.validatorConnections
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #ask(): Promise<number> {
    const asking = this.#validate().finally(() => {
      if (this.#asking === asking) this.#asking = undefined
    })
    this.#asking = asking
    return asking
  }

  async #askAfter(previous: Promise<number>): Promise<number> {
    await Promise.allSettled([previous])
    this.#next = undefined
    return this.#ask()
  }

  async #validate(): Promise<number> {
    this.#lease.assertHeld()
    const [row] = (await this.#connections.validate(VALIDATE, [this.#writer])).rows
    // After the wait: what the database said while the lease was held is true.
    this.#lease.assertHeld()
    if (row?.['fenced'] !== false) throw this.#lease.fence()
    return parseCount(row['total'])
  }

  async #read(statement: Statement, values: readonly unknown[]): Promise<Result> {
    this.#lease.assertHeld()
    return await this.#connections.read(statement, values)
  }

  async #headOf(shard: number): Promise<number> {
    const [row] = (await this.#read(HEAD, [shard])).rows
    return row === undefined ? 0 : parseCount(row['sequence'])
  }

  async #close(): Promise<void> {
    await this.#commits.close()
    await this.#lease.close()
    await this.#connections.close()
  }
}
