import { isUtf8 } from 'node:buffer'
import { fromUtf8, toBase64 } from '../base/bytes.ts'
import { parseJsonText } from '../base/json-text.ts'
import type { Steps } from '../base/slices.ts'
import { KmsError } from './errors.ts'
import { hasTooManyTokens, JSON_MAX_TOKENS } from './json-cost.ts'

/** The media type of both directions. Source: Smithy, "AWS JSON 1.1 protocol". */
export const JSON_MEDIA_TYPE = 'application/x-amz-json-1.1'

/** A body up to this size is parsed without a check: whatever it contains takes less than a millisecond. */
const PARSED_AT_ONCE_BYTES = 4096

/** For the audit event only: the error of AWS has no message. */
const TOO_MANY = `the request body has more than ${JSON_MAX_TOKENS} strings, commas and brackets`

/**
 * The JSON value of a request body; an empty body is an empty object.
 *
 * @throws SerializationException when the bytes are not UTF-8 or the text is not JSON; also, before parsing,
 * when a
 * body of more than 4,096 bytes has more tokens than any operation takes.
 */
export function parseJsonBody(body: Uint8Array): unknown {
  return body.length === 0 ? {} : parseChecked(checkedText(body))
}

/** The same in two steps: check, then parse. @throws as {@link parseJsonBody}. */
export function* parseJsonBodySteps(body: Uint8Array): Steps<unknown> {
  if (body.length === 0) return {}
  const text = checkedText(body)
  yield
  return parseChecked(text)
}

function checkedText(body: Uint8Array): string {
  if (!isUtf8(body)) throw new KmsError('SerializationException')
  if (body.length > PARSED_AT_ONCE_BYTES && hasTooManyTokens(body)) {
    throw new KmsError('SerializationException', '', { reason: TOO_MANY })
  }
  return fromUtf8(body)
}

function parseChecked(text: string): unknown {
  try {
    return parseJsonText(text)
  } catch (cause) {
    throw new KmsError('SerializationException', '', { cause })
  }
}

/**
 * A value of an output. Bytes are written as base64; a date as seconds since 1970 in JSON and as ISO 8601
 * text in XML; undefined members are left out.
 */
export type OutputValue =
  | string
  | number
  | boolean
  | Uint8Array
  | Date
  | undefined
  | readonly OutputValue[]
  | ReadonlyMap<string, OutputValue>
  | { readonly [name: string]: OutputValue }

/** The members of an operation's answer. */
export type Output = { readonly [name: string]: OutputValue }

/** The JSON text of an output. */
export function formatOutput(output: Output): string {
  return formatMembers(output)
}

/** The same, one item of a list at a time. */
export function* formatOutputSteps(output: Output): Steps<string> {
  const members: string[] = []
  for (const name in output) {
    const value = output[name]
    if (value === undefined) continue
    yield
    members.push(`${JSON.stringify(name)}:${yield* formatValueSteps(value)}`)
  }
  return `{${members.join(',')}}`
}

function* formatValueSteps(value: Exclude<OutputValue, undefined>): Steps<string> {
  if (isList(value)) {
    const texts: string[] = []
    for (const item of value) {
      yield
      texts.push(yield* formatValueSteps(item ?? ''))
    }
    return `[${texts.join(',')}]`
  }
  return isStructure(value) ? yield* formatOutputSteps(value) : formatValue(value)
}

/** The JSON text of an error's body. Source: recorded answers of AWS KMS. */
export function formatError(code: string, message: string): string {
  if (message === '') return `{"__type":"${code}"}`
  const name = code === 'AccessDeniedException' ? 'Message' : 'message'
  return `{"__type":"${code}","${name}":${JSON.stringify(message)}}`
}

function formatMembers(members: Output): string {
  let text = '{'
  for (const name in members) {
    const value = members[name]
    if (value === undefined) continue
    if (text.length > 1) text += ','
    text += `${JSON.stringify(name)}:${formatValue(value)}`
  }
  return `${text}}`
}

function formatValue(value: Exclude<OutputValue, undefined>): string {
  if (typeof value !== 'object') return JSON.stringify(value)
  if (value instanceof Uint8Array) return `"${toBase64(value)}"`
  if (value instanceof Date) return String(value.getTime() / 1000)
  if (isList(value)) return `[${value.map((item) => formatValue(item ?? '')).join(',')}]`
  return formatMembers(value instanceof Map ? Object.fromEntries(value) : (value as Output))
}

function isStructure(value: OutputValue): value is Output {
  return (
    typeof value === 'object' &&
    !(value instanceof Uint8Array || value instanceof Date || value instanceof Map || isList(value))
  )
}

function isList(value: OutputValue): value is readonly OutputValue[] {
  return Array.isArray(value)
}
