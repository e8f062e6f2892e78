import { KmsError } from '../api/errors.ts'
import type { EpochMs } from '../base/ports.ts'
import { holdsCookie } from '../sigv4/bound-cookie.ts'
import { parseClaims } from '../sigv4/claims.ts'
import type { SigningKeys } from '../sigv4/signing-key.ts'
import { checkScope, signatureMismatch, verifyHead, verifySignature } from '../sigv4/verify.ts'
import type { Caller, Credential, FindCredential } from './caller.ts'
import type { WireRequest } from './wire.ts'

/** The caller, and the region. */
export type Authenticated = {
  readonly caller: Caller
  readonly region: string
  /** Whether the signature of the request has authenticated the caller. */
  readonly isSigned: boolean
}

/** The dependencies of authentication. */
export type AuthenticationDependencies = {
  readonly findCredential: FindCredential
  readonly signingKeys: SigningKeys
}

/**
 * Authenticates the caller of a signed request.
 *
 * It first checks what the request claims, and last what only the secret can prove. So it looks up nothing
 * for a request that is malformed or stale.
 *
 * @throws KmsError with the authentication codes of the JSON protocol.
 */
export async function authenticate(
  request: WireRequest,
  service: string,
  now: EpochMs,
  dependencies: AuthenticationDependencies,
): Promise<Authenticated> {
  const claims = parseClaims(request)
  checkScope(claims, { service, now })
  const credential = await dependencies.findCredential(claims)
  if (credential === undefined || credential.closedServices?.has(service)) throw unknownToken()
  const key = dependencies.signingKeys.get(credential, claims)
  if (!verifySignature(request, claims, key)) throw signatureMismatch()
  checkCookie(request, credential)
  if (credential.expiresAt !== undefined && credential.expiresAt <= now) throw expiredToken()
  credential.used?.(now, claims.scope.region, service)
  return { caller: credential.caller, region: claims.scope.region, isSigned: true }
}

/**
 * Checks what it can of a request without its body. A request that passes may still be refused.
 *
 * @param service nothing when only the body names the service.
 * @throws KmsError as {@link authenticate} does for the whole request.
 */
export async function authenticateHead(
  head: WireRequest,
  service: string | undefined,
  now: EpochMs,
  dependencies: AuthenticationDependencies,
): Promise<void> {
  const claims = parseClaims(head)
  if (service !== undefined) checkScope(claims, { service, now })
  const credential = await dependencies.findCredential(claims)
  if (credential === undefined) throw unknownToken()
  checkCookie(head, credential)
  if (service === undefined) return
  if (credential.closedServices?.has(service) === true) throw unknownToken()
  if (!verifyHead(head, claims, dependencies.signingKeys.get(credential, claims))) throw signatureMismatch()
}

/** A caller who has the credentials of a console session, but not the cookie of its browser, is unknown. */
function checkCookie(request: WireRequest, { cookieHash }: Credential): void {
  if (cookieHash !== undefined && !holdsCookie(request, cookieHash)) throw unknownToken()
}

/** The access key that a request claims to be signed with; the event of its refusal shows it. */
export function claimedAccessKey(request: WireRequest): string | undefined {
  try {
    return parseClaims(request).accessKeyId
  } catch (error) {
    if (error instanceof KmsError) return undefined
    throw error
  }
}

function expiredToken(): KmsError {
  return new KmsError('ExpiredTokenException', 'The security token included in the request is expired')
}

function unknownToken(): KmsError {
  return new KmsError('UnrecognizedClientException', 'The security token included in the request is invalid.')
}
