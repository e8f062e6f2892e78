import { present } from '../base/assert.ts'
import type { EventEntry, LastUse, Touch, UseEntry } from './index-port.ts'

type HourCount = { readonly hour: number; readonly series: number; calls: number; failures: number }

type TouchCount = {
  readonly series: number
  readonly failed: boolean
  readonly touch: Touch
  calls: number
  first: number
  last: number
  /** Of the last of them. */
  eventId: string
}

/** The rows of a transaction, by table. */
export class Gathered {
  readonly postings = new Map<number, number[]>()
  readonly ids: [prefix: number, event: number][] = []
  readonly hours = new Map<string, HourCount>()
  readonly touches = new Map<string, TouchCount>()
  readonly lastUses = new Map<string, LastUse>()
  /** The counts of uses that events share. */
  readonly #shared = new Map<UseEntry, TouchCount>()

  post(term: number, event: number): void {
    const events = this.postings.get(term)
    if (events === undefined) this.postings.set(term, [event])
    else events.push(event)
  }

  count(series: number, hour: number, failed: boolean): void {
    const name = `${hour} ${series}`
    const counted = this.hours.get(name) ?? { hour, series, calls: 0, failures: 0 }
    counted.calls += 1
    if (failed) counted.failures += 1
    this.hours.set(name, counted)
  }

  touch(series: number, { second, eventId }: EventEntry, use: UseEntry): void {
    let counted = this.#shared.get(use)
    if (counted === undefined) {
      counted = this.#touchCount(series, use, second, eventId)
      this.#shared.set(use, counted)
    }
    counted.calls += 1
    counted.first = Math.min(counted.first, second)
    if (second >= counted.last) {
      counted.last = second
      counted.eventId = eventId
    }
  }

  last({ second, eventId, requestId }: EventEntry, { series }: UseEntry): void {
    const known = this.lastUses.get(series.key)
    if (known !== undefined && known.second > second) return
    this.lastUses.set(series.key, { operation: series.operation, second, eventId, requestId })
  }

  #touchCount(series: number, { touch, failed }: UseEntry, second: number, eventId: string): TouchCount {
    const { material, opened, address } = present(touch, 'a touch')
    const name = `${series} ${material} ${opened} ${failed} ${address}`
    const known = this.touches.get(name)
    if (known !== undefined) return known
    const counted = {
      series,
      failed,
      touch: { material, opened, address },
      calls: 0,
      first: second,
      last: second,
      eventId,
    }
    this.touches.set(name, counted)
    return counted
  }
}
