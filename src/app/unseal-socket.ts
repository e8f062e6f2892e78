import { chmod, rm } from 'node:fs/promises'
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { printable } from '../base/printable.ts'
import { Secret } from '../base/secret.ts'
import type { Config } from '../config/settings.ts'
import { PASSPHRASE_MAX_BYTES } from '../custody/roots/passphrase.ts'
import { reasonOf } from '../custody/roots/unlock.ts'
import { listenAt, readAll } from './local-socket.ts'

/** The socket of a sealed server, within the data folder. */
const SOCKET_FILE = 'unseal.sock'
/** The largest message: the name of a path, a line feed, and the passphrase. */
const MESSAGE_MAX_BYTES = PASSPHRASE_MAX_BYTES + 64
/** How long a message may take to arrive. */
const MESSAGE_TIMEOUT_MS = 10_000
/** How long an answer may take: a passphrase is hashed for a second, behind others. */
const ANSWER_TIMEOUT_MS = 120_000
const ANSWER_MAX_BYTES = 4096
/** The answer of a server that was opened. */
const OPENED = 'opened'
const LINE_FEED = 0x0a
const OWNER_ONLY = 0o600

/** Tries to open the root key with a passphrase. @throws Error with a message for the operator. */
export type Unseal = (name: string, passphrase: Secret) => Promise<void>

/** A socket that takes passphrases. */
export type UnsealSocket = { readonly close: () => Promise<void> }

/** Where the socket of a data folder is. */
function unsealSocketPath({ data }: Config): string {
  return join(data, SOCKET_FILE)
}

/**
 * Listens for passphrases on a socket that only the owner of the data folder reaches. It takes one at a time, since each
 * costs memory and processor time.
 *
 * @throws Error when the socket cannot be made, for example because its path is too long.
 */
export async function openUnsealSocket(config: Config, unseal: Unseal): Promise<UnsealSocket> {
  const path = unsealSocketPath(config)
  await rm(path, { force: true })
  let turn: Promise<unknown> = Promise.resolve()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    turn = turn.then(() => serve(socket, unseal)).catch(() => socket.destroy())
  })
  await listenAt(server, path).catch((cause: Error) => {
    throw new Error(`${path} cannot be made: ${cause.message}`, { cause })
  })
  await chmod(path, OWNER_ONLY)
  return {
    close: async () => {
      await new Promise((resolve) => server.close(resolve))
      await rm(path, { force: true })
    },
  }
}

async function serve(socket: Socket, unseal: Unseal): Promise<void> {
  const message = await readAll(socket, { maxBytes: MESSAGE_MAX_BYTES, timeoutMs: MESSAGE_TIMEOUT_MS })
  const split = message.indexOf(LINE_FEED)
  const name = Buffer.from(message.subarray(0, Math.max(split, 0))).toString('latin1')
  using passphrase = new Secret(message.slice(split + 1))
  message.fill(0)
  try {
    await unseal(name, passphrase)
    socket.end(`${OPENED}\n`)
  } catch (error) {
    socket.end(`${printable(reasonOf(error))}\n`)
  }
}

/** Sends a passphrase to the sealed server of a data folder. @throws Error when it stays sealed. */
export async function sendPassphrase(config: Config, name: string, passphrase: Secret): Promise<void> {
  const path = unsealSocketPath(config)
  const socket = createConnection({ path, allowHalfOpen: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', () => reject(new Error('no sealed server runs on this folder')))
  })
  const answer = readAll(socket, { maxBytes: ANSWER_MAX_BYTES, timeoutMs: ANSWER_TIMEOUT_MS })
  socket.write(`${name}\n`)
  const bytes = passphrase.reveal((secret) => Uint8Array.from(secret))
  socket.end(bytes, () => bytes.fill(0))
  const text = Buffer.from(await answer)
    .toString('utf8')
    .trim()
  if (text !== OPENED) throw new Error(text === '' ? 'the server gave no answer' : text)
}
