import type { StatementSource } from './compiled-statement.ts'
import { type AccessRequest, type DenyReason, isForeign, type PolicyKind, type Refusal } from './decide.ts'
import { isTrustAction } from './key-actions.ts'

/**
 * The text of AccessDenied and AccessDeniedException for a refused request, as AWS words it. A caller from
 * another account gets {@link hiddenDenial}, whatever the reason.
 *
 * Source: IAM User Guide, "Troubleshoot access denied error messages"; recorded answers.
 *
 * @param shown how the resource is named, where not by its ARN.
 */
export function denialMessage({ why }: Refusal, request: AccessRequest, shown = request.resource): string {
  const { principal, action } = request
  if (isForeign(request)) return hiddenDenial(principal.arn, action, request.resource)
  return `${beginning(principal.arn, action, shown)}${reasonText(why, request)}`
}

/** Services whose messages do not name the resource of an action that has none. Source: recorded answers. */
const SILENT_SERVICES = ['sts:', 'cloudtrail:'] as const

function beginning(principalArn: string, action: string, resource: string): string {
  const silent = resource === '*' && SILENT_SERVICES.some((prefix) => action.startsWith(prefix))
  const where = silent ? '' : ` on resource: ${resource}`
  return `User: ${principalArn} is not authorized to perform: ${action}${where}`
}

/** Actions whose key the ciphertext names. */
const CIPHERTEXT_ACTIONS: ReadonlySet<string> = new Set(['kms:Decrypt', 'kms:ReEncrypt', 'kms:ReEncryptFrom'])

/**
 * The one answer to a caller who must not learn whether something exists: for keys and roles that do not
 * exist, and for those of another account that deny.
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

/** Without an article; and how a Deny in it is worded. */
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
function reasonText(why: DenyReason, { action, resource }: AccessRequest): string {
  if (why.kind === 'Failed' || why.kind === 'NotAcrossAccounts') return ''
  const { missing, denying } = wordingOf(why.policy, isTrustAction(action, resource))
  if (why.kind === 'ExplicitDeny') return ` with an explicit deny in ${denying}${nameOf(why.statement)}`
  return why.policy === 'scp'
    ? ` with an explicit deny in ${denying}`
    : ` because no ${missing} allows the ${action} action`
}

/** Names managed policies by their ARNs; policies that are part of something have none. */
function nameOf({ policy }: StatementSource): string {
  return policy?.startsWith('arn:') === true ? `: ${policy}` : ''
}

function wordingOf(policy: PolicyKind, isTrust: boolean): Wording {
  return policy === 'resource' && isTrust ? TRUST_WORDING : WORDINGS[policy]
}
