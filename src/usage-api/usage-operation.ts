import { KmsError } from '../api/errors.ts'
import type { Input, Members } from '../api/shapes.ts'
import {
  type Awaitable,
  type Checked,
  defineOperation,
  type Invocation as InvocationOf,
  type NoMembers,
  type OutcomeOf,
} from '../dispatch/define-operation.ts'
import { countedAs } from '../dispatch/issuer.ts'
import type { EventData } from '../dispatch/operation.ts'
import type { ContextLookup } from '../policy/context.ts'
import { seesEveryAccount } from './seen-accounts.ts'
import type { UsageDependencies, UsageOperation } from './usage-dependencies.ts'

/** An invocation of an operation, with its input and subject. */
export type Invocation<M extends Members, S> = InvocationOf<M, UsageDependencies> & { readonly subject: S }

/** A resource to authorize, and its condition keys. */
type Wanted = { readonly resource: string; readonly context?: ContextLookup }

/** What a call finds, and the resources to authorize. */
type Found = Wanted & {
  readonly also?: readonly Wanted[]
  /** How a denial names the resource, which must not depend on whether it exists. */
  readonly shown?: string
}

/** The subject of a call. */
export type Subject<S> = Found & { readonly subject: S }

/** The subject of a call does not exist, which callers with the permission are told by an error. */
export type Missing = Found & { readonly missing: KmsError }

/** The facts of an operation of this service. */
export type UsageOperationFacts<M extends Members, S, O extends Members> = {
  readonly name: string
  readonly input: M
  readonly output: O
  /** Whether finding the subject queries the index: then Holdfast charges the principal before it. */
  readonly findsByIndex?: true
  /** The rate to charge, unless it is that of queries to the index. */
  readonly rate?: 'light'
  /** Whether the operation changes anything: most are read-only. */
  readonly changes?: true
  /** The call's parameters in its audit event, where they differ from the input. */
  readonly parameters?: (input: Input<M>) => EventData
  /** Whether only callers that see every account may call it, whatever policies allow. */
  readonly operatorsOnly?: true
  /** @throws KmsError for an input that is invalid, or concerns what no caller of the account can see. */
  readonly find: (
    invocation: InvocationOf<M, UsageDependencies>,
  ) => Promise<Subject<S> | Missing> | Subject<S> | Missing
}

/** Declares an operation of the service `holdfast`: identity policies grant the permission of its name. */
export function usageOperation<
  M extends Members,
  S,
  O extends Members = NoMembers,
  const R extends OutcomeOf<O> = OutcomeOf<O>,
>(
  facts: UsageOperationFacts<M, S, O>,
  run: (invocation: Invocation<M, S>) => Awaitable<Checked<O, R>>,
): UsageOperation {
  const { name, input, output, parameters } = facts
  const readOnly = facts.changes !== true
  const declared = { service: 'holdfast', name, readOnly, input, output, parameters } as const
  return defineOperation<UsageDependencies, M, O, R>(declared, async (invocation) => {
    const { call, dependencies } = invocation
    const { requestId } = call
    const { account } = call.caller
    // The account is charged once its policies allow the call: users without permission must not use up its rate.
    if (facts.findsByIndex === true) {
      const counted = countedAs(call.caller)
      const finding = { requestId, account: counted?.account ?? account, region: counted?.principal }
      if (!dependencies.finds.admit(finding)) throw throttled()
    }
    const isOperator = facts.operatorsOnly !== true || (await seesEveryAccount(dependencies, call.caller))
    const found = await facts.find(invocation)
    const permissions = [found, ...(found.also ?? [])].map(({ resource, context = NO_KEYS }) => {
      const { shown } = found
      return { action: `holdfast:${name}`, resource, shown, account, policy: undefined, context }
    })
    return {
      permissions,
      check: () => {
        if (!dependencies[facts.rate ?? 'limiter'].admit({ requestId, account, region: undefined }))
          throw throttled()
        if (!isOperator) throw notOperators()
        if ('missing' in found) throw found.missing
      },
      run: () => {
        if ('missing' in found) throw found.missing
        return run({ ...invocation, subject: found.subject })
      },
    }
  })
}

function throttled(): KmsError {
  return new KmsError('ThrottlingException', 'Rate exceeded')
}

const NO_KEYS: ContextLookup = () => undefined

/**
 * Returns the error for a caller who may not see other accounts.
 * Source: AWS Organizations API Reference, "Common Errors".
 */
function notOperators(): KmsError {
  return new KmsError('AccessDeniedException', "You don't have permissions to access this resource.")
}
