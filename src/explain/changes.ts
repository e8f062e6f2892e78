import type { RecordedEvent } from './recorded-event.ts'

/** Calls of one principal and action that would be denied, or allowed, for the same reason. */
export type ChangeGroup = {
  readonly becomes: 'allowed' | 'refused'
  /** The sessions of a role count as the role. */
  readonly principal: string
  readonly action: string
  /** The reason under the other policy. */
  readonly reason: string
  readonly calls: number
  /** The time of the earliest call, and then of the latest. */
  readonly first: string
  readonly last: string
  /** The latest events, as examples. */
  readonly eventIds: readonly string[]
}

/** A number of calls with their latest events. */
export type Tally = { readonly what: string; readonly calls: number; readonly eventIds: readonly string[] }

/** The maximum number of groups. */
export const GROUPS_MAX = 1000
/** The maximum number of reasons. */
export const TALLIES_MAX = 100
/** The number of example events of a group or reason. */
const EXAMPLES_MAX = 3
const OTHER_REASONS = 'other reasons'

type Change = Pick<ChangeGroup, 'becomes' | 'principal' | 'action' | 'reason'> & {
  readonly event: RecordedEvent
}
type Growing = { -readonly [K in keyof ChangeGroup]: ChangeGroup[K] } & { eventIds: string[] }

/** Counts changed calls by group, in bounded memory. */
export class Changes {
  readonly #groups = new Map<string, Growing>()
  others = 0

  add({ event, ...change }: Change): void {
    const name = JSON.stringify([change.becomes, change.principal, change.action, change.reason])
    const known = this.#groups.get(name)
    if (known === undefined && this.#groups.size >= GROUPS_MAX) {
      this.others += 1
      return
    }
    const { eventTime, eventID } = event
    const group = known ?? { ...change, calls: 0, first: eventTime, last: eventTime, eventIds: [] }
    this.#groups.set(name, group)
    group.calls += 1
    if (eventTime < group.first) group.first = eventTime
    if (eventTime > group.last) group.last = eventTime
    if (group.eventIds.length < EXAMPLES_MAX) group.eventIds.push(eventID)
  }

  /** The groups: first those that would be denied, then by number of calls. */
  groups(): readonly ChangeGroup[] {
    const weight = ({ becomes }: ChangeGroup): number => (becomes === 'refused' ? 0 : 1)
    return [...this.#groups.values()].sort((a, b) => weight(a) - weight(b) || b.calls - a.calls)
  }
}

/** Counts calls by text, in bounded memory. */
export class Tallies {
  readonly #tallies = new Map<string, { calls: number; eventIds: string[] }>()

  add(what: string, eventId: string): void {
    const isFull = this.#tallies.size >= TALLIES_MAX && !this.#tallies.has(what)
    const name = isFull ? OTHER_REASONS : what
    const tally = this.#tallies.get(name) ?? { calls: 0, eventIds: [] }
    this.#tallies.set(name, tally)
    tally.calls += 1
    if (tally.eventIds.length < EXAMPLES_MAX) tally.eventIds.push(eventId)
  }

  /** The most frequent first. */
  list(): readonly Tally[] {
    const list = [...this.#tallies].map(([what, tally]) => ({ what, ...tally }))
    return list.sort((a, b) => b.calls - a.calls)
  }
}
