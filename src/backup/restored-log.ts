import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ARCHIVE_FOLDER } from '../audit/archive/archive.ts'
import { systemFiles } from '../audit/log/files.ts'
import { nodesAmong } from '../audit/log/slot.ts'
import { CHECKPOINTS_FOLDER } from '../audit/proofs/kept-checkpoints.ts'
import { isBackupPath } from './entries.ts'
import { syncFolder } from './folder.ts'
import { readUpTo } from './log-files.ts'

const OWNER_ONLY_FILE = 0o600
const OWNER_ONLY_FOLDER = 0o700

/** Writes files of an audit folder one after the other, each durably. */
export class LogFileWriter {
  readonly #folder: string
  readonly #folders = new Set<string>()
  #file: Awaited<ReturnType<typeof open>> | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Begins a file; its path was checked. */
  async begin(path: string): Promise<void> {
    const full = join(this.#folder, path)
    await this.#makeFolders(dirname(full))
    this.#file = await open(full, 'wx', OWNER_ONLY_FILE)
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#file?.writeFile(bytes)
  }

  async end(): Promise<void> {
    await this.#file?.sync()
    await this.#file?.close()
    this.#file = undefined
  }

  /** Makes the names of all files durable. */
  async finish(): Promise<void> {
    for (const folder of this.#folders) await syncFolder(folder)
  }

  /** Closes a file that is not finished. */
  async abandon(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  async #makeFolders(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return
    if (folder !== this.#folder) await this.#makeFolders(dirname(folder))
    await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER })
    this.#folders.add(folder)
  }
}

/** Copies a log to a place beside a restored one. Returns that place. */
export async function copyLog(auditFolder: string, source: string): Promise<string> {
  const copy = `${auditFolder}.new`
  const writer = new LogFileWriter(copy)
  try {
    for (const path of await pathsOf(source)) {
      const from = join(source, path)
      await writer.begin(path)
      for await (const bytes of readUpTo(systemFiles, from, await systemFiles.sizeOf(from)))
        await writer.write(bytes)
      await writer.end()
    }
    await writer.finish()
  } finally {
    await writer.abandon()
  }
  return copy
}

/** Replaces the log of a restored folder by a copy of a newer one, which was verified. */
export async function replaceLog(auditFolder: string, copy: string): Promise<void> {
  await rm(auditFolder, { recursive: true, force: true })
  await rename(copy, auditFolder)
}

async function pathsOf(folder: string): Promise<readonly string[]> {
  const { list } = systemFiles
  const paths: string[] = []
  for (const node of nodesAmong(await list(folder))) {
    paths.push(...(await list(join(folder, node))).map((name) => `${node}/${name}`))
    const archives = await list(join(folder, node, ARCHIVE_FOLDER))
    paths.push(...archives.map((name) => `${node}/${ARCHIVE_FOLDER}/${name}`))
  }
  for (const node of nodesAmong(await list(join(folder, CHECKPOINTS_FOLDER)))) {
    const names = await list(join(folder, CHECKPOINTS_FOLDER, node))
    paths.push(...names.map((name) => `${CHECKPOINTS_FOLDER}/${node}/${name}`))
  }
  return paths.filter(isBackupPath).toSorted()
}
