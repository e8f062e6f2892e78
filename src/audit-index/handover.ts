import type { ChainPoint } from '../audit/log/chain.ts'
import type { LogPosition } from '../audit/log/follow.ts'
import { equalConstantTime } from '../base/bytes.ts'
import type { EventFact } from '../insights/detector/fact.ts'
import type { ReadEvent } from './event-reader.ts'

/** What looking for insights needs of a batch. */
export type BatchFacts = {
  readonly facts: readonly EventFact[]
  /** The ids of insights that are recorded in it. */
  readonly insights: readonly string[]
}

/** A batch whose MAC was checked. */
export type FactBatch = BatchFacts & { readonly end: LogPosition }

/** Events whose facts wait. Those of more are read from the log. */
export const HANDED_MAX = 16_384

type Handed = FactBatch & { readonly from: ChainPoint; readonly events: number }

/**
 * Facts of the batches that the index has just read, for what looks for insights in the same thread: so each
 * event is read, checked and parsed once. Whatever is not here is read from the log, so nothing has to be.
 */
export class Handover {
  readonly #nodes = new Map<string, Handed[]>()
  #events = 0
  /** Whether anybody looks for insights here. */
  isWanted = false

  /** Takes a batch that comes after a point. */
  put(node: string, from: ChainPoint, end: LogPosition, events: readonly ReadEvent[]): void {
    if (!this.isWanted || this.#events >= HANDED_MAX) return
    // One that is put again, because the index could not be written, or after some that had no room.
    if (this.#nodes.get(node)?.at(-1)?.end.point.sequence !== from.sequence) this.drop(node)
    const handed = this.#nodes.get(node) ?? []
    this.#nodes.set(node, handed)
    handed.push({ from, end, events: events.length, ...factsOf(events) })
    this.#events += events.length
  }

  /** The batch that comes after a point, if it is here. Those before it are forgotten. */
  find(node: string, after: ChainPoint): FactBatch | undefined {
    const handed = this.#nodes.get(node) ?? []
    const passed = handed.findIndex(({ from }) => from.sequence >= after.sequence)
    for (const { events } of handed.splice(0, passed < 0 ? handed.length : passed)) this.#events -= events
    const [next] = handed
    return next?.from.sequence === after.sequence && equalConstantTime(next.from.mac, after.mac)
      ? next
      : undefined
  }

  /** Forgets the batches of a node. */
  drop(node: string): void {
    for (const { events } of this.#nodes.get(node) ?? []) this.#events -= events
    this.#nodes.delete(node)
  }
}

/** What looking for insights needs of the events of a batch. */
export function factsOf(events: readonly ReadEvent[]): BatchFacts {
  const facts: EventFact[] = []
  const insights: string[] = []
  for (const { second, eventId, context, alike } of events) {
    if (alike.fact !== undefined) facts.push({ ...alike.fact, second, context })
    if (alike.isInsight) insights.push(eventId)
  }
  return { facts, insights }
}
