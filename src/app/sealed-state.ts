import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock, systemRandom } from '../base/ports.ts'
import { readRegularText } from '../base/regular-file.ts'
import type { Config } from '../config/settings.ts'
import { isCode, putKeyFile } from '../custody/roots/envelope-file.ts'
import { SealError } from '../custody/roots/root.ts'

/** The file that says that an operator has sealed the deployment, within the data folder. */
const SEALED_FILE = 'sealed'

/** An ISO 8601 time in a file. */
const TIME_MAX_BYTES = 64
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/**
 * When an operator sealed the deployment, in ISO 8601, or `an unknown time`; nothing when it is not sealed.
 *
 * @throws Error when nobody can know.
 */
export async function findSealedAt({ data }: Config): Promise<string | undefined> {
  try {
    const text = (await readRegularText(join(data, SEALED_FILE), { maxBytes: TIME_MAX_BYTES })).trim()
    return TIME.test(text) ? text : 'an unknown time'
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/**
 * Keeps the deployment sealed from now on, over starts too.
 *
 * @returns when it was sealed.
 * @throws SealError when the file cannot be read or written, for example on a full disk.
 */
export async function markSealed(config: Config): Promise<string> {
  const path = join(config.data, SEALED_FILE)
  try {
    const before = await findSealedAt(config)
    if (before !== undefined) return before
    const at = new Date(systemClock.now()).toISOString()
    await putKeyFile(path, `${at}\n`, { replaces: true, random: systemRandom })
    return at
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SealError(`nothing is sealed: ${path}: ${reason}; stop the processes of Holdfast instead`, {
      cause,
    })
  }
}

/** Ends the seal of the deployment, once a path has opened the root key. @returns when it was sealed; nothing when it was not. */
export async function unmarkSealed(config: Config): Promise<string | undefined> {
  const at = await findSealedAt(config)
  if (at !== undefined) await rm(join(config.data, SEALED_FILE), { force: true })
  return at
}

/** Refuses a deployment that an operator has sealed. @throws OrderedSealError. */
export async function assertNotSealed(config: Config): Promise<void> {
  const at = await findSealedAt(config)
  if (at !== undefined) throw new OrderedSealError(config.data, at)
}

/** An operator has sealed the deployment. */
export class OrderedSealError extends SealError {
  constructor(data: string, at: string) {
    super(`${data} is sealed since ${at}, by holdfast seal now: holdfast unseal opens it`)
  }
}
