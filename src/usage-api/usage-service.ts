import type { IndexThread } from '../audit-index/thread/index-thread.ts'
import type { Clock } from '../base/ports.ts'
import type { GiveWay } from '../base/slices.ts'
import { LookupLimiter } from '../cloudtrail/lookup-limiter.ts'
import type { Operation } from '../dispatch/operation.ts'
import type { Records } from '../store/records.ts'
import type { Prices } from '../usage/prices.ts'
import { getUsage } from './get-usage.ts'
import { getKeyImpact, getMaterialUsage } from './key-operations.ts'
import type { UsageDependencies, UsageOperation } from './usage-dependencies.ts'

/** The dependencies of the service. */
export type UsageServiceDependencies = {
  readonly records: Records
  readonly index: IndexThread
  readonly clock: Clock
  readonly prices: Prices | undefined
  readonly giveWay: GiveWay
}

/** Every operation of the service. */
export const USAGE_OPERATIONS: readonly UsageOperation[] = [getUsage, getKeyImpact, getMaterialUsage]
/** How long a call waits for the index to reach the end of the audit log. */
const REACH_MS = 2000

/** Opens the operations of the service. */
export function openUsageService(dependencies: UsageServiceDependencies): readonly Operation[] {
  const { records, index, clock, prices, giveWay } = dependencies
  const ready: UsageDependencies = {
    records,
    usage: (question) => index.ask({ ask: 'usage', question, reachMs: REACH_MS }),
    touches: (key) => index.ask({ ask: 'touches', key, reachMs: REACH_MS }),
    regions: async (account) => {
      const { value: scopes } = await index.ask({ ask: 'scopes', reachMs: 0 })
      return scopes.filter((scope) => scope.account === account).map(({ region }) => region)
    },
    prices,
    limiter: new LookupLimiter(clock),
    giveWay,
  }
  return USAGE_OPERATIONS.map((operation) => operation(ready))
}
