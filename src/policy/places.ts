import type { CompiledPolicy } from './compile.ts'
import { type Levels, levelsOfResource, type Policies, type PolicyKind } from './decide.ts'

/** A policy and what it is in a decision. */
export type PlacedPolicy = {
  readonly kind: PolicyKind
  /** For the policies of an organization: their level. */
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
export function mapPolicies(policies: Policies, change: (placed: PlacedPolicy) => CompiledPolicy): Policies {
  const all = (
    kind: PolicyKind,
    list: readonly CompiledPolicy[],
    level?: number,
  ): readonly CompiledPolicy[] => list.map((policy) => change({ kind, level, policy }))
  const { resource, boundary, session, scps, rcps } = policies
  return {
    resource: resource && change({ kind: 'resource', level: undefined, policy: resource }),
    identity: all('identity', policies.identity),
    boundary: boundary && change({ kind: 'boundary', level: undefined, policy: boundary }),
    session: session && all('session', session),
    scps: scps?.map((list, level) => all('scp', list, level)),
    rcps: rcps?.map((list, level) => all('rcp', list, level)),
    grants: policies.grants,
  }
}
