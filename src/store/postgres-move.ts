import { type Condition, encodeUse, MOVE_PAGE_RECORDS, type MoveEnd } from './move.ts'
import { type RawKey, type RawRecord, StoreFailure } from './port.ts'
import type { PostgresOptions } from './postgres.ts'
import { takeTicket } from './postgres-commit.ts'
import {
  Connections,
  failureOf,
  parseBytes,
  parseCount,
  parseString,
  type Session,
} from './postgres-connection.ts'
import { Lease } from './postgres-lease.ts'
import { assertAuditPlace, prepareTables, readUse } from './postgres-schema.ts'

const FIRST = {
  name: 'holdfast-move-first',
  text: `SELECT kind, id, version, value FROM holdfast_records ORDER BY kind, id LIMIT ${MOVE_PAGE_RECORDS}`,
}
const NEXT = {
  name: 'holdfast-move-next',
  text: `SELECT kind, id, version, value FROM holdfast_records WHERE (kind, id) > ($1::text COLLATE "C", $2)
    ORDER BY kind, id LIMIT ${MOVE_PAGE_RECORDS}`,
}
const HEADS = { name: 'holdfast-move-heads', text: 'SELECT shard, sequence FROM holdfast_heads' }
const REMOVE = `DELETE FROM holdfast_records AS r USING unnest($1::text[], $2::bytea[]) AS c (kind, id)
  WHERE r.kind = c.kind AND r.id = c.id`
const PUT = `INSERT INTO holdfast_records (kind, id, version, value)
  SELECT * FROM unnest($1::text[], $2::bytea[], $3::bigint[], $4::bytea[])`
const MARK = `INSERT INTO holdfast_facts (name, value) VALUES ('use', $1), ('move', $2)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value`

/**
 * Opens a database for a move: takes its lease, which fences every server, and holds it until the store is closed.
 *
 * @throws StoreFailure when a server uses the database, or it cannot be used.
 */
export async function openPostgresMove({ address, holder, dependencies }: PostgresOptions): Promise<MoveEnd> {
  const connections = new Connections(address, dependencies.timeouts)
  const writer = dependencies.random.uuid()
  const lease = new Lease(connections, { holder, writer }, dependencies)
  try {
    await prepareTables(connections)
    await lease.open()
    await assertAuditPlace(connections, false)
  } catch (error) {
    await lease.close()
    await connections.close()
    throw error
  }
  const change = (use: (session: Session) => Promise<unknown>): Promise<void> =>
    changeUnderLease(connections, writer, use)
  return {
    condition: () => readUse(connections),
    page: async (after) => {
      lease.assertHeld()
      const { rows } = await (after === undefined
        ? connections.read(FIRST)
        : connections.read(NEXT, [after.kind, after.id]))
      return rows.map((row) => ({
        kind: parseString(row['kind']),
        id: parseBytes(row['id']),
        version: parseCount(row['version']),
        value: parseBytes(row['value']),
      }))
    },
    heads: async () => {
      const { rows } = await connections.read(HEADS)
      return new Map(rows.map((row) => [parseCount(row['shard']), parseCount(row['sequence'])]))
    },
    write: (put, removed) => change((session) => writeRecords(session, put, removed)),
    replaceFeed: (heads) =>
      change(async (session) => {
        await session.run('DELETE FROM holdfast_feed')
        await session.run('DELETE FROM holdfast_heads')
        const values = [[...heads.keys()], [...heads.values()]]
        await session.run(
          'INSERT INTO holdfast_heads (shard, sequence) SELECT * FROM unnest($1::int[], $2::bigint[])',
          values,
        )
      }),
    mark: ({ use, move }: Condition) => change((session) => session.run(MARK, [encodeUse(use), move])),
    close: async () => {
      await lease.close()
      await connections.close()
    },
  }
}

/** Runs a transaction that another holder of the lease would refuse. */
async function changeUnderLease(
  connections: Connections,
  writer: string,
  use: (session: Session) => Promise<unknown>,
): Promise<void> {
  try {
    await connections.write(async (session) => {
      await session.run('BEGIN')
      await takeTicket(session, { writer, ticket: 1 })
      await use(session)
      const { command } = await session.run('COMMIT')
      if (command !== 'COMMIT') throw new StoreFailure('the database has rolled a transaction back')
    })
  } catch (error) {
    throw failureOf('the database could not take the records', error)
  }
}

async function writeRecords(
  session: Session,
  put: readonly RawRecord[],
  removed: readonly RawKey[],
): Promise<void> {
  const gone = [...removed, ...put]
  await session.run(REMOVE, [gone.map(({ kind }) => kind), gone.map(({ id }) => Buffer.from(id))])
  await session.run(PUT, [
    put.map(({ kind }) => kind),
    put.map(({ id }) => Buffer.from(id)),
    put.map(({ version }) => version),
    put.map(({ value }) => Buffer.from(value)),
  ])
}
