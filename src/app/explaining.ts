import { SERVICES } from '../api/services.ts'
import { systemClock, systemRandom } from '../base/ports.ts'
import type { GiveWay } from '../base/slices.ts'
import { LookupLimiter } from '../cloudtrail/lookup-limiter.ts'
import { CLOUDTRAIL_OPERATIONS } from '../cloudtrail/trail-operations.ts'
import type { TokenSealer } from '../custody/token-sealer.ts'
import type { Operation } from '../dispatch/operation.ts'
import {
  type EventSource,
  type ExplainingDependencies,
  operationKey,
} from '../explain/explain-dependencies.ts'
import { quotasFinder } from '../iam/accounts/account-quotas.ts'
import { KeyUses } from '../iam/credentials/key-uses.ts'
import { arnsOfIds, findPrincipal, shownName } from '../iam/entities/principals.ts'
import { openIamService } from '../iam/iam-service.ts'
import { OpenedGrants } from '../kms/grants/opened-grants.ts'
import { KeyCounter } from '../kms/keys/key-count.ts'
import type { KmsDependencies } from '../kms/kms-dependencies.ts'
import { KMS_OPERATIONS } from '../kms/kms-operations.ts'
import { NO_TOKENS } from '../pkcs11/tokens.ts'
import { openQuotas, type Quotas } from '../quotas/quota-service.ts'
import type { Records } from '../store/records.ts'
import { USAGE_OPERATIONS } from '../usage-api/usage-service.ts'

/** What explaining is made of. */
export type ExplainingNeeds = Pick<
  KmsDependencies,
  'records' | 'custody' | 'xks' | 'grantTokens' | 'lastUsage'
> & {
  readonly sealer: TokenSealer
  readonly events: EventSource
  readonly giveWay: GiveWay
  /** The first account of the deployment. */
  readonly home: string
}

/**
 * What decides recorded and imagined calls: the operations of the server, with dependencies of their own, so that a
 * call that is decided again counts against no quota. None of them is run, so nothing changes.
 */
export function openExplaining({ sealer, events, home, ...needs }: ExplainingNeeds): ExplainingDependencies {
  const { records, giveWay } = needs
  const kms: KmsDependencies = {
    ...needs,
    tokens: NO_TOKENS,
    quotas: quotasOf(records),
    keyCounter: new KeyCounter(systemRandom),
    random: systemRandom,
    principalExists: async (arn) => (await findPrincipal(records, arn)) !== undefined,
    principalId: async (arn) => (await findPrincipal(records, arn))?.id,
    shownName: (arn, id) => shownName(records, arn, id),
    arnsOfIds: (ids) => arnsOfIds(records, ids),
    openedGrants: new OpenedGrants(giveWay),
    sm2Regions: new Set(),
    // Events do not contain attestation documents, so none is ever verified.
    attestationRoots: [],
  }
  const iam = openIamService({
    records,
    quotas: quotasOf(records),
    random: systemRandom,
    clock: systemClock,
    sealer,
    // Nobody signs in: nothing is run.
    signInSealer: sealer,
    keyUses: new KeyUses(records),
    giveWay,
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
  const others = {
    ...{ records, kms, operations: byName(operations), events, giveWay },
    now: () => systemClock.now(),
  }
  return {
    ...others,
    operations: new Map([...others.operations, ...byName(ownOperations(others, home, sealer))]),
  }
}

function byName(operations: readonly Operation[]): ExplainingDependencies['operations'] {
  return new Map(
    operations.map((operation) => [
      operationKey(SERVICES[operation.service].eventSource, operation.name),
      operation,
    ]),
  )
}

/** The operations of Holdfast's own service. What they find is found in the index as it is. */
function ownOperations(
  explaining: ExplainingDependencies,
  home: string,
  signInSealer: TokenSealer,
): readonly Operation[] {
  const { records, giveWay } = explaining
  const notRun = () => Promise.reject(new Error('the index is not asked: nothing is run'))
  const dependencies = {
    ...{ records, giveWay, home, explaining, prices: undefined, quotas: quotasOf(records), signInSealer },
    ...{
      usage: notRun,
      touches: notRun,
      counts: notRun,
      regions: notRun,
      clock: systemClock,
      random: systemRandom,
      limiter: NO_LIMIT,
      light: NO_LIMIT,
      finds: NO_LIMIT,
    },
    reach: async () => true,
    catalogue: { read: notRun },
    reportMaker: { start: notRun, state: notRun },
    serverStatus: notRun,
    reports: { verifierKey: '', days: notRun, note: notRun, piece: notRun },
  }
  return USAGE_OPERATIONS.map((operation) => operation(dependencies))
}

/** Rates that charge nothing: explanations make no calls. */
const NO_LIMIT = { admit: () => true }

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
