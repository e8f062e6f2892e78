import type { IndexThread } from '../audit-index/thread/index-thread.ts'
import type { Clock, Random } from '../base/ports.ts'
import type { GiveWay } from '../base/slices.ts'
import { LookupLimiter, type LookupRates } from '../cloudtrail/lookup-limiter.ts'
import type { TokenSealer } from '../custody/token-sealer.ts'
import type { Operation } from '../dispatch/operation.ts'
import type { EventSource, ExplainingDependencies } from '../explain/explain-dependencies.ts'
import type { Quotas } from '../quotas/quota-service.ts'
import type { Records } from '../store/records.ts'
import type { Prices } from '../usage/prices.ts'
import { createAccount, listAccounts, listQuotas, setQuota } from './account-operations.ts'
import {
  attachControlPolicy,
  deleteControlPolicy,
  describeOrganization,
  detachControlPolicy,
  getControlPolicy,
  listControlPolicies,
  putControlPolicy,
} from './control-operations.ts'
import { countEvents } from './count-events.ts'
import { explainCall } from './explain-call.ts'
import { getServerStatus } from './get-server-status.ts'
import { getUsage } from './get-usage.ts'
import { KeyCatalogue } from './key-catalogue.ts'
import { getKeyImpact, getMaterialUsage } from './key-operations.ts'
import { listInsights } from './list-insights.ts'
import { listKeyAccess } from './list-key-access.ts'
import { listKeySummaries } from './list-key-summaries.ts'
import { listRefusals } from './list-refusals.ts'
import {
  createOrganization,
  createOrganizationalUnit,
  deleteOrganizationalUnit,
  moveAccount,
  updateOrganizationalUnit,
} from './organization-operations.ts'
import { createPasskey, startPasskeyRegistration } from './passkey-operations.ts'
import type { ReportFiles, ReportMaker } from './report-files.ts'
import { getReport, listReports, startReport } from './report-operations.ts'
import type { ServerStatus } from './server-status.ts'
import { simulateCall } from './simulate-call.ts'
import type { UsageDependencies, UsageOperation } from './usage-dependencies.ts'
import { validatePolicy } from './validate-policy.ts'
import { whatIfControlPolicy } from './what-if-control-policy.ts'
import { whatIfIdentityPolicy } from './what-if-identity-policy.ts'
import { whatIfPolicy } from './what-if-policy.ts'
import { whatIfTrustPolicy } from './what-if-trust-policy.ts'

/** The dependencies of the service. */
export type UsageServiceDependencies = {
  readonly records: Records
  readonly index: IndexThread
  readonly clock: Clock
  readonly random: Random
  readonly reports: ReportFiles
  readonly reportMaker: ReportMaker
  readonly serverStatus: (now: number) => Promise<ServerStatus>
  readonly prices: Prices | undefined
  readonly giveWay: GiveWay
  /** The first account of the deployment. */
  readonly home: string
  readonly quotas: Pick<Quotas, 'exceeded' | 'limit'>
  readonly signInSealer: TokenSealer
  /** Returns the dependencies that decide recorded calls again, which it reads from that source. */
  readonly explaining: (events: EventSource) => ExplainingDependencies
}

/** Every operation of the service. */
export const USAGE_OPERATIONS: readonly UsageOperation[] = [
  countEvents,
  explainCall,
  getKeyImpact,
  getMaterialUsage,
  getUsage,
  listInsights,
  listKeyAccess,
  listKeySummaries,
  listRefusals,
  simulateCall,
  validatePolicy,
  whatIfControlPolicy,
  whatIfIdentityPolicy,
  whatIfPolicy,
  whatIfTrustPolicy,
  createAccount,
  listAccounts,
  listQuotas,
  setQuota,
  describeOrganization,
  createOrganization,
  createOrganizationalUnit,
  updateOrganizationalUnit,
  deleteOrganizationalUnit,
  moveAccount,
  listControlPolicies,
  getControlPolicy,
  putControlPolicy,
  deleteControlPolicy,
  attachControlPolicy,
  detachControlPolicy,
  listReports,
  getReport,
  startReport,
  getServerStatus,
  startPasskeyRegistration,
  createPasskey,
]
/** How long a call waits for the index to reach the end of the audit log. */
const REACH_MS = 2000

/** The rates of calls that do not query the index: a console page simulates every action that it offers. */
const LIGHT_RATES: LookupRates = {
  inRegion: { intervalMs: 50, burst: 20 },
  ofAccount: { intervalMs: 50, burst: 20 },
}

/**
 * The rates of finding what a call is about, before its permission is known: of each principal, in place of a
 * region, and of all principals of an account.
 */
const FIND_RATES: LookupRates = {
  inRegion: { intervalMs: 500, burst: 2 },
  ofAccount: { intervalMs: 50, burst: 20 },
}

/** Opens the operations of the service. */
export function openUsageService(dependencies: UsageServiceDependencies): readonly Operation[] {
  const { records, index, clock, random, prices, giveWay, home, reports, reportMaker } = dependencies
  const ready: UsageDependencies = {
    records,
    usage: (question) => index.ask({ ask: 'usage', question, reachMs: REACH_MS }),
    touches: (key) => index.ask({ ask: 'touches', key, reachMs: REACH_MS }),
    regions: async (account) => {
      const { value: scopes } = await index.ask({ ask: 'scopes', reachMs: 0 })
      return scopes.filter((scope) => scope.account === account).map(({ region }) => region)
    },
    counts: (question) => index.ask({ ask: 'counts', question, reachMs: REACH_MS }),
    prices,
    ...{
      clock,
      random,
      reports,
      reportMaker,
      serverStatus: dependencies.serverStatus,
      quotas: dependencies.quotas,
      signInSealer: dependencies.signInSealer,
    },
    limiter: new LookupLimiter(clock),
    light: new LookupLimiter(clock, LIGHT_RATES),
    finds: new LookupLimiter(clock, FIND_RATES),
    giveWay,
    home,
    reach: async () => (await index.ask({ ask: 'status', reachMs: REACH_MS })).current,
    explaining: dependencies.explaining(eventSource(index)),
    catalogue: new KeyCatalogue({
      ...{ records, giveWay },
      lastUses: (question, reach) => index.ask({ ask: 'lastUses', question, reachMs: reach ? REACH_MS : 0 }),
    }),
  }
  return USAGE_OPERATIONS.map((operation) => operation(ready))
}

/** The events that are in the index by now. */
function eventSource(index: IndexThread): EventSource {
  return {
    find: async (id) => (await index.ask({ ask: 'find', id, reachMs: 0 })).value,
    lookup: async (question) => (await index.ask({ ask: 'lookup', question, reachMs: 0 })).value,
    scopes: async () => (await index.ask({ ask: 'scopes', reachMs: 0 })).value,
  }
}
