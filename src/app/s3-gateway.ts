import { join } from 'node:path'
import { announcer } from '../audit/events/announcement.ts'
import { openRecordLimiters, type RecordLimiters } from '../audit/events/record-limiters.ts'
import type { Journal } from '../audit/log/journal.ts'
import { openReadiness } from '../audit/log/readiness.ts'
import { usingGiven } from '../base/given-file.ts'
import type { Log } from '../base/log.ts'
import { systemAfterThisTurn, systemClock, systemRandom, systemSleep, systemTimers } from '../base/ports.ts'
import { Slices } from '../base/slices.ts'
import type { Config } from '../config/settings.ts'
import { Custody } from '../custody/custody.ts'
import { CallsInFlight } from '../dispatch/calls-in-flight.ts'
import { createDispatcher, type Dispatcher, type DispatcherDependencies } from '../dispatch/dispatcher.ts'
import { Freshness } from '../dispatch/freshness.ts'
import { RecordQueues } from '../dispatch/record-queues.ts'
import { isRevocation } from '../dispatch/revocations.ts'
import { createRouting } from '../dispatch/routing.ts'
import { UrgentCalls } from '../dispatch/urgent-calls.ts'
import { openStreamingServer, type StreamingServer } from '../http/streaming-server.ts'
import { quotasFinder } from '../iam/accounts/account-quotas.ts'
import { KeyUses } from '../iam/credentials/key-uses.ts'
import { arnsOfIds, findPrincipal, shownName } from '../iam/entities/principals.ts'
import { openIamService } from '../iam/iam-service.ts'
import { placeNow } from '../iam/organization/place.ts'
import { OpenedGrants } from '../kms/grants/opened-grants.ts'
import { KeyCounter } from '../kms/keys/key-count.ts'
import { callForService } from '../kms/keys/service-calls.ts'
import { wrappedKeys } from '../kms/keys/wrapped-keys.ts'
import type { KmsDependencies } from '../kms/kms-dependencies.ts'
import { KMS_OPERATIONS } from '../kms/kms-operations.ts'
import { AlarmLimiter } from '../notifications/collect.ts'
import { openQuotas, type Quotas } from '../quotas/quota-service.ts'
import { BucketPolicies } from '../s3/bucket-policies.ts'
import type { Principals } from '../s3/call.ts'
import { Catalogue } from '../s3/catalogue.ts'
import { DataKeys } from '../s3/data-keys.ts'
import { Disposal } from '../s3/disposal.ts'
import { busyS3, type GatewayDependencies, handleS3 } from '../s3/gateway.ts'
import { Locks } from '../s3/locks.ts'
import { ObjectFiles } from '../s3/object-files.ts'
import { drainWaiting } from '../s3/recording.ts'
import { SigningKeys } from '../sigv4/signing-key.ts'
import { claimFileLock } from '../store/file-lock.ts'
import { makeFolder } from '../store/folder.ts'
import { openOrderedFile } from '../store/ordered-file.ts'
import type { Records } from '../store/records.ts'
import { StoreWatch } from '../store/watch.ts'
import { openXksClient } from '../xks/client/client.ts'
import { type Deployment, openForServing, openNodeJournal, ownEventDependencies } from './deployment.ts'
import { readGivenFiles } from './given-files.ts'
import { readTls } from './tls.ts'
import { openConfiguredTokens } from './tokens.ts'
import { assertWitnessed } from './witnessed.ts'

/** The lock of the process that serves a folder of objects. */
const LOCK_FILE = 'gateway.lock'
/** The catalogue of a folder of objects. */
const CATALOGUE_FILE = 'catalogue.db'

const { giveWay } = new Slices({
  clock: systemClock,
  afterThisTurn: systemAfterThisTurn,
  sleep: systemSleep,
})

/** Serves the buckets of a folder, with the keys of a data folder. @throws Error with a message for the operator. */
export async function openS3Gateway(config: Config, log: Log): Promise<StreamingServer> {
  const tls = await readTls(config)
  const { xksCa, tokens: configured } = await readGivenFiles(config)
  await using stack = new AsyncDisposableStack()
  const watch = new StoreWatch(systemClock)
  const deployment = await openForServing(config, { giveWay, watch })
  const { records, wrappingKey } = deployment
  stack.defer(() => records.close())
  await assertWitnessed(config, deployment)
  const journal = await openNodeJournal(config, deployment, { log })
  stack.defer(() => journal.close())
  const custody = new Custody({ wrappingKey, wrappedKeys: wrappedKeys(records), random: systemRandom })
  stack.defer(() => custody[Symbol.dispose]())
  const limiters = openRecordLimiters(journal, ownEventDependencies(config), log)
  stack.defer(() => limiters.close())
  const { routes, timeoutMs } = config.xks
  const xks = openXksClient({ ca: xksCa, routes, timeoutMs, clock: systemClock, timers: systemTimers })
  stack.defer(() => xks[Symbol.dispose]())
  const tokens = openConfiguredTokens(config, configured, log)
  stack.defer(() => tokens[Symbol.dispose]())
  const keyUses = new KeyUses(records)
  stack.defer(() => keyUses.write())
  const readiness = openReadiness({ journal, records, watch, clock: systemClock, log })
  const shared = {
    unready: readiness.reason,
    config,
    deployment,
    journal,
    custody,
    limiters,
    xks,
    tokens,
    keyUses,
    log,
  }
  const dependencies = await openDependencies(shared, stack)
  const { host, port } = config.s3.listen
  const server = await openStreamingServer({
    host,
    port,
    tls,
    sharedPort: false,
    setting: 'HOLDFAST_S3_LISTEN',
    bounds: config.bounds,
    handle: (request) => handleS3(dependencies, request),
    busy: busyS3,
  })
  stack.defer(() => server.close())
  stack.defer(() => readiness.stop())
  const open = stack.move()
  return { port: server.port, useTls: server.useTls, close: () => open.disposeAsync() }
}

type Shared = {
  readonly config: Config
  readonly deployment: Deployment
  readonly journal: Journal
  readonly custody: Custody
  readonly limiters: RecordLimiters
  readonly xks: KmsDependencies['xks']
  readonly tokens: KmsDependencies['tokens']
  readonly keyUses: KeyUses
  readonly log: Log
  readonly unready: () => Promise<string | undefined>
}

/** Records an alarm in the audit log, from which the server delivers it; the same one once in a while. */
function alarmOf({ config, journal, log }: Shared): (reason: string) => void {
  const limiter = new AlarmLimiter(() => systemClock.monotonicMs())
  const announce = announcer({
    ...ownEventDependencies(config),
    append: (json) => journal.append(json),
    log,
    notifyDirectly: async () => {},
  })
  return (reason) => {
    if (limiter.admit(reason)) void announce({ name: 'IntegrityAlarm', details: { reason } })
  }
}

async function openDependencies(shared: Shared, stack: AsyncDisposableStack): Promise<GatewayDependencies> {
  const { config, deployment, journal, log, keyUses } = shared
  const { records, tokenSealer: sealer, signInSealer, objectSealer } = deployment
  const quotas = openGatewayQuotas(records, log)
  const { findCredential } = openIamService({
    records,
    quotas,
    random: systemRandom,
    clock: systemClock,
    sealer,
    signInSealer,
    keyUses,
    giveWay,
    fetchJson: (url) => Promise.reject(new Error(`${url} is not asked: the gateway makes no sessions`)),
    offline: new Map(),
  })
  const deciding = {
    findCredential,
    signingKeys: new SigningKeys(),
    freshness: new Freshness(records, systemAfterThisTurn),
    findPlace: (account: string) => placeNow(records, account),
    queues: new RecordQueues(),
    inFlight: new CallsInFlight(config.bounds.calls, () => {}),
    refusals: {
      admit: (source: string) => shared.limiters.refused.admit(source),
      journal,
      random: systemRandom,
      account: config.account,
    },
    quotas,
    admitThrottled: (account: string) => shared.limiters.throttled.admit(account),
    journal,
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    log,
    alarm: alarmOf(shared),
    unready: shared.unready,
    giveWay,
    policies: new BucketPolicies(),
    principals: principalsOf(records),
  }
  const { forward } = openKms(shared, deciding)
  const dataKeys = new DataKeys({
    callKms: (call) => callForService({ records, forward }, call),
    sealer: objectSealer,
    clock: systemClock,
    random: systemRandom,
  })
  stack.defer(() => dataKeys.clear())
  const storage = await openStorage(config, { objectSealer, log }, stack)
  await drainWaiting({ ...storage, journal })
  return { ...deciding, ...storage, dataKeys, domain: config.s3.domain }
}

/** What policies know of users and roles. */
function principalsOf(records: Records): Principals {
  return {
    exists: async (arn) => (await findPrincipal(records, arn)) !== undefined,
    idOf: async (arn) => (await findPrincipal(records, arn))?.id,
    shownName: (arn, id) => shownName(records, arn, id),
    arnsOfIds: (ids) => arnsOfIds(records, ids),
  }
}

/** KMS as the gateway calls it: only by `forward`. */
function openKms(
  { deployment, custody, xks, tokens }: Shared,
  deciding: Omit<DispatcherDependencies, 'routing' | 'urgentCalls'> & {
    readonly quotas: Quotas
  },
): Dispatcher {
  const { records, grantTokens } = deployment
  const principals = principalsOf(records)
  const kms: KmsDependencies = {
    records,
    quotas: deciding.quotas,
    custody,
    xks,
    tokens,
    grantTokens,
    keyCounter: new KeyCounter(systemRandom),
    random: systemRandom,
    giveWay,
    principalExists: principals.exists,
    principalId: principals.idOf,
    shownName: principals.shownName,
    arnsOfIds: principals.arnsOfIds,
    openedGrants: new OpenedGrants(giveWay),
    sm2Regions: new Set(),
    attestationRoots: [],
    lastUsage: () => Promise.reject(new Error('the gateway has no index of the audit log')),
  }
  return createDispatcher({
    ...deciding,
    routing: createRouting(KMS_OPERATIONS.map((operation) => operation(kms))),
    urgentCalls: new UrgentCalls({ isInUse: false, sizeBytes: 0, spend: () => {} }, 1),
  })
}

/** The rates of an account hold for the calls of the gateway as for those of one server. */
function openGatewayQuotas(records: Records, log: Log): Quotas {
  return openQuotas({
    find: quotasFinder(records),
    clock: systemClock,
    processes: 1,
    isUrgent: isRevocation,
    thresholdReached: (use) => log.warn('an account has used most of a quota', use),
  })
}

type Storage = Pick<GatewayDependencies, 'catalogue' | 'files' | 'disposal' | 'locks'>

/** Opens the folder of the objects, and removes what an earlier stop has left. */
async function openStorage(
  { s3 }: Config,
  { objectSealer, log }: Pick<Deployment, 'objectSealer'> & { readonly log: Log },
  stack: AsyncDisposableStack,
): Promise<Storage> {
  const { folder } = s3
  await usingGiven({ name: 'HOLDFAST_S3_FOLDER', path: folder }, () => makeFolder(folder))
  const lock = claimFileLock(join(folder, LOCK_FILE))
  if (lock === undefined) throw new Error(`${folder} is served by another process`)
  stack.defer(() => lock.release())
  const file = openOrderedFile(folder, CATALOGUE_FILE)
  stack.defer(() => file.close())
  const catalogue = new Catalogue(file, objectSealer.entries)
  const files = new ObjectFiles(folder, systemRandom)
  let named: ReadonlySet<string> | undefined
  await files.open((name) => {
    named ??= catalogue.namedFiles()
    return named.has(name)
  })
  const disposal = new Disposal(catalogue, files, log)
  stack.defer(() => disposal.close())
  disposal.dispose(catalogue.garbage())
  return { catalogue, files, disposal, locks: new Locks() }
}
