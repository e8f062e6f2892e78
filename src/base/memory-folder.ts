import { stat, statfs } from 'node:fs/promises'

/** The file systems that live in memory. Source: Linux, `include/uapi/linux/magic.h`, TMPFS_MAGIC and RAMFS_MAGIC. */
const MEMORY_FILE_SYSTEMS: readonly number[] = [0x01021994, 0x858458f6]

/** Whether a path is a folder in memory, so that nothing that is written there reaches a disk. */
export async function isMemoryFolder(path: string): Promise<boolean> {
  try {
    const { type } = await statfs(path)
    return (await stat(path)).isDirectory() && MEMORY_FILE_SYSTEMS.includes(type)
  } catch {
    return false
  }
}
