import type { KmsError } from '../api/errors.ts'
import type { Output } from '../api/json.ts'
import type { ServiceName } from '../api/services.ts'
import type { Input, Members } from '../api/shapes.ts'
import type { ServiceEvent } from '../audit/events/service-event.ts'
import type { EpochMs } from '../base/ports.ts'
import type { CompiledPolicy } from '../policy/compile.ts'
import type { ContextLookup } from '../policy/context.ts'
import type { MatchedGrant, Principal } from '../policy/decide.ts'
import type { Change } from '../store/records.ts'
import type { Caller } from './caller.ts'

/** One resource in an audit event. */
export type EventResource = {
  readonly account: string
  readonly arn: string
  /** Without it, a KMS key. */
  readonly type?: string
}

/** Text values of an audit event: members in lower camel case, never a secret. */
export type EventData = { readonly [name: string]: unknown }

/** An action of the service itself, or one in consequence of a call. */
export type Consequence = ServiceEvent

/** One authenticated call, as its operation sees it. */
export type Call<M extends Members = Members> = {
  /** The id in the answer and in the audit event. */
  readonly requestId: string
  readonly caller: Caller
  /** The region of the credential scope: it partitions every resource. */
  readonly region: string
  readonly input: Input<M>
  readonly now: EpochMs
  /** Global condition keys of this call: see `global-context.ts`. */
  readonly context: ContextLookup
  /** Names a resource in the call's audit event, even if the call is refused later. */
  readonly involve: (resource: EventResource) => void
  /**
   * Redacts the resources of other accounts from the call's audit event: a denied caller may not learn of
   * them.
   */
  readonly redact: () => void
  /** Names the caller of an unsigned call in its audit event, once that is proven. */
  readonly identify: (who: { readonly account: string; readonly identityJson: string }) => void
}

/** One thing that the caller must be allowed to do. */
export type Permission = {
  /** `kms:Encrypt` and the like. */
  readonly action: string
  /** The ARN of the resource; `*` for actions without a resource. */
  readonly resource: string
  /** How a denial names the resource, if not by its ARN. */
  readonly shown?: string | undefined
  /** The account that owns the resource. */
  readonly account: string
  /** The resource's own policy; none for resources without one. */
  readonly policy: CompiledPolicy | undefined
  /** Condition keys of this resource and action; they go before the call's own. */
  readonly context: ContextLookup
  /** Finds the grants that cover the permission; called only when policies neither allow nor deny. */
  readonly grants?: (() => Promise<readonly MatchedGrant[]>) | undefined
  /** The principal that needs the permission, if not the caller that signed. */
  readonly principal?: Principal
  /** Whether AWS manages the key, so that no resource control policy applies to it. */
  readonly managedByAws?: boolean
  /** The error that a caller of another account gets instead of the reason of a denial. */
  readonly hidden?: KmsError
}

/** The work of a call, once its resources are found. */
export type Work = {
  /** The pipeline decides them in order; the first denial is the answer. */
  readonly permissions: readonly Permission[]
  /** Checks key states, usages and other rules after the permissions. @throws KmsError. */
  readonly check: () => void
  readonly run: () => Promise<Outcome> | Outcome
}

/** The computed result of an operation. Nothing has changed yet. */
export type Outcome = {
  /** Members of the answer; without it, the answer has an empty body. */
  readonly output?: Output
  /** The changes, committed with the event in one batch. */
  readonly changes?: readonly Change[]
  readonly event?: {
    readonly response?: EventData | undefined
    readonly additional?: EventData | undefined
    /** Actions of the service in consequence, each with an event of its own in the same commit. */
    readonly also?: readonly Consequence[]
  }
  /** Runs once the answer is written as text, or will not be: clears plaintexts. */
  readonly dispose?: () => void
}

/** The rules of an operation for the key that it works on. */
export type KeyRules = {
  /** The key states in which it works. */
  readonly states: readonly string[]
  /** Whether an alias may name the key. */
  readonly aliases: boolean
  /** Whether the key may belong to another account than the caller's. */
  readonly crossAccount: boolean
}

/**
 * An operation: facts that are true before any request arrives, and `begin`, which finds the resources of one
 * call. `pipeline.ts` has the order of all steps around it.
 */
export type Operation = {
  readonly service: ServiceName
  readonly name: string
  /** Whether audit events mark it as read-only. */
  readonly readOnly: boolean
  /** Whether the call carries no signature: its input proves the caller. */
  readonly unsigned?: boolean
  readonly members: Members
  /** The members of its answer. */
  readonly output?: Members
  /** For an operation on a key. The documentation is generated from it. */
  readonly onKey?: KeyRules
  /** The call's parameters as its audit event shows them; `null` when it shows none. */
  readonly parameters: (input: Input<Members>) => EventData | null
  /**
   * Finds the resources of a call and changes nothing.
   *
   * @throws KmsError when a resource cannot be named or found.
   */
  readonly begin: (call: Call) => Promise<Work>
}

/**
 * Whether a call of an operation with the member `DryRun` only asks if it would succeed. The pipeline then
 * answers with DryRunOperationException. An operation that would ask an external service for its outcome
 * skips that.
 */
export function isDryRun({ input }: Call): boolean {
  return 'DryRun' in input && input.DryRun === true
}
