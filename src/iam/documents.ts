import { KmsError } from '../api/errors.ts'
import type { PolicyDocument } from '../policy/document.ts'
import type { Flavour } from '../policy/flavour.ts'
import { namedPrincipals, parsePolicy } from '../policy/parse.ts'
import { invalidPrincipalText, PolicySyntaxError } from '../policy/syntax-error.ts'
import type { Records } from '../store/records.ts'
import { findPrincipal } from './principals.ts'

/** A policy of a request. @throws MalformedPolicyDocumentException. */
export function parseDocument(text: string, flavour: Flavour): PolicyDocument {
  try {
    return parsePolicy(text, { flavour })
  } catch (error) {
    if (error instanceof PolicySyntaxError) throw malformedPolicy(error.iamText)
    throw error
  }
}

/** The error for a text that is not a policy of its kind. */
function malformedPolicy(message: string): KmsError {
  return new KmsError('MalformedPolicyDocumentException', message)
}

/**
 * The unique ids of the users and roles that a trust policy names, by ARN.
 *
 * @throws MalformedPolicyDocumentException for a principal that does not exist.
 */
export async function bindPrincipals(
  records: Records,
  document: PolicyDocument,
): Promise<Readonly<Record<string, string>>> {
  const bindings: Record<string, string> = {}
  for (const arn of namedPrincipals(document)) {
    const found = await findPrincipal(records, arn)
    if (found === undefined) throw malformedPolicy(invalidPrincipalText('AWS', arn))
    if (found.id !== undefined) bindings[arn] = found.id
  }
  return bindings
}
