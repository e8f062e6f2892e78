import { link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Random } from '../../base/ports.ts'
import { readRegularText } from '../../base/regular-file.ts'
import { parseEnvelope, type SignedEnvelope } from './envelope.ts'
import { SealError } from './root.ts'

const OWNER_ONLY = 0o600
/** Sixteen paths, each with a ciphertext of a service or program. */
const FILE_MAX_BYTES = 4_194_304

/**
 * Reads the envelope of a deployment; nothing when it has none.
 *
 * @throws SealError for a file that others can write, or that is damaged.
 */
export async function readEnvelope(path: string): Promise<SignedEnvelope | undefined> {
  let text: string
  try {
    text = await readRegularText(path, { maxBytes: FILE_MAX_BYTES, noLink: true, own: true })
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return undefined
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SealError(`the envelope of the root key ${path} cannot be read: ${reason}`, { cause })
  }
  try {
    return parseEnvelope(text)
  } catch (cause) {
    throw cause instanceof SealError ? new SealError(`${path}: ${cause.message}`, { cause }) : cause
  }
}

/**
 * Writes a file that only its owner can read: aside, synced, then put into place, so that a crash leaves the old file or
 * the new one.
 *
 * @param replaces whether a file of this name may be there; if not, of several processes one succeeds.
 * @throws Error of the file system, with the code EEXIST.
 */
export async function putKeyFile(
  path: string,
  text: string,
  { replaces, random }: { readonly replaces: boolean; readonly random: Random },
): Promise<void> {
  const aside = `${path}.${random.uuid()}`
  try {
    const file = await open(aside, 'wx', OWNER_ONLY)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await (replaces ? rename(aside, path) : link(aside, path))
    await syncFolder(dirname(path))
  } finally {
    await rm(aside, { force: true })
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  await folder.sync()
  await folder.close()
}

/** Whether an error of the file system has this code. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
