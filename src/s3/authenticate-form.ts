import { KmsError } from '../api/errors.ts'
import type { EpochMs } from '../base/ports.ts'
import { hmacSha256 } from '../crypto/hmac.ts'
import type { S3Claims } from '../sigv4/claims.ts'
import { ALGORITHM, parseScopedKey } from '../sigv4/credential.ts'
import { isSignature } from '../sigv4/s3-signature.ts'
import { parseAmzDate } from '../sigv4/timestamp.ts'
import {
  type Authenticated,
  type AuthenticationDependencies,
  authenticateClaims,
  checkScope,
  SKEW_MS,
  skewed,
} from './authenticate.ts'
import { S3Error, type S3ErrorCode } from './s3-error.ts'

/** How long a signing key may sign. Source: Amazon S3 API Reference, "Authenticating Requests (AWS Signature Version 4)". */
const SIGNATURE_MAX_MS = 7 * 24 * 60 * 60 * 1000
const MALFORMED: S3ErrorCode = 'InvalidArgument'

/**
 * Authenticates who has signed the policy of a form. Source: Amazon S3 API Reference, "Authenticating Requests:
 * Browser-Based Uploads Using POST".
 *
 * @param fields the fields of the form, by lower-case name.
 * @throws S3Error.
 */
export async function authenticateForm(
  fields: ReadonlyMap<string, string>,
  now: EpochMs,
  dependencies: AuthenticationDependencies,
): Promise<Authenticated> {
  const policy = fields.get('policy')
  if (fields.has('awsaccesskeyid')) {
    const message =
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.'
    throw new S3Error('InvalidRequest', message)
  }
  if (policy === undefined) {
    throw new S3Error('AccessDenied', 'Access Denied', { reason: 'the form has no signed policy' })
  }
  const claims = claimsOf(fields)
  checkScope(claims, MALFORMED)
  if (claims.signedAt > now + SKEW_MS || claims.signedAt <= now - SIGNATURE_MAX_MS) throw skewed()
  const isSigned: Parameters<typeof authenticateClaims>[0]['isSigned'] = (key) =>
    isSignature(claims.signature, hmacSha256(key, policy))
  return authenticateClaims({ claims, method: 'form', isSigned }, now, dependencies)
}

function claimsOf(fields: ReadonlyMap<string, string>): S3Claims {
  if (required(fields, 'X-Amz-Algorithm') !== ALGORITHM) {
    throw new S3Error('InvalidArgument', `X-Amz-Algorithm only supports "${ALGORITHM}"`)
  }
  const credential = required(fields, 'X-Amz-Credential')
  const amzDate = required(fields, 'X-Amz-Date')
  const signature = required(fields, 'X-Amz-Signature')
  const signedAt = parseAmzDate(amzDate)
  if (signedAt === undefined) {
    throw new S3Error(MALFORMED, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
  }
  return {
    ...scopedKey(credential),
    signedHeaders: [],
    signature,
    signedAt,
    amzDate,
    securityToken: fields.get('x-amz-security-token'),
    presigned: false,
    expiresSeconds: undefined,
  }
}

function scopedKey(credential: string): ReturnType<typeof parseScopedKey> {
  try {
    return parseScopedKey(credential)
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    if (error.code !== 'UnrecognizedClientException') throw new S3Error(MALFORMED, error.message)
    throw new S3Error(
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
    )
  }
}

function required(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name.toLowerCase())
  if (value !== undefined) return value
  const message = `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`
  throw new S3Error('InvalidArgument', message, { elements: { ArgumentName: name, ArgumentValue: '' } })
}
