import { KmsError } from '../../api/errors.ts'
import { sha256Hex } from '../../crypto/hash.ts'
import type { WebToken } from '../../iam/sessions/oidc.ts'

/** Source: STS API Reference, "AssumeRoleWithWebIdentity", `RoleSessionName`. */
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/
const NOT_IN_NAMES = /[^\w+=,.@-]/g
/** Characters of the claim, and digits of its hash, in the name for a claim that is no session name. */
const KEPT_CHARS = 47
const HASH_DIGITS = 16
/** The end of such a name. A claim with this end is not taken as it is: its person could have the name of another. */
const HASHED = /-[0-9a-f]{16}$/
/** Some providers send the claim as a text. Without the claim, nobody has verified the address. */
const VERIFIED: ReadonlySet<unknown> = new Set([true, 'true'])

/**
 * The name of a person's session, from a claim. A claim with other characters gets its hash appended, so that two claims do not
 * become one name.
 *
 * @throws InvalidIdentityTokenException for a token without the claim, or with an address that is not verified.
 */
export function sessionNameOf({ claims }: WebToken, claim: string): string {
  const value = claims[claim]
  if (typeof value !== 'string' || value === '') throw invalid(`The token has no claim ${claim}.`)
  if (claim === 'email' && !VERIFIED.has(claims['email_verified'])) {
    throw invalid(
      'The provider does not say that the e-mail address is verified. Set sessionNameClaim to another claim.',
    )
  }
  if (SESSION_NAME.test(value) && !HASHED.test(value)) return value
  const kept = value.replaceAll(NOT_IN_NAMES, '-').slice(0, KEPT_CHARS)
  return `${kept}-${sha256Hex(value).slice(0, HASH_DIGITS)}`
}

function invalid(message: string): KmsError {
  return new KmsError('InvalidIdentityTokenException', message)
}
