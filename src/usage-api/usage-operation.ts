import { KmsError } from '../api/errors.ts'
import type { Input, Members } from '../api/shapes.ts'
import type { Call, Operation, Outcome } from '../dispatch/operation.ts'
import { shownParameters } from '../dispatch/parameters.ts'
import type { ReportingOperation, ReportingParts } from './usage-dependencies.ts'

/** A call of an operation, with its input, and what it is about. */
export type Asked<M extends Members, S> = {
  readonly call: Call
  readonly input: Input<M>
  readonly parts: ReportingParts
  readonly subject: S
}

/** What a call is about, and the resource that permission is asked for. */
export type Subject<S> = { readonly resource: string; readonly subject: S }

/** What is true of an operation of this service before any request arrives. All of them change nothing. */
export type ReportingFacts<M extends Members, S> = {
  readonly name: string
  readonly input: M
  /** @throws KmsError when there is no such thing. */
  readonly find: (asked: Omit<Asked<M, S>, 'subject'>) => Promise<Subject<S>> | Subject<S>
}

/** An operation of our own service: it needs the permission of its own name, which identity policies give. */
export function reportingOperation<M extends Members, S>(
  facts: ReportingFacts<M, S>,
  run: (asked: Asked<M, S>) => Promise<Outcome>,
): ReportingOperation {
  return (parts): Operation => ({
    service: 'holdfast',
    name: facts.name,
    readOnly: true,
    members: facts.input,
    parameters: (input) => shownParameters(facts.input, input),
    begin: async (call) => {
      const asked = { call, input: typed<M>(call.input), parts }
      const { resource, subject } = await facts.find(asked)
      const { account } = call.caller
      const permission = {
        ...{ action: `holdfast:${facts.name}`, resource, account },
        policy: undefined,
        context: () => undefined,
      }
      return {
        permissions: [permission],
        check: () => {
          if (parts.limiter.admit(account, undefined)) return
          throw new KmsError('ThrottlingException', 'Rate exceeded')
        },
        run: () => run({ ...asked, subject }),
      }
    },
  })
}

/** The dispatcher has validated the input against the same members. */
function typed<M extends Members>(input: unknown): Input<M> {
  return input as Input<M>
}
