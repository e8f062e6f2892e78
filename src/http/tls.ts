import type { Server } from 'node:http'
import { Server as TlsServer } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import type { TlsPair } from '../base/tls-pair.ts'

/** What every TLS listener speaks, with its certificate. */
export function tlsOptions({ cert, key }: TlsPair): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2' }
}

/**
 * Gives new connections of a listener another certificate; those that are open keep theirs. Does nothing to one
 * without TLS.
 *
 * @throws Error when the key is not the certificate's; then nothing has changed.
 */
export function replaceTls(server: Server, pair: TlsPair): void {
  // Everything is said again: what is left out here would fall back to Node's own defaults.
  if (server instanceof TlsServer) server.setSecureContext(tlsOptions(pair))
}
