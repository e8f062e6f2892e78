import { usingGiven } from '../base/given-file.ts'
import { systemClock, systemRandom, systemSleep, systemTimers } from '../base/ports.ts'
import { readRegularText } from '../base/regular-file.ts'
import type { Claim } from './claim.ts'
import type { FileLock } from './file-lock.ts'
import { type Claimant, Claims, LOG_SILENT_MS } from './postgres-claims.ts'
import { Connections, type PostgresAddress, type PostgresDependencies } from './postgres-connection.ts'
import { type FileOwner, PostgresFiles } from './postgres-files.ts'

/** Where a database is, as plain data, which threads can get. */
export type PostgresPlace = Omit<PostgresAddress, 'password'> & {
  /** A file with the password; without it, there is none. */
  readonly passwordFile: string | undefined
}

/** The effects of the process. */
export const POSTGRES_DEPENDENCIES: PostgresDependencies = {
  clock: systemClock,
  timers: systemTimers,
  random: systemRandom,
  sleep: systemSleep,
}

/** How the driver reaches a database: each new connection reads the password again. */
export function addressOf({ passwordFile, ...address }: PostgresPlace): PostgresAddress {
  const password = async (): Promise<string> => {
    if (passwordFile === undefined) return ''
    const given = { name: 'HOLDFAST_STORE_PASSWORD_FILE', path: passwordFile }
    const text = await usingGiven(given, (path) => readRegularText(path, { own: true }))
    return text.replace(/\r?\n$/, '')
  }
  return { ...address, password }
}

/** How the files of a fleet are opened. */
export type SharedOptions = {
  readonly place: PostgresPlace
  /** The folder whose paths the files have. */
  readonly folder: string
  /** The claim that a writer of a path, within the folder, must hold. */
  readonly claimOf: FileOwner['claimOf']
}

/** Files of a fleet, for reading. */
export type SharedReader = { readonly files: PostgresFiles; readonly close: () => Promise<void> }

/** Opens the files of a fleet for reading: they connect when they are first read. */
export function openSharedReader({ place, folder, claimOf }: SharedOptions): SharedReader {
  const connections = new Connections(addressOf(place))
  const files = new PostgresFiles(connections, folder, { owner: '', claimOf })
  return { files, close: () => connections.close() }
}

/** What the processes of a fleet share beside the records: files, and claims on them and on common work. */
export type Shared = SharedReader & {
  /** Claims a log; nothing when another process has it. @throws StoreFailure. */
  readonly claim: (name: string) => Promise<FileLock | undefined>
  /** Logs whose owners have been silent for so long that they have ended. */
  readonly ended: () => readonly string[]
  /** Claims the work that one process does for all, as soon as nobody does it. */
  readonly lead: () => void
  /** Whether this process does that work. */
  readonly leads: () => boolean
  /** Resolves with the log that another process has taken over from this one. */
  readonly lost: Promise<string>
  readonly claims: () => Promise<readonly Claim[]>
}

/** Opens what the processes of a fleet share. @param about what others read about this process. */
export function openShared(options: SharedOptions, about: Claimant['about']): Shared {
  const { place, folder, claimOf } = options
  const connections = new Connections(addressOf(place))
  const claimant = { owner: systemRandom.uuid(), about }
  const claims = new Claims(connections, claimant, POSTGRES_DEPENDENCIES)
  const releases = new Set<Promise<void>>()
  const release = (name: string): void => {
    const done = claims.release(name).finally(() => releases.delete(done))
    releases.add(done)
  }
  return {
    files: new PostgresFiles(connections, folder, { ...claimant, claimOf }),
    claim: async (name) =>
      (await claims.claim(name, LOG_SILENT_MS)) ? { release: () => release(name) } : undefined,
    ended: () => claims.silent(LOG_SILENT_MS),
    lead: () => claims.lead(),
    leads: () => claims.leads,
    lost: claims.lost,
    claims: () => claims.list(),
    close: async () => {
      await Promise.all(releases)
      await claims.close()
      await connections.close()
    },
  }
}
