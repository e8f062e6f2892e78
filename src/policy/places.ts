import type { CompiledPolicy } from './compile.ts'
import { type Levels, levelsOfResource, type Policies, type PolicyKind } from './decide.ts'

/** A policy and what it is in a decision. */
export type PlacedPolicy = {
  readonly kind: PolicyKind
  /** For the policies of an organisation: their level. */
  readonly level: number | undefined
  readonly policy: CompiledPolicy
}

/** All policies that a decision about the action asks. */
export function allPolicies(policies: Policies, actionLowerCased: string): readonly PlacedPolicy[] {
  return [
    ...ofLevels('scp', policies.scps),
    ...ofLevels('rcp', levelsOfResource(policies, actionLowerCased)),
    ...ofKind('resource', policies.resource === undefined ? [] : [policies.resource]),
    ...ofKind('identity', policies.identity),
    ...ofKind('boundary', policies.boundary === undefined ? [] : [policies.boundary]),
    ...ofKind('session', policies.session ?? []),
  ]
}

function ofKind(kind: PolicyKind, list: readonly CompiledPolicy[], level?: number): readonly PlacedPolicy[] {
  return list.map((policy) => ({ kind, level, policy }))
}

function ofLevels(kind: PolicyKind, levels: Levels = []): readonly PlacedPolicy[] {
  return levels.flatMap((list, level) => ofKind(kind, list, level))
}

/** The same policies, each replaced. */
export function mapPolicies(
  policies: Policies,
  change: (policy: CompiledPolicy) => CompiledPolicy,
): Policies {
  const levels = (list: Levels | undefined): Levels | undefined => list?.map((level) => level.map(change))
  return {
    resource: policies.resource && change(policies.resource),
    identity: policies.identity.map(change),
    boundary: policies.boundary && change(policies.boundary),
    session: policies.session?.map(change),
    scps: levels(policies.scps),
    rcps: levels(policies.rcps),
    grants: policies.grants,
  }
}
