import { announcer } from '../audit/events/announcement.ts'
import { openRecordLimiters, type RecordLimiters } from '../audit/events/record-limiters.ts'
import type { Journal } from '../audit/log/journal.ts'
import { openReadiness } from '../audit/log/readiness.ts'
import type { Log } from '../base/log.ts'
import type { TlsPair } from '../base/network.ts'
import { systemAfterThisTurn, systemClock, systemRandom, systemSleep, systemTimers } from '../base/ports.ts'
import { type GiveWay, Slices } from '../base/slices.ts'
import type { Config } from '../config/settings.ts'
import { Custody } from '../custody/custody.ts'
import { CallsInFlight } from '../dispatch/calls-in-flight.ts'
import { createDispatcher, type DispatcherDependencies } from '../dispatch/dispatcher.ts'
import type { ForwardedCall } from '../dispatch/forward.ts'
import { Freshness } from '../dispatch/freshness.ts'
import type { Outcome } from '../dispatch/operation.ts'
import { RecordQueues } from '../dispatch/record-queues.ts'
import { isRevocation } from '../dispatch/revocations.ts'
import { createRouting } from '../dispatch/routing.ts'
import { UrgentCalls } from '../dispatch/urgent-calls.ts'
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
import { SigningKeys } from '../sigv4/signing-key.ts'
import type { Records } from '../store/records.ts'
import { StoreWatch } from '../store/watch.ts'
import { openXksClient } from '../xks/client/client.ts'
import { LEAVING } from './control.ts'
import { type Deployment, openForServing, openNodeJournal, ownEventDependencies } from './deployment.ts'
import { readGivenFiles } from './given-files.ts'
import { RecordedSealing, recordOpening, type ServingRoot } from './sealing.ts'
import { readTls } from './tls.ts'
import { openConfiguredTokens } from './tokens.ts'
import { assertWitnessed } from './witnessed.ts'

const { giveWay } = new Slices({
  clock: systemClock,
  afterThisTurn: systemAfterThisTurn,
  sleep: systemSleep,
})

/** What policies know of users and roles. */
type KnownPrincipals = {
  readonly exists: (arn: string) => Promise<boolean>
  readonly idOf: (arn: string) => Promise<string | undefined>
  readonly shownName: (arn: string, id: string) => Promise<string>
  readonly arnsOfIds: (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>
}

/** What decides, records and bounds the calls of a service. */
type Deciding = Omit<DispatcherDependencies, 'routing' | 'urgentCalls' | 'answered' | 'alarm'> & {
  readonly quotas: Quotas
  readonly alarm: (reason: string) => void
  readonly giveWay: GiveWay
  readonly unready: () => Promise<string | undefined>
  readonly principals: KnownPrincipals
}

/** A service of AWS in a process of its own, beside the server and on the same data folder. */
export type ServiceProcess = {
  readonly tls: TlsPair | undefined
  readonly deployment: Deployment
  readonly deciding: Deciding
  readonly readiness: ReturnType<typeof openReadiness>
  /** Calls KMS as the caller of the service: see decision 0028. */
  readonly callKms: (call: ForwardedCall) => Promise<Outcome>
}

/**
 * Opens what a service works with; `stack` closes it.
 *
 * @param root without it, an unlock path opens, and the process ends when an operator seals the deployment. @throws Error with a
 * message for the operator.
 */
export async function openServiceProcess(
  config: Config,
  log: Log,
  stack: AsyncDisposableStack,
  root?: ServingRoot,
): Promise<ServiceProcess> {
  const tls = await readTls(config)
  const { xksCa, tokens: configured } = await readGivenFiles(config)
  const watch = new StoreWatch(systemClock)
  const sealing = new RecordedSealing(config, root?.leave ?? LEAVING.leave)
  const deployment = await openForServing(config, { giveWay, watch, rootKey: root?.rootKey, sealing })
  const { records, wrappingKey } = deployment
  stack.defer(() => records.close())
  await assertWitnessed(config, deployment)
  const journal = await openNodeJournal(config, deployment, { log })
  stack.defer(() => journal.close())
  sealing.recordIn(journal)
  await recordOpening(journal, ownEventDependencies(config), root?.opening)
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
  const shared: Shared = {
    config,
    deployment,
    journal,
    custody,
    limiters,
    xks,
    tokens,
    keyUses,
    log,
    readiness,
  }
  const deciding = openDeciding(shared)
  return { tls, deployment, deciding, readiness, callKms: openKms(shared, deciding) }
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
  readonly readiness: ReturnType<typeof openReadiness>
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

function openDeciding(shared: Shared): Deciding {
  const { config, deployment, journal, log, keyUses } = shared
  const { records, tokenSealer: sealer, signInSealer } = deployment
  const quotas = openServiceQuotas(records, log)
  const { findCredential } = openIamService({
    records,
    quotas,
    random: systemRandom,
    clock: systemClock,
    sealer,
    signInSealer,
    keyUses,
    giveWay,
    fetchJson: (url) => Promise.reject(new Error(`${url} is not asked: the service answers no calls of STS`)),
    offline: new Map(),
  })
  return {
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
    random: systemRandom,
    log,
    alarm: alarmOf(shared),
    unready: shared.readiness.reason,
    giveWay,
    principals: principalsOf(records),
  }
}

function principalsOf(records: Records): KnownPrincipals {
  return {
    exists: async (arn) => (await findPrincipal(records, arn)) !== undefined,
    idOf: async (arn) => (await findPrincipal(records, arn))?.id,
    shownName: (arn, id) => shownName(records, arn, id),
    arnsOfIds: (ids) => arnsOfIds(records, ids),
  }
}

/** KMS as a service calls it: only by `forward`. */
function openKms(
  { deployment, custody, xks, tokens }: Shared,
  deciding: Deciding,
): (call: ForwardedCall) => Promise<Outcome> {
  const { records, grantTokens } = deployment
  const { principals, quotas } = deciding
  const kms: KmsDependencies = {
    records,
    quotas,
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
    lastUsage: () => Promise.reject(new Error('the service has no index of the audit log')),
  }
  const { forward } = createDispatcher({
    ...deciding,
    routing: createRouting(KMS_OPERATIONS.map((operation) => operation(kms))),
    urgentCalls: new UrgentCalls({ isInUse: false, sizeBytes: 0, spend: () => {} }, 1),
  })
  return (call) => callForService({ records, forward }, call)
}

/** The rates of an account hold for the calls of a service as for those of one server. */
function openServiceQuotas(records: Records, log: Log): Quotas {
  return openQuotas({
    find: quotasFinder(records),
    clock: systemClock,
    processes: 1,
    isUrgent: isRevocation,
    thresholdReached: (use) => log.warn('an account has used most of a quota', use),
  })
}
