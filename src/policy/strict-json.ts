import { atOnce, type Steps } from '../base/slices.ts'
import { PolicySyntaxError, quote } from './syntax-error.ts'

/** A number as it was written, so that no digit is lost. */
type JsonNumber = { readonly number: string }

/** A JSON value. Objects are maps: their names come from outside. */
export type Json = string | boolean | null | JsonNumber | Json[] | Map<string, Json>

/** Nesting of arrays and objects. A policy needs six levels. */
export const JSON_MAX_DEPTH = 16

/** What IAM says of text that is not JSON. Source: recorded answers. */
const INVALID_JSON = 'This policy contains invalid Json'

type Cursor = { readonly text: string; at: number }

/**
 * Reads JSON as RFC 8259 has it, and refuses what `JSON.parse` hides: an object that has a name
 * twice, deep nesting, and text that is not well-formed Unicode. Takes linear time.
 *
 * @throws PolicySyntaxError
 */
export function parseStrictJson(text: string): Json {
  return atOnce(parseStrictJsonSteps(text))
}

/** The same, a member or item of the outer levels at a time. @throws PolicySyntaxError */
export function* parseStrictJsonSteps(text: string): Steps<Json> {
  const cursor = { text, at: 0 }
  const value = yield* valueSteps(cursor, 0)
  skipSpace(cursor)
  if (cursor.at < text.length) throw unexpected(cursor, 'the end')
  return value
}

/** Levels whose members and items are steps: of a policy, all but the values in a list of a condition. */
const STEPPED_LEVELS = 4

function* valueSteps(cursor: Cursor, depth: number): Steps<Json> {
  skipSpace(cursor)
  if (depth >= STEPPED_LEVELS) return parseValue(cursor, depth)
  switch (cursor.text[cursor.at]) {
    case '{': {
      const members = new Map<string, Json>()
      enter(cursor, depth + 1)
      if (skipTo(cursor, '}')) return members
      do {
        yield
        const name = parseName(cursor, members)
        members.set(name, yield* valueSteps(cursor, depth + 1))
      } while (skipTo(cursor, ','))
      if (!skipTo(cursor, '}')) throw unexpected(cursor, '"," or "}"')
      return members
    }
    case '[': {
      const items: Json[] = []
      enter(cursor, depth + 1)
      if (skipTo(cursor, ']')) return items
      do {
        yield
        items.push(yield* valueSteps(cursor, depth + 1))
      } while (skipTo(cursor, ','))
      if (!skipTo(cursor, ']')) throw unexpected(cursor, '"," or "]"')
      return items
    }
    default:
      return parseValue(cursor, depth)
  }
}

function parseValue(cursor: Cursor, depth: number): Json {
  skipSpace(cursor)
  switch (cursor.text[cursor.at]) {
    case '{':
      return parseObject(cursor, depth + 1)
    case '[':
      return parseArray(cursor, depth + 1)
    case '"':
      return parseString(cursor)
    case 't':
      return parseWord(cursor, 'true', true)
    case 'f':
      return parseWord(cursor, 'false', false)
    case 'n':
      return parseWord(cursor, 'null', null)
    default:
      return parseNumber(cursor)
  }
}

function parseObject(cursor: Cursor, depth: number): Json {
  enter(cursor, depth)
  const members = new Map<string, Json>()
  if (skipTo(cursor, '}')) return members
  do {
    const name = parseName(cursor, members)
    members.set(name, parseValue(cursor, depth))
  } while (skipTo(cursor, ','))
  if (!skipTo(cursor, '}')) throw unexpected(cursor, '"," or "}"')
  return members
}

/** The name of a member, and the colon behind it. */
function parseName(cursor: Cursor, members: ReadonlyMap<string, Json>): string {
  skipSpace(cursor)
  const start = cursor.at
  if (cursor.text[start] !== '"') throw unexpected(cursor, 'a name in double quotes')
  const name = parseString(cursor)
  if (members.has(name)) throw new PolicySyntaxError(`Character ${start}: ${quote(name)} appears twice`)
  if (!skipTo(cursor, ':')) throw unexpected(cursor, '":"')
  return name
}

function parseArray(cursor: Cursor, depth: number): Json {
  enter(cursor, depth)
  const items: Json[] = []
  if (skipTo(cursor, ']')) return items
  do {
    items.push(parseValue(cursor, depth))
  } while (skipTo(cursor, ','))
  if (!skipTo(cursor, ']')) throw unexpected(cursor, '"," or "]"')
  return items
}

function enter(cursor: Cursor, depth: number): void {
  if (depth > JSON_MAX_DEPTH) {
    throw new PolicySyntaxError(`Character ${cursor.at}: nested deeper than ${JSON_MAX_DEPTH} levels`)
  }
  cursor.at += 1
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
/** What comes before a space in Unicode has to be escaped. */
const SPACE = 0x20
const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** The escapes are decoded by `JSON.parse`, of exactly one string. */
function parseString(cursor: Cursor): string {
  const start = cursor.at
  let end = start + 1
  let isPlain = true
  for (; end < cursor.text.length; end += 1) {
    const code = cursor.text.charCodeAt(end)
    if (code === QUOTE) break
    if (code >= SPACE && code !== BACKSLASH) continue
    isPlain = false
    if (code === BACKSLASH) end += 1
  }
  cursor.at = end + 1
  const value =
    isPlain && end < cursor.text.length
      ? wellFormed(cursor.text.slice(start + 1, end))
      : decodeString(cursor.text.slice(start, cursor.at))
  if (value === undefined) {
    throw new PolicySyntaxError(`Character ${start}: a string that is not valid JSON`, {
      iamText: INVALID_JSON,
    })
  }
  return value
}

function wellFormed(text: string): string | undefined {
  return text.isWellFormed() ? text : undefined
}

function decodeString(literal: string): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(literal)
  } catch {
    return undefined
  }
  return typeof value === 'string' && value.isWellFormed() ? value : undefined
}

function parseWord<T extends Json>(cursor: Cursor, word: string, value: T): T {
  if (!cursor.text.startsWith(word, cursor.at)) throw unexpected(cursor, 'a value')
  cursor.at += word.length
  return value
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

function parseNumber(cursor: Cursor): JsonNumber {
  NUMBER.lastIndex = cursor.at
  const number = NUMBER.exec(cursor.text)?.[0]
  if (number === undefined) throw unexpected(cursor, 'a value')
  cursor.at += number.length
  return { number }
}

function skipSpace(cursor: Cursor): void {
  const { text } = cursor
  let { at } = cursor
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code !== SPACE && code !== TAB && code !== LINE_FEED && code !== CARRIAGE_RETURN) break
  }
  cursor.at = at
}

/** Skips white space and then the given character, if it comes next. */
function skipTo(cursor: Cursor, character: string): boolean {
  skipSpace(cursor)
  if (cursor.text[cursor.at] !== character) return false
  cursor.at += 1
  return true
}

function unexpected(cursor: Cursor, wanted: string): PolicySyntaxError {
  const found = cursor.text[cursor.at]
  return new PolicySyntaxError(
    `Character ${cursor.at}: ${wanted} expected, found ${found === undefined ? 'the end' : quote(found)}`,
    { iamText: INVALID_JSON },
  )
}
