/** For tests: the selection of faults and of the calls that they affect. */

import type { Fault } from './injector.ts'

/** Every kind of fault, from the call with this number. */
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
 * `all` selects every fault at every call. A number N selects one fault at every Nth call, always the same. By default,
 * each test chooses its own N.
 */
const WANTED = process.env['FAULTS']

/** The faults at the calls from 1 to `calls`. A slice has one fault per selected call, of each kind in turn. */
export function* campaign(calls: number, usualStride: number): Generator<Fault> {
  const stride = WANTED === 'all' ? 1 : Number(WANTED ?? usualStride)
  for (let from = 1; from <= calls; from += stride) {
    const faults = faultsAt(from)
    yield* WANTED === 'all' ? faults : faults.slice(from % faults.length).slice(0, 1)
  }
}

/** Describes a fault in words. */
export function describeFault({ from, mode, error, kind }: Fault): string {
  return `call ${from} ${mode} fails with ${error}, having written ${kind}`
}
