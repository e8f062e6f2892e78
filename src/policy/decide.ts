import type { CompiledPolicy, StatementSource } from './compile.ts'
import type { ContextLookup } from './context.ts'
import { startEvaluation } from './evaluation.ts'
import { CROSS_ACCOUNT_ACTIONS, GRANT_ONLY_ACTION, isKeyArn } from './key-actions.ts'
import { Naming } from './match.ts'
import type { Principal } from './principal.ts'
import { type Allowance, ask, askAll, NO_VERDICT, type Question, type Verdict } from './verdict.ts'

export type { Principal } from './principal.ts'

/** One thing that somebody wants to do. */
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

/** Every policy that has a say. */
export type Policies = {
  /**
   * The policy of the resource. Where there is one, it must allow: as of key policies and trust
   * policies, no other policy can stand in for it.
   */
  readonly resource?: CompiledPolicy | undefined
  /** Of the user and its groups, of the role, or of the user who made a federated session. */
  readonly identity: readonly CompiledPolicy[]
  /** The permissions boundary of the user or role. */
  readonly boundary?: CompiledPolicy | undefined
  /** Passed when the session was made; together they are one limit. */
  readonly session?: readonly CompiledPolicy[] | undefined
  /** Service control policies, by level from the root of the organisation down: each must allow. */
  readonly controls?: readonly (readonly CompiledPolicy[])[] | undefined
}

/** Which of a decision's policies. */
export type PolicyKind = 'control' | 'resource' | 'identity' | 'boundary' | 'session'

/** A decision and what settled it. */
export type Decision =
  | { readonly allow: true; readonly by: AllowReason }
  | { readonly allow: false; readonly why: DenyReason }

type AllowReason =
  | { readonly kind: 'Statement'; readonly policy: PolicyKind; readonly statement: StatementSource }
  /** The root user of an account may do in it whatever nothing denies. */
  | { readonly kind: 'RootUser' }

/** Why something is not allowed. */
export type DenyReason =
  | { readonly kind: 'ExplicitDeny'; readonly policy: PolicyKind; readonly statement: StatementSource }
  /** No policy of this kind allows it. */
  | { readonly kind: 'NotAllowed'; readonly policy: PolicyKind }
  /** A policy could not be evaluated. */
  | { readonly kind: 'Failed'; readonly error: unknown }

/**
 * Decides one request. What cannot be evaluated is denied.
 *
 * The reason is for logs and for the account that owns the policy; a caller from another account
 * sees only what `denialMessage` makes of it.
 *
 * Source: IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic";
 * KMS Developer Guide, "Troubleshooting key access".
 */
export function decide(request: AccessRequest, policies: Policies): Decision {
  try {
    return settle(request, policies)
  } catch (error) {
    return { allow: false, why: { kind: 'Failed', error } }
  }
}

function settle(request: AccessRequest, policies: Policies): Decision {
  const question: Question = {
    principal: request.principal,
    bounded: policies.boundary !== undefined,
    actionLowerCased: request.action.toLowerCase(),
    resource: request.resource,
    evaluation: startEvaluation(request.context),
  }
  const resource = policies.resource === undefined ? NO_VERDICT : ask(policies.resource, question)
  if (resource.deny !== undefined) return explicitlyDenied('resource', resource.deny)
  const limits = askLimits(policies, question)
  if ('why' in limits) return limits
  const allowance = question.actionLowerCased === GRANT_ONLY_ACTION ? undefined : resource.allow
  if (isForeign(request)) return settleForeign(question, limits, allowance)
  const required = policies.resource !== undefined || isKeyArn(request.resource)
  return required ? settleResource(request, limits, allowance) : settleIdentity(request.principal, limits)
}

/** What the policies on the principal's side say, none of them a Deny. */
type Limits = {
  readonly controls: readonly Verdict[]
  readonly identity: Verdict
  /** `undefined` here and below: no such policy, no limit. */
  readonly boundary: Verdict | undefined
  readonly session: Verdict | undefined
}

/** Finds a Deny in any policy of the principal's side, before any Allow counts. */
function askLimits(policies: Policies, question: Question): Limits | Refusal {
  const controls: Verdict[] = []
  for (const level of policies.controls ?? []) {
    const verdict = askAll(level, question)
    if (verdict.deny !== undefined) return explicitlyDenied('control', verdict.deny)
    controls.push(verdict)
  }
  const identity = askAll(policies.identity, question)
  if (identity.deny !== undefined) return explicitlyDenied('identity', identity.deny)
  const boundary = policies.boundary && ask(policies.boundary, question)
  if (boundary?.deny !== undefined) return explicitlyDenied('boundary', boundary.deny)
  const session = policies.session && askAll(policies.session, question)
  if (session?.deny !== undefined) return explicitlyDenied('session', session.deny)
  return { controls, identity, boundary, session }
}

/**
 * Whether the principal and the resource belong to different accounts. A service belongs to none:
 * the resource's policy alone decides about it.
 */
export function isForeign(request: AccessRequest): boolean {
  return request.principal.type !== 'Service' && request.principal.account !== request.resourceAccount
}

/**
 * Both accounts must allow. The principal's own is asked first, so that what its policies say does
 * not depend on the other account's.
 */
function settleForeign(question: Question, limits: Limits, allowance: Allowance | undefined): Decision {
  const own = settleIdentity(question.principal, limits)
  if (!own.allow) return own
  const allowed = allowance !== undefined && CROSS_ACCOUNT_ACTIONS.has(question.actionLowerCased)
  return allowed ? allowedBy('resource', allowance) : notAllowedBy('resource')
}

/** Same account, and the resource has a policy of its own. */
function settleResource(request: AccessRequest, limits: Limits, allowance: Allowance | undefined): Decision {
  if (lacksControl(limits)) return notAllowedBy('control')
  if (allowance === undefined) return notAllowedBy('resource')
  switch (allowance.naming) {
    case Naming.Direct:
      return allowedBy('resource', allowance)
    case Naming.Limited:
      return missingLimit(limits) ?? allowedBy('resource', allowance)
    case Naming.Account:
    case Naming.None:
      return settleIdentity(request.principal, limits)
  }
}

/** The principal's side alone. */
function settleIdentity(principal: Principal, limits: Limits): Decision {
  if (lacksControl(limits)) return notAllowedBy('control')
  if (principal.type === 'Root') return ROOT_USER
  // A federated session has only what the policy passed with it leaves of its maker's permissions.
  if (principal.type === 'FederatedUser' && limits.session === undefined) return notAllowedBy('session')
  const { allow } = limits.identity
  if (allow === undefined) return notAllowedBy('identity')
  return missingLimit(limits) ?? allowedBy('identity', allow)
}

function lacksControl(limits: Limits): boolean {
  return limits.controls.some((level) => level.allow === undefined)
}

function missingLimit(limits: Limits): Refusal | undefined {
  if (limits.boundary !== undefined && limits.boundary.allow === undefined) return notAllowedBy('boundary')
  if (limits.session !== undefined && limits.session.allow === undefined) return notAllowedBy('session')
  return undefined
}

type Refusal = Extract<Decision, { readonly allow: false }>

const ROOT_USER: Decision = { allow: true, by: { kind: 'RootUser' } }

function allowedBy(policy: PolicyKind, { statement }: Allowance): Decision {
  return { allow: true, by: { kind: 'Statement', policy, statement } }
}

function explicitlyDenied(policy: PolicyKind, statement: StatementSource): Refusal {
  return { allow: false, why: { kind: 'ExplicitDeny', policy, statement } }
}

function notAllowedBy(policy: PolicyKind): Refusal {
  return { allow: false, why: { kind: 'NotAllowed', policy } }
}
