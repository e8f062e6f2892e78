import type { IndexAnswer } from '../audit-index/index-service.ts'
import type { GiveWay } from '../base/slices.ts'
import type { LookupLimiter } from '../cloudtrail/lookup-limiter.ts'
import type { Operation } from '../dispatch/operation.ts'
import type { TouchRow, UsageQuestion, UsageRow } from '../store/index-port.ts'
import type { Records } from '../store/records.ts'
import type { Prices } from '../usage/prices.ts'

/** The dependencies of this service's operations. Queries throw when the index cannot answer. */
export type UsageDependencies = {
  readonly records: Records
  readonly usage: (question: UsageQuestion) => Promise<IndexAnswer<readonly UsageRow[]>>
  readonly touches: (keyArn: string) => Promise<IndexAnswer<readonly TouchRow[]>>
  /** The regions with events of an account. */
  readonly regions: (account: string) => Promise<readonly string[]>
  /** The prices; without them, no costs are shown. */
  readonly prices: Prices | undefined
  readonly limiter: LookupLimiter
  readonly giveWay: GiveWay
}

/** Creates an operation of this service from its dependencies. */
export type UsageOperation = (dependencies: UsageDependencies) => Operation
