import type { OwnEventDependencies } from '../audit/events/own-events.ts'
import { openRecordLimiters, type RecordLimiters } from '../audit/events/record-limiters.ts'
import type { Journal } from '../audit/log/journal.ts'
import { type NodeReadinessDependencies, openReadiness } from '../audit/log/readiness.ts'
import type { IndexThread } from '../audit-index/thread/index-thread.ts'
import { lastUsageFinder } from '../audit-index/thread/last-usage.ts'
import { readBackupState } from '../backup/backup-records.ts'
import { boundLargeHeap } from '../base/heap-growth.ts'
import type { Log } from '../base/log.ts'
import type { TlsPair } from '../base/network.ts'
import { systemAfterThisTurn, systemClock, systemRandom, systemSleep, systemTimers } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import { Slices } from '../base/slices.ts'
import { fetchJson } from '../client/fetch-json.ts'
import type { TrailService } from '../cloudtrail/trail-service.ts'
import { isMonitored } from '../config/monitoring-settings.ts'
import type { Config } from '../config/settings.ts'
import { Custody } from '../custody/custody.ts'
import type { TokenSealer } from '../custody/token-sealer.ts'
import { createDispatcher, type Dispatcher } from '../dispatch/dispatcher.ts'
import { Freshness } from '../dispatch/freshness.ts'
import { RecordQueues } from '../dispatch/record-queues.ts'
import { isRevocation } from '../dispatch/revocations.ts'
import { createRouting } from '../dispatch/routing.ts'
import type { EventSource } from '../explain/explain-dependencies.ts'
import type { HttpDependencies } from '../http/exchange.ts'
import { type HttpServer, type Listener, openHttpServer } from '../http/server.ts'
import { quotasFinder } from '../iam/accounts/account-quotas.ts'
import { KeyUses } from '../iam/credentials/key-uses.ts'
import { arnsOfIds, findPrincipal, shownName } from '../iam/entities/principals.ts'
import { type IamService, openIamService } from '../iam/iam-service.ts'
import { placeNow } from '../iam/organization/place.ts'
import { OpenedGrants } from '../kms/grants/opened-grants.ts'
import { KeyCounter } from '../kms/keys/key-count.ts'
import { wrappedKeys } from '../kms/keys/wrapped-keys.ts'
import type { KmsDependencies } from '../kms/kms-dependencies.ts'
import { KMS_OPERATIONS } from '../kms/kms-operations.ts'
import { type NodeWatch, openNodeWatch } from '../metrics/metrics-service.ts'
import type { Point } from '../metrics/points.ts'
import type { EventService } from '../notifications/notification-service.ts'
import { openQuotas, type Quotas } from '../quotas/quota-service.ts'
import { SigningKeys } from '../sigv4/signing-key.ts'
import type { Records } from '../store/records.ts'
import type { Prices } from '../usage/prices.ts'
import { openUsageService } from '../usage-api/usage-service.ts'
import { openXksClient, type XksClient } from '../xks/client/client.ts'
import { type CallBounds, openCallBounds } from './call-bounds.ts'
import { openConsole } from './console.ts'
import {
  announceEndpoint,
  listAccounts,
  openDiskReserve,
  openForServing,
  openNodeJournal,
  ownEventDependencies,
  withdrawEndpoint,
} from './deployment.ts'
import { openExplaining } from './explaining.ts'
import { type GivenFiles, readGivenFiles } from './given-files.ts'
import { openEvents, openIndexThread, openTrails } from './log-followers.ts'
import { startNodeJobs } from './node-jobs.ts'
import { type NodeReports, openNodeReports } from './node-reports.ts'
import { askAtTerminal } from './root-key.ts'
import { listPaths } from './seal.ts'
import { RecordedSealing, recordOpening, type ServingRoot } from './sealing.ts'
import { openConfiguredTokens } from './tokens.ts'
import { warmUp } from './warm-up.ts'
import { assertWitnessed } from './witnessed.ts'

/** Divides long work into slices, since everything in a process shares one event loop. */
const { giveWay } = new Slices({
  clock: systemClock,
  afterThisTurn: systemAfterThisTurn,
  sleep: systemSleep,
})

/** A serving node. */
export type RunningNode = {
  readonly port: number
  /** The node's current metrics. */
  readonly metrics: () => Promise<readonly Point[]>
  /** Makes new connections use another certificate. */
  readonly useTls: (pair: TlsPair) => void
  /** Resolves when another process of a fleet has taken over the log of this one, which must end. */
  readonly failed: Promise<string>
  /** Finishes calls in progress, then closes everything. */
  readonly close: () => Promise<void>
}

/** The one path of a folder of an earlier release. */
const LEGACY_PATHS = [{ type: 'file', provedAt: undefined }]

/** How a node starts. */
export type NodeStart = ServingRoot & {
  readonly listener: { readonly port: number; readonly sharedPort: boolean }
  /** The other root key during a rotation; the caller clears it. */
  readonly otherRootKey?: Secret | undefined
}

/** Starts a node on a data folder. @throws Error with a message for the operator. */
export async function openNode(
  config: Config,
  { listener, rootKey, otherRootKey, opening, leave }: NodeStart,
  operatorLog: Log,
): Promise<RunningNode> {
  const given = await readGivenFiles(config)
  await using stack = new AsyncDisposableStack()
  const watch = await openWatch(config, operatorLog)
  stack.defer(() => watch.close())
  const { meters } = watch
  const { log, durable } = meters
  const sealing = new RecordedSealing(config, leave)
  const opened = { watch: watch.store, giveWay, rootKey, otherRootKey, sealing }
  const deployment = await openForServing(config, opened)
  const { records, auditKey, auditPlace, checkpointKey, wrappingKey, grantTokens } = deployment
  const { tokenSealer: sealer, signInSealer } = deployment
  stack.defer(() => records.close())
  await assertWitnessed(config, deployment)
  const own = ownEventDependencies(config)
  const reserve = openDiskReserve(config, log)
  const isReserved = () => reserve.isInUse
  const journal = await openNodeJournal(config, deployment, { log, durable, isReserved })
  stack.defer(() => journal.close())
  sealing.recordIn(journal)
  await recordOpening(journal, own, opening)
  const index = openIndexThread(config, { auditKey, auditPlace }, log)
  stack.defer(() => index.close())
  const custody = new Custody({ wrappingKey, wrappedKeys: wrappedKeys(records), random: systemRandom })
  stack.defer(() => custody[Symbol.dispose]())
  const limiters = openRecordLimiters(journal, own, log)
  stack.defer(() => limiters.close())
  const xks = openXks(config, given.xksCa)
  stack.defer(() => xks[Symbol.dispose]())
  const tokens = openConfiguredTokens(config, given.tokens, log)
  stack.defer(() => tokens[Symbol.dispose]())
  const { endpoints } = given
  const events = await openEvents(config, { records, index, journal, auditPlace, log, endpoints })
  const quotas = openAccountQuotas(config, records, events, log)
  const kms = kmsDependencies(config, { records, quotas, custody, xks, tokens, grantTokens, index, given })
  const keyUses = new KeyUses(records)
  stack.defer(() => keyUses.write())
  const system = { clock: systemClock, random: systemRandom, giveWay, signInSealer }
  const { offlineKeys: offline, prices } = given
  const iam = openIamService({ records, quotas, sealer, keyUses, fetchJson, offline, ...system })
  const trails = openTrails(config, { records, index, auditPlace, log, destination: given.trails })
  const bounds = openCallBounds(config, reserve, meters)
  const service = { kms, journal, trails, index, iam, sealer, signInSealer, quotas, bounds }
  const reports = openNodeReports(config, { records, index, log, giveWay, signingKey: checkpointKey })
  stack.defer(() => reports.close())
  const dispatcher = openDispatcher({ ...service, reports, limiters, own, watch, events, prices })
  const keys = { auditKey, auditPlace, checkpointKey, backupKeys: deployment.backupKeys }
  const work = { keyUses, trails, events, meters, reserve }
  const jobs = startNodeJobs(config, { kms, journal, index, ...keys, ...work })
  stack.defer(() => jobs.stop())
  stack.defer(() => events.close())
  const readiness = openNodeReadiness(config, { journal, records, watch: watch.store, isReserved, log })
  const { reason: unready } = readiness
  const site = await openConsole(config, { deployment, journal, limiters, own, log, iam, dispatcher, given })
  const answering = httpDependencies(dispatcher, { unready, site, reached: meters.boundReached })
  const http = await openWarm(log, answering, listening(config, listener, given))
  stack.defer(() => http.close())
  await announceEndpoint(config, http.port)
  stack.defer(() => withdrawEndpoint(config, http.port))
  stack.defer(() => readiness.stop())
  const accounts = () => listAccounts(records)
  const unlockPaths = async () => (await listPaths(config, askAtTerminal)) ?? LEGACY_PATHS
  const { connections } = http
  const backups = () => readBackupState(records)
  watch.addGauges({ journal, records, index, accounts, unready, connections, unlockPaths, backups })
  stack.defer(boundLargeHeap(systemTimers))
  const open = stack.move()
  const { port, useTls } = http
  return { port, metrics: watch.collect, useTls, failed: auditPlace.lost, close: () => open.disposeAsync() }
}

function openNodeReadiness(
  { store }: Config,
  dependencies: Omit<NodeReadinessDependencies, 'isRemoteStore' | 'clock'>,
): ReturnType<typeof openReadiness> {
  const isRemoteStore = store.engine === 'postgres'
  return openReadiness({ ...dependencies, isRemoteStore, clock: systemClock })
}

/** Listens once the code of the first calls is compiled. A server that could not compile it serves more slowly at first. */
async function openWarm(log: Log, dependencies: HttpDependencies, listener: Listener): Promise<HttpServer> {
  try {
    await warmUp()
  } catch (error) {
    log.warn('the first calls take longer: the warm-up has failed', { reason: String(error) })
  }
  return openHttpServer(dependencies, listener)
}

function listening(config: Config, listener: NodeStart['listener'], { tls }: GivenFiles) {
  const { listen, bounds } = config
  return { ...listener, host: listen.host, tls, bounds, setting: 'HOLDFAST_LISTEN' } as const
}

function httpDependencies(
  { handle, refuseUnread: refuse, headChecks }: Dispatcher,
  more: Pick<HttpDependencies, 'unready' | 'reached' | 'site'>,
): HttpDependencies {
  return { handle, refuse, headChecks, ...more }
}

type KmsGiven = Pick<KmsDependencies, 'records' | 'quotas' | 'custody' | 'xks' | 'tokens' | 'grantTokens'> & {
  readonly index: IndexThread
  readonly given: GivenFiles
}

function kmsDependencies(config: Config, { index, given, ...dependencies }: KmsGiven): KmsDependencies {
  const { records } = dependencies
  return {
    ...dependencies,
    keyCounter: new KeyCounter(systemRandom),
    random: systemRandom,
    giveWay,
    principalExists: async (arn) => (await findPrincipal(records, arn)) !== undefined,
    principalId: async (arn) => (await findPrincipal(records, arn))?.id,
    shownName: (arn, id) => shownName(records, arn, id),
    arnsOfIds: (ids) => arnsOfIds(records, ids),
    openedGrants: new OpenedGrants(giveWay),
    sm2Regions: new Set(config.sm2Regions),
    attestationRoots: given.attestationRoots,
    lastUsage: lastUsageFinder(index),
  }
}

function openWatch({ monitoring }: Config, log: Log): Promise<NodeWatch> {
  const { collector, traceShare } = monitoring
  return openNodeWatch({
    isMonitored: isMonitored(monitoring),
    collector,
    traceShare,
    instance: systemRandom.uuid(),
    clock: systemClock,
    timers: systemTimers,
    log,
  })
}

type ServiceDependencies = {
  readonly kms: KmsDependencies
  readonly journal: Journal
  readonly trails: TrailService
  readonly index: IndexThread
  readonly iam: IamService
  readonly sealer: TokenSealer
  readonly signInSealer: TokenSealer
  readonly quotas: Quotas
  readonly bounds: CallBounds
  readonly limiters: RecordLimiters
  readonly own: OwnEventDependencies
  readonly watch: NodeWatch
  readonly events: EventService
  readonly prices: Prices | undefined
  readonly reports: NodeReports
}

function openDispatcher(dependencies: ServiceDependencies): Dispatcher {
  const { kms, journal, quotas, bounds, limiters, own, watch, index, prices, reports, ...service } =
    dependencies
  const { meters, answered } = watch
  const { records } = kms
  const { iam, sealer, signInSealer } = service
  const explaining = (events: EventSource) => openExplaining({ ...kms, sealer, events, home: own.account })
  const about = {
    records,
    index,
    clock: systemClock,
    random: systemRandom,
    reports: reports.files,
    reportMaker: reports.maker,
    serverStatus: reports.status,
    prices,
    giveWay,
    home: own.account,
    quotas,
    signInSealer,
    explaining,
  }
  const usageOperations = openUsageService(about)
  return createDispatcher({
    routing: createRouting([
      ...KMS_OPERATIONS.map((operation) => operation(kms)),
      ...iam.operations,
      ...service.trails.operations,
      ...usageOperations,
    ]),
    findCredential: iam.findCredential,
    signingKeys: new SigningKeys(),
    refusals: {
      admit: (source) => meters.admitted(limiters.refused.admit(source)),
      journal,
      random: systemRandom,
      account: own.account,
    },
    quotas,
    ...bounds,
    admitThrottled: (account) => meters.admitted(limiters.throttled.admit(account)),
    freshness: new Freshness(records, systemAfterThisTurn),
    findPlace: (account) => placeNow(records, account),
    queues: new RecordQueues(),
    journal,
    clock: systemClock,
    random: systemRandom,
    log: meters.log,
    giveWay,
    alarm: service.events.alarm,
    answered,
  })
}

function openAccountQuotas(config: Config, records: Records, events: EventService, log: Log): Quotas {
  return openQuotas({
    find: quotasFinder(records),
    clock: systemClock,
    processes: config.workers,
    isUrgent: isRevocation,
    thresholdReached: (use) => {
      log.warn('an account has used most of a quota', use)
      const { account, region, quota, used, limit } = use
      void events.announce({ name: 'ComeNearQuota', account, region, details: { quota, used, limit } })
    },
  })
}

function openXks({ xks: { routes, timeoutMs } }: Config, ca: string | undefined): XksClient {
  return openXksClient({ ca, routes, timeoutMs, clock: systemClock, timers: systemTimers })
}
