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

/** One resource that an audit event names. */
export type EventResource = {
  readonly account: string
  readonly arn: string
  /** A KMS key when it does not say. */
  readonly type?: string
}

/** Text values of an audit event: members in lower camel case, never a secret. */
export type EventData = { readonly [name: string]: unknown }

/** What the service has done by itself, or in consequence of a call. */
export type Consequence = ServiceEvent

/** One authenticated call, as its operation sees it. */
export type Call<M extends Members = Members> = {
  /** The id that the answer and the audit event carry. */
  readonly requestId: string
  readonly caller: Caller
  /** The region of the credential scope: it partitions every resource. */
  readonly region: string
  readonly input: Input<M>
  readonly now: EpochMs
  /** Global condition keys of this call: see `context.ts`. */
  readonly context: ContextLookup
  /** Names a resource in the call's audit event, also when the call is refused afterwards. */
  readonly involve: (resource: EventResource) => void
  /** Redacts the resources of other accounts from the call's audit event: a refused caller may not learn of them. */
  readonly redact: () => void
  /** Says in the audit event of an unsigned call who made it, once that is proven. */
  readonly identify: (who: { readonly account: string; readonly identityJson: string }) => void
}

/** One thing that the caller must be allowed to do. */
export type Permission = {
  /** `kms:Encrypt` and the like. */
  readonly action: string
  /** The ARN of what it is done to; `*` for actions without a resource. */
  readonly resource: string
  /** How a refusal names the resource, where not by its ARN. */
  readonly shown?: string | undefined
  /** The account that owns the resource. */
  readonly account: string
  /** The resource's own policy; none for resources without one. */
  readonly policy: CompiledPolicy | undefined
  /** Condition keys of this resource and action; asked before the call's own. */
  readonly context: ContextLookup
  /** Finds the grants that cover it; asked only when the policies do not allow and none of them denies. */
  readonly grants?: (() => Promise<readonly MatchedGrant[]>) | undefined
  /** Who needs the permission, where it is not the caller as its signature says. */
  readonly principal?: Principal
  /** Whether the resource is a key that AWS manages, which no resource control policy binds. */
  readonly managedByAws?: boolean
  /** What a caller of another account is told instead of the reason of a refusal. */
  readonly hidden?: KmsError
}

/** What an operation has become once its resources are found. */
export type Work = {
  /** Each is decided in order; the first refusal is the answer. */
  readonly permissions: readonly Permission[]
  /** Key states, usages and other rules that are checked after the permissions. @throws KmsError. */
  readonly check: () => void
  readonly run: () => Promise<Outcome> | Outcome
}

/** What an operation computed. Nothing of it has happened yet. */
export type Outcome = {
  /** Members of the answer; an operation without output leaves it out and answers an empty body. */
  readonly output?: Output
  /** What should change, committed with the event in one batch. */
  readonly changes?: readonly Change[]
  readonly event?: {
    readonly response?: EventData | undefined
    readonly additional?: EventData | undefined
    /** What the service has done in consequence, each with an event of its own in the same commit. */
    readonly also?: readonly Consequence[]
  }
  /** Runs once the answer is written out as text, or will not be: clears plaintexts. */
  readonly dispose?: () => void
}

/** What an operation accepts as the key that it works on. */
export type KeyRules = {
  /** The key states in which it works. */
  readonly states: readonly string[]
  /** Whether an alias may name the key. */
  readonly aliases: boolean
  /** Whether the key may belong to another account than the caller's. */
  readonly crossAccount: boolean
}

/**
 * An operation: facts that are true before any request arrives, and `begin`, which finds the
 * resources of one call. The order of all the steps around it is written in `pipeline.ts`.
 */
export type Operation = {
  readonly service: ServiceName
  readonly name: string
  /** Whether audit records mark it as changing nothing. */
  readonly readOnly: boolean
  /** Whether the call carries no signature: what proves the caller is in its input. */
  readonly unsigned?: boolean
  readonly members: Members
  /** The members of its answer. */
  readonly output?: Members
  /** For an operation on a key. The documentation is made from it. */
  readonly onKey?: KeyRules
  /** The call's parameters as its audit event shows them; `null` when it shows none. */
  readonly parameters: (input: Input<Members>) => EventData | null
  /**
   * Finds the resources of a call, without changing anything.
   *
   * @throws KmsError when a resource cannot be named or found.
   */
  readonly begin: (call: Call) => Promise<Work>
}
