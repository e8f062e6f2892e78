import type { Server } from 'node:http'
import { createServer, type ServerOptions, Server as TlsServer } from 'node:https'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import type { CertificatePair, TlsPair } from '../base/network.ts'

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

/** Creates a server with TLS, whose clients get the certificate for the name that they ask for. @throws Error. */
export function createSecureServer(options: ServerOptions, pair: TlsPair): TlsServer {
  const use: InUse = { contexts: contextsOf(pair) }
  const server = createServer({
    ...options,
    ...contextOptions(pair),
    SNICallback: (name, done) => done(null, findContext(use, name)),
  })
  IN_USE.set(server, use)
  return server
}

/** The contexts of a server's certificates by DNS name. */
type InUse = { contexts: ReadonlyMap<string, SecureContext> }

const IN_USE = new WeakMap<Server, InUse>()

function contextOptions({ cert, key }: CertificatePair): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2', ciphers: CIPHER_SUITES }
}

/** The first certificate with a name has it, so the server's own one has all its names. */
function contextsOf(pair: TlsPair): InUse['contexts'] {
  const contexts = new Map<string, SecureContext>()
  for (const one of [pair, ...pair.further]) {
    const context = createSecureContext(contextOptions(one))
    for (const name of one.names) if (!contexts.has(name)) contexts.set(name, context)
  }
  return contexts
}

/** Nothing for a name that no certificate has: the client then gets the server's own one. */
function findContext({ contexts }: InUse, name: string): SecureContext | undefined {
  const wanted = name.toLowerCase()
  // A wildcard stands for one label. Source: RFC 9525, section 6.3.
  return contexts.get(wanted) ?? contexts.get(wanted.replace(/^[^.]+/, '*'))
}

/**
 * Uses other certificates for new connections of a listener; open ones keep theirs. Does nothing for a
 * listener without TLS.
 *
 * @throws Error when a key does not belong to its certificate; then nothing has changed.
 */
export function replaceTls(server: Server, pair: TlsPair): void {
  const use = IN_USE.get(server)
  if (!(server instanceof TlsServer) || use === undefined) return
  const contexts = contextsOf(pair)
  // All options again: Node uses its own defaults for any that is missing here.
  server.setSecureContext(contextOptions(pair))
  use.contexts = contexts
}
