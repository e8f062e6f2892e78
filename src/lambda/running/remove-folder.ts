import { chmod, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

const OWNER_ONLY = 0o700

/** Removes a folder that a function has written to, with folders that the function has made read-only. */
export async function removeFolder(path: string): Promise<void> {
  try {
    await remove(path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error
    await makeWritable(path)
    await remove(path)
  }
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true })
}

async function makeWritable(path: string): Promise<void> {
  const waiting = [path]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    await chmod(folder, OWNER_ONLY)
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) waiting.push(join(folder, entry.name))
    }
  }
}
