import { charsOf, fromUtf8, indexOfBytes, utf8 } from '../base/bytes.ts'
import { sha256Hex } from '../crypto/hash.ts'
import type { UseEntry } from '../store/index-port.ts'
import { isInsight, termsOf, usesOf } from './event-facts.ts'
import { type EventRecord, parseEvent } from './event-record.ts'
import { type CallFact, insightFact } from './insight-facts.ts'

/** The facts that are equal for events that differ only in time, IDs and encryption context. */
export type AlikeFacts = {
  readonly terms: readonly string[]
  readonly uses: readonly UseEntry[]
  readonly fact: CallFact | undefined
  readonly isInsight: boolean
}

/** The facts of one event. */
export type ReadEvent = {
  /** Seconds since 1970. */
  readonly second: number
  readonly eventId: string
  /** Empty when the event is no call. */
  readonly requestId: string
  /** A text that identifies the encryption context; empty without one. */
  readonly context: string
  readonly alike: AlikeFacts
}

/** An event and the position of its line in the batch. */
export type ReadLine = {
  readonly begin: number
  /** Without the line end. */
  readonly sizeBytes: number
  readonly event: ReadEvent
}

/** The maximum number of cached lines; the cache is cleared when it is full. */
export const ALIKE_MAX = 1024
/** The maximum length of a cached line. */
const ALIKE_MAX_BYTES = 4096
/** The number of events parsed without the cache after it has had too few hits. */
const UNLIKE_EVENTS = 16_384

/** The number of hexadecimal digits that identify a context. */
const CONTEXT_DIGITS = 12

const LINE_END = 0x0a
const TIME_BEFORE = utf8('"eventTime":"')
const TIME_BYTES = 'yyyy-mm-ddThh:mm:ssZ'.length
const CONTEXT_BEFORE = utf8('"encryptionContext":')
const CONTEXT_END = 0x7d
const REQUEST_ID_BEFORE = '"requestID":"'
const EVENT_ID_BEFORE = utf8('","eventID":"')
const UUID_BYTES = 36
/** Text that neither ends a JSON string nor contains an escape. */
const PLAIN = /^[\w:-]+$/
/** A JSON object of unescaped texts, which ends at its first closing brace. */
const PLAIN_CONTEXT = /^\{(?:"[^"\\}]*":"[^"\\}]*",?)*\}$/

/** Bytes of a line. */
type Span = { readonly begin: number; readonly end: number }
/** The positions of the values in which similar events differ. */
type Places = {
  readonly time: Span
  readonly context: Span
  readonly requestId: Span
  readonly eventId: Span
}

/**
 * Parses the lines of the log. Most calls resemble earlier ones, so it caches the facts of a line by its text
 * without time, IDs and encryption context, and parses only new lines completely.
 */
export class EventReader {
  readonly #alike = new Map<string, AlikeFacts>()
  #found = 0
  #unlike = 0
  #time = ''
  #second = Number.NaN

  /** The events of a batch whose MAC is valid. */
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
    const time = charsOf(line, places.time)
    const requestId = charsOf(line, places.requestId)
    const eventId = charsOf(line, places.eventId)
    const rest = restOf(line, places)
    const alike = this.#alike.get(rest)
    if (alike !== undefined && PLAIN.test(time) && PLAIN.test(requestId) && PLAIN.test(eventId)) {
      this.#found += 1
      const context = contextOf(line, places.context)
      return { second: this.#secondOf(time), eventId, requestId, context, alike }
    }
    const event = parseEvent(fromUtf8(line))
    const read = this.#derive(event)
    // A caller's values can contain these names: only a line whose values are in the expected places is cached.
    const isInPlace = event.eventTime === time && event.requestID === requestId && event.eventID === eventId
    if (isInPlace && contextOf(line, places.context) === read.context) this.#remember(rest, read.alike)
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
    const context = contextDigest(event)
    return { second: this.#secondOf(eventTime), eventId, requestId, context, alike: factsOf(event) }
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
  const requestId = { begin: requestIdEnd - UUID_BYTES, end: requestIdEnd }
  if (time < TIME_BEFORE.length || requestId.begin < time) return undefined
  const nameEnd = requestId.begin
  if (charsOf(line, { begin: nameEnd - REQUEST_ID_BEFORE.length, end: nameEnd }) !== REQUEST_ID_BEFORE)
    return undefined
  const eventId = requestIdEnd + EVENT_ID_BEFORE.length
  const timeEnd = time + TIME_BYTES
  return {
    time: { begin: time, end: timeEnd },
    context: findContext(line, timeEnd, requestId.begin),
    requestId,
    eventId: { begin: eventId, end: eventId + UUID_BYTES },
  }
}

/** The position of an encryption context that can be cut out; otherwise an empty span. */
function findContext(line: Uint8Array, from: number, until: number): Span {
  const none = { begin: from, end: from }
  const name = indexOfBytes(line, CONTEXT_BEFORE, from)
  if (name < 0 || name >= until) return none
  const begin = name + CONTEXT_BEFORE.length
  const end = line.indexOf(CONTEXT_END, begin) + 1
  const next = indexOfBytes(line, CONTEXT_BEFORE, begin)
  const isOnly = next < 0 || next >= until
  return isOnly && end > begin && PLAIN_CONTEXT.test(charsOf(line, { begin, end })) ? { begin, end } : none
}

function contextOf(line: Uint8Array, { begin, end }: Span): string {
  return begin === end ? '' : digestOf(line.subarray(begin, end))
}

function contextDigest({ requestParameters }: EventRecord): string {
  const context = requestParameters?.['encryptionContext']
  return context === undefined ? '' : digestOf(utf8(JSON.stringify(context)))
}

function digestOf(context: Uint8Array): string {
  return sha256Hex(context).slice(0, CONTEXT_DIGITS)
}

/** The line without the values, joined with a character that no line contains. */
function restOf(line: Uint8Array, { time, context, requestId, eventId }: Places): string {
  const before = charsOf(line, { begin: 0, end: time.begin })
  const call = charsOf(line, { begin: time.end, end: context.begin })
  const more = charsOf(line, { begin: context.end, end: requestId.begin })
  return `${before}\n${call}\n${more}\n${charsOf(line, { begin: eventId.end, end: line.length })}`
}
