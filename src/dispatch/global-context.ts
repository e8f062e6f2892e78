import type { EpochMs } from '../base/ports.ts'
import type { ContextLookup } from '../policy/context.ts'
import type { Caller } from './caller.ts'
import { servicePrincipal, viaService } from './forward.ts'
import { findHeader, type WireRequest } from './wire.ts'

/**
 * The global condition keys of a call, computed when a policy asks for them. A permission on a resource of
 * another account replaces some of them: see `accessTo`.
 *
 * @param region of the endpoint: services without regions have one. Source: IAM User Guide, "AWS global
 * condition context keys".
 */
export function globalContext(
  caller: Caller,
  request: WireRequest,
  region: string,
  now: EpochMs,
): ContextLookup {
  const own: ContextLookup = (name) => {
    switch (name) {
      case 'aws:currenttime':
        return new Date(now).toISOString()
      case 'aws:epochtime':
        return String(Math.floor(now / 1000))
      case 'aws:multifactorauthage':
        return caller.mfaAt === undefined ? undefined : String(Math.floor((now - caller.mfaAt) / 1000))
      case 'aws:requestedregion':
        return region
      case 'aws:resourceaccount':
        return caller.account
      case 'aws:securetransport':
        return String(request.connection.tls !== undefined)
      case 'aws:sourceip':
        return request.connection.address
      case 'aws:useragent':
        return findHeader(request.rawHeaders, 'user-agent')
      case 'aws:referer':
        return findHeader(request.rawHeaders, 'referer')
      case 'aws:viaawsservice':
      case 'aws:principalisawsservice':
        return 'false'
      default:
        return caller.keys(name)
    }
  }
  return caller.via === undefined ? own : viaContext(caller.via, region, own)
}

/**
 * Condition keys of a call that a service makes on its caller's behalf: it has no address, and nobody can
 * listen on its way. Source: the same; AWS KMS Developer Guide, "AWS KMS condition keys".
 */
function viaContext(via: string, region: string, own: ContextLookup): ContextLookup {
  const principal = servicePrincipal(via)
  return (name) => {
    switch (name) {
      case 'kms:viaservice':
        return viaService(via, region)
      case 'aws:viaawsservice':
      case 'aws:securetransport':
        return 'true'
      case 'aws:calledvia':
        return [principal]
      case 'aws:calledviafirst':
      case 'aws:calledvialast':
        return principal
      case 'aws:sourceip':
        return undefined
      default:
        return own(name)
    }
  }
}
