import type { IndexAnswer } from '../audit-index/index-service.ts'
import type { GiveWay } from '../base/slices.ts'
import type { LookupLimiter } from '../cloudtrail/lookup-limiter.ts'
import type { Operation } from '../dispatch/operation.ts'
import type { TouchRow, UsageQuestion, UsageRow } from '../store/index-port.ts'
import type { Records } from '../store/records.ts'
import type { Prices } from '../usage/prices.ts'

/** What the operations of this service work with. Questions throw when the index cannot answer. */
export type UsageDependencies = {
  readonly records: Records
  readonly usage: (question: UsageQuestion) => Promise<IndexAnswer<readonly UsageRow[]>>
  readonly touches: (keyArn: string) => Promise<IndexAnswer<readonly TouchRow[]>>
  /** Regions that there are events of an account in. */
  readonly regions: (account: string) => Promise<readonly string[]>
  /** What costs are shown by; none without a price table. */
  readonly prices: Prices | undefined
  readonly limiter: LookupLimiter
  readonly giveWay: GiveWay
}

/** An operation of this service, ready but for its dependencies. */
export type UsageOperation = (dependencies: UsageDependencies) => Operation
