import type { ChainPoint } from '../audit/log/chain.ts'
import type { LogPosition } from '../audit/log/follow.ts'
import { equalConstantTime } from '../base/bytes.ts'
import type { EventFact } from '../insights/detector/fact.ts'
import type { ReadEvent } from './event-reader.ts'

/** The facts of a batch for the detection of insights. */
export type BatchFacts = {
  readonly facts: readonly EventFact[]
  /** The IDs of insights recorded in the batch. */
  readonly insights: readonly string[]
}

/** A batch whose MAC is valid. */
export type FactBatch = BatchFacts & { readonly end: LogPosition }

/** The maximum number of buffered events; further ones are read from the log. */
export const HANDED_MAX = 16_384

type Handed = FactBatch & { readonly from: ChainPoint; readonly events: number }

/**
 * Buffers the facts of batches that the index has just read, for the detection of insights in the same thread, so
 * that each event is read, verified and parsed once. Missing batches are read from the log.
 */
export class Handover {
  readonly #nodes = new Map<string, Handed[]>()
  #events = 0
  /** Whether insights are detected in this thread. */
  isWanted = false

  /** Adds a batch that follows a point. */
  put(node: string, from: ChainPoint, end: LogPosition, events: readonly ReadEvent[]): void {
    if (!this.isWanted || this.#events >= HANDED_MAX) return
    // The batch is added again after a failed write of the index, or follows batches that did not fit.
    if (this.#nodes.get(node)?.at(-1)?.end.point.sequence !== from.sequence) this.drop(node)
    const handed = this.#nodes.get(node) ?? []
    this.#nodes.set(node, handed)
    handed.push({ from, end, events: events.length, ...factsOf(events) })
    this.#events += events.length
  }

  /** The batch that follows a point, if it is buffered. Removes those before it. */
  find(node: string, after: ChainPoint): FactBatch | undefined {
    const handed = this.#nodes.get(node) ?? []
    const passed = handed.findIndex(({ from }) => from.sequence >= after.sequence)
    for (const { events } of handed.splice(0, passed < 0 ? handed.length : passed)) this.#events -= events
    const [next] = handed
    return next?.from.sequence === after.sequence && equalConstantTime(next.from.mac, after.mac)
      ? next
      : undefined
  }

  /** Removes the batches of a node. */
  drop(node: string): void {
    for (const { events } of this.#nodes.get(node) ?? []) this.#events -= events
    this.#nodes.delete(node)
  }
}

/** The facts of a batch's events for the detection of insights. */
export function factsOf(events: readonly ReadEvent[]): BatchFacts {
  const facts: EventFact[] = []
  const insights: string[] = []
  for (const { second, eventId, context, alike } of events) {
    if (alike.fact !== undefined) facts.push({ ...alike.fact, second, context })
    if (alike.isInsight) insights.push(eventId)
  }
  return { facts, insights }
}
