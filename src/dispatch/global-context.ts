import type { EpochMs } from '../base/ports.ts'
import type { ContextLookup } from '../policy/context.ts'
import type { Caller } from './caller.ts'
import { findHeader, type WireRequest } from './wire.ts'

/**
 * The global condition keys of a call, computed when a policy asks for them.
 *
 * Source: IAM User Guide, "AWS global condition context keys".
 */
export function globalContext(
  caller: Caller,
  request: WireRequest,
  region: string,
  now: EpochMs,
): ContextLookup {
  return (name) => {
    switch (name) {
      case 'aws:currenttime':
        return new Date(now).toISOString()
      case 'aws:epochtime':
        return String(Math.floor(now / 1000))
      case 'aws:requestedregion':
        return region
      case 'aws:securetransport':
        return String(request.connection.tls !== undefined)
      case 'aws:sourceip':
        return request.connection.address
      case 'aws:useragent':
        return findHeader(request.rawHeaders, 'user-agent')
      case 'aws:viaawsservice':
      case 'aws:principalisawsservice':
        return 'false'
      default:
        return caller.keys(name)
    }
  }
}
