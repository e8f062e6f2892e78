import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Connection } from '../dispatch/wire.ts'

/** Facts of connections, computed once for each: a connection carries many requests. */
const CONNECTIONS = new WeakMap<Socket, Connection>()

/** The facts of a connection. */
export function connectionOf(socket: Socket): Connection {
  const known = CONNECTIONS.get(socket)
  if (known !== undefined) return known
  const connection = { address: plainAddress(socket.remoteAddress ?? ''), tls: tlsFacts(socket) }
  CONNECTIONS.set(socket, connection)
  return connection
}

function tlsFacts(socket: Socket): Connection['tls'] {
  if (!isTls(socket)) return undefined
  return { version: socket.getProtocol() ?? '', cipherSuite: socket.getCipher().standardName }
}

function isTls(socket: Socket): socket is TLSSocket {
  return 'encrypted' in socket && socket.encrypted === true
}

const MAPPED_IPV4 = '::ffff:'

/** A dual-stack listener shows an IPv4 client as a mapped IPv6 address. */
function plainAddress(address: string): string {
  return address.startsWith(MAPPED_IPV4) ? address.slice(MAPPED_IPV4.length) : address
}
