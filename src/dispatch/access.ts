import type { ContextLookup, ContextValue } from '../policy/context.ts'
import type { AccessRequest, Policies } from '../policy/decide.ts'
import type { AccountPlace, CallerPolicies, FindPlace } from './caller.ts'
import type { Call, Permission } from './operation.ts'

/** The request context of one permission, and the policies that decide about it. */
export type Access = { readonly request: AccessRequest; readonly policies: Policies }

/** The place of the account that owns a permission's resource. */
export function resourcePlace(
  { caller }: Pick<Call, 'caller'>,
  permission: Permission,
  own: CallerPolicies,
  findPlace: FindPlace,
): ReturnType<FindPlace> {
  const isOwn = permission.principal === undefined && permission.account === caller.account
  return isOwn && own.place !== undefined ? own.place : findPlace(permission.account)
}

/**
 * The request context and policies that decide about a permission: the policies of the caller, the policy of
 * the resource, and the organization's policies for the account of the resource. Condition keys of the action
 * and resource go before those of the call.
 *
 * @param call as {@link inPlace} returns it.
 * @param place of the account that owns the resource.
 */
export function accessTo(
  { caller, context }: Pick<Call, 'caller' | 'context'>,
  permission: Permission,
  own: CallerPolicies,
  place: AccountPlace,
): Access {
  const { account, action, resource } = permission
  const known = onResource(context, account, place)
  return {
    request: {
      principal: permission.principal ?? caller.principal,
      action,
      resource,
      resourceAccount: account,
      context: (key) => permission.context(key) ?? known(key),
    },
    policies: { ...own, resource: permission.policy, rcps: isExempt(permission) ? undefined : place.rcps },
  }
}

/**
 * Services whose resources are subject to resource control policies; keys that AWS manages are exempt.
 * Source: AWS Organizations User Guide, "Resource control policies"; AWS KMS Developer Guide, the same.
 */
const CONTROLLED_ACTIONS = /^(?:kms|s3|sts):/i

function isExempt({ action, managedByAws }: Permission): boolean {
  return managedByAws === true || !isControlled(action)
}

/** Whether resource control policies apply to an action. */
export function isControlled(action: string): boolean {
  return CONTROLLED_ACTIONS.test(action)
}

/** Condition keys of a call or principal; those of the account that owns the resource replace its own. */
export function onResource(keys: ContextLookup, account: string, place: AccountPlace): ContextLookup {
  return (key) => {
    switch (key) {
      case 'aws:resourceaccount':
        return account
      case 'aws:resourceorgid':
        return place.organizationId
      case 'aws:resourceorgpaths':
        return place.paths
      default:
        return keys(key)
    }
  }
}

/** The call with the condition keys of its caller's place in the organization. */
export function inPlace<C extends Pick<Call, 'context'>>(call: C, place: AccountPlace | undefined): C {
  if (place?.organizationId === undefined) return call
  const { context } = call
  return { ...call, context: (key: string) => placeKey(key, place) ?? context(key) }
}

/**
 * The condition keys of a principal's place. A resource is of the same account unless something says
 * otherwise.
 */
function placeKey(key: string, place: AccountPlace): ContextValue | undefined {
  switch (key) {
    case 'aws:principalorgid':
    case 'aws:resourceorgid':
      return place.organizationId
    case 'aws:principalorgpaths':
    case 'aws:resourceorgpaths':
      return place.paths
    default:
      return undefined
  }
}

/** The condition keys of a principal whose account has this place. */
export function keysInPlace(keys: ContextLookup, place: AccountPlace | undefined): ContextLookup {
  return inPlace({ context: keys }, place).context
}
