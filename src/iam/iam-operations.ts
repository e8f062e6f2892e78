import type { IamOperation } from './iam-dependencies.ts'
import { ABSENT_OPERATIONS } from './operations/absent.ts'
import { ACCESS_KEY_OPERATIONS } from './operations/access-keys.ts'
import { ACCOUNT_OPERATIONS } from './operations/account.ts'
import { ACCOUNT_SETTING_OPERATIONS } from './operations/account-settings.ts'
import { ATTACHED_POLICY_OPERATIONS } from './operations/attached-policies.ts'
import { CREDENTIAL_REPORT_OPERATIONS } from './operations/credential-report.ts'
import { GROUP_OPERATIONS } from './operations/groups.ts'
import { INLINE_POLICY_OPERATIONS } from './operations/inline-policies.ts'
import { INSTANCE_PROFILE_OPERATIONS } from './operations/instance-profiles.ts'
import { LOGIN_PROFILE_OPERATIONS } from './operations/login-profiles.ts'
import { MANAGED_POLICY_OPERATIONS } from './operations/managed-policies.ts'
import { MFA_DEVICE_OPERATIONS } from './operations/mfa-devices.ts'
import { OIDC_PROVIDER_OPERATIONS } from './operations/oidc-providers.ts'
import { PERMISSIONS_BOUNDARY_OPERATIONS } from './operations/permissions-boundaries.ts'
import { POLICY_VERSION_OPERATIONS } from './operations/policy-versions.ts'
import { ROLE_OPERATIONS } from './operations/roles.ts'
import { SERVICE_LINKED_ROLE_OPERATIONS } from './operations/service-linked-roles.ts'
import { SIMULATE_OPERATIONS } from './operations/simulate.ts'
import { TAG_OPERATIONS } from './operations/tags.ts'
import { USER_OPERATIONS } from './operations/users.ts'

/** Every operation of IAM that Holdfast implements. */
export const IAM_OPERATIONS: readonly IamOperation[] = [
  ...USER_OPERATIONS,
  ...ACCESS_KEY_OPERATIONS,
  ...LOGIN_PROFILE_OPERATIONS,
  ...MFA_DEVICE_OPERATIONS,
  ...GROUP_OPERATIONS,
  ...ROLE_OPERATIONS,
  ...SERVICE_LINKED_ROLE_OPERATIONS,
  ...INLINE_POLICY_OPERATIONS,
  ...MANAGED_POLICY_OPERATIONS,
  ...POLICY_VERSION_OPERATIONS,
  ...ATTACHED_POLICY_OPERATIONS,
  ...PERMISSIONS_BOUNDARY_OPERATIONS,
  ...TAG_OPERATIONS,
  ...INSTANCE_PROFILE_OPERATIONS,
  ...OIDC_PROVIDER_OPERATIONS,
  ...ACCOUNT_OPERATIONS,
  ...ACCOUNT_SETTING_OPERATIONS,
  ...CREDENTIAL_REPORT_OPERATIONS,
  ...SIMULATE_OPERATIONS,
  ...ABSENT_OPERATIONS,
]
