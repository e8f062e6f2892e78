import type { Input, Members } from '../api/shapes.ts'
import type { Call, Operation, Outcome } from '../dispatch/operation.ts'
import { shownParameters } from '../dispatch/parameters.ts'
import type { TrailOperation, TrailParts } from './trail-dependencies.ts'

/** A call of an operation, with its input. */
export type Asked<M extends Members> = {
  readonly call: Call
  readonly input: Input<M>
  readonly parts: TrailParts
}

/** What is true of an operation of CloudTrail before any request arrives. */
export type TrailFacts<M extends Members> = {
  readonly name: string
  readonly readOnly: boolean
  readonly input: M
  /** The ARN that permission is asked for; `*` when left out. @throws KmsError. */
  readonly resource?: (asked: Asked<M>) => string
}

/** An operation of CloudTrail: it needs the permission of its own name on one thing. */
export function trailOperation<M extends Members>(
  facts: TrailFacts<M>,
  run: (asked: Asked<M>) => Promise<Outcome> | Outcome,
): TrailOperation {
  return (parts): Operation => ({
    service: 'cloudtrail',
    name: facts.name,
    readOnly: facts.readOnly,
    members: facts.input,
    parameters: (input) => shownParameters(facts.input, input),
    begin: async (call) => {
      const asked = { call, input: typed<M>(call.input), parts }
      const permission = {
        action: `cloudtrail:${facts.name}`,
        resource: facts.resource?.(asked) ?? '*',
        account: call.caller.account,
        policy: undefined,
        context: () => undefined,
      }
      return { permissions: [permission], check: () => {}, run: () => run(asked) }
    },
  })
}

/** The dispatcher has validated the input against the same members. */
function typed<M extends Members>(input: unknown): Input<M> {
  return input as Input<M>
}
