import type { Server } from 'node:http'
import { Server as TlsServer } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import type { TlsPair } from '../base/network.ts'

/**
 * Cipher suites in the order in which a server prefers them: authenticated encryption and forward secrecy only.
 *
 * Source: RFC 9325, section 4.2; RFC 8446, appendix B.4.
 */
const CIPHER_SUITES = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** The TLS options of every listener, with its certificate. */
export function tlsOptions({ cert, key }: TlsPair): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2', ciphers: CIPHER_SUITES }
}

/**
 * Uses another certificate for new connections of a listener; open ones keep theirs. Does nothing for a
 * listener without TLS.
 *
 * @throws Error when the key does not belong to the certificate; then nothing has changed.
 */
export function replaceTls(server: Server, pair: TlsPair): void {
  // All options again: Node uses its own defaults for any that is missing here.
  if (server instanceof TlsServer) server.setSecureContext(tlsOptions(pair))
}
