import type { LookupPage, LookupQuestion } from '../audit-index/lookup.ts'
import type { Random } from '../base/ports.ts'
import type { Operation } from '../dispatch/operation.ts'
import type { Records } from '../store/records.ts'
import type { LookupLimiter } from './lookup-limiter.ts'

/** The dependencies of the operations of CloudTrail. */
export type TrailDependencies = {
  readonly records: Records
  readonly random: Random
  /** @throws when the index of the audit log cannot answer. */
  readonly lookup: (question: LookupQuestion) => Promise<LookupPage>
  readonly limiter: LookupLimiter
}

/** An operation of CloudTrail that lacks only its dependencies. */
export type TrailOperation = (dependencies: TrailDependencies) => Operation
