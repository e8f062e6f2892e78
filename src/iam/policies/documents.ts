import { KmsError } from '../../api/errors.ts'
import { atOnce, type GiveWay, inSlices, type Steps } from '../../base/slices.ts'
import type { PolicyDocument } from '../../policy/document.ts'
import type { Flavour } from '../../policy/flavour.ts'
import { parseNewPolicySteps } from '../../policy/new-policy.ts'
import { namedPrincipals } from '../../policy/parse.ts'
import { renamePrincipals, uniqueIdsIn } from '../../policy/principal-names.ts'
import { invalidPrincipalText, PolicySyntaxError } from '../../policy/syntax-error.ts'
import type { Records } from '../../store/records.ts'
import { arnsOfIds, findPrincipal, shownNames } from '../entities/principals.ts'
import type { RoleValue } from '../iam-records.ts'

/** A policy of a request. @throws MalformedPolicyDocumentException. */
export function parseDocument(text: string, flavour: Flavour): PolicyDocument {
  return atOnce(parseDocumentSteps(text, flavour))
}

/** The same, one statement at a time. @throws MalformedPolicyDocumentException. */
export function* parseDocumentSteps(text: string, flavour: Flavour): Steps<PolicyDocument> {
  try {
    return yield* parseNewPolicySteps(text, { flavour })
  } catch (error) {
    if (error instanceof PolicySyntaxError) throw malformedPolicy(error.iamText)
    throw error
  }
}

/** The error for a text that is not a policy of its kind. */
function malformedPolicy(message: string): KmsError {
  return new KmsError('MalformedPolicyDocumentException', message)
}

/** A trust policy as stored: with ARNs, each bound to its present unique id. */
type BoundPolicy = { readonly trust: string; readonly bindings: Readonly<Record<string, string>> }

/**
 * A trust policy, bound to the users and roles that it names. Existing unique ids become ARNs.
 *
 * @param given the same policy, parsed.
 * @param mayLookUp whether a principal may be looked up: an ARN for which it says no counts as an existing one, without a unique id.
 * @throws MalformedPolicyDocumentException for a principal that does not exist.
 */
export async function bindTrust(
  { records, giveWay }: { readonly records: Records; readonly giveWay: GiveWay },
  text: string,
  given: PolicyDocument,
  mayLookUp: (arn: string) => boolean = () => true,
): Promise<BoundPolicy> {
  const arns = [...(await arnsOfIds(records, uniqueIdsIn(given)))].filter(([, arn]) => mayLookUp(arn))
  const trust = renamePrincipals(text, new Map(arns))
  const document = trust === text ? given : await inSlices(parseDocumentSteps(trust, 'trust'), giveWay)
  const bindings: Record<string, string> = {}
  for (const arn of namedPrincipals(document)) {
    await giveWay()
    if (!mayLookUp(arn)) continue
    const found = await findPrincipal(records, arn)
    if (found === undefined) throw malformedPolicy(invalidPrincipalText('AWS', arn))
    if (found.id !== undefined) bindings[arn] = found.id
  }
  return { trust, bindings }
}

/** A role with its trust policy as shown: with the unique ids of principals that are gone. */
export async function shownRole<R extends Pick<RoleValue, 'trust' | 'bindings'>>(
  records: Records,
  role: R,
): Promise<R> {
  const names = await shownNames(records, role.bindings)
  return names.size === 0 ? role : { ...role, trust: renamePrincipals(role.trust, names) }
}
