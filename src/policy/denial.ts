import { type AccessRequest, type DenyReason, isForeign, type PolicyKind, type Refusal } from './decide.ts'
import { TRUST_ACTIONS } from './key-actions.ts'

/**
 * The text of AccessDenied and AccessDeniedException for a refused request, as AWS words it. A caller from
 * another account gets {@link hiddenDenial}, whatever the reason.
 *
 * Source: IAM User Guide, "Troubleshoot access denied error messages".
 */
export function denialMessage({ why }: Refusal, request: AccessRequest): string {
  const { principal, action, resource } = request
  if (isForeign(request)) return hiddenDenial(principal.arn, action, resource)
  return `${beginning(principal.arn, action, resource)}${reasonText(why, action)}`
}

function beginning(principalArn: string, action: string, resource: string): string {
  const where = resource === '*' ? '' : ` on resource: ${resource}`
  return `User: ${principalArn} is not authorized to perform: ${action}${where}`
}

/** Actions whose key is named by the ciphertext. */
const CIPHERTEXT_ACTIONS: ReadonlySet<string> = new Set(['kms:Decrypt', 'kms:ReEncrypt', 'kms:ReEncryptFrom'])

/**
 * The one answer to a caller who must not learn whether something exists: for keys and roles that do
 * not exist, and for those of another account that refuse.
 *
 * @param resource what the caller has named; messages of KMS never repeat it.
 */
export function hiddenDenial(principalArn: string, action: string, resource = '*'): string {
  if (!action.startsWith('kms:')) return beginning(principalArn, action, resource)
  const what = CIPHERTEXT_ACTIONS.has(action)
    ? 'the resource associated with this ciphertext'
    : 'this resource'
  return (
    `User: ${principalArn} is not authorized to perform: ${action} on ${what} because the resource does not ` +
    'exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access'
  )
}

/** Without article; how a Deny in it is put. */
type Wording = { readonly missing: string; readonly denying: string }

const WORDINGS: Readonly<Record<PolicyKind, Wording>> = {
  scp: { missing: 'service control policy', denying: 'a service control policy' },
  rcp: { missing: 'resource control policy', denying: 'a resource control policy' },
  resource: { missing: 'resource-based policy', denying: 'a resource-based policy' },
  identity: { missing: 'identity-based policy', denying: 'an identity-based policy' },
  boundary: { missing: 'permissions boundary', denying: 'a permissions boundary' },
  session: { missing: 'session policy', denying: 'a session policy' },
}
const TRUST_WORDING: Wording = { missing: 'role trust policy', denying: 'the role trust policy' }

/** A service control policy that does not allow is reported as one that denies. */
function reasonText(why: DenyReason, action: string): string {
  if (why.kind === 'Failed' || why.kind === 'NotAcrossAccounts') return ''
  const { missing, denying } = wordingOf(why.policy, action)
  return why.kind === 'ExplicitDeny' || why.policy === 'scp'
    ? ` with an explicit deny in ${denying}`
    : ` because no ${missing} allows the ${action} action`
}

function wordingOf(policy: PolicyKind, action: string): Wording {
  return policy === 'resource' && TRUST_ACTIONS.has(action.toLowerCase()) ? TRUST_WORDING : WORDINGS[policy]
}
