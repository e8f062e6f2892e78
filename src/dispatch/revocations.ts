import type { ServiceName } from '../api/services.ts'

/**
 * Operations that take permissions away: they are done also when the disk is full but for what is kept for them.
 * Policies can be put and attached, and users added to groups, since a policy that denies is how a session is revoked;
 * so can tags, by which policies decide. A
 * test asserts of every other operation that it takes no permission away.
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
    'TagResource',
    'UntagResource',
    'UpdateAlias',
  ].map((name) => `kms.${name}`),
  ...[
    'AddUserToGroup',
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
    'TagPolicy',
    'TagRole',
    'TagUser',
    'UntagPolicy',
    'UntagRole',
    'UntagUser',
    'UpdateAccessKey',
    'UpdateAssumeRolePolicy',
    'UpdateOpenIDConnectProviderThumbprint',
  ].map((name) => `iam.${name}`),
])

/** Whether a call takes permissions away. @param input of a call that is valid. */
export function isRevocation(service: ServiceName, operation: string, input?: unknown): boolean {
  const name = `${service}.${operation}`
  return REVOCATIONS.has(name) && !(name === 'iam.UpdateAccessKey' && activates(input))
}

/** An access key that is made active again gives permissions. */
function activates(input: unknown): boolean {
  return typeof input === 'object' && input !== null && Reflect.get(input, 'Status') === 'Active'
}
