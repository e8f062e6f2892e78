import type { Input, Members } from '../api/shapes.ts'
import {
  type Awaitable,
  type Checked,
  defineOperation,
  type Invocation,
  type NoMembers,
  type OutcomeOf,
} from '../dispatch/define-operation.ts'
import type { Call, EventData, Permission } from '../dispatch/operation.ts'
import type { ContextLookup } from '../policy/context.ts'
import { findRecipient, type Recipient, recipientContext, withRecipient } from './cryptography/recipient.ts'
import type { KmsDependencies, KmsOperation } from './kms-dependencies.ts'

/** What is true of an operation that names no key. */
export type AccountFacts<M extends Members, O extends Members> = {
  readonly name: string
  readonly readOnly: boolean
  readonly input: M
  readonly output?: O | undefined
  readonly context?: (input: Input<M>) => ContextLookup
  /** Further actions that the call needs, without prefix. */
  readonly alsoNeeds?: (input: Input<M>) => readonly string[]
  /** Checks of parameters. @throws KmsError. */
  readonly checkInput?: (input: Input<M>, call: Call, dependencies: KmsDependencies) => void
  readonly parameters?: (input: Input<M>) => EventData
}

/** A call of an operation without a key. */
type AccountInvocation<M extends Members> = Invocation<M, KmsDependencies> & {
  /** The recipient of a sealed answer. */
  readonly recipient: Recipient
}

const NO_CONTEXT: ContextLookup = () => undefined

/** An operation on the caller's account: only identity policies decide about it. */
export function accountOperation<
  M extends Members,
  O extends Members = NoMembers,
  const R extends OutcomeOf<O> = OutcomeOf<O>,
>(facts: AccountFacts<M, O>, run: (given: AccountInvocation<M>) => Awaitable<Checked<O, R>>): KmsOperation {
  return defineOperation<KmsDependencies, M, O, OutcomeOf<O>>(
    { service: 'kms', ...facts },
    async (invocation) => {
      const { call, input, dependencies } = invocation
      facts.checkInput?.(input, call, dependencies)
      const recipient = await findRecipient(call, dependencies)
      const context = recipientContext(recipient, facts.context?.(input) ?? NO_CONTEXT)
      const names = [facts.name, ...(facts.alsoNeeds?.(input) ?? [])]
      return {
        permissions: names.map((name) => accountPermission(call, name, context)),
        run: async () => withRecipient(await run({ ...invocation, recipient }), recipient),
      }
    },
  )
}

/** The permission for `name` without a resource. */
export function accountPermission(call: Call, name: string, context?: ContextLookup): Permission {
  const { account } = call.caller
  return {
    action: `kms:${name}`,
    resource: '*',
    account,
    policy: undefined,
    context: (key) => (key === 'kms:calleraccount' ? account : context?.(key)),
  }
}
