import { statfs } from 'node:fs/promises'
import type { Log } from '../../base/log.ts'
import type { Clock, Random } from '../../base/ports.ts'
import type { AppendFile, AuditFiles } from './files.ts'
import { writeAll } from './writer.ts'

/** The space of a file system. */
export type DiskSpace = { readonly freeBytes: number; readonly totalBytes: number }

/** The largest reserve: space for thousands of revocations with their events and SQLite's log. */
export const RESERVE_MAX_BYTES = 16_777_216
/** The largest share of a small file system that the reserve takes. */
const RESERVE_MAX_SHARE = 1 / 20
/** The reserve is released in so many steps, each when only a step's size is left. */
const STEPS = 8
/** How often the disk is checked while one step's size is written. */
const LOOKS_PER_STEP = 4
/**
 * Steps that must be free beside the whole reserve before calls are served again, so that readiness does not
 * flap.
 */
const FREE_STEPS_TO_LEAVE = 4
/** How long a process runs before it fills the reserve, and waits after it could not. */
export const FILL_DELAY_MS = 5000
/** Small enough that generating it at random delays nobody. */
const FILL_BLOCK_BYTES = 262_144

/** The dependencies of a reserve. */
export type DiskReserveDependencies = {
  /** The file that occupies the space. All processes on a data folder share it. */
  readonly path: string
  readonly files: Pick<AuditFiles, 'openAppend'>
  readonly space: () => Promise<DiskSpace>
  readonly clock: Clock
  readonly random: Pick<Random, 'bytes'>
  readonly log: Log
}

/**
 * Disk space reserved for revocations. A file occupies it while there is space, and releases it step by step
 * when the disk is full. From then on Holdfast records only revocations, until there is space again for the
 * file and more.
 *
 * States: not in use (the file is or becomes whole); in use (the file shrinks).
 */
export class DiskReserve {
  readonly #dependencies: DiskReserveDependencies
  #inUse = false
  #isWhole = false
  #sizeBytes = RESERVE_MAX_BYTES
  #spentBytes = 0
  #checking: Promise<void> | undefined
  #fillAtMs: number

  constructor(dependencies: DiskReserveDependencies) {
    this.#dependencies = dependencies
    this.#fillAtMs = dependencies.clock.monotonicMs() + FILL_DELAY_MS
  }

  /** Whether the disk is full but for the reserve, which is for revocations. */
  get isInUse(): boolean {
    return this.#inUse
  }

  /** Notes the size of a coming write: a burst of writes does not wait for the next check of the disk. */
  spend(bytes: number): void {
    this.#spentBytes += bytes
    if (this.#spentBytes < this.#sizeBytes / STEPS / LOOKS_PER_STEP) return
    this.check().catch((error) => this.#dependencies.log.error(`the disk cannot be looked at: ${error}`))
  }

  /** Settles when the check in progress has ended. */
  get looked(): Promise<void> {
    return this.#checking ?? Promise.resolve()
  }

  /** The size of the reserve in bytes: less on a small file system. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Checks the disk and acts on it; called about twice a second. @throws what the file system throws. */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined
    })
    return this.#checking
  }

  async #check(): Promise<void> {
    this.#spentBytes = 0
    const { files, path, space, clock } = this.#dependencies
    const { freeBytes, totalBytes } = await space()
    const wholeBytes = Math.floor(Math.min(RESERVE_MAX_BYTES, totalBytes * RESERVE_MAX_SHARE))
    this.#sizeBytes = wholeBytes
    const stepBytes = Math.floor(wholeBytes / STEPS)
    const isFull = freeBytes < stepBytes
    // Before the file is opened, which can fail on a full disk.
    if (isFull) this.#enter()
    else if (this.#isWhole || (!this.#inUse && clock.monotonicMs() < this.#fillAtMs)) return
    const file = await files.openAppend(path)
    try {
      const sizeBytes = await file.sizeBytes()
      if (isFull) {
        if (sizeBytes > 0) await file.truncate(Math.max(0, Math.min(sizeBytes, wholeBytes) - stepBytes))
        return
      }
      // Processes that fill it at the same time make it too large.
      if (sizeBytes > wholeBytes) return await file.truncate(wholeBytes)
      const missingBytes = wholeBytes - sizeBytes
      if (freeBytes < missingBytes + FREE_STEPS_TO_LEAVE * stepBytes) return
      await this.#fill(file, missingBytes)
      // After filling, it is checked once more, when other processes have had the time to fill it too.
      this.#isWhole = missingBytes === 0
      this.#leave()
    } finally {
      await file.close()
    }
  }

  /** Random bytes occupy their space also on a file system that compresses. */
  async #fill(file: AppendFile, missingBytes: number): Promise<void> {
    this.#fillAtMs = this.#dependencies.clock.monotonicMs() + FILL_DELAY_MS
    for (let left = missingBytes; left > 0; left -= FILL_BLOCK_BYTES) {
      await writeAll(file, this.#dependencies.random.bytes(Math.min(left, FILL_BLOCK_BYTES)))
    }
  }

  #enter(): void {
    this.#isWhole = false
    if (this.#inUse) return
    this.#inUse = true
    this.#dependencies.log.error('the disk is full: only revocations are done until there is space again')
  }

  #leave(): void {
    if (!this.#inUse) return
    this.#inUse = false
    this.#dependencies.log.info('the disk has space again')
  }
}

/** The space of a folder's file system that its owner may use. */
export async function diskSpaceOf(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}
