/**
 * Actions, in lower case, that a key policy can allow to other accounts. For any other, what it
 * allows them has no effect. Source: KMS Developer Guide, "Allowing users in other accounts".
 */
export const CROSS_ACCOUNT_ACTIONS: ReadonlySet<string> = new Set([
  'kms:creategrant',
  'kms:decapsulate',
  'kms:decrypt',
  'kms:derivesharedsecret',
  'kms:describekey',
  'kms:encapsulate',
  'kms:encrypt',
  'kms:generatedatakey',
  'kms:generatedatakeypair',
  'kms:generatedatakeypairwithoutplaintext',
  'kms:generatedatakeywithoutplaintext',
  'kms:generatemac',
  'kms:getkeyrotationstatus',
  'kms:getpublickey',
  'kms:listgrants',
  'kms:reencryptfrom',
  'kms:reencryptto',
  'kms:retiregrant',
  'kms:revokegrant',
  'kms:sign',
  'kms:verify',
  'kms:verifymac',
])

/**
 * The action, in lower case, that a key policy can deny but never allow: it comes with a grant.
 * Source: KMS Developer Guide, "Retiring and revoking grants".
 */
export const GRANT_ONLY_ACTION = 'kms:retiregrant'

const KEY_ARN = /^arn:[^:]*:kms:[^:]*:[^:]*:key\//

/** Whether a resource is a KMS key: nothing is allowed on one without its key policy. */
export function isKeyArn(resource: string): boolean {
  return KEY_ARN.test(resource)
}

/**
 * Actions, in lower case, that a role's trust policy decides about. Source: IAM User Guide, "Grant permissions to
 * pass or assume a role".
 */
const TRUST_ACTIONS: ReadonlySet<string> = new Set([
  'sts:assumerole',
  'sts:assumerolewithsaml',
  'sts:assumerolewithwebidentity',
  'sts:setcontext',
  'sts:setsourceidentity',
  'sts:tagsession',
])

/** Whether the resource of an action, a bucket or a function, has a policy that decides beside the identity policies. */
export function isDecidedByEither(action: string): boolean {
  return DECIDED_BY_EITHER.test(action)
}

const DECIDED_BY_EITHER = /^(?:s3|lambda):/i

const FEDERATED_ARN = /^arn:[^:]*:sts::[^:]*:federated-user\//

/**
 * Whether a role's trust policy decides about something: of whom a user makes a federated session for, and tags, its
 * own policies alone say so.
 */
export function isTrustAction(action: string, resource: string): boolean {
  const lowerCased = action.toLowerCase()
  if (lowerCased === 'sts:tagsession' && FEDERATED_ARN.test(resource)) return false
  return TRUST_ACTIONS.has(lowerCased)
}
