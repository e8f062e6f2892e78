import { accountRootArn } from '../api/arn.ts'
import type { CompiledPolicy } from './compile.ts'
import type { ContextLookup } from './context.ts'
import type { PolicyDocument } from './document.ts'
import { EvaluationLimitError } from './evaluation.ts'
import type { Principal } from './principal.ts'
import { ask, questionOf } from './verdict.ts'

/**
 * The policy of a key that was made without one: the account's identity policies decide.
 *
 * Source: KMS Developer Guide, "Default key policy".
 */
export function defaultKeyPolicy(accountId: string): string {
  return `{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "${accountRootArn(accountId)}"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}`
}

/**
 * Whether a key policy keeps the caller, a principal of the key's account, from changing it again: the policy
 * lockout safety check. A statement that names the account counts as allowing every principal of it.
 *
 * @param resource the key's ARN; without it only statements about `*` count.
 */
export function locksCallerOut(
  policy: CompiledPolicy,
  principal: Principal,
  context: ContextLookup,
  resource = '*',
): boolean {
  try {
    const wish = { principal, action: 'kms:PutKeyPolicy', resource, context }
    const verdict = ask(policy, questionOf(wish, false))
    return verdict.allow === undefined
  } catch (error) {
    if (error instanceof EvaluationLimitError) return true
    throw error
  }
}

/** Keys with one value per name: `ForAllValues` on them holds for every request that lacks the name. */
const SINGLE_VALUED = [
  { prefix: 'kms:encryptioncontext:', what: 'encryption context' },
  { prefix: 'aws:requesttag/', what: 'tag' },
]

/**
 * The fault of a policy that allows far more than it seems to, in AWS's words; nothing when no condition has
 * it. Source: KMS Developer Guide, "AWS KMS condition keys".
 */
export function overlyPermissiveCondition(document: PolicyDocument): string | undefined {
  for (const condition of document.statements.flatMap((statement) => statement.conditions)) {
    if (condition.operator.quantifier !== 'ForAllValues') continue
    const key = condition.key.toLowerCase()
    const found = SINGLE_VALUED.find(({ prefix }) => key.startsWith(prefix))
    if (found === undefined) continue
    return (
      'OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition key matches ' +
      `requests without the specified ${found.what} or with an unspecified ${found.what}. To fix, remove ForAllValues.`
    )
  }
  return undefined
}
