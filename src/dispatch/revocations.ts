import type { ServiceName } from '../api/services.ts'

/**
 * Operations that take permissions away: they are done also when the disk is full but for what is kept for them.
 * Policies can be put, since a policy that denies is how a session is revoked.
 */
export const REVOCATIONS: ReadonlySet<string> = new Set([
  ...[
    'DeleteAlias',
    'DeleteImportedKeyMaterial',
    'DisableKey',
    'DisconnectCustomKeyStore',
    'PutKeyPolicy',
    'RetireGrant',
    'RevokeGrant',
    'ScheduleKeyDeletion',
  ].map((name) => `kms.${name}`),
  ...[
    'AttachGroupPolicy',
    'AttachRolePolicy',
    'AttachUserPolicy',
    'CreatePolicyVersion',
    'DeleteAccessKey',
    'DeleteGroup',
    'DeleteGroupPolicy',
    'DeleteLoginProfile',
    'DeleteOpenIDConnectProvider',
    'DeleteRole',
    'DeleteRolePolicy',
    'DeleteUser',
    'DeleteUserPolicy',
    'DetachGroupPolicy',
    'DetachRolePolicy',
    'DetachUserPolicy',
    'PutGroupPolicy',
    'PutRolePermissionsBoundary',
    'PutRolePolicy',
    'PutUserPermissionsBoundary',
    'PutUserPolicy',
    'RemoveClientIDFromOpenIDConnectProvider',
    'RemoveUserFromGroup',
    'SetDefaultPolicyVersion',
    'UpdateAccessKey',
    'UpdateAssumeRolePolicy',
  ].map((name) => `iam.${name}`),
])

/** Whether a call takes permissions away. */
export function isRevocation(service: ServiceName, operation: string): boolean {
  return REVOCATIONS.has(`${service}.${operation}`)
}
