import { existsSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { usingGiven } from '../base/given-file.ts'
import { systemRandom } from '../base/ports.ts'
import { readRegularText } from '../base/regular-file.ts'
import type { Config } from '../config/settings.ts'
import type { PostgresStoreConfig, StoreConfig } from '../config/store-settings.ts'
import type { MoveEnd } from '../store/move.ts'
import { type RawStore, StoreFailure } from '../store/port.ts'
import type { PostgresAddress } from '../store/postgres-connection.ts'
import type { PostgresPlace } from '../store/postgres-shared.ts'
import { openSqlite } from '../store/sqlite.ts'
import { DATABASE_FILE } from '../store/sqlite-file.ts'
import { openSqliteMove } from '../store/sqlite-move.ts'

/** The identifier of the running kernel, which no other machine has. Source: Linux, random(4). */
const BOOT_ID = '/proc/sys/kernel/random/boot_id'
/** The file that says that the records of a data folder are in a database elsewhere. */
const ELSEWHERE_FILE = 'store'
const ELSEWHERE_TEXT = 'The records are in a PostgreSQL database, which HOLDFAST_STORE names.\n'
const OWNER_ONLY_FILE = 0o600

/**
 * Opens the store with a data folder's records.
 *
 * @param deployment what the machines of one fleet have in common: those with another one are refused.
 * @throws StoreFailure when it cannot be used; UsageError for files that settings name.
 */
export async function openStore(
  { data, store }: Pick<Config, 'data' | 'store'>,
  deployment = '',
): Promise<RawStore> {
  if (store.engine === 'embedded') {
    const forgotten = forgottenStore({ data, store })
    if (forgotten !== undefined) throw new StoreFailure(forgotten)
    return openSqlite(data)
  }
  // Loaded only where it is used: the driver costs memory, and a start of the process some milliseconds.
  const { openPostgres } = await import('../store/postgres.ts')
  const { POSTGRES_DEPENDENCIES } = await import('../store/postgres-shared.ts')
  const { FLEET_HOLDER } = await import('../store/postgres-lease.ts')
  const raw = await openPostgres({
    address: await reachable(store),
    holder: store.fleet ? `${FLEET_HOLDER}${deployment}` : await holderOf(data),
    isFleet: store.fleet,
    dependencies: POSTGRES_DEPENDENCIES,
  })
  try {
    await writeFile(join(data, ELSEWHERE_FILE), ELSEWHERE_TEXT, { mode: OWNER_ONLY_FILE })
  } catch (error) {
    await raw.close()
    throw error
  }
  return raw
}

/**
 * Says what to do when the records of a data folder are in PostgreSQL although the store is to be the embedded one. An
 * empty database would be another deployment, without any key of the callers. A database that is there knows itself
 * whether its records have moved.
 */
export function forgottenStore({ data, store }: Pick<Config, 'data' | 'store'>): string | undefined {
  if (store.engine !== 'embedded' || existsSync(join(data, DATABASE_FILE))) return undefined
  if (!existsSync(join(data, ELSEWHERE_FILE))) return undefined
  return `the records of ${data} are in a PostgreSQL database: set HOLDFAST_STORE to it`
}

/** Opens a store for a move of its records. @throws as {@link openStore}. */
export async function openStoreMove(data: string, store: StoreConfig): Promise<MoveEnd> {
  if (store.engine === 'embedded') return openSqliteMove(data)
  const { openPostgresMove } = await import('../store/postgres-move.ts')
  const holder = `move/${systemRandom.uuid()}`
  const { POSTGRES_DEPENDENCIES } = await import('../store/postgres-shared.ts')
  return openPostgresMove({ address: await reachable(store), holder, dependencies: POSTGRES_DEPENDENCIES })
}

/** Where a database is. @throws UsageError. */
export async function placeOf(store: PostgresStoreConfig): Promise<PostgresPlace> {
  const { host, port, database, user, passwordFile, caFile, tls } = store
  const ca =
    caFile === undefined
      ? undefined
      : await usingGiven({ name: 'HOLDFAST_STORE', path: caFile }, (path) => readRegularText(path))
  return { host, port, database, user, passwordFile, tls: tls ? { ca } : undefined }
}

/** How the driver reaches a database. @throws UsageError. */
async function reachable(store: PostgresStoreConfig): Promise<PostgresAddress> {
  const { addressOf } = await import('../store/postgres-shared.ts')
  const address = addressOf(await placeOf(store))
  await address.password()
  return address
}

/** Names a data folder on this machine: all its processes share the lease on the database. */
async function holderOf(data: string): Promise<string> {
  const machine = await readFile(BOOT_ID, 'utf8').then(
    (text) => text.trim(),
    () => hostname(),
  )
  const { dev, ino } = await stat(data)
  return `${machine}/${dev}/${ino}`
}
