import { type Condition, decodeUse } from './move.ts'
import { StoreFailure } from './port.ts'
import { type Connections, failureOf, isRepeatable, parseCount, sqlStateOf } from './postgres-connection.ts'

/** The version of the tables' layout, in the table of facts. */
const FORMAT = 1
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
