import { charsOf, fromUtf8, indexOfBytes, utf8 } from '../base/bytes.ts'
import type { UseEntry } from '../store/index-port.ts'
import { type EventRecord, isInsight, parseEvent, termsOf, usesOf } from './event-facts.ts'
import { insightFact, type UntimedFact } from './insight-facts.ts'

/** What is derived of all events that differ in nothing but their time and ids. */
export type AlikeFacts = {
  readonly terms: readonly string[]
  readonly uses: readonly UseEntry[]
  readonly fact: UntimedFact | undefined
  readonly isInsight: boolean
}

/** What is derived of one event. */
export type ReadEvent = {
  /** Seconds since 1970. */
  readonly second: number
  readonly eventId: string
  /** Empty for what is no call. */
  readonly requestId: string
  readonly alike: AlikeFacts
}

/** An event, and where its line is among those of its batch. */
export type ReadLine = {
  readonly begin: number
  /** Without the line end. */
  readonly sizeBytes: number
  readonly event: ReadEvent
}

/** Lines that are remembered; then all are forgotten. */
export const ALIKE_MAX = 1024
/** Longer lines are not remembered. */
const ALIKE_MAX_BYTES = 4096
/** Events that are read one by one when remembering those before has not been worth it. */
const UNLIKE_EVENTS = 16_384

const LINE_END = 0x0a
const TIME_BEFORE = utf8('"eventTime":"')
const TIME_BYTES = 'yyyy-mm-ddThh:mm:ssZ'.length
const REQUEST_ID_BEFORE = '"requestID":"'
const EVENT_ID_BEFORE = utf8('","eventID":"')
const UUID_BYTES = 36
/** Neither ends a JSON string nor escapes anything. */
const PLAIN = /^[\w:-]+$/

/** Where the values are that tell apart events that are alike. */
type Places = { readonly time: number; readonly requestId: number; readonly eventId: number }

/**
 * Reads the lines of the log. Most calls are like others before them: what is derived of a line is remembered by
 * all of it but the time and the ids, so that lines are taken apart only when they say something new.
 */
export class EventReader {
  readonly #alike = new Map<string, AlikeFacts>()
  #found = 0
  #unlike = 0
  #time = ''
  #second = Number.NaN

  /** The events of a batch, whose MAC has been checked. */
  readAll(lines: Uint8Array): readonly ReadLine[] {
    const read: ReadLine[] = []
    for (let begin = 0; begin < lines.length; ) {
      const end = lines.indexOf(LINE_END, begin)
      read.push({ begin, sizeBytes: end - begin, event: this.read(lines.subarray(begin, end)) })
      begin = end + 1
    }
    return read
  }

  /** The event of a line. */
  read(line: Uint8Array): ReadEvent {
    if (this.#unlike > 0) {
      this.#unlike -= 1
      return this.#parse(line)
    }
    const places = line.length > ALIKE_MAX_BYTES ? undefined : findPlaces(line)
    if (places === undefined) return this.#parse(line)
    const time = charsOf(line, places.time, TIME_BYTES)
    const requestId = charsOf(line, places.requestId, UUID_BYTES)
    const eventId = charsOf(line, places.eventId, UUID_BYTES)
    const rest = restOf(line, places)
    const alike = this.#alike.get(rest)
    if (alike !== undefined && PLAIN.test(time) && PLAIN.test(requestId) && PLAIN.test(eventId)) {
      this.#found += 1
      return { second: this.#secondOf(time), eventId, requestId, alike }
    }
    const event = parseEvent(fromUtf8(line))
    const read = this.#derive(event)
    // A caller's own values can have these names: what is remembered is only what was found to be in its place.
    if (event.eventTime === time && event.requestID === requestId && event.eventID === eventId)
      this.#remember(rest, read.alike)
    return read
  }

  #remember(rest: string, alike: AlikeFacts): void {
    if (this.#alike.size >= ALIKE_MAX) {
      if (this.#found < ALIKE_MAX) this.#unlike = UNLIKE_EVENTS
      this.#found = 0
      this.#alike.clear()
    }
    this.#alike.set(rest, alike)
  }

  #parse(line: Uint8Array): ReadEvent {
    return this.#derive(parseEvent(fromUtf8(line)))
  }

  #derive(event: EventRecord): ReadEvent {
    const { eventTime, eventID: eventId, requestID: requestId = '' } = event
    return { second: this.#secondOf(eventTime), eventId, requestId, alike: factsOf(event) }
  }

  #secondOf(time: string): number {
    if (time !== this.#time) {
      this.#time = time
      this.#second = Math.floor(Date.parse(time) / 1000)
    }
    return this.#second
  }
}

function factsOf(event: EventRecord): AlikeFacts {
  return {
    terms: termsOf(event),
    uses: usesOf(event),
    fact: insightFact(event),
    isInsight: isInsight(event),
  }
}

function findPlaces(line: Uint8Array): Places | undefined {
  const time = indexOfBytes(line, TIME_BEFORE, 0) + TIME_BEFORE.length
  const requestIdEnd = indexOfBytes(line, EVENT_ID_BEFORE, time)
  const requestId = requestIdEnd - UUID_BYTES
  if (time < TIME_BEFORE.length || requestId < time) return undefined
  const before = charsOf(line, requestId - REQUEST_ID_BEFORE.length, REQUEST_ID_BEFORE.length)
  const eventId = requestIdEnd + EVENT_ID_BEFORE.length
  return before === REQUEST_ID_BEFORE ? { time, requestId, eventId } : undefined
}

/** All but the values, with a character between that no line has. */
function restOf(line: Uint8Array, { time, requestId, eventId }: Places): string {
  const timeEnd = time + TIME_BYTES
  const idEnd = eventId + UUID_BYTES
  const between = charsOf(line, timeEnd, requestId - timeEnd)
  return `${charsOf(line, 0, time)}\n${between}\n${charsOf(line, idEnd, line.length - idEnd)}`
}
