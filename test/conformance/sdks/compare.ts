/** Whether an SDK's typed answer holds what was sent, and nothing else. */

import type { Typed } from './driver.ts'
import type { Exchange } from './recorder.ts'
import { parseXml, type Xml } from './xml-reader.ts'

/** What is different; empty when nothing is. */
export type Differences = readonly string[]

/** How an SDK spells what is not there. */
export type Spelling = {
  /** Whether members that are not there are zero, false or an empty text, since the type has no "nothing". */
  readonly zeros: boolean
}

/** The members that an answer has sent: as JSON, or as XML. */
export function sentMembers({ contentType, body }: Exchange, operation: string): Wire {
  if (contentType === 'text/xml') {
    const result = parseXml(body).children.find(({ name }) => name === `${operation}Result`)
    return { type: 'xml', value: result }
  }
  return { type: 'json', value: body === '' ? {} : JSON.parse(body) }
}

/** What went over the wire. */
export type Wire =
  | { readonly type: 'xml'; readonly value: Xml | undefined }
  | { readonly type: 'json'; readonly value: Typed }

/** Compares an output with what was sent. */
export function differences(typed: Typed, wire: Wire, spelling: Spelling): Differences {
  const found: string[] = []
  if (wire.type === 'json') compareJson(typed, wire.value, { at: '', found, spelling })
  else compareXml(typed, wire.value, { at: '', found, spelling })
  return found
}

type Place = { readonly at: string; readonly found: string[]; readonly spelling: Spelling }

function below(place: Place, name: string | number): Place {
  return { ...place, at: `${place.at}.${name}` }
}

function differ({ at, found }: Place, typed: unknown, sent: unknown): void {
  found.push(`${at}: sent ${JSON.stringify(sent)}, typed ${JSON.stringify(typed)}`)
}

type Structure = { readonly [name: string]: Typed }

function isStructure(value: Typed | undefined): value is Structure {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isList(value: Typed | undefined): value is readonly Typed[] {
  return Array.isArray(value)
}

function isNothing(value: Typed | undefined, spelling: Spelling): boolean {
  if (value === null || value === undefined) return true
  if (typeof value === 'object') return Object.values(value).every((part) => isNothing(part, spelling))
  return spelling.zeros && (value === 0 || value === false || value === '')
}

/** Compares one part of an answer. */
type Compare<T> = (typed: Typed | undefined, sent: T, place: Place) => void

/** The members of a structure. Languages differ in how the first letter of a member is written. */
function compareMembers<T>(
  typed: Structure,
  sent: readonly (readonly [string, T])[],
  place: Place,
  compare: Compare<T>,
): void {
  const left = new Map(Object.keys(typed).map((name) => [capitalised(name), name]))
  for (const [name, value] of sent) {
    const own = left.get(capitalised(name))
    left.delete(capitalised(name))
    compare(own === undefined ? undefined : typed[own], value, below(place, name))
  }
  for (const name of left.values()) {
    if (!isNothing(typed[name], place.spelling)) differ(below(place, name), typed[name], undefined)
  }
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function compareItems<T>(
  typed: Typed | undefined,
  sent: readonly T[],
  place: Place,
  compare: Compare<T>,
): void {
  if (sent.length === 0 && isNothing(typed, place.spelling)) return
  if (!isList(typed) || typed.length !== sent.length) differ(place, typed, sent)
  else for (const [index, item] of sent.entries()) compare(typed[index], item, below(place, index))
}

function compareJson(typed: Typed | undefined, sent: Typed, place: Place): void {
  if (isList(sent)) compareItems(typed, sent, place, compareJson)
  else if (isStructure(sent)) compareJsonStructure(typed, sent, place)
  else if (!sameValue(typed, sent)) differ(place, typed, sent)
}

function compareJsonStructure(typed: Typed | undefined, sent: Structure, place: Place): void {
  const entries = Object.entries(sent)
  if (isStructure(typed)) compareMembers(typed, entries, place, compareJson)
  else if (entries.length > 0) differ(place, typed, sent)
}

function sameValue(typed: Typed | undefined, sent: Typed): boolean {
  if (!isStructure(typed)) return typed === sent
  if ('$blob' in typed) return typed['$blob'] === sent
  return '$time' in typed && typeof sent === 'number' && sameMoment(Number(typed['$time']), sent)
}

/** An SDK may keep milliseconds only, or seconds. */
function sameMoment(typed: number, sent: number): boolean {
  return Math.abs(typed - sent) < 0.001
}

function compareXml(typed: Typed | undefined, sent: Xml | undefined, place: Place): void {
  const { children = [], text = '' } = sent ?? {}
  const [first] = children
  if (first === undefined) compareXmlText(typed, text, place)
  else if (first.name === 'member') compareItems(typed, children, place, compareXml)
  else if (first.name === 'entry') compareXmlEntries(typed, children, place)
  else if (isStructure(typed)) {
    compareMembers(
      typed,
      children.map((child) => [child.name, child]),
      place,
      compareXml,
    )
  } else differ(place, typed, sent)
}

/** An element without text may be an empty text, list or structure, or nothing. */
function compareXmlText(typed: Typed | undefined, sent: string, place: Place): void {
  if (sent === '' && isNothing(typed, place.spelling)) return
  if (!sameText(typed, sent)) differ(place, typed, sent)
}

function compareXmlEntries(typed: Typed | undefined, sent: readonly Xml[], place: Place): void {
  const entries = sent.map(({ children: [key, value] }) => [key?.text ?? '', value] as const)
  if (isStructure(typed)) compareMembers(typed, entries, place, compareXml)
  else differ(place, typed, sent)
}

function sameText(typed: Typed | undefined, sent: string): boolean {
  switch (typeof typed) {
    case 'string':
      return typed === sent
    case 'number':
    case 'boolean':
      return String(typed) === sent
    case 'object':
      if (!isStructure(typed)) return false
      if ('$time' in typed) return sameMoment(Number(typed['$time']), Date.parse(sent) / 1000)
      if ('$blob' in typed) return typed['$blob'] === sent
      return isDocument(typed, sent)
    default:
      return false
  }
}

/** boto3 gives policies of IAM as what their text means. */
function isDocument(typed: Structure, sent: string): boolean {
  try {
    return JSON.stringify(typed) === JSON.stringify(JSON.parse(decodeURIComponent(sent)))
  } catch {
    return false
  }
}

/** The code and the message of an error that was sent. */
export function sentError({ contentType, body }: Exchange): {
  readonly code: string
  readonly message: string
} {
  if (contentType === 'text/xml') {
    const error = parseXml(body).children.find(({ name }) => name === 'Error')
    const textOf = (wanted: string): string => error?.children.find(({ name }) => name === wanted)?.text ?? ''
    return { code: textOf('Code'), message: textOf('Message') }
  }
  const { __type: code, message, Message } = JSON.parse(body)
  return { code, message: message ?? Message ?? '' }
}
