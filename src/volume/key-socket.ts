import { createServer, type Socket } from 'node:net'
import type { Secret } from '../base/secret.ts'

/** Connections at once: systemd makes one for each volume. */
const CONNECTIONS_MAX = 16

/** A socket that gives a key to whoever connects. Closing it ends its connections. */
export type KeySocket = { readonly close: () => Promise<void> }

/**
 * Serves keys on a Unix socket, as crypttab(5) reads them: the peer gets the bytes and then the end. When there is no
 * key, it gets nothing, which opens no volume.
 *
 * @throws Error when it cannot listen.
 */
export function serveKeys(
  at: string | { readonly fd: number },
  give: () => Promise<Secret>,
  failed: (error: unknown) => void,
): Promise<KeySocket> {
  const connected = new Set<Socket>()
  const server = createServer((socket) => {
    connected.add(socket)
    socket.on('close', () => connected.delete(socket))
    socket.on('error', () => {})
    answer(socket, give).catch((error: unknown) => {
      socket.destroy()
      failed(error)
    })
  })
  server.maxConnections = CONNECTIONS_MAX
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of connected) socket.destroy()
    })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at, () => resolve({ close }))
  })
}

async function answer(socket: Socket, give: () => Promise<Secret>): Promise<void> {
  using secret = await give()
  await secret.reveal((bytes) => new Promise<void>((resolve) => socket.end(bytes, resolve)))
}
