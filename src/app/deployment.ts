import { existsSync } from 'node:fs'
import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type OwnEventDependencies, tornTailEvent } from '../audit/events/own-events.ts'
import { DiskReserve, diskSpaceOf } from '../audit/log/disk-reserve.ts'
import { systemFiles } from '../audit/log/files.ts'
import { type Journal, type JournalDependencies, openJournal } from '../audit/log/journal.ts'
import { AUDIT_KEY_INFO } from '../audit/log/segment.ts'
import { CHECKPOINT_KEY_INFO } from '../audit/proofs/note.ts'
import { findRestored } from '../backup/backup-records.ts'
import type { BackupKeys } from '../backup/create.ts'
import { BackupError } from '../backup/format.ts'
import { backupKeysOf } from '../backup/keys.ts'
import { present } from '../base/assert.ts'
import { usingGiven } from '../base/given-file.ts'
import type { Log } from '../base/log.ts'
import { systemClock, systemRandom, systemSleep, systemTimers } from '../base/ports.ts'
import { ownershipProblem, readRegularText } from '../base/regular-file.ts'
import type { Secret } from '../base/secret.ts'
import { addCredentials, readCredentialsFile } from '../config/credentials-file.ts'
import { formatAddress } from '../config/places.ts'
import type { Config } from '../config/settings.ts'
import { isFleet } from '../config/store-settings.ts'
import { type Ed25519Key, ed25519Key } from '../crypto/ed25519.ts'
import { sha256Hex } from '../crypto/hash.ts'
import { type HmacKey, paddedHmacKey } from '../crypto/hmac.ts'
import { DeploymentKeys, type RotatingSecret } from '../custody/deployment-keys.ts'
import { type GrantTokens, grantTokens } from '../custody/grant-token.ts'
import { type ObjectSealer, objectSealer } from '../custody/object-sealer.ts'
import { recordSealer } from '../custody/record-sealer.ts'
import { disposeRootKeys, firstRootKeys, type RootKeys } from '../custody/root-keys.ts'
import { isCommitted, openRootKeys } from '../custody/roots/envelope.ts'
import { SealError } from '../custody/roots/root.ts'
import { signInSealer, type TokenSealer, tokenSealer } from '../custody/token-sealer.ts'
import { ACCOUNT, ACCOUNTS, ensureAccount, handOverRoot } from '../iam/accounts/account.ts'
import { openRecords, type RecordsOptions } from '../store/cache.ts'
import { claimFileLock, type FileLock } from '../store/file-lock.ts'
import { makeFolder } from '../store/folder.ts'
import { type RawStore, StoreConflict } from '../store/port.ts'
import { LIST_MAX_RECORDS, type Records } from '../store/records.ts'
import { DATABASE_FILE } from '../store/sqlite-file.ts'
import { AUDIT_FOLDER, type AuditPlace, openAuditPlace } from './audit-place.ts'
import { LEAVING, openControl, type Sealing } from './control.ts'
import { findEnvelope, hasRootKey, openRootKey } from './root-key.ts'
import { assertNotSealed } from './sealed-state.ts'
import { forgottenStore, openStore } from './store.ts'

export { AUDIT_FOLDER, forgottenStore }

/** The file with the root credentials, within the data folder. */
export const CREDENTIALS_FILE = 'credentials'
/** The file with the server's address; removed when the server stops. */
export const ENDPOINT_FILE = 'endpoint'
/** The folder of the audit index, within the data folder. */
export const INDEX_FOLDER = 'index'
/** The folder of locks and dead letters of events, within the data folder. */
export const EVENTS_FOLDER = 'events'
/** The file with the origins of a server's endpoints, within the folder of events. */
const ORIGINS_FILE = 'endpoints'
/** The folder of the insights' baselines, within the data folder. */
export const INSIGHTS_FOLDER = 'insights'
/** The lock of starts, within the data folder. */
export const START_LOCK_FILE = 'start.lock'

/** How often, and how long each time, a start waits for another one that creates the folder. */
const START_LOCK_ATTEMPTS = 200
const START_LOCK_RETRY_MS = 50

const OWNER_ONLY_FILE = 0o600
/** An open data folder: its records and the keys derived from its root key. */
export type Deployment = {
  readonly records: Records
  readonly auditKey: HmacKey
  /** Where the audit log is. It closes with the records. */
  readonly auditPlace: AuditPlace
  /** Signs checkpoints of the audit log. */
  readonly checkpointKey: Ed25519Key
  /** For custody, which owns and disposes of it. */
  readonly wrappingKey: RotatingSecret
  readonly grantTokens: GrantTokens
  readonly tokenSealer: TokenSealer
  /** For the S3 gateway. */
  readonly objectSealer: ObjectSealer
  /** Seals what browsers keep during a sign-in to the web console. */
  readonly signInSealer: TokenSealer
  readonly backupKeys: () => readonly BackupKeys[]
}

/** How a data folder is opened. */
export type DeploymentOptions = RecordsOptions & {
  /** The root key, which its owner clears; without it, its unlock paths open it. */
  readonly rootKey?: Secret | undefined
  /** The other root key during a rotation: which one is in use may change at any moment. */
  readonly otherRootKey?: Secret | undefined
  /** What the process does when an operator seals the deployment; without it, it ends at once. */
  readonly sealing?: Sealing
}

/**
 * Opens a data folder; creates an empty one with a new root key.
 *
 * @throws SealError, StoreFailure.
 */
export async function openDeployment(config: Config, options: DeploymentOptions = {}): Promise<Deployment> {
  await makeDataFolder(config)
  using opened = options.rootKey === undefined ? (await openRootKey(config)).root : undefined
  const rootKey = present(options.rootKey ?? opened, 'the root key')
  return await openKeyed(config, rootKey, options)
}

/** Opens a data folder with its root key. The process is registered before it reads which keys are in use. */
async function openKeyed(config: Config, rootKey: Secret, options: DeploymentOptions): Promise<Deployment> {
  await using stack = new AsyncDisposableStack()
  const opening = Promise.withResolvers<Following>()
  opening.promise.catch(() => {})
  const control = await openControl(config, {
    useKeys: async (given) => follow(await opening.promise, given),
    sealing: options.sealing ?? LEAVING,
  })
  stack.defer(() => control.close())
  // Sealed meanwhile: whoever seals tells those that are registered, so this comes after.
  await assertNotSealed(config)
  stack.defer(() => opening.reject(new Error('it ends')))
  const { keys, backups } = await readKeys(config, [rootKey, options.otherRootKey])
  const raw = await openStore(config, deploymentOf(keys))
  opening.resolve({ keys, backups, raw })
  const auditPlace = await openAuditPlace(config)
  const closed = () => auditPlace.close().then(() => control.close())
  const records = await openRecords(raw, recordSealer(keys, systemRandom), { ...options, closed })
  await assertNotLost(config, records, raw)
  stack.move()
  using auditKey = keys.lasting(AUDIT_KEY_INFO)
  using checkpointSeed = keys.lasting(CHECKPOINT_KEY_INFO)
  const deployment = {
    records,
    auditKey: auditKey.reveal(paddedHmacKey),
    auditPlace,
    checkpointKey: ed25519Key(checkpointSeed),
    wrappingKey: keys.wrappingKey,
    grantTokens: grantTokens(keys, systemRandom),
    tokenSealer: tokenSealer(keys, systemRandom),
    objectSealer: objectSealer(keys, systemRandom),
    signInSealer: signInSealer(keys, systemRandom),
    backupKeys: () => backups.keys,
  }
  keys.forgetLasting()
  return deployment
}

/** Names a deployment by its lasting keys, which it shows nobody: the machines of a fleet compare it. */
function deploymentOf(keys: DeploymentKeys): string {
  using checkpointSeed = keys.lasting(CHECKPOINT_KEY_INFO)
  return sha256Hex(ed25519Key(checkpointSeed).publicKey)
}

/** What follows a rotation of the root key. */
type Following = ReadKeys & { readonly raw: RawStore }

/** Uses other keys from now on, and waits for the commits whose values the keys before have sealed. */
async function follow({ keys, backups, raw }: Following, given: RootKeys): Promise<void> {
  keys.use(given)
  backups.keys = given.roots.map(backupKeysOf)
  // The engine takes commits in their order, and this one changes nothing: there is no such record.
  const nowhere = { kind: 'nothing', id: new Uint8Array(1), value: new Uint8Array(0) }
  await raw.commit([{ ...nowhere, shard: 0, expected: 1, isRewrite: true }]).catch((error: unknown) => {
    if (!(error instanceof StoreConflict)) throw error
  })
}

type ReadKeys = { readonly keys: DeploymentKeys; readonly backups: { keys: readonly BackupKeys[] } }

/** The keys of a data folder. @throws SealError when the root key was rotated after it was opened. */
async function readKeys(config: Config, candidates: readonly (Secret | undefined)[]): Promise<ReadKeys> {
  const signed = await findEnvelope(config)
  const rootKey = candidates.find(
    (one) => one !== undefined && (signed === undefined || isCommitted(signed.envelope, one)),
  )
  if (rootKey === undefined)
    throw new SealError(`the root key of ${config.data} was rotated at this moment: try again`)
  const rootKeys = signed === undefined ? firstRootKeys(rootKey) : openRootKeys(signed.envelope, rootKey)
  try {
    const keys = new DeploymentKeys(rootKeys, systemClock)
    return { keys, backups: { keys: rootKeys.roots.map(backupKeysOf) } }
  } finally {
    disposeRootKeys(rootKeys)
  }
}

/** Refuses a folder in which other users can write: they could replace any file. @throws UsageError. */
export function makeDataFolder({ data }: Config): Promise<void> {
  return usingGiven({ name: 'HOLDFAST_DATA', path: data }, async () => {
    await makeFolder(data).catch((cause: Error) => {
      throw new Error(`it cannot be created: ${cause.message}`, { cause })
    })
    const problem = ownershipProblem(await stat(data))
    if (problem !== undefined) throw new Error(problem)
  })
}

/** Whether the data folder exists. */
export function isDataFolder(config: Config): boolean {
  if (config.store.engine === 'postgres') return hasRootKey(config)
  return existsSync(join(config.data, DATABASE_FILE))
}

/** The accounts of a data folder, sorted. */
export async function listAccounts(records: Records): Promise<readonly string[]> {
  const { records: accounts } = await records.list(ACCOUNT, { partition: ACCOUNTS, limit: LIST_MAX_RECORDS })
  return accounts.map(({ name }) => name).toSorted()
}

/**
 * Refuses records without an account beside an audit log, which is created after the first account: then the
 * database is lost, or another root key is in use, with which no record is found.
 */
async function assertNotLost(config: Config, records: Records, store: RawStore): Promise<void> {
  const log = join(config.data, AUDIT_FOLDER)
  const accounts = await records.list(ACCOUNT, { partition: ACCOUNTS, limit: 1 })
  if (accounts.records.length > 0) return
  if (config.store.engine === 'postgres' && (await store.changeCount()) > 0) {
    await records.close()
    throw new SealError(
      `the database of HOLDFAST_STORE has records of another root key than ${config.data}: use the data folder that belongs to it`,
    )
  }
  if (isFleet(config.store) || !existsSync(log)) return
  await records.close()
  throw new SealError(
    `${config.data} has an audit log, but no records of its root key: restore the whole folder from one backup`,
  )
}

/** Creates the account at the first start, and writes its root credentials once. */
async function prepareAccount(config: Config, records: Records): Promise<void> {
  const dependencies = { records, clock: systemClock, random: systemRandom }
  const account = await ensureAccount(dependencies, config.account)
  const path = join(config.data, CREDENTIALS_FILE)
  await handOverRoot(dependencies, account, async (key) => {
    await addCredentials(path, { ...key, account: config.account })
  })
}

/**
 * Opens a data folder to serve from it. Processes that start at once create missing parts one at a time: the root
 * key, the account, the credentials.
 */
export async function openForServing(config: Config, options: DeploymentOptions = {}): Promise<Deployment> {
  await makeDataFolder(config)
  // Somebody who can write to the file could give users the credentials of another server.
  await readCredentialsFile(join(config.data, CREDENTIALS_FILE))
  // Before the lock: a path may take longer than other starts wait.
  using opened = options.rootKey === undefined ? (await openRootKey(config)).root : undefined
  const rootKey = present(options.rootKey ?? opened, 'the root key')
  return await oneAtATime(config, async () => {
    const deployment = await openDeployment(config, { ...options, rootKey })
    try {
      await assertAccepted(config, deployment.records)
      await prepareAccount(config, deployment.records)
    } catch (error) {
      await deployment.records.close()
      throw error
    }
    return deployment
  })
}

/** Refuses a restored folder that no operator has accepted. @throws BackupError. */
export async function assertAccepted(config: Config, records: Records): Promise<void> {
  const restored = await findRestored(records)
  if (restored === undefined) return
  const { createdAt, lostChanges } = restored.value
  throw new BackupError(
    `${config.data} was restored from a backup of ${createdAt}, which lacks ${lostChanges} changes that its audit log has, and nobody has accepted that: holdfast restore accept`,
  )
}

/** Runs `use` under the data folder's lock: only one process at a time writes the credentials file. @throws Error. */
export async function oneAtATime<T>(config: Config, use: () => Promise<T>): Promise<T> {
  const lock = await waitForLock(join(config.data, START_LOCK_FILE))
  try {
    return await use()
  } finally {
    lock.release()
  }
}

/** @throws Error when another process holds the lock for {@link START_LOCK_ATTEMPTS} attempts. */
async function waitForLock(path: string): Promise<FileLock> {
  for (let attempt = 0; attempt < START_LOCK_ATTEMPTS; attempt += 1) {
    const lock = claimFileLock(path)
    if (lock !== undefined) return lock
    await systemSleep(START_LOCK_RETRY_MS)
  }
  throw new Error(`${path} has been locked for too long: does another start of Holdfast hang?`)
}

/** The dependencies of events that the deployment itself records. */
export function ownEventDependencies(config: Config): OwnEventDependencies {
  return { clock: systemClock, random: systemRandom, account: config.account }
}

/** Opens a node's journal, and records a truncation of its incomplete end. */
export async function openNodeJournal(
  config: Config,
  deployment: Pick<Deployment, 'records' | 'auditKey' | 'auditPlace'>,
  watched: Pick<JournalDependencies, 'log' | 'durable' | 'isReserved'> & {
    /** Whether a restored folder may be changed that nobody has accepted. */
    readonly accepts?: boolean
  },
): Promise<Journal> {
  const { log, accepts = false } = watched
  if (!accepts) await assertAccepted(config, deployment.records)
  const own = ownEventDependencies(config)
  const journal = await openJournal({ ...journalDependencies(config, deployment), ...watched })
  if (journal.torn !== undefined) {
    log.warn('the end of the audit log was torn and set aside', journal.torn)
    await journal.append(tornTailEvent(own, journal.node, journal.torn))
  }
  return journal
}

/** The dependencies of journals, apart from what watches them. */
export function journalDependencies(
  config: Config,
  { records, auditKey, auditPlace }: Pick<Deployment, 'records' | 'auditKey' | 'auditPlace'>,
): Omit<JournalDependencies, 'log'> {
  const { segments: files, claimLock } = auditPlace
  const folder = join(config.data, AUDIT_FOLDER)
  const own = ownEventDependencies(config)
  return { ...own, folder, key: auditKey, records, files, claimLock, timers: systemTimers }
}

/** The file that reserves disk space for revocations. */
const RESERVE_FILE = 'reserve'

/** Opens the disk reserve of a data folder. */
export function openDiskReserve({ data }: Config, log: Log): DiskReserve {
  return new DiskReserve({
    path: join(data, RESERVE_FILE),
    files: systemFiles,
    space: () => diskSpaceOf(data),
    clock: systemClock,
    random: systemRandom,
    log,
  })
}

/** The URL of a server with this configuration and port. */
export function endpointOf(config: Config, port: number): string {
  const scheme = config.tls === undefined ? 'http' : 'https'
  return `${scheme}://${formatAddress({ host: config.listen.host, port })}`
}

/** Writes the server's address to a file, for commands on the same data folder. */
export async function announceEndpoint(config: Config, port: number): Promise<void> {
  await replaceFile(join(config.data, ENDPOINT_FILE), `${endpointOf(config, port)}\n`)
}

async function replaceFile(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  await rm(aside, { force: true })
  await writeFile(aside, text, { mode: OWNER_ONLY_FILE, flag: 'wx' })
  await rename(aside, path)
}

/** Removes the address file, unless another server of the folder has written it since. */
export async function withdrawEndpoint(config: Config, port: number): Promise<void> {
  const path = join(config.data, ENDPOINT_FILE)
  const written = await readRegularText(path).catch(() => '')
  if (written.trim() === endpointOf(config, port)) await rm(path, { force: true })
}

/** Creates the folder of reports if it is missing. @throws Error when it cannot be created. */
export const makeReportsFolder: (path: string) => Promise<void> = makeFolder

/**
 * Opens the folder of events for a server: writes the origins of the endpoints that it delivers to, one on each line,
 * for commands on the same data folder.
 */
export async function openEventsFolder(
  config: Config,
  endpoints: readonly { readonly origin: string }[],
): Promise<string> {
  const folder = await makeEventsFolder(config)
  await replaceFile(join(folder, ORIGINS_FILE), endpoints.map(({ origin }) => `${origin}\n`).join(''))
  return folder
}

/** The origins of the endpoints that the last started server delivers to; nothing when none has written them. */
export async function findEventOrigins(config: Config): Promise<readonly string[] | undefined> {
  const text = await readRegularText(join(config.data, EVENTS_FOLDER, ORIGINS_FILE)).catch(() => undefined)
  return text?.split('\n').filter((line) => line !== '')
}

/** Creates the folder of events if it is missing. */
export async function makeEventsFolder(config: Config): Promise<string> {
  const folder = join(config.data, EVENTS_FOLDER)
  await makeFolder(folder)
  return folder
}
