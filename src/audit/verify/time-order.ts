import type { Part } from '../log/read.ts'

/** A place where the clock of a log's writer went back, as far as the log shows it. */
export type ClockStep = {
  /** The first event that was written after the step. */
  readonly sequence: number
  readonly offset: number
  readonly line: number
  readonly what: string
}

/** Steps that are kept one by one; the others are only counted. */
export const CLOCK_STEPS_KEPT = 10

type BatchPart = Extract<Part, { type: 'batch' }>

const EVENT_TIME = Buffer.from(',"eventTime":"')
const TIME_CHARS = 'yyyy-mm-ddThh:mm:ssZ'.length
const SECOND_MS = 1000
const LINE_END = 0x0a

/**
 * Follows the times of a chain. Batches are written one after the other, and no event after its
 * batch: anything else means that the clock was set back. Events may be older than their batch and
 * than events before them, since calls overlap and events may wait in the outbox.
 */
export class TimeOrder {
  readonly #steps: ClockStep[] = []
  #count = 0
  #at = 0
  /** The second that a batch was written in, and that second in an event. */
  readonly #second = { at: Number.NaN, text: '' }

  /** The first {@link CLOCK_STEPS_KEPT}. */
  get steps(): readonly ClockStep[] {
    return this.#steps
  }

  get count(): number {
    return this.#count
  }

  /** Takes the next batch, which begins with the event `sequence` and was written `at`. */
  take(part: BatchPart, sequence: number, at: number): void {
    const back = at < this.#at ? `after ${iso(this.#at)}, it was written ${iso(at)}` : this.#ahead(part, at)
    this.#at = at
    if (back === undefined) return
    this.#count += 1
    if (this.#steps.length === CLOCK_STEPS_KEPT) return
    const { offset, line } = part
    this.#steps.push({ sequence, offset, line, what: `the clock went back: ${back}` })
  }

  /** Describes the first event whose time is after the time of its batch; nothing if there is none. */
  #ahead({ events }: BatchPart, at: number): string | undefined {
    const written = this.#secondOf(at)
    for (let begin = 0; begin < events.length; begin = events.indexOf(LINE_END, begin) + 1) {
      // The first of the line: those that follow can be in what a caller has sent.
      const found = events.indexOf(EVENT_TIME, begin)
      if (found < 0) return undefined
      begin = found + EVENT_TIME.length
      const text = events.toString('latin1', begin, begin + TIME_CHARS)
      if (text > written) return `an event of ${text} was written ${iso(at)}`
    }
    return undefined
  }

  /** A time as events have it. */
  #secondOf(at: number): string {
    const second = Math.floor(at / SECOND_MS)
    if (second !== this.#second.at) {
      this.#second.at = second
      this.#second.text = `${iso(at).slice(0, TIME_CHARS - 1)}Z`
    }
    return this.#second.text
  }
}

function iso(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? `${at} ms after 1970` : date.toISOString()
}
