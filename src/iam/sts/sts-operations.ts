import { assumeRole } from './assume-role.ts'
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts'
import { getFederationToken } from './get-federation-token.ts'
import { getSessionToken } from './get-session-token.ts'
import { decodeAuthorizationMessage, getAccessKeyInfo, getCallerIdentity } from './identity.ts'
import type { StsOperation } from './sts-dependencies.ts'

/** Every operation of STS that Holdfast implements. */
export const STS_OPERATIONS: readonly StsOperation[] = [
  assumeRole,
  assumeRoleWithWebIdentity,
  decodeAuthorizationMessage,
  getAccessKeyInfo,
  getCallerIdentity,
  getFederationToken,
  getSessionToken,
]
