import { type Condition, decodeUse } from './move.ts'
import { StoreFailure } from './port.ts'
import { type Connections, failureOf, isRepeatable, parseCount, sqlStateOf } from './postgres-connection.ts'

/** The version of the tables' layout, in the table of facts. */
const FORMAT = 2
/** Attempts to make the tables while other processes do so. */
const ATTEMPTS = 10

const FACTS = `CREATE TABLE IF NOT EXISTS holdfast_facts (
  name TEXT NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
)`

/** For each format, the statements that make it from the one before. */
const STEPS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE holdfast_records (
      kind TEXT COLLATE "C" NOT NULL,
      id BYTEA NOT NULL,
      version BIGINT NOT NULL,
      value BYTEA NOT NULL,
      PRIMARY KEY (kind, id)
    )`,
    `CREATE TABLE holdfast_feed (
      shard INTEGER NOT NULL,
      sequence BIGINT NOT NULL,
      kind TEXT NOT NULL,
      id BYTEA NOT NULL,
      PRIMARY KEY (shard, sequence)
    )`,
    'CREATE TABLE holdfast_heads (shard INTEGER NOT NULL PRIMARY KEY, sequence BIGINT NOT NULL)',
    `CREATE TABLE holdfast_lease (
      one INTEGER NOT NULL PRIMARY KEY,
      holder TEXT NOT NULL,
      token BIGINT NOT NULL,
      renewals BIGINT NOT NULL
    )`,
    `CREATE TABLE holdfast_writers (
      id TEXT NOT NULL PRIMARY KEY,
      token BIGINT NOT NULL,
      ticket BIGINT NOT NULL,
      fenced BOOLEAN NOT NULL
    )`,
    "INSERT INTO holdfast_lease (one, holder, token, renewals) VALUES (1, '', 0, 0)",
  ],
  [
    `CREATE TABLE holdfast_claims (
      name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
      owner TEXT NOT NULL,
      beats BIGINT NOT NULL,
      about TEXT NOT NULL
    )`,
    `CREATE TABLE holdfast_files (
      path TEXT COLLATE "C" NOT NULL PRIMARY KEY,
      size BIGINT NOT NULL,
      edits BIGINT NOT NULL
    )`,
    `CREATE TABLE holdfast_file_parts (
      path TEXT COLLATE "C" NOT NULL,
      at BIGINT NOT NULL,
      bytes BYTEA NOT NULL,
      PRIMARY KEY (path, at)
    )`,
  ],
]

/**
 * Makes the tables, or brings them to this release's format, under the lock of a row.
 *
 * @throws StoreFailure when it cannot, or when a newer release has made them.
 */
export async function prepareTables(connections: Connections): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptTables(connections)
    } catch (error) {
      if (!isRace(error) || attempt === ATTEMPTS)
        throw failureOf('the tables in the database cannot be made', error)
    }
  }
}

const USE = {
  name: 'holdfast-use',
  text: "SELECT name, value FROM holdfast_facts WHERE name IN ('use', 'move')",
}

/** What the database is used for. @throws StoreFailure. */
export async function readUse(connections: Connections): Promise<Condition> {
  const { rows } = await connections.read(USE)
  const numberOf = (name: string): number =>
    parseCount(rows.find((row) => row['name'] === name)?.['value'] ?? 0)
  return { use: decodeUse(numberOf('use')), move: numberOf('move') }
}

const AUDIT_PLACE = {
  name: 'holdfast-audit-place',
  text: `SELECT coalesce((SELECT value FROM holdfast_facts WHERE name = 'audit'), 0)::bigint AS place,
    (SELECT coalesce(sum(sequence), 0)::bigint FROM holdfast_heads) AS changes`,
}
const USE_DATABASE = {
  name: 'holdfast-audit-here',
  text: "INSERT INTO holdfast_facts (name, value) VALUES ('audit', 1) ON CONFLICT DO NOTHING",
}

/**
 * Checks that the audit log is where this process looks for it: in the database of a fleet, or in a data folder. An
 * empty database becomes that of a fleet. The caller holds the lease.
 *
 * @throws StoreFailure when it is elsewhere.
 */
export async function assertAuditPlace(connections: Connections, isFleet: boolean): Promise<void> {
  const [row] = (await connections.read(AUDIT_PLACE)).rows
  const isInDatabase = parseCount(row?.['place']) === 1
  if (isInDatabase === isFleet) return
  if (!isFleet)
    throw new StoreFailure(
      'the database is that of a fleet, whose audit log it has: add fleet=on to the parameters of HOLDFAST_STORE',
    )
  if (parseCount(row?.['changes']) > 0)
    throw new StoreFailure(
      'the database serves one data folder, which has the audit log: a fleet begins with an empty database',
    )
  await connections.renew(USE_DATABASE, [])
}

async function attemptTables(connections: Connections): Promise<void> {
  await connections.write(async (session) => {
    const [found] = (await session.run("SELECT to_regclass('holdfast_facts') IS NOT NULL AS found")).rows
    if (found?.['found'] !== true) {
      await session.run(FACTS)
      await session.run(
        "INSERT INTO holdfast_facts (name, value) VALUES ('format', 0), ('use', 0), ('move', 0) ON CONFLICT DO NOTHING",
      )
    }
    await session.run('BEGIN')
    const [row] = (await session.run("SELECT value FROM holdfast_facts WHERE name = 'format' FOR UPDATE"))
      .rows
    const format = parseCount(row?.['value'])
    if (format > FORMAT) {
      throw new StoreFailure(
        `the database has format ${format}, this version of Holdfast reads format ${FORMAT}: use the version that wrote it`,
      )
    }
    for (const step of STEPS.slice(format)) for (const statement of step) await session.run(statement)
    if (format < FORMAT)
      await session.run(`UPDATE holdfast_facts SET value = ${FORMAT} WHERE name = 'format'`)
    await session.run('COMMIT')
  })
}

/** Another process makes the tables at the same time: unique violation, duplicate table or object. */
function isRace(error: unknown): boolean {
  return isRepeatable(error) || ['23505', '42P07', '42710'].includes(sqlStateOf(error) ?? '')
}
