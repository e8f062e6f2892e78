import { type FileHandle, open } from 'node:fs/promises'
import type { Server, Socket } from 'node:net'
import { join } from 'node:path'
import { systemTimers } from '../base/ports.ts'

/** The longest path of a socket that every platform takes. Source: unix(7): 108 bytes; macOS: 104. */
const PATH_MAX_BYTES = 103

/** A path by which a socket can be made and reached. */
export type SocketPath = { readonly path: string; readonly close: () => Promise<void> }

/** A path to a socket in a folder, also where the path of the folder is longer than that of a socket may be. */
export async function socketPath(folder: string, name: string): Promise<SocketPath> {
  const path = join(folder, name)
  if (Buffer.byteLength(path) <= PATH_MAX_BYTES || process.platform !== 'linux')
    return { path, close: async () => {} }
  const handle: FileHandle = await open(folder, 'r')
  // Source: proc_pid_fd(5): a link to the open folder.
  return { path: `/proc/self/fd/${handle.fd}/${name}`, close: () => handle.close() }
}

/** Listens at a path. @throws Error of the platform. */
export function listenAt(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
}

/** The limits of a message. */
export type Reading = { readonly maxBytes: number; readonly timeoutMs: number }

/** Reads to the end of what the other side sends. The caller clears the bytes. @throws Error beyond a limit. */
export function readAll(socket: Socket, { maxBytes, timeoutMs }: Reading): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const whole = new Uint8Array(maxBytes)
    let size = 0
    const timer = systemTimers.after(timeoutMs, () => fail(new Error('no message came in time')))
    const fail = (error: Error): void => {
      timer.cancel()
      whole.fill(0)
      socket.destroy()
      reject(error)
    }
    socket.on('data', (chunk: Buffer) => {
      if (size + chunk.length > maxBytes) fail(new Error(`at most ${maxBytes} bytes allowed`))
      else whole.set(chunk, size)
      size += chunk.length
      chunk.fill(0)
    })
    socket.once('error', fail)
    socket.once('end', () => {
      timer.cancel()
      resolve(whole.subarray(0, size))
    })
  })
}
