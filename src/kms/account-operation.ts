import type { Input, Members } from '../api/shapes.ts'
import type { Call, EventData, Operation, Outcome, Permission } from '../dispatch/operation.ts'
import { shownParameters } from '../dispatch/parameters.ts'
import type { ContextLookup } from '../policy/context.ts'
import { findRecipient, type Recipient, recipientContext, withRecipient } from './cryptography/recipient.ts'
import type { KmsOperation, KmsParts } from './kms-dependencies.ts'

/** What is true of an operation that names no key. */
export type AccountFacts<M extends Members> = {
  readonly name: string
  readonly readOnly: boolean
  readonly input: M
  readonly context?: (input: Input<M>) => ContextLookup
  /** Further actions that the call needs, by their names without prefix. */
  readonly alsoNeeds?: (input: Input<M>) => readonly string[]
  /** Checks of parameters. @throws KmsError. */
  readonly checkInput?: (input: Input<M>, call: Call, parts: KmsParts) => void
  readonly parameters?: (input: Input<M>) => EventData
}

/** What an operation without a key does. */
export type AccountRun<M extends Members> = (given: {
  readonly call: Call
  readonly input: Input<M>
  readonly parts: KmsParts
  /** Whom the answer is sealed for. */
  readonly recipient: Recipient
}) => Promise<Outcome> | Outcome

const NO_CONTEXT: ContextLookup = () => undefined

/** An operation on the caller's account: identity policies alone decide about it. */
export function accountOperation<M extends Members>(
  facts: AccountFacts<M>,
  run: AccountRun<M>,
): KmsOperation {
  return (parts): Operation => ({
    service: 'kms',
    name: facts.name,
    readOnly: facts.readOnly,
    members: facts.input,
    parameters: (input) => shownParameters(facts.input, facts.parameters?.(typed(input)) ?? input),
    begin: async (call) => {
      const input = typed<M>(call.input)
      facts.checkInput?.(input, call, parts)
      const recipient = await findRecipient(call, parts)
      const context = recipientContext(recipient, facts.context?.(input) ?? NO_CONTEXT)
      const names = [facts.name, ...(facts.alsoNeeds?.(input) ?? [])]
      return {
        permissions: names.map((name) => accountPermission(call, name, context)),
        check: () => {},
        run: async () => withRecipient(await run({ call, input, parts, recipient }), recipient),
      }
    },
  })
}

/** The dispatcher has validated the input against the same members. */
function typed<M extends Members>(input: unknown): Input<M> {
  return input as Input<M>
}

/** The permission to do `name` where no resource is named. */
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
