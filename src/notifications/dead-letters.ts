import { mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJsonText } from '../base/json-text.ts'
import { readRegularText } from '../base/regular-file.ts'
import type { FileLock } from '../store/file-lock.ts'

/** An event that could not be delivered. */
export type DeadLetter = {
  /** RFC 3339. */
  readonly at: string
  readonly endpointId: string
  readonly origin: string
  readonly reason: string
  readonly attempts: number
  readonly eventId: string
  /** The message, byte for byte. */
  readonly body: string
}

/** Beyond it the oldest are dropped, down to three quarters. */
const DEAD_LETTERS_MAX_BYTES = 16_777_216
const KEPT_SHARE = 0.75

const LETTERS_FILE = 'dead-letters.jsonl'
/** The largest file of letters: beyond it, an operator has to look at the file. */
const LETTERS_MAX_BYTES = 536_870_912
const LOCK_FILE = 'dead-letters.lock'
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

/** Another process changes the file only for a moment. */
const LOCK_ATTEMPTS = 500
const LOCK_RETRY_MS = 10

/** The dependencies of dead letters. */
export type DeadLetterDependencies = {
  /** The folder of events in the data folder. */
  readonly folder: string
  readonly claimLock: (path: string) => FileLock | undefined
  readonly sleep: (delayMs: number) => Promise<void>
  /** By default {@link DEAD_LETTERS_MAX_BYTES}. */
  readonly maxBytes?: number
}

/** Adds letters, durably; returns how many old ones were dropped. */
export function addDeadLetters(
  dependencies: DeadLetterDependencies,
  letters: readonly DeadLetter[],
): Promise<number> {
  return change(dependencies, (present) => {
    const all = [...present, ...letters]
    const { maxBytes = DEAD_LETTERS_MAX_BYTES } = dependencies
    const sizes = all.map((letter) => Buffer.byteLength(formatLetter(letter)))
    let sizeBytes = sizes.reduce((sum, size) => sum + size, 0)
    if (sizeBytes <= maxBytes) return { kept: all, result: 0 }
    let dropped = 0
    while (sizeBytes > maxBytes * KEPT_SHARE && dropped < all.length) {
      sizeBytes -= sizes[dropped] ?? 0
      dropped += 1
    }
    return { kept: all.slice(dropped), result: dropped }
  })
}

/**
 * Removes letters after `use` has succeeded with them; when it fails they stay.
 *
 * Returns the removed letters.
 */
export function takeDeadLetters(
  dependencies: DeadLetterDependencies,
  choose: (present: readonly DeadLetter[]) => readonly DeadLetter[],
  use: (letters: readonly DeadLetter[]) => Promise<void>,
): Promise<readonly DeadLetter[]> {
  return change(dependencies, async (present) => {
    const taken = choose(present)
    if (taken.length > 0) await use(taken)
    const gone = new Set(taken)
    return { kept: present.filter((letter) => !gone.has(letter)), result: taken }
  })
}

/** All letters, oldest first. */
export async function readDeadLetters({
  folder,
}: Pick<DeadLetterDependencies, 'folder'>): Promise<readonly DeadLetter[]> {
  let text: string
  try {
    text = await readRegularText(join(folder, LETTERS_FILE), { maxBytes: LETTERS_MAX_BYTES })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
  return text.split('\n').flatMap((line, index) => (line === '' ? [] : [parseLetter(line, index + 1)]))
}

type Changed<T> = { readonly kept: readonly DeadLetter[]; readonly result: T }

async function change<T>(
  dependencies: DeadLetterDependencies,
  decide: (present: readonly DeadLetter[]) => Changed<T> | Promise<Changed<T>>,
): Promise<T> {
  await mkdir(dependencies.folder, { recursive: true, mode: FOLDER_MODE })
  const lock = await waitForLock(dependencies)
  try {
    const { kept, result } = await decide(await readDeadLetters(dependencies))
    await write(dependencies.folder, kept)
    return result
  } finally {
    lock.release()
  }
}

async function write(folder: string, letters: readonly DeadLetter[]): Promise<void> {
  const path = join(folder, LETTERS_FILE)
  const aside = `${path}.new`
  const file = await open(aside, 'w', FILE_MODE)
  try {
    await file.writeFile(letters.map(formatLetter).join(''))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(aside, path)
  const directory = await open(folder, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function waitForLock({ folder, claimLock, sleep }: DeadLetterDependencies): Promise<FileLock> {
  const path = join(folder, LOCK_FILE)
  for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt += 1) {
    const lock = claimLock(path)
    if (lock !== undefined) return lock
    await sleep(LOCK_RETRY_MS)
  }
  throw new Error(`${path} has been locked for too long`)
}

function formatLetter(letter: DeadLetter): string {
  return `${JSON.stringify(letter)}\n`
}

/** A whole line that this program has written, since files are put in place by renaming. @throws Error. */
function parseLetter(line: string, number: number): DeadLetter {
  try {
    return parseJsonText(line) as DeadLetter
  } catch (cause) {
    throw new Error(`line ${number} of ${LETTERS_FILE} is no dead letter: mend or remove it`, { cause })
  }
}
