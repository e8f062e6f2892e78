/** For tests: which faults are tried where. */

import type { Fault } from './injector.ts'

/** Every way to fail, from the call with this number on. */
function faultsAt(from: number): readonly Fault[] {
  return [
    { from, mode: 'once', error: 'EIO', kind: 'nothing' },
    { from, mode: 'from then on', error: 'ENOSPC', kind: 'nothing' },
    { from, mode: 'once', error: 'EIO', kind: 'half' },
    { from, mode: 'from then on', error: 'EIO', kind: 'half' },
    { from, mode: 'from then on', error: 'ENOSPC', kind: 'short' },
  ]
}

/**
 * `all`: every fault at every call. A number: one fault at one call in so many, always the same.
 * Nothing: each test's own number.
 */
const WANTED = process.env['FAULTS']

/** The faults to try at the calls from 1 on; of a slice one each, in turn. */
export function* campaign(calls: number, usualStride: number): Generator<Fault> {
  const stride = WANTED === 'all' ? 1 : Number(WANTED ?? usualStride)
  for (let from = 1; from <= calls; from += stride) {
    const faults = faultsAt(from)
    yield* WANTED === 'all' ? faults : faults.slice(from % faults.length).slice(0, 1)
  }
}

/** A fault in words. */
export function describeFault({ from, mode, error, kind }: Fault): string {
  return `call ${from} ${mode} fails with ${error}, having written ${kind}`
}
