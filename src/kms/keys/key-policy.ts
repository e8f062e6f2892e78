import { KmsError } from '../../api/errors.ts'
import { pattern, text } from '../../api/shapes.ts'
import { utf8 } from '../../base/bytes.ts'
import { inSlices } from '../../base/slices.ts'
import type { Call } from '../../dispatch/operation.ts'
import { compilePolicySteps } from '../../policy/compile.ts'
import type { ContextLookup } from '../../policy/context.ts'
import type { PolicyDocument } from '../../policy/document.ts'
import { defaultKeyPolicy, locksCallerOut, overlyPermissiveCondition } from '../../policy/key-policy.ts'
import { parseNewPolicySteps } from '../../policy/new-policy.ts'
import { namedPrincipals } from '../../policy/parse.ts'
import { renamePrincipals, uniqueIdsIn } from '../../policy/principal-names.ts'
import { PolicySyntaxError } from '../../policy/syntax-error.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import type { KeyValue } from './key-record.ts'

/** Source: AWS KMS Developer Guide, "Quotas". */
const KEY_POLICY_MAX_BYTES = 32_768

/** A key policy of a request. Source: the service model. */
export const POLICY_TEXT = text({
  min: 1,
  max: 131_072,
  pattern: pattern('[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+'),
})

/** A policy name of a request. Source: the service model. */
export const POLICY_NAME_TEXT = text({ min: 1, max: 128, pattern: pattern('[\\w]+') })

/** The only name that a key policy has. */
export const POLICY_NAME = 'default'

/** @throws NotFoundException for any name but {@link POLICY_NAME}. */
export function checkPolicyName(name: string | undefined): void {
  if (name === undefined || name === POLICY_NAME) return
  throw new KmsError('NotFoundException', 'No such policy exists')
}

/** A key policy in a request. */
export type PolicyProposal = {
  readonly text: string
  readonly bypassLockoutCheck: boolean
  readonly call: Call
  readonly context: ContextLookup
  /** The key that it is for. */
  readonly keyArn: string
}

/** A key policy as stored: with ARNs, each bound to its present unique id. */
type BoundPolicy = { readonly policy: string; readonly principalIds: Readonly<Record<string, string>> }

/**
 * Checks a key policy before it is put, and binds it to the users and roles that it names. Unique ids of those that
 * exist become their ARNs.
 *
 * @throws LimitExceededException when it is too long; MalformedPolicyDocumentException when it is
 *   not a key policy, names a principal that does not exist, or would lock the caller out.
 */
export async function checkKeyPolicy(
  proposal: PolicyProposal,
  dependencies: KmsDependencies,
): Promise<BoundPolicy> {
  const { text: policyText, call } = proposal
  const size = utf8(policyText).length
  if (size > KEY_POLICY_MAX_BYTES) {
    const limit = `at most ${KEY_POLICY_MAX_BYTES} bytes, got ${size}`
    throw new KmsError('LimitExceededException', `The key policy is too long: ${limit}.`)
  }
  const given = await parse(policyText, dependencies)
  const mistake = overlyPermissiveCondition(given)
  if (mistake !== undefined) throw malformed(mistake)
  const policy = renamePrincipals(policyText, await dependencies.arnsOfIds(uniqueIdsIn(given)))
  const document = policy === policyText ? given : await parse(policy, dependencies)
  const principalIds = await bindPrincipals(document, dependencies)
  const bound = { policy, principalIds }
  if (proposal.bypassLockoutCheck) return bound
  const { context, keyArn } = proposal
  const bindings = new Map(Object.entries(principalIds))
  const compiled = await inSlices(compilePolicySteps(document, { bindings }), dependencies.giveWay)
  if (locksCallerOut(compiled, call.caller.principal, context, keyArn)) {
    throw malformed(LOCKED_OUT)
  }
  return bound
}

async function bindPrincipals(
  document: PolicyDocument,
  dependencies: KmsDependencies,
): Promise<Readonly<Record<string, string>>> {
  const principalIds: Record<string, string> = {}
  for (const arn of namedPrincipals(document)) {
    const wait = dependencies.giveWay()
    if (wait !== undefined) await wait
    if (!(await dependencies.principalExists(arn))) throw malformed(INVALID_PRINCIPALS)
    const id = await dependencies.principalId(arn)
    if (id !== undefined) principalIds[arn] = id
  }
  return principalIds
}

/**
 * A key policy as shown: with the former unique ids of users and roles that are gone, or whose names others
 * have. Source: IAM User Guide, "AWS JSON policy elements: Principal".
 */
export async function shownPolicy(
  { policy, principalIds = {} }: Pick<KeyValue, 'policy' | 'principalIds'>,
  dependencies: Pick<KmsDependencies, 'shownName' | 'giveWay'>,
): Promise<string> {
  const names = new Map<string, string>()
  for (const [arn, id] of Object.entries(principalIds)) {
    const wait = dependencies.giveWay()
    if (wait !== undefined) await wait
    const shown = await dependencies.shownName(arn, id)
    if (shown !== arn) names.set(arn, shown)
  }
  return renamePrincipals(policy, names)
}

/** The key policy of a new key, before its checks. */
export type NewPolicyQuestion = {
  readonly call: Call
  readonly dependencies: KmsDependencies
  readonly keyArn: string
  readonly input: {
    readonly Policy?: string | undefined
    readonly BypassPolicyLockoutSafetyCheck?: boolean | undefined
  }
}

/** The policy of a new key: that of the request, or the default. @throws as {@link checkKeyPolicy}. */
export async function newKeyPolicy({
  call,
  dependencies,
  keyArn,
  input,
}: NewPolicyQuestion): Promise<Pick<KeyValue, 'policy' | 'principalIds'>> {
  if (input.Policy === undefined) return { policy: defaultKeyPolicy(call.caller.account) }
  const bypassLockoutCheck = input.BypassPolicyLockoutSafetyCheck ?? false
  const proposal = { text: input.Policy, bypassLockoutCheck, call, context: call.context, keyArn }
  return checkKeyPolicy(proposal, dependencies)
}

const NO_PRINCIPAL = 'Policy contains a statement with no principal.'
const INVALID_PRINCIPALS = 'Policy contains a statement with one or more invalid principals.'
const INVALID_SERVICES = 'Policy contains a statement with one or more invalid service principals.'
const LOCKED_OUT = 'The new key policy will not allow you to update the key policy in the future.'

async function parse(
  policyText: string,
  { giveWay }: Pick<KmsDependencies, 'giveWay'>,
): Promise<PolicyDocument> {
  try {
    return await inSlices(parseNewPolicySteps(policyText, { flavour: 'key' }), giveWay)
  } catch (error) {
    if (error instanceof PolicySyntaxError) throw malformed(keyPolicyText(error))
    throw error
  }
}

/** AWS KMS's recorded text for a fault; otherwise Holdfast's own. */
function keyPolicyText({ fault, message }: PolicySyntaxError): string {
  switch (fault) {
    case 'NoPrincipal':
      return NO_PRINCIPAL
    case 'Principal':
      return INVALID_PRINCIPALS
    case 'Service':
      return INVALID_SERVICES
    case 'Action':
      return 'Missing required field Action'
    case 'Syntax':
      return message
  }
}

function malformed(message: string): KmsError {
  return new KmsError('MalformedPolicyDocumentException', message)
}
