import { type AccessRequest, type Decision, type DenyReason, isForeign, type PolicyKind } from './decide.ts'

/**
 * The text of `AccessDeniedException` for a refused request, as AWS words it. A caller from another
 * account gets {@link hiddenDenial}, whatever the reason.
 *
 * Source: IAM User Guide, "Troubleshoot access denied error messages".
 */
export function denialMessage(
  decision: Extract<Decision, { readonly allow: false }>,
  request: AccessRequest,
): string {
  const { principal, action, resource } = request
  if (isForeign(request)) return hiddenDenial(principal.arn, action)
  const where = resource === '*' ? '' : ` on resource: ${resource}`
  return `User: ${principal.arn} is not authorized to perform: ${action}${where}${reasonText(decision.why, action)}`
}

/** Actions whose key is named by the ciphertext. */
const CIPHERTEXT_ACTIONS: ReadonlySet<string> = new Set(['kms:Decrypt', 'kms:ReEncrypt', 'kms:ReEncryptFrom'])

/**
 * The one answer to a caller who must not learn whether a key exists: for keys that do not exist
 * and for keys of another account that refuse.
 */
export function hiddenDenial(principalArn: string, action: string): string {
  const resource = CIPHERTEXT_ACTIONS.has(action)
    ? 'the resource associated with this ciphertext'
    : 'this resource'
  return (
    `User: ${principalArn} is not authorized to perform: ${action} on ${resource} because the resource does not ` +
    'exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access'
  )
}

type Wording = { readonly missing: string; readonly denying: string }

const WORDINGS: Readonly<Record<PolicyKind, Wording>> = {
  scp: { missing: 'service control policy', denying: 'a service control policy' },
  rcp: { missing: 'resource control policy', denying: 'a resource control policy' },
  resource: { missing: 'resource-based policy', denying: 'a resource-based policy' },
  identity: { missing: 'identity-based policy', denying: 'an identity-based policy' },
  boundary: { missing: 'permissions boundary', denying: 'a permissions boundary' },
  session: { missing: 'session policy', denying: 'a session policy' },
}

/** A service control policy that does not allow is reported as one that denies. */
function reasonText(why: DenyReason, action: string): string {
  if (why.kind === 'Failed' || why.kind === 'NotAcrossAccounts') return ''
  const { missing, denying } = WORDINGS[why.policy]
  return why.kind === 'ExplicitDeny' || why.policy === 'scp'
    ? ` with an explicit deny in ${denying}`
    : ` because no ${missing} allows the ${action} action`
}
