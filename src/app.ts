import { existsSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseRoots } from './attestation/roots.ts'
import { systemFiles } from './audit/files.ts'
import { type Journal, openJournal } from './audit/journal.ts'
import { CHECKPOINT_KEY_INFO } from './audit/note.ts'
import { type OwnEventParts, refusalsEvent, tornTailEvent } from './audit/own-events.ts'
import { RefusalLimiter, RefusalSummaries } from './audit/refusals.ts'
import { AUDIT_KEY_INFO } from './audit/segment.ts'
import type { Log } from './base/log.ts'
import { systemAfterThisTurn, systemClock, systemRandom, systemSleep, systemTimers } from './base/ports.ts'
import type { Secret } from './base/secret.ts'
import { addCredentials } from './config/credentials-file.ts'
import { type Config, ConfigError, formatAddress } from './config/settings.ts'
import { type Ed25519Key, ed25519Key } from './crypto/ed25519.ts'
import { type HmacKey, hmacKey } from './crypto/hmac.ts'
import { deriveKey } from './crypto/kdf.ts'
import { Custody } from './custody/custody.ts'
import { type GrantTokens, grantTokens } from './custody/grant-token.ts'
import { recordSealer } from './custody/record-sealer.ts'
import { fileSeal } from './custody/roots/file.ts'
import { SealError } from './custody/roots/root.ts'
import { createDispatcher, type Dispatcher } from './dispatch/dispatcher.ts'
import { Freshness } from './dispatch/freshness.ts'
import { createRouting } from './dispatch/routing.ts'
import { openHttpServer } from './http/server.ts'
import { ACCOUNT, ACCOUNTS, ensureAccount, handOverRoot } from './iam/account.ts'
import { credentialFinder } from './iam/credentials.ts'
import { KeyUses } from './iam/key-uses.ts'
import { IAM_OPERATIONS } from './iam/operations.ts'
import { findPrincipal } from './iam/principals.ts'
import { makeCheckpoints } from './jobs/checkpoints.ts'
import { connectStores } from './jobs/connection.ts'
import { doWhatIsDue, type LifecycleParts } from './jobs/lifecycle.ts'
import { type Job, startJobs } from './jobs/scheduler.ts'
import { planDue } from './kms/due-plan.ts'
import { type KeyFacts, keyFacts } from './kms/key-facts.ts'
import { OpenedGrants } from './kms/opened-grants.ts'
import { KMS_OPERATIONS } from './kms/operations.ts'
import type { KmsParts } from './kms/parts.ts'
import { wrappedKeys } from './kms/wrapped-keys.ts'
import { treeGrower } from './metering/grow-tree.ts'
import { IndexThread } from './metering/index-thread.ts'
import { lastUsageFinder } from './metering/last-usage.ts'
import { SigningKeys } from './sigv4/signing-key.ts'
import { openRecords } from './store/cache.ts'
import { claimFileLock, type FileLock } from './store/file-lock.ts'
import { makeFolder } from './store/folder.ts'
import type { Records } from './store/records.ts'
import { openSqlite } from './store/sqlite.ts'
import { DATABASE_FILE } from './store/sqlite-file.ts'
import { openXksClient, type XksClient } from './xks/client.ts'

/** The file that the root credentials are handed over in, within the data folder. */
export const CREDENTIALS_FILE = 'credentials'
/** Where the server listens, as it has written down; gone when it has stopped. */
export const ENDPOINT_FILE = 'endpoint'
/** The folder of the audit log, within the data folder. */
export const AUDIT_FOLDER = 'audit'
/** The folder of what is derived from the audit log, within the data folder. */
export const INDEX_FOLDER = 'index'
const ROOT_KEY_FILE = 'root.key'
const START_LOCK_FILE = 'start.lock'

/** A start waits so often, and so long, for another that makes the folder. */
const START_LOCK_ATTEMPTS = 200
const START_LOCK_RETRY_MS = 50

const OWNER_ONLY_FILE = 0o600

/** How often it is looked for what is due to keys. */
const LIFECYCLE_INTERVAL_MS = 1000
/** How often a checkpoint of the audit log is signed. */
const CHECKPOINT_INTERVAL_MS = 3_600_000
/** How often custom key stores that are to be connected are looked for. */
const CONNECTION_INTERVAL_MS = 500
/** How often last uses of access keys are written. */
const KEY_USE_INTERVAL_MS = 60_000
/** What domain keys are wrapped under: see docs/formats/key-hierarchy.md. */
const DOMAIN_WRAPPING_INFO = 'holdfast/domain/1/wrap'

/** A data folder that is open: its records, and the keys that come from its root key. */
export type Deployment = {
  readonly records: Records
  readonly auditKey: HmacKey
  /** Signs checkpoints of the audit log. */
  readonly checkpointKey: Ed25519Key
  /** For custody, which disposes of it. */
  readonly wrappingKey: Secret
  readonly grantTokens: GrantTokens
}

/**
 * Opens a data folder; makes it, with a new root key, when it is empty.
 *
 * @throws SealError, StoreFailure.
 */
export async function openDeployment(config: Config): Promise<Deployment> {
  await makeFolder(config.data)
  using rootKey = await openRootKey(config)
  const records = await openRecords(openSqlite(config.data), recordSealer(rootKey, systemRandom))
  await assertNotLost(config, records)
  using auditKey = deriveKey(rootKey, AUDIT_KEY_INFO)
  using checkpointSeed = deriveKey(rootKey, CHECKPOINT_KEY_INFO)
  return {
    records,
    auditKey: auditKey.reveal(hmacKey),
    checkpointKey: ed25519Key(checkpointSeed),
    wrappingKey: deriveKey(rootKey, DOMAIN_WRAPPING_INFO),
    grantTokens: grantTokens(rootKey, systemRandom),
  }
}

/** Whether there is a data folder already. */
export function isDataFolder(config: Config): boolean {
  return existsSync(join(config.data, DATABASE_FILE))
}

/**
 * An audit log is begun after the first account is made. One beside records without an account means
 * that the database was lost, or that the root key is another one, with which nothing is found.
 */
async function assertNotLost(config: Config, records: Records): Promise<void> {
  const log = join(config.data, AUDIT_FOLDER)
  const accounts = await records.list(ACCOUNT, { partition: ACCOUNTS, limit: 1 })
  if (accounts.records.length > 0 || !existsSync(log)) return
  await records.close()
  throw new SealError(
    `${config.data} has an audit log, but no records of its root key: restore ${DATABASE_FILE} and ${ROOT_KEY_FILE} from one backup`,
  )
}

/** A new key is made only for an empty folder: to make one beside records would lose them. */
async function openRootKey(config: Config): Promise<Secret> {
  const seal = fileSeal(join(config.data, ROOT_KEY_FILE), systemRandom)
  const present = await seal.open()
  if (present !== undefined) return present
  if (isDataFolder(config)) {
    throw new SealError(`${config.data} holds records, and its root key ${seal.place} is missing: restore it`)
  }
  return seal.create()
}

/** Makes the account at the first start, and hands its root credentials over once. */
async function prepareAccount(config: Config, records: Records): Promise<void> {
  const parts = { records, clock: systemClock, random: systemRandom }
  const account = await ensureAccount(parts, config.account)
  const path = join(config.data, CREDENTIALS_FILE)
  await handOverRoot(parts, account, (key) => addCredentials(path, { ...key, account: config.account }))
}

/**
 * Opens a data folder to serve from it. Of several processes that start at once, one at a time makes
 * what is missing: the root key, the account, the credentials.
 */
export async function openForServing(config: Config): Promise<Deployment> {
  await makeFolder(config.data)
  const lock = await waitForLock(join(config.data, START_LOCK_FILE))
  try {
    const deployment = await openDeployment(config)
    await prepareAccount(config, deployment.records)
    return deployment
  } finally {
    lock.release()
  }
}

/** @throws Error when somebody else holds the lock for {@link START_LOCK_ATTEMPTS} attempts. */
async function waitForLock(path: string): Promise<FileLock> {
  for (let attempt = 0; attempt < START_LOCK_ATTEMPTS; attempt += 1) {
    const lock = claimFileLock(path)
    if (lock !== undefined) return lock
    await systemSleep(START_LOCK_RETRY_MS)
  }
  throw new Error(`${path} has been locked for too long: does another start of Holdfast hang?`)
}

/** The certificate chain and the private key of a listener; nothing without TLS. */
export async function readTls({
  tls,
}: Config): Promise<{ readonly cert: string; readonly key: string } | undefined> {
  if (tls === undefined) return undefined
  return { cert: await readFile(tls.certFile, 'utf8'), key: await readFile(tls.keyFile, 'utf8') }
}

/** Every key of an account in a region, for reports. */
export function reportedKeys(records: Records, account: string, region: string): AsyncGenerator<KeyFacts> {
  return keyFacts(records, account, region)
}

/** A node that serves. */
export type RunningNode = {
  readonly port: number
  /** Finishes what is in flight, then closes everything. */
  readonly close: () => Promise<void>
}

/** Starts a node on a data folder. @throws with a message for the operator. */
export async function openNode(
  config: Config,
  listener: { readonly port: number; readonly sharedPort: boolean },
  log: Log,
): Promise<RunningNode> {
  const tls = await readTls(config)
  const attestationRoots = await readAttestationRoots(config)
  await using stack = new AsyncDisposableStack()
  const { records, auditKey, checkpointKey, wrappingKey, grantTokens } = await openForServing(config)
  stack.defer(() => records.close())
  const own = ownEventParts(config)
  const journal = await openNodeJournal(config, { records, auditKey }, log)
  stack.defer(() => journal.close())
  const index = openIndexThread(config, auditKey, log)
  stack.defer(() => index.close())
  const custody = new Custody({ wrappingKey, wrappedKeys: wrappedKeys(records), random: systemRandom })
  stack.defer(() => custody[Symbol.dispose]())
  const limiter = new RefusalLimiter(systemClock)
  const summaries = openSummaries(limiter, journal, own, log)
  stack.defer(() => summaries.close())
  const xks = await openXks(config)
  stack.defer(() => xks[Symbol.dispose]())
  const kms: KmsParts = {
    records,
    custody,
    random: systemRandom,
    principalExists: async (arn) => (await findPrincipal(records, arn)) !== undefined,
    principalId: async (arn) => (await findPrincipal(records, arn))?.id,
    xks,
    grantTokens,
    openedGrants: new OpenedGrants(),
    sm2Regions: new Set(config.sm2Regions),
    attestationRoots,
    lastUsage: lastUsageFinder(index),
  }
  const keyUses = new KeyUses(records)
  stack.defer(() => keyUses.write())
  const dispatcher = openDispatcher({ kms, journal, keyUses, limiter, own, log })
  const checkpoints = {
    name: 'checkpoints',
    everyMs: CHECKPOINT_INTERVAL_MS,
    run: () =>
      makeCheckpoints({
        records,
        files: systemFiles,
        folder: join(config.data, AUDIT_FOLDER),
        signingKey: checkpointKey,
        grow: treeGrower(index),
        log,
      }),
  }
  const jobs = startJobs(
    [lifecycleJob(kms, journal, log), connectionJob(kms, log), checkpoints, keyUseJob(keyUses)],
    systemTimers,
    log,
  )
  stack.defer(() => jobs.stop())
  const state = { ready: true }
  const http = await openHttpServer(
    { handle: dispatcher.handle, tooLarge: dispatcher.refuseLarge, ready: () => state.ready },
    { host: config.listen.host, tls, ...listener },
  )
  stack.defer(() => http.close())
  await announceEndpoint(config, http.port)
  stack.defer(() => withdrawEndpoint(config, http.port))
  stack.defer(() => {
    state.ready = false
  })
  const open = stack.move()
  return { port: http.port, close: () => open.disposeAsync() }
}

/** What events of this deployment's own are made with. */
export function ownEventParts(config: Config): OwnEventParts {
  return { clock: systemClock, random: systemRandom, account: config.account }
}

/** Takes a node's place in the audit log, and records what had to be cut from its end. */
export async function openNodeJournal(
  config: Config,
  { records, auditKey }: Pick<Deployment, 'records' | 'auditKey'>,
  log: Log,
): Promise<Journal> {
  const own = ownEventParts(config)
  const journal = await openJournal({
    ...own,
    folder: join(config.data, AUDIT_FOLDER),
    key: auditKey,
    records,
    files: systemFiles,
    claimLock: claimFileLock,
    timers: systemTimers,
    log,
  })
  if (journal.torn !== undefined) {
    log.warn('the end of the audit log was torn and set aside', journal.torn)
    await journal.append(tornTailEvent(own, journal.node, journal.torn))
  }
  return journal
}

/** @throws ConfigError when the file of the setting cannot be used. */
async function readAttestationRoots({ attestationRootFile: path }: Config): Promise<readonly Uint8Array[]> {
  if (path === undefined) return []
  try {
    return parseRoots(await readFile(path, 'utf8'))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigError(`HOLDFAST_ATTESTATION_ROOT is '${path}': ${reason}`, { cause: error })
  }
}

type ServiceParts = {
  readonly kms: KmsParts
  readonly journal: Journal
  readonly keyUses: KeyUses
  readonly limiter: RefusalLimiter
  readonly own: OwnEventParts
  readonly log: Log
}

function openIndexThread(config: Config, key: HmacKey, log: Log): IndexThread {
  const folder = join(config.data, INDEX_FOLDER)
  return new IndexThread({ folder, auditFolder: join(config.data, AUDIT_FOLDER), key }, log, systemTimers)
}

function openDispatcher({ kms, journal, keyUses, limiter, own, log }: ServiceParts): Dispatcher {
  const { records } = kms
  const iam = { records, random: systemRandom, keyUses }
  return createDispatcher({
    routing: createRouting([
      ...KMS_OPERATIONS.map((operation) => operation(kms)),
      ...IAM_OPERATIONS.map((operation) => operation(iam)),
    ]),
    findCredential: credentialFinder({ records, keyUses }),
    signingKeys: new SigningKeys(),
    refusals: {
      admit: (source) => limiter.admit(source),
      journal,
      random: systemRandom,
      account: own.account,
    },
    freshness: new Freshness(records, systemAfterThisTurn),
    journal,
    clock: systemClock,
    random: systemRandom,
    log,
  })
}

/** Records, once a minute and at the end, how many refused calls were only counted. */
export function openSummaries(
  limiter: RefusalLimiter,
  journal: Journal,
  own: OwnEventParts,
  log: Log,
): { readonly close: () => Promise<void> } {
  const writing = new Set<Promise<void>>()
  const summaries = new RefusalSummaries(limiter, systemTimers, (summary) => {
    const written = journal
      .append(refusalsEvent(own, summary))
      .catch((error) => log.error(`refused calls could not be counted: ${error}`))
      .finally(() => writing.delete(written))
    writing.add(written)
  })
  return {
    close: async () => {
      summaries[Symbol.dispose]()
      summaries.flush()
      await Promise.all(writing)
    },
  }
}

function lifecycleJob(kms: KmsParts, journal: Journal, log: Log): Job {
  const { records, custody, random } = kms
  const parts: LifecycleParts = {
    records,
    journal,
    plan: (due, now) => planDue(kms, due, now),
    forget: (materialId) => custody.forget(materialId),
    clock: systemClock,
    random,
    log,
  }
  return { name: 'key lifecycle', everyMs: LIFECYCLE_INTERVAL_MS, run: () => doWhatIsDue(parts) }
}

function connectionJob({ records, xks }: KmsParts, log: Log): Job {
  const run = (): Promise<void> => connectStores({ records, xks, log })
  return { name: 'custom key store connection', everyMs: CONNECTION_INTERVAL_MS, run }
}

async function openXks({ xks }: Config): Promise<XksClient> {
  const ca = xks.caFile === undefined ? undefined : await readFile(xks.caFile, 'utf8')
  return openXksClient({
    ca,
    routes: xks.routes,
    timeoutMs: xks.timeoutMs,
    clock: systemClock,
    timers: systemTimers,
  })
}

function keyUseJob(keyUses: KeyUses) {
  return { name: 'last uses of access keys', everyMs: KEY_USE_INTERVAL_MS, run: () => keyUses.write() }
}

/** The URL that a server of this configuration is reached at, on the port that it has. */
export function endpointOf(config: Config, port: number): string {
  const scheme = config.tls === undefined ? 'http' : 'https'
  return `${scheme}://${formatAddress({ host: config.listen.host, port })}`
}

/** Writes down where the server listens, for other commands on the same data folder. */
async function announceEndpoint(config: Config, port: number): Promise<void> {
  const path = join(config.data, ENDPOINT_FILE)
  const aside = `${path}.${process.pid}`
  await rm(aside, { force: true })
  await writeFile(aside, `${endpointOf(config, port)}\n`, { mode: OWNER_ONLY_FILE, flag: 'wx' })
  await rename(aside, path)
}

/** Removes what was written down, unless another server of the folder has written since. */
async function withdrawEndpoint(config: Config, port: number): Promise<void> {
  const path = join(config.data, ENDPOINT_FILE)
  const written = await readFile(path, 'utf8').catch(() => '')
  if (written.trim() === endpointOf(config, port)) await rm(path, { force: true })
}
