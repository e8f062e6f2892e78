import type { AccessRequest, MatchedGrant, Principal } from '../../../src/policy/decide.ts'
import { conditionHolds } from './conditions.ts'
import { matchesAction, matchesResource, type Values } from './matching.ts'

/** A policy as it is written. */
export type Document = { readonly Version?: string; readonly Statement: readonly Statement[] }

export type Statement = {
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: Names
  readonly NotPrincipal?: Names
  readonly Action?: readonly string[]
  readonly NotAction?: readonly string[]
  readonly Resource?: readonly string[]
  readonly NotResource?: readonly string[]
  readonly Condition?: { readonly [operator: string]: { readonly [key: string]: readonly string[] } }
}

type Names = '*' | { readonly [type: string]: readonly string[] }

/** Everything that a decision rests on, as plain data. */
export type World = {
  readonly request: Omit<AccessRequest, 'context'>
  readonly context: Values
  readonly resource?: Document | undefined
  readonly identity: readonly Document[]
  readonly boundary?: Document | undefined
  readonly session?: readonly Document[] | undefined
  readonly scps?: readonly (readonly Document[])[] | undefined
  readonly rcps?: readonly (readonly Document[])[] | undefined
  readonly grants: readonly MatchedGrant[]
}

/** What comes out: allowed, or how it is refused. */
export type Answer = 'allowed' | 'denied' | 'not allowed'

/**
 * A second evaluator, written from the documentation alone and as simply as can be: it shares no code with
 * `src/policy`, reads documents as they are, and asks every statement. Where `src/policy` looks for what counts
 * most, this one tries every way in which a request may be allowed.
 */
export function evaluate(world: World): Answer {
  const retiring = world.request.action.toLowerCase() === 'kms:retiregrant'
  const scps = world.scps ?? []
  const rcps = retiring ? [] : (world.rcps ?? [])
  const everything = [
    ...(world.resource === undefined ? [] : [world.resource]),
    ...world.identity,
    ...(world.boundary === undefined ? [] : [world.boundary]),
    ...(world.session ?? []),
    ...scps.flat(),
    ...rcps.flat(),
  ]
  const denied = everything.some((document) => waysIn(document, 'Deny', world).length > 0)
  if (denied) return 'denied'
  const levelsAllow = [...scps, ...rcps].every((level) => level.some((document) => allows(document, world)))
  return levelsAllow && isAllowed(world, retiring) ? 'allowed' : 'not allowed'
}

function isAllowed(world: World, retiring: boolean): boolean {
  const { principal, action, resource, resourceAccount } = world.request
  const ways = [
    ...(world.resource === undefined || retiring ? [] : waysIn(world.resource, 'Allow', world)),
    ...world.grants.flatMap((grant) => wayOfGrant(grant, principal)),
  ]
  const account = 'account' in principal ? principal.account : undefined
  const isKey = resource.includes(':kms:') && resource.includes(':key/')
  if (account !== undefined && account !== resourceAccount) {
    const agreed = world.grants
      .filter((grant) => retiring || grant.issuingAccount === account)
      .flatMap((grant) => wayOfGrant(grant, principal))
    const home = ownAccountAllows(world) || agreed.some((way) => suffices(way, world))
    return home && ways.length > 0 && (!isKey || WORKS_ACROSS.test(action))
  }
  const closed = isKey || /^sts:(assumerole|tagsession|set)/i.test(action) || world.resource !== undefined
  return closed ? ways.some((way) => suffices(way, world)) : ownAccountAllows(world)
}

const WORKS_ACROSS =
  /^kms:(Encrypt|Decrypt|ReEncrypt.*|GenerateDataKey.*|GenerateMac|VerifyMac|Sign|Verify|GetPublicKey|DescribeKey|CreateGrant|RetireGrant|RevokeGrant|ListGrants|GetKeyRotationStatus|DeriveSharedSecret|Encapsulate|Decapsulate)$/

/** How a principal is named: itself (or everyone), by its role or maker, or by its account. */
type Way = 'itself' | 'maker' | 'account'

/** Whether a way in is enough, in the principal's own account. */
function suffices(way: Way, world: World): boolean {
  if (way === 'itself') return true
  return way === 'maker' ? withinLimits(world) : ownAccountAllows(world)
}

function withinLimits(world: World): boolean {
  const bounded = world.boundary === undefined || allows(world.boundary, world)
  const { session, request } = world
  // Whoever made a federated session passes nothing on to it without a session policy.
  if (session === undefined) return bounded && request.principal.type !== 'FederatedUser'
  return bounded && session.some((document) => allows(document, world))
}

function ownAccountAllows(world: World): boolean {
  const { principal } = world.request
  const { type } = principal
  if (type === 'Root') return true
  if (isMadeByRoot(principal)) return withinLimits(world)
  return world.identity.some((document) => allows(document, world)) && withinLimits(world)
}

function allows(document: Document, world: World): boolean {
  return waysIn(document, 'Allow', world).length > 0
}

/** How the statements of this effect that match name the principal. */
function waysIn(document: Document, effect: 'Allow' | 'Deny', world: World): readonly Way[] {
  const variables = document.Version === '2012-10-17'
  return document.Statement.filter((statement) => statement.Effect === effect)
    .filter((statement) => covers(statement, world, variables))
    .flatMap((statement) => wayOf(statement, world))
}

function covers(statement: Statement, world: World, variables: boolean): boolean {
  const { action, resource } = world.request
  const { context } = world
  const { Action, NotAction, Resource, NotResource, Condition = {} } = statement
  const acts = (list: readonly string[]): boolean => list.some((pattern) => matchesAction(pattern, action))
  const isOn = (list: readonly string[]): boolean =>
    list.some((pattern) => matchesResource(pattern, resource, variables, context))
  if (Action !== undefined && !acts(Action)) return false
  if (NotAction !== undefined && acts(NotAction)) return false
  if (Resource !== undefined && !isOn(Resource)) return false
  if (NotResource !== undefined && isOn(NotResource)) return false
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) =>
      conditionHolds(operator, key, values, { context, variables }),
    ),
  )
}

function wayOf(statement: Statement, world: World): readonly Way[] {
  const { principal } = world.request
  const { Principal, NotPrincipal } = statement
  if (NotPrincipal !== undefined) {
    const whole = identities(principal).every((names) => names.some((name) => isListed(NotPrincipal, name)))
    const exempt = world.boundary === undefined && (isEveryone(NotPrincipal) || whole)
    return exempt ? [] : ['itself']
  }
  if (Principal === undefined || isEveryone(Principal)) return ['itself']
  return waysFor(principal, (name) => isListed(Principal, name))
}

function wayOfGrant({ grantee }: MatchedGrant, principal: Principal): readonly Way[] {
  return waysFor(principal, (name) => isListed({ AWS: [grantee], Service: [grantee] }, name))
}

/** Every way, not just the best. */
function waysFor(principal: Principal, isNamed: (name: string) => boolean): readonly Way[] {
  const [self = [], ...others] = identities(principal)
  const account = others.at(-1) ?? []
  const maker = others.length > 1 ? (others[0] ?? []) : []
  const ways: Way[] = []
  if (self.some(isNamed)) ways.push('itself')
  if (maker.some(isNamed)) ways.push('maker')
  if (account.some(isNamed)) ways.push('account')
  return ways
}

function isEveryone(names: Names): boolean {
  return names === '*' || (names['AWS'] ?? []).includes('*')
}

function isListed(names: Names, name: string): boolean {
  if (names === '*') return true
  const listed = Object.values(names)
    .flat()
    .map((one) => (/^\d{4}-\d{4}-\d{4}$/.test(one) ? one.replaceAll('-', '') : one))
  return listed.includes(name) || listed.includes(`arn:aws:iam::${name}:root`)
}

/** The root user has every permission in its account, and gives a federated session what its session policy leaves. */
function isMadeByRoot(principal: Principal): boolean {
  return principal.type === 'FederatedUser' && principal.issuerArn.endsWith(':root')
}

/** The principal from itself to its account, each with all its names. */
function identities(principal: Principal): readonly (readonly string[])[] {
  switch (principal.type) {
    case 'Root':
      return [[principal.account]]
    case 'User':
      return [[principal.arn, principal.id ?? principal.arn], [principal.account]]
    case 'AssumedRole': {
      const { arn, roleArn, roleId, account } = principal
      const session = arn.slice(arn.lastIndexOf('/') + 1)
      return [
        [arn, roleId === undefined ? arn : `${roleId}:${session}`],
        [roleArn, roleId ?? roleArn],
        [account],
      ]
    }
    case 'FederatedUser': {
      const { arn, issuerArn, issuerId, account } = principal
      return isMadeByRoot(principal)
        ? [[arn], [account]]
        : [[arn], [issuerArn, issuerId ?? issuerArn], [account]]
    }
    case 'Service':
    case 'WebIdentity':
      return [[principal.arn]]
  }
}
