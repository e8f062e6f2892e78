import type { RecordedEvent } from './recorded-event.ts'

/** Calls that would become refused, or allowed, for the same reason: of one principal, with one action. */
export type ChangeGroup = {
  readonly becomes: 'allowed' | 'refused'
  /** Sessions of a role are counted with the role. */
  readonly principal: string
  readonly action: string
  /** Why, by the other policy. */
  readonly reason: string
  readonly calls: number
  /** The times of the earliest and the latest of them. */
  readonly first: string
  readonly last: string
  /** Events to look at, the latest. */
  readonly eventIds: readonly string[]
}

/** A number of calls, and the latest of their events. */
export type Tally = { readonly what: string; readonly calls: number; readonly eventIds: readonly string[] }

/** Groups that are told apart. */
export const GROUPS_MAX = 1000
/** Reasons that are told apart. */
export const TALLIES_MAX = 100
/** Events that each group or reason shows. */
const EXAMPLES_MAX = 3
const OTHER_REASONS = 'other reasons'

type Change = Pick<ChangeGroup, 'becomes' | 'principal' | 'action' | 'reason'> & {
  readonly event: RecordedEvent
}
type Growing = { -readonly [K in keyof ChangeGroup]: ChangeGroup[K] } & { eventIds: string[] }

/** Calls that would change, counted by group. Takes bounded memory however many there are. */
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

  /** Those that become refused first, then by how many calls they are. */
  groups(): readonly ChangeGroup[] {
    const weight = ({ becomes }: ChangeGroup): number => (becomes === 'refused' ? 0 : 1)
    return [...this.#groups.values()].sort((a, b) => weight(a) - weight(b) || b.calls - a.calls)
  }
}

/** Calls counted by what is to be said of them. */
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
