import type { LookupPage, LookupQuestion } from '../audit-index/lookup.ts'
import type { Operation } from '../dispatch/operation.ts'
import type { KmsDependencies } from '../kms/kms-dependencies.ts'
import type { Records } from '../store/records.ts'

/** What explaining works with: the operations as the server has them, the records, and the audit log's index. */
export type ExplainingDependencies = {
  readonly records: Records
  readonly kms: KmsDependencies
  /** By event source and name: see `operationKey`. */
  readonly operations: ReadonlyMap<string, Operation>
  readonly events: EventSource
  /** The time; what is decided as of now is decided at it. */
  readonly now: () => number
}

/** Where recorded events are found. */
export type EventSource = {
  /** The lines of the events that have an id, or whose request has it. */
  readonly find: (id: string) => Promise<readonly string[]>
  readonly lookup: (question: LookupQuestion) => Promise<LookupPage>
  /** Accounts and regions that there are events of. */
  readonly scopes: () => Promise<readonly { readonly account: string; readonly region: string }[]>
}

/** What an operation is found by: `kms.amazonaws.com/Decrypt`. */
export function operationKey(eventSource: string, eventName: string): string {
  return `${eventSource}/${eventName}`
}
