import { readFile, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { usingGiven } from '../base/given-file.ts'
import { systemClock, systemRandom, systemSleep, systemTimers } from '../base/ports.ts'
import { readRegularText } from '../base/regular-file.ts'
import type { Config } from '../config/settings.ts'
import type { PostgresStoreConfig, StoreConfig } from '../config/store-settings.ts'
import type { MoveEnd } from '../store/move.ts'
import type { RawStore } from '../store/port.ts'
import type { PostgresAddress, PostgresDependencies } from '../store/postgres-connection.ts'
import { openSqlite } from '../store/sqlite.ts'
import { openSqliteMove } from '../store/sqlite-move.ts'

/** The identifier of the running kernel, which no other machine has. Source: Linux, random(4). */
const BOOT_ID = '/proc/sys/kernel/random/boot_id'

/**
 * Opens the store with a data folder's records.
 *
 * @throws StoreFailure when it cannot be used; UsageError for files that settings name.
 */
export async function openStore({ data, store }: Pick<Config, 'data' | 'store'>): Promise<RawStore> {
  if (store.engine === 'embedded') return openSqlite(data)
  // Loaded only where it is used: the driver costs memory, and a start of the process some milliseconds.
  const { openPostgres } = await import('../store/postgres.ts')
  return openPostgres({
    address: await addressOf(store),
    holder: await holderOf(data),
    dependencies: DEPENDENCIES,
  })
}

/** Opens a store for a move of its records. @throws as {@link openStore}. */
export async function openStoreMove(data: string, store: StoreConfig): Promise<MoveEnd> {
  if (store.engine === 'embedded') return openSqliteMove(data)
  const { openPostgresMove } = await import('../store/postgres-move.ts')
  const holder = `move/${systemRandom.uuid()}`
  return openPostgresMove({ address: await addressOf(store), holder, dependencies: DEPENDENCIES })
}

const DEPENDENCIES: PostgresDependencies = {
  clock: systemClock,
  timers: systemTimers,
  random: systemRandom,
  sleep: systemSleep,
}

/** How the driver reaches a database. @throws UsageError. */
async function addressOf(store: PostgresStoreConfig): Promise<PostgresAddress> {
  const { host, port, database, user, passwordFile, caFile, tls } = store
  const ca =
    caFile === undefined
      ? undefined
      : await usingGiven({ name: 'HOLDFAST_STORE', path: caFile }, (path) => readRegularText(path))
  const password = async (): Promise<string> => {
    if (passwordFile === undefined) return ''
    const given = { name: 'HOLDFAST_STORE_PASSWORD_FILE', path: passwordFile }
    const text = await usingGiven(given, (path) => readRegularText(path, { own: true }))
    return text.replace(/\r?\n$/, '')
  }
  if (passwordFile !== undefined) await password()
  return { host, port, database, user, password, tls: tls ? { ca } : undefined }
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
