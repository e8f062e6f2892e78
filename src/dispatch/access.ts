import type { AccessRequest } from '../policy/decide.ts'
import type { Call, Permission } from './operation.ts'

/** The request that a permission is decided by: what is known of its action and resource, then of the call. */
export function accessRequest(
  { caller, context }: Pick<Call, 'caller' | 'context'>,
  permission: Permission,
): AccessRequest {
  const { account } = permission
  return {
    principal: permission.principal ?? caller.principal,
    action: permission.action,
    resource: permission.resource,
    resourceAccount: account,
    context: (key) => permission.context(key) ?? (key === 'aws:resourceaccount' ? account : context(key)),
  }
}
