import { join } from 'node:path'
import { keyArn } from '../api/arn.ts'
import { SERVICES } from '../api/services.ts'
import { segmentFiles } from '../audit/archive/segment-files.ts'
import { IndexService } from '../audit-index/index-service.ts'
import type { Log } from '../base/log.ts'
import { systemClock, systemRandom, systemSleep, systemTimers } from '../base/ports.ts'
import { neverGiveWay } from '../base/slices.ts'
import { LookupLimiter } from '../cloudtrail/lookup-limiter.ts'
import { CLOUDTRAIL_OPERATIONS } from '../cloudtrail/trail-operations.ts'
import type { Config } from '../config/settings.ts'
import { Custody } from '../custody/custody.ts'
import type { Operation } from '../dispatch/operation.ts'
import { type EventSource, operationKey } from '../explain/explain-dependencies.ts'
import type { RebuildDependencies } from '../explain/rebuild.ts'
import { SessionOrigins } from '../explain/session-origin.ts'
import { quotasFinder } from '../iam/accounts/account-quotas.ts'
import { KeyUses } from '../iam/credentials/key-uses.ts'
import { arnsOfIds, findPrincipal, shownName } from '../iam/entities/principals.ts'
import { openIamService } from '../iam/iam-service.ts'
import { OpenedGrants } from '../kms/grants/opened-grants.ts'
import { KeyCounter } from '../kms/keys/key-count.ts'
import { wrappedKeys } from '../kms/keys/wrapped-keys.ts'
import type { KmsDependencies } from '../kms/kms-dependencies.ts'
import { KMS_OPERATIONS } from '../kms/kms-operations.ts'
import { openQuotas, type Quotas } from '../quotas/quota-service.ts'
import type { Records } from '../store/records.ts'
import { openXksClient } from '../xks/client/client.ts'
import { AUDIT_FOLDER, type Deployment, INDEX_FOLDER, openDeployment } from './deployment.ts'

/** A data folder that is open to explain decisions. */
export type Explainer = RebuildDependencies & {
  /** Whether the index had reached the end of the audit log for every query. */
  readonly current: () => boolean
}

/** How long an answer waits for the index to reach the end of the log. */
const REACH_MS = 60_000

/**
 * Opens a data folder to explain decisions, with or without a running server. It uses the server's operations and
 * runs none of them, so nothing changes.
 *
 * @throws with a message for the operator.
 */
export async function asExplainer<T>(
  config: Config,
  log: Log,
  use: (explainer: Explainer) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack()
  const deployment = await openDeployment(config)
  const { records, auditKey: key } = deployment
  stack.defer(() => records.close())
  const index = new IndexService({
    folder: join(config.data, INDEX_FOLDER),
    auditFolder: join(config.data, AUDIT_FOLDER),
    key,
    files: segmentFiles,
    clock: systemClock,
    sleep: systemSleep,
    log,
  })
  stack.defer(() => index.close())
  const custody = new Custody({
    wrappingKey: deployment.wrappingKey,
    wrappedKeys: wrappedKeys(records),
    random: systemRandom,
  })
  stack.defer(() => custody[Symbol.dispose]())
  const { routes, timeoutMs } = config.xks
  const xks = openXksClient({ ca: undefined, routes, timeoutMs, clock: systemClock, timers: systemTimers })
  stack.defer(() => xks[Symbol.dispose]())
  const kms = kmsDependencies(deployment, { custody, xks }, index)
  const state = { current: true }
  const events = eventSource(index, state)
  return await use({
    records,
    kms,
    operations: operationsOf(deployment, kms, events),
    events,
    origins: new SessionOrigins(events),
    now: () => systemClock.now(),
    giveWay: neverGiveWay,
    current: () => state.current,
  })
}

function kmsDependencies(
  { records, grantTokens }: Deployment,
  held: Pick<KmsDependencies, 'custody' | 'xks'>,
  index: IndexService,
): KmsDependencies {
  return {
    ...held,
    records,
    quotas: quotasOf(records),
    keyCounter: new KeyCounter(systemRandom),
    random: systemRandom,
    giveWay: neverGiveWay,
    principalExists: async (arn) => (await findPrincipal(records, arn)) !== undefined,
    principalId: async (arn) => (await findPrincipal(records, arn))?.id,
    shownName: (arn, id) => shownName(records, arn, id),
    arnsOfIds: (ids) => arnsOfIds(records, ids),
    grantTokens,
    openedGrants: new OpenedGrants(neverGiveWay),
    sm2Regions: new Set(),
    // Events do not contain attestation documents, so none is ever verified.
    attestationRoots: [],
    lastUsage: async (account, region, keyId) => {
      const key = keyArn(region, account, keyId)
      const { value, current } = await index.answer({ ask: 'lastUse', key, reachMs: REACH_MS })
      return { last: value, current }
    },
  }
}

/** Quotas that count nothing: explanations make no calls. */
function quotasOf(records: Records): Quotas {
  return openQuotas({
    find: quotasFinder(records),
    clock: systemClock,
    processes: 1,
    isUrgent: () => false,
    thresholdReached: () => {},
  })
}

function operationsOf(
  { records, tokenSealer: sealer }: Deployment,
  kms: KmsDependencies,
  events: EventSource,
): ReadonlyMap<string, Operation> {
  const iam = openIamService({
    records,
    quotas: quotasOf(records),
    random: systemRandom,
    clock: systemClock,
    sealer,
    keyUses: new KeyUses(records),
    giveWay: neverGiveWay,
    fetchJson: (url) => Promise.reject(new Error(`${url} is not asked: nothing is run`)),
    offline: new Map(),
  })
  const trails = {
    records,
    random: systemRandom,
    lookup: events.lookup,
    limiter: new LookupLimiter(systemClock),
  }
  const operations = [
    ...KMS_OPERATIONS.map((operation) => operation(kms)),
    ...iam.operations,
    ...CLOUDTRAIL_OPERATIONS.map((operation) => operation(trails)),
  ]
  return new Map(
    operations.map((operation) => [
      operationKey(SERVICES[operation.service].eventSource, operation.name),
      operation,
    ]),
  )
}

/** The first query waits for the index; later ones use the same state, so that all see the same events. */
function eventSource(index: IndexService, state: { current: boolean }): EventSource {
  let reached: Promise<unknown> | undefined
  const reach = async (): Promise<void> => {
    reached ??= index.answer({ ask: 'status', reachMs: REACH_MS }).then(({ current }) => {
      state.current = current
    })
    await reached
  }
  return {
    find: async (id) => {
      await reach()
      return (await index.answer({ ask: 'find', id, reachMs: 0 })).value
    },
    lookup: async (question) => {
      await reach()
      return (await index.answer({ ask: 'lookup', question, reachMs: 0 })).value
    },
    scopes: async () => {
      await reach()
      return (await index.answer({ ask: 'scopes', reachMs: 0 })).value
    },
  }
}
