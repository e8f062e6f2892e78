import { chmod, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { systemRandom, systemSleep, systemTimers } from '../base/ports.ts'
import { printable } from '../base/printable.ts'
import type { Config } from '../config/settings.ts'
import {
  disposeRootKeys,
  encodeRootKeys,
  parseRootKeys,
  ROOT_KEYS_MAX_BYTES,
  type RootKeys,
} from '../custody/root-keys.ts'
import { isCode } from '../custody/roots/envelope-file.ts'
import { reasonOf } from '../custody/roots/unlock.ts'
import { makeFolder } from '../store/folder.ts'
import { listenAt, readAll, socketPath } from './local-socket.ts'

/** The folder of the sockets of the processes on a data folder, within it. */
export const CONTROL_FOLDER = 'run'
const OWNER_ONLY = 0o600
/** `<process id>-<random>`, and what it is while it is being made, or when its process has no socket. */
const NAME = /^(?<pid>\d+)-[0-9a-f]{8}(?<suffix>\.new|\.deaf)?$/

/** How long a message may take to arrive. */
const MESSAGE_TIMEOUT_MS = 10_000
/** How long a process may take for an answer: it may be starting, or waiting for its disk. */
const ANSWER_TIMEOUT_MS = 10_000
const ANSWER_MAX_BYTES = 4096
/** How often, and how long apart, a process that ends during its answer is asked again. */
const ATTEMPTS = 10
const RETRY_MS = 200
/** The answers of a process that has done what it was told, and, for a seal, has recorded it too. */
const DONE = 'done'
const RECORDED = 'recorded'
/** What a message tells, by its first byte. */
const KEYS = 1
const SEAL = 2
/** How long a process may take to record that it seals itself; then it does so without a record. */
const RECORD_TIMEOUT_MS = 5_000
/** How often processes are looked for that may have started meanwhile. */
const SEAL_ROUNDS = 20

/** What a process on a data folder does when another one tells it something. */
export type ControlHandlers = {
  /** Uses these root keys from now on; resolves when nothing is sealed by the keys before any more. Borrows them. */
  readonly useKeys: (keys: RootKeys) => Promise<void>
  readonly sealing: Sealing
}

/** How a process seals itself. */
export type Sealing = {
  /** Records it; returns whether it did. */
  readonly record: () => Promise<boolean>
  /** Ends the process and its memory at once. */
  readonly leave: () => void
}

/** A process that ends without a record. What it has acknowledged is durable, as at a kill. */
export const LEAVING: Sealing = {
  record: async () => false,
  leave: () => process.kill(process.pid, 'SIGKILL'),
}

/** The registration of a process that has keys of a data folder in its memory. */
export type Control = { readonly close: () => Promise<void> }

/**
 * Registers this process at a data folder, before it reads the keys: a rotation of the root key tells every registered
 * process the new keys before it uses them. Where no socket can be made, a file says so, and a rotation waits for
 * the end of the process.
 */
export async function openControl(config: Config, handlers: ControlHandlers): Promise<Control> {
  const folder = join(config.data, CONTROL_FOLDER)
  await makeFolder(folder)
  const name = `${process.pid}-${Buffer.from(systemRandom.bytes(4)).toString('hex')}`
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    serve(socket, handlers).catch(() => socket.destroy())
  })
  const { path, close } = await socketPath(folder, `${name}.new`)
  try {
    await listenAt(server, path)
  } catch {
    await close()
    const file = join(folder, `${name}.deaf`)
    await writeFile(file, '', { mode: OWNER_ONLY })
    return { close: () => rm(file, { force: true }) }
  }
  server.unref()
  await chmod(join(folder, `${name}.new`), OWNER_ONLY)
  // Only then is there a name that others find: whoever connects is answered.
  await rename(join(folder, `${name}.new`), join(folder, name))
  return {
    close: async () => {
      await rm(join(folder, name), { force: true })
      server.close()
      await close()
    },
  }
}

async function serve(socket: Socket, handlers: ControlHandlers): Promise<void> {
  const maxBytes = 1 + ROOT_KEYS_MAX_BYTES
  const message = await readAll(socket, { maxBytes, timeoutMs: MESSAGE_TIMEOUT_MS })
  if (message[0] === SEAL) {
    await seal(socket, handlers.sealing)
    return
  }
  const keys = message[0] === KEYS ? parseRootKeys(message.subarray(1)) : undefined
  message.fill(0)
  try {
    if (keys === undefined) throw new Error('this process is of another release')
    await handlers.useKeys(keys)
    socket.end(`${DONE}\n`)
  } catch (error) {
    socket.end(`${printable(reasonOf(error))}\n`)
  } finally {
    if (keys !== undefined) disposeRootKeys(keys)
  }
}

/** Answers, and ends the process in any case: also when nobody reads the answer. */
async function seal(socket: Socket, sealing: Sealing): Promise<void> {
  try {
    const late = new Promise<boolean>((resolve) =>
      systemTimers.after(RECORD_TIMEOUT_MS, () => resolve(false)),
    )
    const isRecorded = await Promise.race([sealing.record().catch(() => false), late])
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve())
      socket.end(`${isRecorded ? RECORDED : DONE}\n`, () => resolve())
    })
  } finally {
    sealing.leave()
  }
}

/**
 * Tells every process on a data folder which root keys to use.
 *
 * @returns the number of processes. @throws Error that names a process which does not answer.
 */
export async function tellKeys(config: Config, keys: RootKeys): Promise<number> {
  const folder = join(config.data, CONTROL_FOLDER)
  const names = await readdir(folder).catch(() => [])
  const answers = await Promise.all(
    names.map((name) => tellOne(folder, name, { what: 'take the keys', message: () => keysMessage(keys) })),
  )
  return answers.filter((answer) => answer !== undefined).length
}

/** What the processes on a data folder have answered to a seal. */
export type SealedProcesses = {
  /** The processes that have ended with their memory. */
  readonly processes: number
  /** How many of them have recorded it. */
  readonly recorded: number
  /** Processes that still have keys, and what to do. */
  readonly failures: readonly string[]
}

/** Ends the memory of every process on a data folder, also of those that start meanwhile. */
export async function sealProcesses(config: Config): Promise<SealedProcesses> {
  const folder = join(config.data, CONTROL_FOLDER)
  const answers = new Map<string, string>()
  let failures: string[] = []
  for (let round = 0; round < SEAL_ROUNDS; round += 1) {
    failures = []
    let told = 0
    const ask = async (name: string): Promise<void> => {
      try {
        const answer = await tellOne(folder, name, {
          what: 'seal itself',
          message: () => Uint8Array.of(SEAL),
        })
        if (answer === undefined) return
        told += 1
        if (answers.get(name) !== RECORDED) answers.set(name, answer)
      } catch (error) {
        failures.push(reasonOf(error))
      }
    }
    const names = await readdir(folder).catch(() => [])
    await Promise.all(names.map(ask))
    if (told === 0) break
    await systemSleep(RETRY_MS)
  }
  const recorded = [...answers.values()].filter((answer) => answer === RECORDED).length
  return { processes: answers.size, recorded, failures }
}

/** What a process is told, and in words. */
type Telling = { readonly what: string; readonly message: () => Uint8Array }

/** The answer of a process; nothing when there is no such process. @throws Error when it does not answer. */
async function tellOne(
  folder: string,
  name: string,
  { what, message }: Telling,
): Promise<string | undefined> {
  const { pid = '', suffix } = NAME.exec(name)?.groups ?? {}
  if (suffix !== undefined) {
    if (!isRunning(Number(pid))) await rm(join(folder, name), { force: true })
    else if (suffix === '.deaf')
      throw new Error(`process ${pid} has no socket in ${folder}: end it, and try again`)
    return undefined
  }
  if (pid === '') return undefined
  for (let attempt = 1; ; attempt += 1) {
    const answer = await askOne(folder, name, message()).catch(reasonOf)
    if (answer === DONE || answer === RECORDED || answer === undefined) return answer
    if (attempt === ATTEMPTS)
      throw new Error(`process ${pid} did not ${what}: ${answer}. End it, and try again`)
    // It may be ending, or it may not answer.
    await systemSleep(RETRY_MS)
  }
}

/** The answer; nothing when there is no such process. @throws Error when there is no answer. */
async function askOne(folder: string, name: string, message: Uint8Array): Promise<string | undefined> {
  const { path, close } = await socketPath(folder, name)
  try {
    const socket = await connect(path)
    if (socket !== undefined) return await ask(socket, message)
    // Its process has ended without removing it.
    await rm(join(folder, name), { force: true })
    return undefined
  } finally {
    message.fill(0)
    await close()
  }
}

/** The socket; nothing when nobody listens at it any more. */
async function connect(path: string): Promise<Socket | undefined> {
  const socket = createConnection({ path, allowHalfOpen: true })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return socket
  } catch (error) {
    if (isCode(error, 'ECONNREFUSED') || isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function keysMessage(keys: RootKeys): Uint8Array {
  const encoded = encodeRootKeys(keys)
  const message = new Uint8Array(1 + encoded.length)
  message[0] = KEYS
  message.set(encoded, 1)
  encoded.fill(0)
  return message
}

async function ask(socket: Socket, message: Uint8Array): Promise<string> {
  const answered = readAll(socket, { maxBytes: ANSWER_MAX_BYTES, timeoutMs: ANSWER_TIMEOUT_MS })
  socket.end(message)
  const text = Buffer.from(await answered)
    .toString('utf8')
    .trim()
  return text === '' ? 'it gave no answer' : text
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isCode(error, 'EPERM')
  }
}
