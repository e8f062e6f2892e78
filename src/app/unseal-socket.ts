import { chmod, readdir, rm } from 'node:fs/promises'
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { systemRandom } from '../base/ports.ts'
import { printable } from '../base/printable.ts'
import { Secret } from '../base/secret.ts'
import type { Config } from '../config/settings.ts'
import { PASSPHRASE_MAX_BYTES } from '../custody/roots/passphrase.ts'
import { reasonOf } from '../custody/roots/unlock.ts'
import { makeFolder } from '../store/folder.ts'
import { CONTROL_FOLDER } from './control.ts'
import { listenAt, readAll, socketPath } from './local-socket.ts'

/** `<process id>-<random>.unseal`: the socket of a sealed server. */
const NAME = /^\d+-[0-9a-f]{8}\.unseal$/
/** The largest message: the name of a path, a line feed, and the passphrase. */
const MESSAGE_MAX_BYTES = PASSPHRASE_MAX_BYTES + 64
/** How long a message may take to arrive. */
const MESSAGE_TIMEOUT_MS = 10_000
/** How long an answer may take: a passphrase is hashed for a second, behind others. */
const ANSWER_TIMEOUT_MS = 120_000
const ANSWER_MAX_BYTES = 4096
/** The first word of the answer of a server that was opened, and of one that waits for more shares. */
const OPENED = 'opened'
const WAITING = 'waiting'
const LINE_FEED = 0x0a
const OWNER_ONLY = 0o600

/**
 * Tries to open the root key by a path, with a passphrase, a share, or nothing.
 *
 * @returns what is still missing; nothing when it is open. @throws Error with a message for the operator.
 */
export type Unseal = (name: string, secret: Secret) => Promise<string | undefined>

/** A socket that takes passphrases and shares. */
export type UnsealSocket = { readonly close: () => Promise<void> }

/**
 * Listens for what opens the root key on a socket that only the owner of the data folder reaches. It takes one message at a
 * time, since a passphrase costs memory and processor time.
 *
 * @throws Error when the socket cannot be made.
 */
export async function openUnsealSocket({ data }: Config, unseal: Unseal): Promise<UnsealSocket> {
  const folder = join(data, CONTROL_FOLDER)
  await makeFolder(folder)
  const name = `${process.pid}-${Buffer.from(systemRandom.bytes(4)).toString('hex')}.unseal`
  let turn: Promise<unknown> = Promise.resolve()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    turn = turn.then(() => serve(socket, unseal)).catch(() => socket.destroy())
  })
  const { path, close } = await socketPath(folder, name)
  await listenAt(server, path).catch((cause: Error) => {
    throw new Error(`${path} cannot be made: ${cause.message}`, { cause })
  })
  await chmod(path, OWNER_ONLY)
  return {
    close: async () => {
      await new Promise((resolve) => server.close(resolve))
      await rm(join(folder, name), { force: true })
      await close()
    },
  }
}

async function serve(socket: Socket, unseal: Unseal): Promise<void> {
  const message = await readAll(socket, { maxBytes: MESSAGE_MAX_BYTES, timeoutMs: MESSAGE_TIMEOUT_MS })
  const split = message.indexOf(LINE_FEED)
  const name = Buffer.from(message.subarray(0, Math.max(split, 0))).toString('latin1')
  using secret = new Secret(message.slice(split + 1))
  message.fill(0)
  try {
    const missing = await unseal(name, secret)
    socket.end(missing === undefined ? `${OPENED}\n` : `${WAITING} ${printable(missing)}\n`)
  } catch (error) {
    socket.end(`${printable(reasonOf(error))}\n`)
  }
}

/** What the sealed servers of a data folder have answered. */
export type Unsealed = {
  /** How many are open now. */
  readonly opened: number
  /** What those that wait still need. */
  readonly waiting: readonly string[]
  /** Why the others stay sealed. */
  readonly failures: readonly string[]
}

/** Sends a secret to each sealed server of a data folder. */
export async function sendToSealed({ data }: Config, name: string, secret: Secret): Promise<Unsealed> {
  const folder = join(data, CONTROL_FOLDER)
  const sockets = (await readdir(folder).catch(() => [])).filter((one) => NAME.test(one))
  const result = { opened: 0, waiting: [] as string[], failures: [] as string[] }
  for (const one of sockets) {
    const answer = await sendTo(folder, one, { name, secret }).catch((error) => reasonOf(error))
    if (answer === OPENED) result.opened += 1
    else if (answer?.startsWith(`${WAITING} `) === true) result.waiting.push(answer.slice(WAITING.length + 1))
    else if (answer !== undefined) result.failures.push(answer === '' ? 'the server gave no answer' : answer)
  }
  return result
}

type Sent = { readonly name: string; readonly secret: Secret }

/** The answer of a sealed server; nothing when it has ended. */
async function sendTo(folder: string, file: string, { name, secret }: Sent): Promise<string | undefined> {
  const { path, close } = await socketPath(folder, file)
  try {
    const socket = createConnection({ path, allowHalfOpen: true })
    const isThere = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    if (!isThere) {
      await rm(join(folder, file), { force: true })
      return undefined
    }
    const answer = readAll(socket, { maxBytes: ANSWER_MAX_BYTES, timeoutMs: ANSWER_TIMEOUT_MS })
    socket.write(`${name}\n`)
    const bytes = secret.reveal((given) => Uint8Array.from(given))
    socket.end(bytes, () => bytes.fill(0))
    return Buffer.from(await answer)
      .toString('utf8')
      .trim()
  } finally {
    await close()
  }
}
