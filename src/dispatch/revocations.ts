import type { CalledService } from '../api/services.ts'

/**
 * Operations that take permissions away. They succeed also when only the reserve of the disk is left. They
 * include putting and attaching policies, adding users to groups, moving accounts and setting tags: a policy
 * that denies revokes a session, and policies decide by tags. Without its device, a session of the console ends.
 * A test asserts that no other operation takes permissions away.
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
    'DeactivateMFADevice',
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
  ...['AttachControlPolicy', 'DetachControlPolicy', 'MoveAccount', 'PutControlPolicy'].map(
    (name) => `holdfast.${name}`,
  ),
])

/** Whether a call takes permissions away. @param input of a valid call. */
export function isRevocation(service: CalledService, operation: string, input?: unknown): boolean {
  const name = `${service}.${operation}`
  return REVOCATIONS.has(name) && !(name === 'iam.UpdateAccessKey' && activates(input))
}

/** Making an access key active again gives permissions. */
function activates(input: unknown): boolean {
  return typeof input === 'object' && input !== null && Reflect.get(input, 'Status') === 'Active'
}
