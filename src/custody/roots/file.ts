import { constants } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { parseBase64, toBase64 } from '../../base/bytes.ts'
import type { Random } from '../../base/ports.ts'
import { readRegularText } from '../../base/regular-file.ts'
import { Secret } from '../../base/secret.ts'
import { sha256Hex } from '../../crypto/hash.ts'
import { isCode, putKeyFile } from './envelope-file.ts'
import type { PathMethod } from './path-method.ts'
import { ROOT_KEY_BYTES, SealError } from './root.ts'

const NOT_OWNER = 0o077
const PREFIX = 'holdfast-root-key'
const CHECK_DIGITS = 8
/** One line of some 80 characters. */
const FILE_MAX_BYTES = 4096

/** What the file holds: the root key itself (version 1), or the key of the unlock path `file` (version 2). */
export type KeyFile = { readonly version: 1 | 2; readonly secret: Secret }

/**
 * Reads the key file of a data folder, which only its owner may read: one line,
 * `holdfast-root-key:<version>:<base64 of 32 bytes>:<first 8 hexadecimal digits of the SHA-256 of that base64>`.
 * The check finds a damaged file before it makes every record look tampered with.
 *
 * @returns nothing when there is no file.
 * @throws SealError.
 */
export async function readKeyFile(path: string): Promise<KeyFile | undefined> {
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

function parseFile(path: string, text: string): KeyFile {
  const parsed = parseKeyLine(text)
  if (parsed === undefined)
    throw new SealError(`the root key file ${path} is damaged: restore it from its backup`)
  return parsed
}

/** The key in the text of a key file; nothing for another text. */
export function parseKeyLine(text: string): KeyFile | undefined {
  const [prefix, version, encoded = '', check, ...rest] = text.trimEnd().split(':')
  const bytes = parseBase64(encoded)
  const isWhole =
    prefix === PREFIX &&
    (version === '1' || version === '2') &&
    check === checkOf(encoded) &&
    rest.length === 0 &&
    bytes?.length === ROOT_KEY_BYTES
  if (!isWhole || bytes === undefined) return undefined
  return { version: version === '1' ? 1 : 2, secret: new Secret(Uint8Array.from(bytes)) }
}

/**
 * Writes a new random key of the unlock path `file`.
 *
 * @param replaces as {@link putKeyFile}. @throws SealError.
 */
export async function createPathKeyFile(
  path: string,
  { replaces, random }: { readonly replaces: boolean; readonly random: Random },
): Promise<Secret> {
  const secret = new Secret(random.bytes(ROOT_KEY_BYTES))
  try {
    await putKeyFile(path, secret.reveal(lineOf), { replaces, random })
    return secret
  } catch (cause) {
    secret[Symbol.dispose]()
    throw new SealError(`the root key file ${path} cannot be made`, { cause })
  }
}

function lineOf(bytes: Uint8Array): string {
  const encoded = toBase64(bytes)
  return `${PREFIX}:2:${encoded}:${checkOf(encoded)}\n`
}

function checkOf(encoded: string): string {
  return sha256Hex(encoded).slice(0, CHECK_DIGITS)
}

/** The path `file`: a random key in the data folder, which only its mode protects. */
export function fileMethod(path: string, random: Random): PathMethod {
  return {
    isUnattended: true,
    isSingle: true,
    create: async () => ({ parameters: {}, key: await createPathKeyFile(path, { replaces: true, random }) }),
    open: async () => {
      const found = await readKeyFile(path)
      if (found === undefined) throw new SealError(`its key ${path} is missing: restore it`)
      if (found.version === 2) return found.secret
      found.secret[Symbol.dispose]()
      throw new SealError(`${path} has the form of an earlier release, and is no key of a path`)
    },
  }
}

/** Copies a key file to a folder that has none. @throws SealError, Error of the file system. */
export async function copyKeyFile(from: string, to: string, random: Random): Promise<void> {
  const found = await readKeyFile(from)
  if (found === undefined) throw new SealError(`there is no key file ${from}`)
  found.secret[Symbol.dispose]()
  await putKeyFile(to, await readRegularText(from, { maxBytes: FILE_MAX_BYTES, noLink: true, own: true }), {
    replaces: false,
    random,
  })
}
