import { KmsError } from '../../api/errors.ts'
import type { EpochMs } from '../../base/ports.ts'
import type { WireRequest } from '../../dispatch/wire.ts'
import { type Claims, parseClaims } from '../../sigv4/claims.ts'
import type { SigningKeys } from '../../sigv4/signing-key.ts'
import { checkScope, verifySignature } from '../../sigv4/verify.ts'
import { XKS_SERVICE } from '../protocol/protocol.ts'
import type { ProxyCredentialValue } from './proxy-credential.ts'
import { ProxyRefusal } from './proxy-refusal.ts'

/** The maximum clock skew of a caller. Source: XKS Proxy API Specification, "Authentication". */
const CLOCK_SKEW_MINUTES = 5

/** The caller and its region. */
export type ProxyCaller = { readonly accessKeyId: string; readonly region: string }

/** The dependencies of authentication. */
export type ProxyAuthenticationDependencies = {
  readonly findCredential: (accessKeyId: string) => Promise<ProxyCredentialValue | undefined>
  readonly signingKeys: SigningKeys
}

/**
 * Authenticates the caller of a signed request. The answer to an unknown caller contains no reason; the reason is
 * the `cause` of the error.
 *
 * @throws ProxyRefusal AuthenticationFailedException.
 */
export async function authenticateCaller(
  request: WireRequest,
  now: EpochMs,
  dependencies: ProxyAuthenticationDependencies,
): Promise<ProxyCaller> {
  const claims = readClaims(request, now)
  const credential = await dependencies.findCredential(claims.accessKeyId)
  if (credential === undefined) throw unauthenticated('an unknown access key')
  if (!verifySignature(request, claims, dependencies.signingKeys.get(credential, claims))) {
    throw unauthenticated('a wrong signature')
  }
  return { accessKeyId: claims.accessKeyId, region: claims.scope.region }
}

function readClaims(request: WireRequest, now: EpochMs): Claims {
  try {
    const claims = parseClaims(request)
    checkScope(claims, { service: XKS_SERVICE, now, skewMinutes: CLOCK_SKEW_MINUTES })
    return claims
  } catch (error) {
    if (error instanceof KmsError) throw unauthenticated(error.message)
    throw error
  }
}

function unauthenticated(why: string): ProxyRefusal {
  return new ProxyRefusal('AuthenticationFailedException', 'The request could not be authenticated.', {
    cause: new Error(why),
  })
}
