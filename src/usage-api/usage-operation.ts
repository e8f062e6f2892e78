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
import type { UsageDependencies, UsageOperation } from './usage-dependencies.ts'

/** An invocation of an operation, with its input and subject. */
export type Invocation<M extends Members, S> = InvocationOf<M, UsageDependencies> & { readonly subject: S }

/** The subject of a call, and the resource to authorize. */
export type Subject<S> = { readonly resource: string; readonly subject: S }

/** The facts of an operation of this service. All are read-only. */
export type UsageOperationFacts<M extends Members, S, O extends Members> = {
  readonly name: string
  readonly input: M
  readonly output: O
  /** @throws KmsError when the subject does not exist. */
  readonly find: (invocation: InvocationOf<M, UsageDependencies>) => Promise<Subject<S>> | Subject<S>
}

/** Declares an operation of the service `holdfast`: identity policies grant the permission of its name. */
export function usageOperation<
  M extends Members,
  S,
  O extends Members = NoMembers,
  R extends OutcomeOf<O> = OutcomeOf<O>,
>(
  facts: UsageOperationFacts<M, S, O>,
  run: (invocation: Invocation<M, S>) => Awaitable<Checked<O, R>>,
): UsageOperation {
  const { name, input, output } = facts
  const declared = { service: 'holdfast', name, readOnly: true, input, output } as const
  return defineOperation<UsageDependencies, M, O, R>(declared, async (invocation) => {
    const { resource, subject } = await facts.find(invocation)
    const { account } = invocation.call.caller
    const permission = {
      ...{ action: `holdfast:${name}`, resource, account },
      policy: undefined,
      context: () => undefined,
    }
    return {
      permissions: [permission],
      check: () => {
        if (invocation.dependencies.limiter.admit(account, undefined)) return
        throw new KmsError('ThrottlingException', 'Rate exceeded')
      },
      run: () => run({ ...invocation, subject }),
    }
  })
}
