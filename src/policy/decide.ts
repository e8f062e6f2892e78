import type { CompiledPolicy } from './compile.ts'
import type { StatementSource } from './compiled-statement.ts'
import type { ContextLookup } from './context.ts'
import { firmestGrant, isIssuedFor, type MatchedGrant } from './grants.ts'
import {
  CROSS_ACCOUNT_ACTIONS,
  GRANT_ONLY_ACTION,
  isDecidedByEither,
  isKeyArn,
  isTrustAction,
} from './key-actions.ts'
import { Naming } from './naming.ts'
import { type Identities, isOfRoot, type Principal } from './principal.ts'
import { ask, askAll, NO_VERDICT, type Question, questionOf, type Verdict } from './verdict.ts'

export type { MatchedGrant } from './grants.ts'
export type { Principal } from './principal.ts'

/** An action of a principal on a resource. */
export type AccessRequest = {
  readonly principal: Principal
  /** `kms:Encrypt` and the like. */
  readonly action: string
  /** An ARN, or `*` for actions without a resource. */
  readonly resource: string
  /** The account that owns the resource. For `*`: the principal's. */
  readonly resourceAccount: string
  readonly context: ContextLookup
}

/** The policies of an organization, by level from its root down: at each level, one must allow. */
export type Levels = readonly (readonly CompiledPolicy[])[]

/** All policies that decide about a request. */
export type Policies = {
  /**
   * The policy of the resource: a key policy, a role's trust policy, the policy of a bucket or a function. If a key or role has one, it or
   * a grant must allow: no other policy can replace it.
   */
  readonly resource?: CompiledPolicy | undefined
  /** The policies of the user and its groups, of the role, or of the user who made a federated session. */
  readonly identity: readonly CompiledPolicy[]
  /** The permissions boundary of the user or role. */
  readonly boundary?: CompiledPolicy | undefined
  /** Passed when the session was made; together they are one limit. */
  readonly session?: readonly CompiledPolicy[] | undefined
  /** Service control policies of the principal's account; none for an account that they do not bind. */
  readonly scps?: Levels | undefined
  /** Resource control policies of the resource's account. */
  readonly rcps?: Levels | undefined
  /** Grants on the key that list the operation and whose constraints hold. */
  readonly grants?: readonly MatchedGrant[] | undefined
}

/** The kind of a policy in a decision. */
export type PolicyKind = 'scp' | 'rcp' | 'resource' | 'identity' | 'boundary' | 'session'

/** A decision and what settled it. */
export type Decision =
  | { readonly allow: true; readonly by: AllowReason }
  | { readonly allow: false; readonly why: DenyReason }

type AllowReason =
  | { readonly kind: 'Statement'; readonly policy: PolicyKind; readonly statement: StatementSource }
  | { readonly kind: 'Grant'; readonly grantId: string }
  /**
   * The root user of an account, and the sessions it made within their limits, may do whatever nothing
   * denies.
   */
  | { readonly kind: 'RootUser' }

/** Why a request is not allowed. A level is one of {@link Levels}, from 0. */
export type DenyReason =
  | {
      readonly kind: 'ExplicitDeny'
      readonly policy: PolicyKind
      readonly statement: StatementSource
      readonly level?: number
    }
  /** No policy of this kind (at this level) allows it. */
  | { readonly kind: 'NotAllowed'; readonly policy: PolicyKind; readonly level?: number }
  /** No policy could allow it: the action does not work across accounts. */
  | { readonly kind: 'NotAcrossAccounts' }
  /** A policy could not be evaluated. */
  | { readonly kind: 'Failed'; readonly error: unknown }

/**
 * Decides one request. It denies what it cannot evaluate.
 *
 * The reason is for logs and for the account that owns the policy; a caller from another account sees only
 * what `denialMessage` makes of it.
 *
 * Source: IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic"; KMS
 * Developer Guide, "Troubleshooting key access".
 */
export function decide(request: AccessRequest, policies: Policies): Decision {
  try {
    return settle(request, policies)
  } catch (error) {
    return { allow: false, why: { kind: 'Failed', error } }
  }
}

/** The question that a request asks of each policy. */
export function questionFor(request: AccessRequest, policies: Policies): Question {
  return questionOf(request, policies.boundary !== undefined)
}

function settle(request: AccessRequest, policies: Policies): Decision {
  const question = questionFor(request, policies)
  const verdicts = askPolicies(policies, question)
  if ('why' in verdicts) return verdicts
  const missing = missingLevel('scp', verdicts.scps)
  if (missing !== undefined) return missing
  const retires = question.actionLowerCased === GRANT_ONLY_ACTION
  const access = accessTo(retires ? NO_VERDICT : verdicts.resource, policies.grants, question.identities)
  if (isForeign(request)) return settleForeign({ request, policies, question, verdicts, access })
  return (
    missingLevel('rcp', verdicts.rcps) ??
    (isDecidedByResource(request, policies, access)
      ? settleAccess(request.principal, verdicts, access)
      : settleIdentity(request.principal, verdicts))
  )
}

/** The verdicts of the policies, none of them a Deny. */
type Verdicts = {
  readonly scps: readonly Verdict[]
  readonly rcps: readonly Verdict[]
  readonly resource: Verdict
  readonly identity: Verdict
  /** `undefined` here and below: no such policy, no limit. */
  readonly boundary: Verdict | undefined
  readonly session: Verdict | undefined
}

/** Finds a Deny in any policy, before any Allow counts. */
function askPolicies(policies: Policies, question: Question): Verdicts | Refusal {
  const resource = policies.resource === undefined ? NO_VERDICT : ask(policies.resource, question)
  if (resource.deny !== undefined) return explicitlyDenied('resource', resource.deny)
  const scps = askLevels('scp', policies.scps, question)
  if ('why' in scps) return scps
  const rcps = askLevels('rcp', levelsOfResource(policies, question.actionLowerCased), question)
  if ('why' in rcps) return rcps
  const identity = askAll(policies.identity, question)
  if (identity.deny !== undefined) return explicitlyDenied('identity', identity.deny)
  const boundary = policies.boundary && ask(policies.boundary, question)
  if (boundary?.deny !== undefined) return explicitlyDenied('boundary', boundary.deny)
  const session = policies.session && askAll(policies.session, question)
  if (session?.deny !== undefined) return explicitlyDenied('session', session.deny)
  return { scps, rcps, resource, identity, boundary, session }
}

function askLevels(
  kind: PolicyKind,
  levels: Levels | undefined,
  question: Question,
): readonly Verdict[] | Refusal {
  if (levels === undefined) return NO_LEVELS
  const verdicts: Verdict[] = []
  for (const [level, policies] of levels.entries()) {
    const verdict = askAll(policies, question)
    if (verdict.deny !== undefined) return explicitlyDenied(kind, verdict.deny, level)
    verdicts.push(verdict)
  }
  return verdicts
}

const NO_LEVELS: readonly Verdict[] = []

/** Resource control policies apply to every action but one. Source: AWS Organizations User Guide, "RCPs". */
export function levelsOfResource(policies: Policies, actionLowerCased: string): Levels | undefined {
  return actionLowerCased === GRANT_ONLY_ACTION ? undefined : policies.rcps
}

/**
 * Whether the principal and the resource belong to different accounts. Services and identity providers belong
 * to none: only the resource's policy decides about them.
 */
export function isForeign(request: AccessRequest): boolean {
  return 'account' in request.principal && request.principal.account !== request.resourceAccount
}

/**
 * Keys and roles admit only principals that their own policy, or a grant, allows. The policy of a bucket or a function
 * allows beside the identity policies: either is enough in the account of the resource.
 */
function isDecidedByResource(
  request: AccessRequest,
  { resource }: Policies,
  access: Access | undefined,
): boolean {
  if (isKeyArn(request.resource) || isTrustAction(request.action, request.resource)) return true
  return resource !== undefined && (access !== undefined || !isDecidedByEither(request.action))
}

/** What the resource's side allows. */
type Access = { readonly naming: Naming; readonly by: AllowReason }

/** The firmest Allow of the resource's policy and its grants. */
function accessTo(
  { allow }: Verdict,
  grants: Policies['grants'],
  identities: Identities,
): Access | undefined {
  const granted = grants && grantedAccess(grants, identities)
  if (allow === undefined || allow.naming < (granted?.naming ?? Naming.None)) return granted
  return { naming: allow.naming, by: { kind: 'Statement', policy: 'resource', statement: allow.statement } }
}

function grantedAccess(grants: readonly MatchedGrant[], identities: Identities): Access | undefined {
  const best = firmestGrant(grants, identities)
  return best && { naming: best.naming, by: { kind: 'Grant', grantId: best.grant.id } }
}

type Case = {
  readonly request: AccessRequest
  readonly policies: Policies
  readonly question: Question
  readonly verdicts: Verdicts
  readonly access: Access | undefined
}

/**
 * Both accounts must allow. The principal's own is asked first, so that the answer about its policies does
 * not depend on the other account's.
 */
function settleForeign({ request, policies, question, verdicts, access }: Case): Decision {
  const { principal } = request
  const own = settleIdentity(principal, verdicts)
  if (!own.allow && !settleByOwnGrant(request, policies, question, verdicts).allow) return own
  const missing = missingLevel('rcp', verdicts.rcps)
  if (missing !== undefined) return missing
  if (isKeyArn(request.resource) && !CROSS_ACCOUNT_ACTIONS.has(question.actionLowerCased)) return NOT_ACROSS
  return access === undefined ? notAllowedBy('resource') : { allow: true, by: access.by }
}

/** A grant issued by the principal's own account means that this account allows. */
function settleByOwnGrant(
  { principal }: AccessRequest,
  { grants = [] }: Policies,
  { actionLowerCased, identities }: Question,
  verdicts: Verdicts,
): Decision {
  const own = grants.filter((grant) => isIssuedFor(grant, principal, actionLowerCased))
  return settleAccess(principal, verdicts, grantedAccess(own, identities))
}

/**
 * In the same account: how firmly the resource's side names the principal determines what else must allow.
 */
function settleAccess(principal: Principal, verdicts: Verdicts, access: Access | undefined): Decision {
  if (access === undefined) return notAllowedBy('resource')
  switch (access.naming) {
    case Naming.Direct:
      return { allow: true, by: access.by }
    case Naming.Limited:
      return missingLimit(principal, verdicts) ?? { allow: true, by: access.by }
    case Naming.Account:
    case Naming.None:
      return settleIdentity(principal, verdicts)
  }
}

/** The principal's side alone. */
function settleIdentity(principal: Principal, verdicts: Verdicts): Decision {
  if (principal.type === 'Root') return ROOT_USER
  if (passesNothing(principal, verdicts)) return notAllowedBy('session')
  if (isOfRoot(principal)) return missingLimit(principal, verdicts) ?? ROOT_USER
  const { allow } = verdicts.identity
  if (allow === undefined) return notAllowedBy('identity')
  const by = { kind: 'Statement', policy: 'identity', statement: allow.statement } as const
  return missingLimit(principal, verdicts) ?? { allow: true, by }
}

function missingLevel(policy: PolicyKind, levels: readonly Verdict[]): Refusal | undefined {
  const level = levels.findIndex(({ allow }) => allow === undefined)
  return level < 0 ? undefined : { allow: false, why: { kind: 'NotAllowed', policy, level } }
}

function missingLimit(principal: Principal, verdicts: Verdicts): Refusal | undefined {
  const { boundary, session } = verdicts
  if (boundary !== undefined && boundary.allow === undefined) return notAllowedBy('boundary')
  const isLimited = session !== undefined && session.allow === undefined
  return isLimited || passesNothing(principal, verdicts) ? notAllowedBy('session') : undefined
}

/**
 * Whether a federated session has none of its maker's permissions: it has only those that the policy passed
 * with it leaves. Source: IAM User Guide, "Permissions for GetFederationToken".
 */
function passesNothing({ type }: Principal, { session }: Verdicts): boolean {
  return type === 'FederatedUser' && session === undefined
}

/** A decision against the request. */
export type Refusal = Extract<Decision, { readonly allow: false }>

const ROOT_USER: Decision = { allow: true, by: { kind: 'RootUser' } }
const NOT_ACROSS: Refusal = { allow: false, why: { kind: 'NotAcrossAccounts' } }

function explicitlyDenied(policy: PolicyKind, statement: StatementSource, level?: number): Refusal {
  const why = { kind: 'ExplicitDeny', policy, statement } as const
  return { allow: false, why: level === undefined ? why : { ...why, level } }
}

function notAllowedBy(policy: PolicyKind): Refusal {
  return { allow: false, why: { kind: 'NotAllowed', policy } }
}
