import type { Members } from '../api/shapes.ts'
import {
  type Awaitable,
  type Checked,
  defineOperation,
  type Invocation,
  type NoMembers,
  type OutcomeOf,
} from '../dispatch/define-operation.ts'
import type { TrailDependencies, TrailOperation } from './trail-dependencies.ts'

/** What is true of an operation of CloudTrail before any request arrives. */
export type TrailFacts<M extends Members, O extends Members> = {
  readonly name: string
  readonly readOnly: boolean
  readonly input: M
  readonly output?: O | undefined
  /** The ARN of the permission; without it, `*`. @throws KmsError. */
  readonly resource?: (invocation: Invocation<M, TrailDependencies>) => string
}

/** An operation of CloudTrail: it needs the permission of its own name on one resource. */
export function trailOperation<
  M extends Members,
  O extends Members = NoMembers,
  const R extends OutcomeOf<O> = OutcomeOf<O>,
>(
  facts: TrailFacts<M, O>,
  run: (invocation: Invocation<M, TrailDependencies>) => Awaitable<Checked<O, R>>,
): TrailOperation {
  return defineOperation<TrailDependencies, M, O, R>({ service: 'cloudtrail', ...facts }, (invocation) => {
    const permission = {
      action: `cloudtrail:${facts.name}`,
      resource: facts.resource?.(invocation) ?? '*',
      account: invocation.call.caller.account,
      policy: undefined,
      context: () => undefined,
    }
    return { permissions: [permission], run: () => run(invocation) }
  })
}
