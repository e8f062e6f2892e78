import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { concatBytes } from '../base/bytes.ts'
import { systemAfterThisTurn } from '../base/ports.ts'
import {
  type OrderedAnswer,
  type OrderedChange,
  type OrderedRequest,
  openOrdered,
} from './ordered-file-writer.ts'
import { StoreFailure } from './port.ts'
import { parseBlob, reasonOf } from './sqlite-file.ts'

/** An entry of an ordered file. */
export type OrderedEntry = { readonly id: Uint8Array; readonly value: Uint8Array }

/** A range of the entries of a space, in the byte order of their ids. */
type OrderedRange = {
  /** The first id that may be in the range. */
  readonly from: Uint8Array
  /** The first id beyond the range. */
  readonly to: Uint8Array
  readonly limit: number
}

/** An ordered map in a file of its own, which one process has open. Its ids have any length. */
export type OrderedFile = {
  readonly get: (space: string, id: Uint8Array) => Uint8Array | undefined
  readonly range: (space: string, range: OrderedRange) => readonly OrderedEntry[]
  /** All or nothing, and durable when it resolves. @throws StoreFailure; then nothing has changed. */
  readonly commit: (changes: readonly OrderedChange[]) => Promise<void>
  readonly close: () => Promise<void>
}

/** Commits that wait for the disk; more are refused, since the disk does not keep up. */
const WAITING_MAX = 10_000
const WRITER = new URL(import.meta.url.replace(/ordered-file(\.[jt]s)$/, 'ordered-file-writer$1'))
const ZERO = Uint8Array.of(0)

/** Opens the ordered file of a folder; makes it if there is none. @throws StoreFailure. */
export function openOrderedFile(folder: string, name: string): OrderedFile {
  const path = join(folder, name)
  try {
    return new SqliteOrderedFile(path, openOrdered(path))
  } catch (error) {
    throw new StoreFailure(`${path} cannot be opened: ${reasonOf(error)}`, { cause: error })
  }
}

/** The least id after this one. */
export function idAfter(id: Uint8Array): Uint8Array {
  return concatBytes(id, ZERO)
}

/** The least id that is greater than all ids that begin with this one, which has a byte below 255. */
export function idAfterPrefix(prefix: Uint8Array): Uint8Array {
  const last = prefix.findLastIndex((byte) => byte !== 0xff)
  const end = Uint8Array.from(prefix.subarray(0, last + 1))
  end[last] = (end[last] ?? 0) + 1
  return end
}

type Waiting = {
  readonly changes: readonly OrderedChange[]
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** States: open, then closed for ever. Reads run here; one thread commits all that waits in one transaction. */
class SqliteOrderedFile implements OrderedFile {
  readonly #database: DatabaseSync
  readonly #get: StatementSync
  readonly #range: StatementSync
  readonly #worker: Worker
  #waiting: Waiting[] = []
  #committing: readonly Waiting[] | undefined
  #failed: string | undefined
  #closed: (() => void) | undefined

  constructor(path: string, database: DatabaseSync) {
    this.#database = database
    this.#get = database.prepare('SELECT value FROM entries WHERE space = ? AND id = ?')
    this.#range = database.prepare(
      'SELECT id, value FROM entries WHERE space = ? AND id >= ? AND id < ? ORDER BY id LIMIT ?',
    )
    this.#worker = new Worker(WRITER, { workerData: path, execArgv: [], name: 'object catalogue' })
    this.#worker.unref()
    this.#worker.on('message', (answer: OrderedAnswer) => this.#settle(answer.error))
    this.#worker.on('error', (error: unknown) => this.#end(reasonOf(error)))
    this.#worker.on('exit', () => this.#end('its thread has ended'))
  }

  get(space: string, id: Uint8Array): Uint8Array | undefined {
    const row = this.#read(() => this.#get.get(space, id))
    return row === undefined ? undefined : parseBlob(row['value'])
  }

  range(space: string, { from, to, limit }: OrderedRange): readonly OrderedEntry[] {
    const rows = this.#read(() => this.#range.all(space, from, to, limit))
    return rows.map((row) => ({ id: parseBlob(row['id']), value: parseBlob(row['value']) }))
  }

  commit(changes: readonly OrderedChange[]): Promise<void> {
    if (this.#failed !== undefined || this.#closed !== undefined) {
      return Promise.reject(
        new StoreFailure(`the catalogue is closed: ${this.#failed ?? 'the gateway stops'}`),
      )
    }
    if (this.#waiting.length >= WAITING_MAX) {
      return Promise.reject(new StoreFailure(`${WAITING_MAX} commits are waiting for the disk`))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject })
      if (this.#waiting.length === 1) systemAfterThisTurn(() => this.#send())
    })
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#closed = resolve
      if (this.#failed !== undefined || (this.#waiting.length === 0 && this.#committing === undefined))
        resolve()
    })
    await this.#worker.terminate()
    this.#database.close()
  }

  #read<T>(statement: () => T): T {
    try {
      return statement()
    } catch (error) {
      throw new StoreFailure(`the catalogue cannot be read: ${reasonOf(error)}`, { cause: error })
    }
  }

  #send(): void {
    if (this.#committing !== undefined || this.#waiting.length === 0) return
    this.#committing = this.#waiting
    this.#waiting = []
    this.#worker.ref()
    const changes = this.#committing.flatMap((waiting) => waiting.changes)
    this.#worker.postMessage({ changes } satisfies OrderedRequest)
  }

  #settle(error: string | undefined): void {
    const done = this.#committing ?? []
    this.#committing = undefined
    this.#worker.unref()
    for (const { resolve, reject } of done) {
      if (error === undefined) resolve()
      else reject(new StoreFailure(`the catalogue cannot be written: ${error}`))
    }
    this.#send()
    if (this.#committing === undefined) this.#closed?.()
  }

  #end(reason: string): void {
    this.#failed ??= reason
    for (const { reject } of [...(this.#committing ?? []), ...this.#waiting]) {
      reject(new StoreFailure(`the catalogue's thread has ended: ${reason}`))
    }
    this.#committing = undefined
    this.#waiting = []
    this.#closed?.()
  }
}
