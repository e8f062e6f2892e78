import { KmsError } from '../../api/errors.ts'
import type { Members } from '../../api/shapes.ts'
import {
  type Awaitable,
  defineOperation,
  type Invocation,
  type NoMembers,
  type OutcomeOf,
  type WorkOf,
} from '../../dispatch/define-operation.ts'
import type { StsDependencies, StsOperation } from './sts-dependencies.ts'

/** What is true of an operation of STS before any request arrives. */
export type StsFacts<M extends Members, O extends Members> = {
  readonly name: string
  readonly readOnly: boolean
  readonly unsigned?: boolean
  /** Whether federated users may call it: all others are closed to them. */
  readonly federated?: boolean
  readonly input: M
  readonly output?: O | undefined
}

/** A call of an operation, with its input. */
export type StsInvocation<M extends Members> = Invocation<M, StsDependencies>

/** An operation of STS. @param begin finds what it is about, and what it needs. */
export function stsOperation<
  M extends Members,
  O extends Members = NoMembers,
  const R extends OutcomeOf<O> = OutcomeOf<O>,
>(
  { federated = false, unsigned = false, ...facts }: StsFacts<M, O>,
  begin: (invocation: StsInvocation<M>) => Awaitable<WorkOf<O, R>>,
): StsOperation {
  return defineOperation<StsDependencies, M, O, R>({ service: 'sts', unsigned, ...facts }, (invocation) => {
    // Source: STS API Reference, "GetFederationToken".
    if (!federated && invocation.call.caller.principal.type === 'FederatedUser') throw closed(facts.name)
    return begin(invocation)
  })
}

function closed(name: string): KmsError {
  return new KmsError('AccessDeniedException', `Cannot call ${name} with federated user credentials`)
}

/** Nothing is checked after the permissions. */
export const NO_CHECK = (): void => {}
