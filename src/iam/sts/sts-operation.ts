import { KmsError } from '../../api/errors.ts'
import type { Input, Members } from '../../api/shapes.ts'
import type { Call, Operation, Work } from '../../dispatch/operation.ts'
import { shownParameters } from '../../dispatch/parameters.ts'
import type { StsOperation, StsParts } from './sts-dependencies.ts'

/** What is true of an operation of STS before any request arrives. */
export type StsFacts<M extends Members> = {
  readonly name: string
  readonly readOnly: boolean
  readonly unsigned?: boolean
  /** Whether federated users may call it: all others are closed to them. */
  readonly federated?: boolean
  readonly input: M
}

/** A call of an operation, with its input. */
export type StsAsked<M extends Members> = {
  readonly call: Call
  readonly input: Input<M>
  readonly parts: StsParts
}

/** An operation of STS. @param begin finds what it is about, and what it needs. */
export function stsOperation<M extends Members>(
  { name, readOnly, unsigned = false, federated = false, input }: StsFacts<M>,
  begin: (asked: StsAsked<M>) => Promise<Work> | Work,
): StsOperation {
  return (parts): Operation => ({
    service: 'sts',
    name,
    readOnly,
    unsigned,
    members: input,
    parameters: (given) => shownParameters(input, given),
    begin: async (call) => {
      // Source: STS API Reference, "GetFederationToken".
      if (!federated && call.caller.principal.type === 'FederatedUser') throw closed(name)
      return begin({ call, input: typed<M>(call.input), parts })
    },
  })
}

function closed(name: string): KmsError {
  return new KmsError('AccessDeniedException', `Cannot call ${name} with federated user credentials`)
}

/** The dispatcher has validated the input against the same members. */
function typed<M extends Members>(input: unknown): Input<M> {
  return input as Input<M>
}

/** Nothing is checked after the permissions. */
export const NO_CHECK = (): void => {}
