/** For tests: shifts the clock of servers ahead or back while they run. See `shift-clock.c`. */

import { closeSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileLibrary } from './library.ts'

const SOURCE = fileURLToPath(new URL('./shift-clock.c', import.meta.url))

/** A clock that a test can shift by whole seconds: ahead, or back by a negative number. */
export type ShiftedClock = AsyncDisposable & {
  /** Environment variables for the processes that use this clock. */
  readonly environment: Readonly<Record<string, string>>
  readonly now: () => number
  readonly advance: (byMs: number) => void
}

/** @throws Error without a C compiler, or on systems other than Linux. */
export async function openShiftedClock(): Promise<ShiftedClock> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-clock-'))
  const library = await compileLibrary(SOURCE, folder)
  const path = join(folder, 'ahead')
  await writeFile(path, Buffer.alloc(8))
  const file = openSync(path, 'r+')
  let aheadMs = 0
  return {
    environment: { LD_PRELOAD: library, SHIFT_CLOCK: path },
    now: () => Date.now() + aheadMs,
    advance: (byMs) => {
      aheadMs += byMs
      writeSync(file, new BigInt64Array([BigInt(aheadMs)]), 0, 8, 0)
    },
    [Symbol.asyncDispose]: async () => {
      closeSync(file)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
