import { KmsError } from '../api/errors.ts'
import type { Members } from '../api/shapes.ts'
import {
  type Awaitable,
  type Checked,
  defineOperation,
  type Invocation as InvocationOf,
  type NoMembers,
  type OutcomeOf,
} from '../dispatch/define-operation.ts'
import type { ContextLookup } from '../policy/context.ts'
import { seesEveryAccount } from './seen-accounts.ts'
import type { UsageDependencies, UsageOperation } from './usage-dependencies.ts'

/** An invocation of an operation, with its input and subject. */
export type Invocation<M extends Members, S> = InvocationOf<M, UsageDependencies> & { readonly subject: S }

/** A resource to authorize, and its condition keys. */
type Wanted = { readonly resource: string; readonly context?: ContextLookup }

/** The subject of a call, and the resources to authorize. */
export type Subject<S> = Wanted & { readonly subject: S; readonly also?: readonly Wanted[] }

/** The facts of an operation of this service. */
export type UsageOperationFacts<M extends Members, S, O extends Members> = {
  readonly name: string
  readonly input: M
  readonly output: O
  /** Whether finding the subject queries the index: then Holdfast charges the rate before it. */
  readonly findsByIndex?: true
  /** The rate to charge, unless it is that of queries to the index. */
  readonly rate?: 'light'
  /** Whether the operation changes anything: most are read-only. */
  readonly changes?: true
  /** Whether only callers that see every account may call it, whatever policies allow. */
  readonly operatorsOnly?: true
  /** @throws KmsError when the subject does not exist. */
  readonly find: (invocation: InvocationOf<M, UsageDependencies>) => Promise<Subject<S>> | Subject<S>
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
  const { name, input, output } = facts
  const readOnly = facts.changes !== true
  const declared = { service: 'holdfast', name, readOnly, input, output } as const
  return defineOperation<UsageDependencies, M, O, R>(declared, async (invocation) => {
    const { account } = invocation.call.caller
    const admit = (): void => {
      if (invocation.dependencies[facts.rate ?? 'limiter'].admit(account, undefined)) return
      throw new KmsError('ThrottlingException', 'Rate exceeded')
    }
    if (facts.findsByIndex === true) admit()
    const { call, dependencies } = invocation
    const isOperator = facts.operatorsOnly !== true || (await seesEveryAccount(dependencies, call.caller))
    const { subject, also = [], ...first } = await facts.find(invocation)
    const permissions = [first, ...also].map(({ resource, context = NO_KEYS }) => {
      return { action: `holdfast:${name}`, resource, account, policy: undefined, context }
    })
    return {
      permissions,
      check: () => {
        if (facts.findsByIndex !== true) admit()
        if (!isOperator) throw notOperators()
      },
      run: () => run({ ...invocation, subject }),
    }
  })
}

const NO_KEYS: ContextLookup = () => undefined

/**
 * Returns the error for a caller who may not see other accounts.
 * Source: AWS Organizations API Reference, "Common Errors".
 */
function notOperators(): KmsError {
  return new KmsError('AccessDeniedException', "You don't have permissions to access this resource.")
}
