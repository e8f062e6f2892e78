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

/** A call of an operation, with its input, and what it is about. */
export type Invocation<M extends Members, S> = InvocationOf<M, UsageDependencies> & { readonly subject: S }

/** What a call is about, and the resource that permission is asked for. */
export type Subject<S> = { readonly resource: string; readonly subject: S }

/** What is true of an operation of this service before any request arrives. All of them change nothing. */
export type UsageOperationFacts<M extends Members, S, O extends Members> = {
  readonly name: string
  readonly input: M
  readonly output: O
  /** @throws KmsError when there is no such thing. */
  readonly find: (invocation: InvocationOf<M, UsageDependencies>) => Promise<Subject<S>> | Subject<S>
}

/** An operation of our own service: it needs the permission of its own name, which identity policies give. */
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
