import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Operation } from '../../src/dispatch/operation.ts'
import { isRevocation, REVOCATIONS } from '../../src/dispatch/revocations.ts'
import type { IamDependencies } from '../../src/iam/iam-dependencies.ts'
import { IAM_OPERATIONS } from '../../src/iam/iam-operations.ts'
import type { KmsDependencies } from '../../src/kms/kms-dependencies.ts'
import { KMS_OPERATIONS } from '../../src/kms/kms-operations.ts'
import type { UsageDependencies } from '../../src/usage-api/usage-dependencies.ts'
import { USAGE_OPERATIONS } from '../../src/usage-api/usage-service.ts'

const OPERATIONS: readonly Operation[] = [
  ...KMS_OPERATIONS.map((operation) => operation({} as KmsDependencies)),
  ...IAM_OPERATIONS.map((operation) => operation({} as IamDependencies)),
  ...USAGE_OPERATIONS.map((operation) => operation({} as UsageDependencies)),
]

/** All that change something and take no permission away: what is neither here nor a revocation fails the test. */
const TAKES_NO_PERMISSION = new Set([
  ...['CancelKeyDeletion', 'ConnectCustomKeyStore', 'CreateAlias', 'CreateCustomKeyStore', 'CreateGrant'],
  ...['CreateKey', 'DeleteCustomKeyStore', 'DisableKeyRotation', 'EnableKey', 'EnableKeyRotation'],
  ...['ImportKeyMaterial', 'ReplicateKey', 'RotateKeyOnDemand', 'UpdateCustomKeyStore'],
  ...['UpdateKeyDescription', 'UpdatePrimaryRegion'],
  ...['AddClientIDToOpenIDConnectProvider', 'AddRoleToInstanceProfile', 'CreateAccessKey'],
  ...['CreateAccountAlias', 'CreateGroup', 'CreateInstanceProfile', 'CreateLoginProfile'],
  ...['CreateOpenIDConnectProvider', 'ChangePassword', 'UpdateLoginProfile'],
  ...['CreateVirtualMFADevice', 'DeleteVirtualMFADevice', 'EnableMFADevice'],
  ...['ResyncMFADevice', 'TagMFADevice', 'UntagMFADevice'],
  ...['CreatePolicy', 'CreateRole', 'CreateServiceLinkedRole', 'CreateUser', 'DeleteAccountAlias'],
  ...['DeleteAccountPasswordPolicy', 'DeleteInstanceProfile', 'DeletePolicy', 'DeletePolicyVersion'],
  ...['DeleteRolePermissionsBoundary', 'DeleteServiceLinkedRole', 'DeleteUserPermissionsBoundary'],
  ...['RemoveRoleFromInstanceProfile', 'SetSecurityTokenServicePreferences', 'TagInstanceProfile'],
  ...['TagOpenIDConnectProvider', 'UntagInstanceProfile', 'UntagOpenIDConnectProvider'],
  ...['CreateAccount', 'CreateOrganization', 'CreateOrganizationalUnit', 'DeleteOrganizationalUnit'],
  ...['UpdateOrganizationalUnit', 'CreatePasskey', 'DeleteControlPolicy', 'SetQuota', 'StartReport'],
  ...['UpdateAccountPasswordPolicy', 'UpdateGroup', 'UpdateRole', 'UpdateRoleDescription', 'UpdateUser'],
])

test('every revocation is an operation that changes something', () => {
  const changing = OPERATIONS.filter(({ readOnly }) => !readOnly).map(
    ({ service, name }) => `${service}.${name}`,
  )
  assert.deepEqual(
    [...REVOCATIONS].filter((name) => !changing.includes(name)),
    [],
  )
})

test('every operation of KMS, IAM and ours that changes something is a revocation, or is known to be none', () => {
  const changing = OPERATIONS.filter(({ readOnly }) => !readOnly)
  const wrong = changing.filter(
    ({ service, name }) => isRevocation(service, name) === TAKES_NO_PERMISSION.has(name),
  )
  assert.deepEqual(
    wrong.map(({ name }) => name),
    [],
  )
})

test('every operation that puts a policy, which may deny, is a revocation', () => {
  const putting = OPERATIONS.filter(
    ({ name, readOnly }) =>
      !readOnly && /^(?:Put|Attach|UpdateAssume|Create.*Version|Set.*Version)/.test(name),
  )
  assert.ok(putting.length >= 10)
  assert.deepEqual(
    putting.filter(({ service, name }) => !isRevocation(service, name)).map(({ name }) => name),
    [],
  )
})
