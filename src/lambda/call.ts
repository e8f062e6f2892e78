import type { Input, Members } from '../api/shapes.ts'
import type { Log } from '../base/log.ts'
import type { Clock, EpochMs, Random } from '../base/ports.ts'
import type { Caller } from '../dispatch/caller.ts'
import type { EventData, EventResource, Permission } from '../dispatch/operation.ts'
import type { Change, Records } from '../store/records.ts'
import type { CodeFiles } from './code-files.ts'
import type { EnvironmentKeys } from './environment-keys.ts'
import type { FunctionPolicies } from './function-policies.ts'
import type { Roles } from './roles.ts'
import type { EventQueue } from './running/event-queue.ts'
import type { Invoker } from './running/invoker.ts'

/** What policies know of users and roles. */
type Principals = {
  readonly exists: (arn: string) => Promise<boolean>
  readonly idOf: (arn: string) => Promise<string | undefined>
  readonly shownName: (arn: string, id: string) => Promise<string>
}

/** The dependencies of operations. */
export type OperationDependencies = {
  readonly records: Records
  readonly clock: Clock
  readonly random: Random
  readonly keys: EnvironmentKeys
  readonly roles: Roles
  readonly code: CodeFiles
  readonly policies: FunctionPolicies
  readonly principals: Principals
  readonly invoker: Invoker
  readonly events: EventQueue
  readonly log: Log
  /** The runtimes that this process can run. */
  readonly runtimes: ReadonlySet<string>
}

/** A call of a known caller. */
export type LambdaCall = {
  readonly caller: Caller
  readonly region: string
  readonly requestId: string
  readonly now: EpochMs
  readonly dependencies: OperationDependencies
  /** The body of an invocation; empty for all other calls. */
  readonly payload: Uint8Array
  /** The value of a header, by its lower-case name. */
  readonly header: (name: string) => string | undefined
  /** Names a resource in the audit event. */
  readonly involve: (resource: EventResource) => void
  /** Removes the resources of other accounts from the audit event. */
  readonly redact: () => void
}

/** An answer: JSON, bytes or nothing. */
export type LambdaAnswer = {
  /** 200 by default. */
  readonly status?: number
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: object | Uint8Array | undefined
}

/** The computed result of an operation. Nothing has changed yet. */
export type LambdaOutcome = {
  readonly answer: LambdaAnswer
  readonly changes?: readonly Change[]
  readonly event?: { readonly response?: EventData; readonly additional?: EventData }
  /** What remains to be done when the event is durable; its answer replaces the other one. */
  readonly perform?: () => Promise<LambdaAnswer>
  /** Undoes what was prepared for a call that cannot be made durable, or runs again. */
  readonly abandon?: () => void
  /** Runs after the commit. */
  readonly committed?: () => void
}

/** The work of a call, once its function is found. */
type LambdaWork = {
  readonly permissions: readonly Permission[]
  readonly run: () => Promise<LambdaOutcome>
}

/** An operation of Lambda. */
export type LambdaOperation<M extends Members = Members> = {
  readonly name: string
  /** Its name in audit events. Source: Lambda Developer Guide, "Logging Lambda API calls using AWS CloudTrail". */
  readonly eventName: string
  readonly readOnly: boolean
  /** Whether its event is a data event. */
  readonly isData?: boolean
  /** All members of its input: those of the path, of the query and of the body. */
  readonly members: M
  /** Members that no audit event shows. */
  readonly hidden?: readonly string[]
  readonly body: 'json' | 'payload' | 'none'
  /** Refuses members of the body that Holdfast does not offer. @throws LambdaError. */
  readonly checkBody?: (body: Readonly<Record<string, unknown>>) => void
  readonly begin: (call: LambdaCall, input: Input<M>) => Promise<LambdaWork>
}

/** Declares an operation; the type of its input follows from its members. */
export function lambdaOperation<M extends Members>(operation: LambdaOperation<M>): LambdaOperation {
  return operation as unknown as LambdaOperation
}
