import type { IndexAnswer } from '../audit-index/index-service.ts'
import type { EventCountQuestion } from '../audit-index/lookup.ts'
import type { Clock, Random } from '../base/ports.ts'
import type { GiveWay } from '../base/slices.ts'
import type { LookupLimiter } from '../cloudtrail/lookup-limiter.ts'
import type { TokenSealer } from '../custody/token-sealer.ts'
import type { Operation } from '../dispatch/operation.ts'
import type { ExplainingDependencies } from '../explain/explain-dependencies.ts'
import type { Quotas } from '../quotas/quota-service.ts'
import type { TouchRow, UsageQuestion, UsageRow } from '../store/index-port.ts'
import type { Records } from '../store/records.ts'
import type { Prices } from '../usage/prices.ts'
import type { KeyCatalogue } from './key-catalogue.ts'
import type { ReportFiles, ReportMaker } from './report-files.ts'
import type { ServerStatus } from './server-status.ts'

/** The dependencies of this service's operations. Queries throw when the index cannot answer. */
export type UsageDependencies = {
  readonly records: Records
  readonly usage: (question: UsageQuestion) => Promise<IndexAnswer<readonly UsageRow[]>>
  readonly touches: (keyArn: string) => Promise<IndexAnswer<readonly TouchRow[]>>
  /** The regions with events of an account. */
  readonly regions: (account: string) => Promise<readonly string[]>
  readonly counts: (question: EventCountQuestion) => Promise<IndexAnswer<readonly number[]>>
  /** The prices; without them, no costs are shown. */
  readonly prices: Prices | undefined
  readonly limiter: Pick<LookupLimiter, 'admit'>
  /** Of calls that need no index. */
  readonly light: Pick<LookupLimiter, 'admit'>
  /** Of what a call finds in the index before its permission is known: with a rate for each principal. */
  readonly finds: Pick<LookupLimiter, 'admit'>
  readonly giveWay: GiveWay
  readonly clock: Clock
  readonly random: Random
  /** The first account of the deployment. */
  readonly home: string
  /** Waits, for a limited time, until the index has all events of the audit log; returns whether it has them. */
  readonly reach: () => Promise<boolean>
  readonly explaining: ExplainingDependencies
  readonly reports: ReportFiles
  readonly reportMaker: ReportMaker
  readonly serverStatus: (now: number) => Promise<ServerStatus>
  readonly quotas: Pick<Quotas, 'exceeded' | 'limit'>
  /** Seals what browsers keep while they make a passkey. */
  readonly signInSealer: TokenSealer
  readonly catalogue: Pick<KeyCatalogue, 'read'>
}

/** Creates an operation of this service from its dependencies. */
export type UsageOperation = (dependencies: UsageDependencies) => Operation
