/** What goes wrong in a synthetic month, and what only looks like it. */

import type { InsightType } from '../../src/insights/detector/anomaly.ts'
import type { SeededRandom } from './random.ts'
import { type Caller, DAY, foreignNetwork, type World } from './world.ts'

/** Something that was put into the month, with what should be found of it. Minutes of the month. */
export type Incident = {
  readonly type: InsightType
  readonly from: number
  /** The last minute. */
  readonly to: number
  readonly principal: string
  readonly caller: Caller
  /** Additional calls per minute. */
  readonly rate: number
  readonly operations: readonly string[]
  readonly keys: readonly string[]
  readonly network?: string
  /** The part of the calls that fail. */
  readonly failing: number
  readonly error: string
  readonly contexts: number
}

/** The first day that has incidents: the week before is learned. */
export const FIRST_DAY = 8
/** Incidents of each kind. */
const INCIDENTS = 10

/** The incidents of a month. */
export function drawIncidents(
  random: SeededRandom,
  { callers, keys }: World,
  days: number,
): readonly Incident[] {
  const services = callers.filter(({ kind }) => kind === 'service')
  const people = callers.filter(({ kind }) => kind === 'person')
  const incidents: Incident[] = []
  const add = (caller: Caller, minutes: number, rest: Pick<Incident, 'type'> & Partial<Incident>): void => {
    const from = random.whole(FIRST_DAY * DAY, days * DAY - minutes - 60)
    const { principal, operations, keys: own, contexts } = caller
    const usual = { rate: 0, operations: [random.pick(operations)], keys: [random.pick(own)], failing: 0 }
    const base = { ...usual, error: 'AccessDenied', contexts, principal, caller }
    incidents.push({ ...base, ...rest, from, to: from + minutes - 1 })
  }
  for (let index = 0; index < INCIDENTS; index += 1) {
    const caller = random.pick(services)
    // A client in a loop: from little more than its busiest minutes to fifteen times as much.
    const rate = Math.max(10, caller.rate * 2) * Math.exp(random.between(Math.log(1.2), Math.log(15)))
    add(caller, random.whole(5, 90), { type: 'ApiCallRateInsight', rate })
    // A permission that was taken away: calls fail, and are tried again.
    const broken = random.pick(services)
    add(broken, random.whole(10, 60), {
      type: 'ApiErrorRateInsight',
      rate: Math.max(4, broken.rate) * random.between(1, 5),
      failing: random.between(0.7, 1),
      error: random.pick(['AccessDenied', 'DisabledException', 'KMSInvalidStateException']),
    })
    // Stolen credentials: everything that the principal can read, or every key that it can reach.
    const thief = random.pick([...services, ...people])
    const sweeps = random.unit() < 0.3
    add(thief, random.whole(5, 60), {
      type: 'BulkDecryptInsight',
      rate: Math.exp(random.between(Math.log(3), Math.log(60))),
      operations: ['Decrypt'],
      keys: sweeps ? keys.slice(0, random.whole(8, 20)) : [random.pick(thief.keys)],
      contexts: random.whole(20, 3000),
    })
    // The same, carefully: a few calls from elsewhere.
    add(random.pick([...services, ...people]), random.whole(1, 20), {
      type: 'NewNetworkInsight',
      rate: random.between(0.5, 3),
      network: foreignNetwork(random),
    })
    const curious = random.pick([...services, ...people])
    const other = keys.filter((key) => !curious.keys.includes(key))
    add(curious, random.whole(1, 10), {
      type: 'KeyFirstUseInsight',
      rate: 1,
      operations: ['Decrypt'],
      keys: [random.pick(other)],
    })
  }
  return incidents
}
