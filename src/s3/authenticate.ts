import { KmsError } from '../api/errors.ts'
import type { EpochMs } from '../base/ports.ts'
import type { HmacKey } from '../crypto/hmac.ts'
import type { Caller, FindCredential } from '../dispatch/caller.ts'
import { findHeader } from '../dispatch/wire.ts'
import { TERMINATOR } from '../sigv4/canonical.ts'
import { parseS3Claims, type S3Claims } from '../sigv4/claims.ts'
import type { SignedRequest } from '../sigv4/request.ts'
import { verifyS3Signature } from '../sigv4/s3-signature.ts'
import type { SigningKeys } from '../sigv4/signing-key.ts'
import { isRegion } from '../sigv4/verify.ts'
import { S3Error, type S3ErrorCode } from './s3-error.ts'

/** The caller of a request, and what its signature says. */
export type Authenticated = {
  readonly caller: Caller
  readonly region: string
  readonly claims: S3Claims
  readonly signingKey: HmacKey
  /** Where the signature is. */
  readonly method: 'header' | 'query' | 'form'
}

/** Authenticates the caller of a request, by the records as they are when it is called. @throws S3Error. */
export type Proof = () => Promise<Authenticated>

/** The dependencies of authentication. */
export type AuthenticationDependencies = {
  readonly findCredential: FindCredential
  readonly signingKeys: SigningKeys
}

const SERVICE = 's3'
/** How far clocks may differ. Source: Amazon S3 API Reference, "Error responses", RequestTimeTooSkewed. */
export const SKEW_MS = 900_000
const NO_BODY = new Uint8Array(0)

/**
 * Authenticates the caller by the head of a request. The body is compared later with the hash that the head claims.
 *
 * @throws S3Error.
 */
export async function authenticate(
  request: Omit<SignedRequest, 'body'>,
  now: EpochMs,
  { findCredential, signingKeys }: AuthenticationDependencies,
): Promise<Authenticated> {
  const head = { ...request, body: NO_BODY }
  const claims = readClaims(head)
  checkScope(claims, claims.presigned ? 'AuthorizationQueryParametersError' : 'AuthorizationHeaderMalformed')
  checkClock(claims, now)
  return authenticateClaims(
    {
      claims,
      method: claims.presigned ? 'query' : 'header',
      isSigned: (key) => verifyS3Signature(head, claims, key),
    },
    now,
    { findCredential, signingKeys },
  )
}

/** What a request claims, and how its signature is verified. */
export type Signed = Pick<Authenticated, 'claims' | 'method'> & {
  readonly isSigned: (key: HmacKey) => boolean
}

/** Authenticates the caller by claims whose scope and time are checked. @throws S3Error. */
export async function authenticateClaims(
  { claims, method, isSigned }: Signed,
  now: EpochMs,
  { findCredential, signingKeys }: AuthenticationDependencies,
): Promise<Authenticated> {
  const credential = await findCredential(claims)
  // A session of the web console works only with the cookie of its browser.
  if (credential === undefined || credential.cookieHash !== undefined) throw unknownKey(claims)
  if (credential.closedServices?.has(SERVICE) === true) throw unknownKey(claims)
  const signingKey = signingKeys.get(credential, claims)
  if (!isSigned(signingKey)) throw mismatch()
  if (credential.expiresAt !== undefined && credential.expiresAt <= now) {
    throw new S3Error('ExpiredToken', 'The provided token has expired.')
  }
  const { region } = claims.scope
  credential.used?.(now, region, SERVICE)
  return { caller: credential.caller, region, claims, signingKey, method }
}

const OLD_QUERY = /[?&]AWSAccessKeyId=/

function readClaims(request: SignedRequest): S3Claims {
  if (
    OLD_QUERY.test(request.target) ||
    findHeader(request.rawHeaders, 'authorization')?.startsWith('AWS ') === true
  ) {
    const message =
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.'
    throw new S3Error('InvalidRequest', message)
  }
  try {
    return parseS3Claims(request)
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    throw claimsError(request, error)
  }
}

function claimsError({ target }: SignedRequest, error: KmsError): S3Error {
  switch (error.code) {
    case 'MissingAuthenticationTokenException':
      return new S3Error('AccessDenied', 'Access Denied', { reason: 'the request is not signed' })
    case 'UnrecognizedClientException':
      return new S3Error('InvalidAccessKeyId', UNKNOWN_KEY)
    default: {
      const inQuery = target.includes('X-Amz-Signature=')
      const code = inQuery ? 'AuthorizationQueryParametersError' : 'AuthorizationHeaderMalformed'
      return new S3Error(code, error.message)
    }
  }
}

/** @throws S3Error with a code when the scope is not one of S3, or has another date. */
export function checkScope({ scope, amzDate }: S3Claims, code: S3ErrorCode): void {
  if (scope.terminator !== TERMINATOR || scope.service !== SERVICE) {
    throw new S3Error(code, `The credential scope must end with ${SERVICE}/${TERMINATOR}.`)
  }
  if (!isRegion(scope.region)) throw new S3Error(code, 'The region in the credential scope is not valid.')
  if (scope.date !== amzDate.slice(0, 8)) {
    throw new S3Error(code, 'The date in the credential scope is not that of the request.')
  }
}

function checkClock({ signedAt, expiresSeconds }: S3Claims, now: EpochMs): void {
  if (signedAt > now + SKEW_MS) throw skewed()
  if (expiresSeconds === undefined) {
    if (signedAt < now - SKEW_MS) throw skewed()
  } else if (now >= signedAt + expiresSeconds * 1000) {
    throw new S3Error('AccessDenied', 'Request has expired', { reason: 'the presigned URL has expired' })
  }
}

/** The error for a signature of another time. */
export function skewed(): S3Error {
  const message = 'The difference between the request time and the current time is too large.'
  return new S3Error('RequestTimeTooSkewed', message)
}

const UNKNOWN_KEY = 'The AWS Access Key Id you provided does not exist in our records.'

function unknownKey({ securityToken }: S3Claims): S3Error {
  if (securityToken === undefined) return new S3Error('InvalidAccessKeyId', UNKNOWN_KEY)
  return new S3Error('InvalidToken', 'The provided token is malformed or otherwise invalid.')
}

function mismatch(): S3Error {
  return new S3Error(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  )
}
