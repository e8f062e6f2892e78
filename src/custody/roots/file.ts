import { constants } from 'node:fs'
import { link, lstat, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseBase64, toBase64 } from '../../base/bytes.ts'
import type { Random } from '../../base/ports.ts'
import { readRegularText } from '../../base/regular-file.ts'
import { Secret } from '../../base/secret.ts'
import { sha256Hex } from '../../crypto/hash.ts'
import { ROOT_KEY_BYTES, type Seal, SealError } from './root.ts'

const OWNER_ONLY = 0o600
const NOT_OWNER = 0o077
const PREFIX = 'holdfast-root-key:1'
const CHECK_DIGITS = 8
/** One line of some 80 characters. */
const FILE_MAX_BYTES = 4096

/**
 * The root key in a file that only its owner can read: one line,
 * `holdfast-root-key:1:<base64 of 32 bytes>:<first 8 hexadecimal digits of the SHA-256 of that base64>`.
 * The check finds a damaged file before it makes every record look tampered with.
 */
export function fileSeal(path: string, random: Random): Seal {
  return {
    place: path,
    open: () => openFile(path),
    create: () => createFile(path, random),
  }
}

async function openFile(path: string): Promise<Secret | undefined> {
  let mode: number
  try {
    mode = (await lstat(path)).mode
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return undefined
    throw unreadable(path, cause)
  }
  if (
    process.platform !== 'win32' &&
    (mode & constants.S_IFMT) === constants.S_IFREG &&
    (mode & NOT_OWNER) !== 0
  ) {
    throw new SealError(`the root key file ${path} can be read by others than its owner: chmod 600 it`)
  }
  try {
    const text = await readRegularText(path, { maxBytes: FILE_MAX_BYTES, noLink: true, own: true })
    return parseFile(path, text)
  } catch (cause) {
    if (cause instanceof SealError) throw cause
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): SealError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new SealError(`the root key file ${path} cannot be read: ${reason}`, { cause })
}

function parseFile(path: string, text: string): Secret {
  const line = text.trimEnd()
  const [encoded = '', check] = line.slice(PREFIX.length + 1).split(':')
  const bytes = parseBase64(encoded)
  const whole =
    line.startsWith(`${PREFIX}:`) && check === checkOf(encoded) && bytes?.length === ROOT_KEY_BYTES
  if (!whole || bytes === undefined) {
    throw new SealError(`the root key file ${path} is damaged: restore it from its backup`)
  }
  return new Secret(Uint8Array.from(bytes))
}

/**
 * Written aside, synced, then linked into place: a crash leaves no half-written key, and of two
 * processes that start at once only one makes the key.
 */
async function createFile(path: string, random: Random): Promise<Secret> {
  const secret = new Secret(random.bytes(ROOT_KEY_BYTES))
  const encoded = secret.reveal(toBase64)
  const aside = `${path}.${random.uuid()}`
  try {
    const file = await open(aside, 'wx', OWNER_ONLY)
    await file.writeFile(`${PREFIX}:${encoded}:${checkOf(encoded)}\n`)
    await file.sync()
    await file.close()
    await link(aside, path)
    await syncFolder(dirname(path))
  } catch (cause) {
    secret[Symbol.dispose]()
    throw new SealError(`the root key file ${path} cannot be made`, { cause })
  } finally {
    await rm(aside, { force: true })
  }
  return secret
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  await folder.sync()
  await folder.close()
}

function checkOf(encoded: string): string {
  return sha256Hex(encoded).slice(0, CHECK_DIGITS)
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
