/** For tests: makes calls of a server fail that write to its data folder. See `inject.c`. */

import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileLibrary } from './library.ts'

const SOURCE = fileURLToPath(new URL('./inject.c', import.meta.url))

/** The layout of `struct control`: offsets in bytes. */
const AT = { calls: 0, from: 8, to: 16, error: 24, kind: 32, injected: 40, path: 48, last: 256 }
const PATH_BYTES = AT.last - AT.path
const CONTROL_BYTES = 512
const KINDS = { nothing: 0, half: 1, short: 2, kill: 3 }
const FOR_EVER = 2n ** 62n

/** The calls that fail, and the way they fail. */
export type Fault = {
  /** The number of the first failing call, from 1. */
  readonly from: number
  readonly mode: 'once' | 'from then on'
  readonly error: 'ENOSPC' | 'EIO'
  /**
   * The effect of a failing write: it writes nothing; it writes half and then reports the error; or it writes half and
   * reports a short write, like the last write before a full disk. With `kill`, the process ends: after half of a write,
   * or before another call.
   */
  readonly kind: keyof typeof KINDS
}

/** A folder whose writes a test can make fail, at any time and for any duration. */
export type Injector = AsyncDisposable & {
  /** Environment variables for the process whose writes must fail. */
  readonly environment: Readonly<Record<string, string>>
  /** Restarts the count at 1, and counts only files whose path contains this text. */
  readonly reset: (path?: string) => void
  /** Makes calls fail. Their numbers count from the last reset. */
  readonly fail: (fault: Fault) => void
  readonly lift: () => void
  /** The number of calls since the last reset, and the number of failed ones. */
  readonly calls: () => number
  readonly injected: () => number
  /** The name and the file of the last failed call. */
  readonly last: () => string
}

/** @throws Error without a C compiler, or on systems other than Linux. These tests need both. */
export async function openInjector(data: string): Promise<Injector> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-inject-'))
  const library = await compileLibrary(SOURCE, folder)
  const path = join(folder, 'control')
  await writeFile(path, Buffer.alloc(CONTROL_BYTES))
  const control = new Control(path)
  return {
    environment: { LD_PRELOAD: library, INJECT_FOLDER: data, INJECT_CONTROL: path },
    reset: (part = '') => {
      control.set('from', 0n)
      control.setText(part)
      control.set('injected', 0n)
      control.set('calls', 0n)
    },
    fail: ({ from, mode, error, kind }) => {
      control.set('error', BigInt(constants.errno[error]))
      control.set('kind', BigInt(KINDS[kind]))
      control.set('to', mode === 'once' ? BigInt(from) : FOR_EVER)
      control.set('from', BigInt(from))
    },
    lift: () => control.set('from', 0n),
    calls: () => control.get('calls'),
    injected: () => control.get('injected'),
    last: () => control.lastText(),
    [Symbol.asyncDispose]: async () => {
      control.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

type Counter = 'calls' | 'from' | 'to' | 'error' | 'kind' | 'injected'

/** The control file that the library maps into memory. The library sees each write immediately. */
class Control {
  readonly #file: number

  constructor(path: string) {
    this.#file = openSync(path, 'r+')
  }

  set(counter: Counter, value: bigint): void {
    writeSync(this.#file, new BigInt64Array([value]), 0, 8, AT[counter])
  }

  get(counter: Counter): number {
    const value = new BigInt64Array(1)
    readSync(this.#file, value, 0, 8, AT[counter])
    return Number(value[0])
  }

  setText(path: string): void {
    const bytes = Buffer.alloc(PATH_BYTES)
    bytes.write(path)
    writeSync(this.#file, bytes, 0, PATH_BYTES, AT.path)
  }

  lastText(): string {
    const bytes = Buffer.alloc(CONTROL_BYTES - AT.last)
    readSync(this.#file, bytes, 0, bytes.length, AT.last)
    return bytes.toString('utf8', 0, bytes.indexOf(0))
  }

  close(): void {
    closeSync(this.#file)
  }
}
