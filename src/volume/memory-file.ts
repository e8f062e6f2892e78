import { mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'

const OWNER_ONLY = 0o600

/** Runs `use` with the path of a file in a folder in memory, which only this user can read, and removes it. */
export async function withMemoryFile<T>(
  memory: string,
  bytes: Uint8Array,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(memory, '.key-'))
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
  const folder = await mkdtemp(join(memory, '.key-'))
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
