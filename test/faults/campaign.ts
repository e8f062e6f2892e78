/** For tests: which faults are tried where. */

import type { Fault } from './injector.ts'

/** Every way to fail, from the call with this number on. */
export function faultsAt(from: number): readonly Fault[] {
  return [
    { from, mode: 'once', error: 'EIO', kind: 'nothing' },
    { from, mode: 'from then on', error: 'ENOSPC', kind: 'nothing' },
    { from, mode: 'once', error: 'EIO', kind: 'half' },
    { from, mode: 'from then on', error: 'EIO', kind: 'half' },
    { from, mode: 'from then on', error: 'ENOSPC', kind: 'short' },
  ]
}

/** With `FAULTS=all` every fault is tried at every call; otherwise one in so many, always the same. */
const ALL = process.env['FAULTS'] === 'all'

/** The faults to try at a call: of a slice, one each, in turn. */
export function* campaign(calls: number, stride: number): Generator<Fault> {
  for (let from = 1; from <= calls; from += ALL ? 1 : stride) {
    const faults = faultsAt(from)
    yield* ALL ? faults : faults.slice(from % faults.length).slice(0, 1)
  }
}

/** A fault in words. */
export function describeFault({ from, mode, error, kind }: Fault): string {
  return `call ${from} ${mode} fails with ${error}, having written ${kind}`
}
