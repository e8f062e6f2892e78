import {
  type CompiledPolicy,
  compilePolicy,
  joined,
  type StatementSource,
  withoutStatements,
} from './compile.ts'
import {
  type AccessRequest,
  decide,
  type Levels,
  levelsOfResource,
  type Policies,
  type PolicyKind,
  questionFor,
} from './decide.ts'
import { Naming, specOf } from './naming.ts'
import { splitArn } from './pattern.ts'
import { allPolicies, mapPolicies } from './places.ts'
import type { Principal } from './principal.ts'
import { applies, askAll, nameIn } from './verdict.ts'

/** One thing to change so that a refused request would be allowed. */
export type Change =
  /** A statement that denies has to go, or to leave the request out. */
  | {
      readonly kind: 'LiftDeny'
      readonly policy: PolicyKind
      readonly level: number | undefined
      readonly statement: StatementSource
    }
  | AddAllow

/** A policy of this kind (at this level) has to allow. */
type AddAllow = {
  readonly kind: 'AddAllow'
  readonly policy: PolicyKind
  readonly level: number | undefined
  readonly action: string
  readonly resource: string
  /** Whom the statement has to name, where statements name somebody. */
  readonly principal: string | undefined
}

/**
 * The fewest changes that would have allowed a request: none for one that is allowed; nothing when no change of a
 * policy would do. With all of them `decide` allows ({@link withChanges}); with any left out it does not.
 *
 * Among equally few, those on the principal's side are preferred to those in the resource's policy.
 */
export function smallestChange(request: AccessRequest, policies: Policies): readonly Change[] | undefined {
  const decision = decide(request, policies)
  if (decision.allow) return []
  const needed = decision.why.kind === 'Failed' ? undefined : findNeededChanges(request, policies)
  if (needed === undefined) return undefined
  for (const optional of bySize(optionalChanges(request, policies))) {
    const changes = [...needed, ...optional]
    if (decide(request, withChanges(policies, changes)).allow) return changes
  }
  return undefined
}

/** The policies after the changes. */
export function withChanges(policies: Policies, changes: readonly Change[]): Policies {
  const lifts = changes.filter((change) => change.kind === 'LiftDeny')
  const lifted = mapPolicies(policies, ({ kind, level, policy }) => {
    const here = lifts.filter((lift) => lift.policy === kind && lift.level === level)
    return withoutStatements(policy, new Set(here.map(({ statement }) => statement)))
  })
  return changes.reduce(
    (after, change) => (change.kind === 'AddAllow' ? withAllow(after, change) : after),
    lifted,
  )
}

/** Nothing when the policies cannot be evaluated: then they cannot be mended either. */
function findNeededChanges(request: AccessRequest, policies: Policies): readonly Change[] | undefined {
  try {
    return neededChanges(request, policies)
  } catch {
    return undefined
  }
}

/** Changes without which the request is refused whatever else changes. */
function neededChanges(request: AccessRequest, policies: Policies): readonly Change[] {
  const question = questionFor(request, policies)
  const { actionLowerCased } = question
  const denies: Change[] = []
  // A policy may be there twice, attached to a user and to a group: its statement is lifted once.
  for (const { kind, level, policy } of allPolicies(policies, actionLowerCased)) {
    for (const deny of policy.about(question).denies) {
      if (nameIn(deny, question) === Naming.None || !applies(deny, question)) continue
      const change: Change = { kind: 'LiftDeny', policy: kind, level, statement: deny.source }
      if (!denies.some((other) => isSameLift(other, change))) denies.push(change)
    }
  }
  const lifted = withChanges(policies, denies)
  const silent = (levels: Levels | undefined): readonly number[] =>
    (levels ?? []).flatMap((level, index) => (askAll(level, question).allow === undefined ? [index] : []))
  return [
    ...denies,
    ...silent(lifted.scps).map((level) => addAllow(request, 'scp', { level })),
    ...silent(levelsOfResource(lifted, actionLowerCased)).map((level) => addAllow(request, 'rcp', { level })),
  ]
}

function isSameLift(a: Change, b: Change): boolean {
  return (
    a.kind === 'LiftDeny' &&
    b.kind === 'LiftDeny' &&
    a.statement === b.statement &&
    a.policy === b.policy &&
    a.level === b.level
  )
}

/** Changes of which some may be needed, those first that reach least far. */
function optionalChanges(request: AccessRequest, policies: Policies): readonly Change[] {
  const { principal } = request
  const [self, maker] = namesFor(principal)
  const changes = [addAllow(request, 'identity')]
  if (policies.boundary !== undefined) changes.push(addAllow(request, 'boundary'))
  changes.push(addAllow(request, 'session'), addAllow(request, 'resource', { principal: maker }))
  if (self !== maker) changes.push(addAllow(request, 'resource', { principal: self }))
  return changes
}

/** What a resource's policy calls the principal: itself, and what it should rather name. */
function namesFor(principal: Principal): readonly [string, string] {
  switch (principal.type) {
    case 'AssumedRole':
      return [principal.arn, principal.roleArn]
    case 'FederatedUser':
      return [principal.arn, principal.issuerArn]
    case 'Root':
    case 'User':
    case 'Service':
    case 'WebIdentity':
      return [principal.arn, principal.arn]
  }
}

type Where = { readonly level?: number; readonly principal?: string }

function addAllow({ action, resource }: AccessRequest, policy: PolicyKind, where: Where = {}): Change {
  return { kind: 'AddAllow', policy, level: where.level, action, resource, principal: where.principal }
}

/** Every choice of some of the items, smaller ones first; among equals, earlier items first. */
function bySize<T>(items: readonly T[]): readonly (readonly T[])[] {
  const choices: (readonly T[])[] = [[]]
  for (const item of items) choices.push(...choices.map((choice) => [...choice, item]))
  return choices.toSorted((a, b) => a.length - b.length)
}

function withAllow(policies: Policies, change: AddAllow): Policies {
  const added = allowing(change)
  const inLevel = (levels: Levels | undefined): Levels | undefined =>
    levels?.map((level, index) => (index === change.level ? [...level, added] : level))
  switch (change.policy) {
    case 'scp':
      return { ...policies, scps: inLevel(policies.scps) }
    case 'rcp':
      return { ...policies, rcps: inLevel(policies.rcps) }
    case 'resource':
      return { ...policies, resource: joined(policies.resource, added) }
    case 'identity':
      return { ...policies, identity: [...policies.identity, added] }
    case 'boundary':
      return { ...policies, boundary: joined(policies.boundary, added) }
    case 'session':
      return { ...policies, session: [...(policies.session ?? []), added] }
  }
}

/** A policy of one statement that allows. In the version without variables, an ARN is only itself. */
function allowing({ action, resource, principal }: AddAllow): CompiledPolicy {
  return compilePolicy({
    version: '2008-10-17',
    id: undefined,
    statements: [
      {
        sid: undefined,
        effect: 'Allow',
        principals: principal === undefined ? undefined : { negated: false, values: [specOf(principal)] },
        actions: { negated: false, values: [action] },
        resources: { negated: false, values: [splitArn(resource) === undefined ? '*' : resource] },
        conditions: [],
      },
    ],
  })
}
