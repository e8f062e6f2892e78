import type { LookupPage, LookupQuestion } from '../audit-index/lookup.ts'
import type { GiveWay } from '../base/slices.ts'
import type { Operation } from '../dispatch/operation.ts'
import type { KmsDependencies } from '../kms/kms-dependencies.ts'
import type { Records } from '../store/records.ts'

/** The dependencies of explaining: the server's operations, the records, and the audit index. */
export type ExplainingDependencies = {
  readonly records: Records
  readonly kms: KmsDependencies
  /** Operations by event source and name: see `operationKey`. */
  readonly operations: ReadonlyMap<string, Operation>
  readonly events: EventSource
  /** The present, for decisions by the current policies. */
  readonly now: () => number
  readonly giveWay: GiveWay
}

/** The source of recorded events. */
export type EventSource = {
  /** The lines of events with an event ID or request ID. */
  readonly find: (id: string) => Promise<readonly string[]>
  readonly lookup: (question: LookupQuestion) => Promise<LookupPage>
  /** Accounts and regions with events. */
  readonly scopes: () => Promise<readonly { readonly account: string; readonly region: string }[]>
}

/** The key of an operation: `kms.amazonaws.com/Decrypt`. */
export function operationKey(eventSource: string, eventName: string): string {
  return `${eventSource}/${eventName}`
}
