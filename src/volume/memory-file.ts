import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { EpochMs } from '../base/ports.ts'

const OWNER_ONLY = 0o600
/** Folders of keys. */
const PREFIX = '.key-'
/** No key is needed so long: a program that gets one ends within two minutes. */
const LEFT_AFTER_MS = 600_000

/** Removes keys that killed processes have left in a folder in memory. */
export async function removeLeftKeys(memory: string, now: EpochMs): Promise<void> {
  for (const name of await readdir(memory)) {
    if (!name.startsWith(PREFIX)) continue
    const path = join(memory, name)
    // Another process may remove its own meanwhile.
    const madeAt = (await stat(path).catch(() => undefined))?.mtimeMs
    if (madeAt !== undefined && madeAt < now - LEFT_AFTER_MS) await rm(path, { recursive: true, force: true })
  }
}

/** Runs `use` with the path of a file in a folder in memory, which only this user can read, and removes it. */
export async function withMemoryFile<T>(
  memory: string,
  bytes: Uint8Array,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(memory, PREFIX))
  try {
    const path = join(folder, 'key')
    const file = await open(path, 'wx', OWNER_ONLY)
    try {
      await file.writeFile(bytes)
    } finally {
      await file.close()
    }
    return await use(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs `use` with a path in memory at which a program writes a secret, then returns the bytes and removes the file. */
export async function readFromMemory(
  memory: string,
  write: (path: string) => Promise<unknown>,
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(memory, PREFIX))
  try {
    const path = join(folder, 'key')
    await write(path)
    const file = await open(path, 'r')
    try {
      return await file.readFile()
    } finally {
      await file.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
