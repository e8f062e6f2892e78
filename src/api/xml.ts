import { toBase64 } from '../base/bytes.ts'
import { isoSeconds } from '../base/ports.ts'
import type { Steps } from '../base/slices.ts'
import type { Output, OutputValue } from './json.ts'

/** The media type of answers. */
export const XML_MEDIA_TYPE = 'text/xml'

/** The facts of every answer of the query protocol beside its output. */
export type XmlFacts = { readonly namespace: string; readonly requestId: string }

/** The XML text of an output; an operation without output has none. Source: Smithy, "AWS query protocol". */
export function formatXmlOutput(operation: string, output: Output | undefined, facts: XmlFacts): string {
  return formatXmlResult(operation, output && formatMembers(output), facts)
}

/** The same for members that are already XML text. */
export function formatXmlResult(operation: string, members: string | undefined, facts: XmlFacts): string {
  const result = members === undefined ? '' : `<${operation}Result>${members}</${operation}Result>`
  const metadata = `<ResponseMetadata><RequestId>${facts.requestId}</RequestId></ResponseMetadata>`
  return `<${operation}Response xmlns="${facts.namespace}">${result}${metadata}</${operation}Response>`
}

/** The XML text of members, one item of a list at a time. */
export function* formatXmlMembersSteps(members: Output): Steps<string> {
  const texts: string[] = []
  for (const name in members) {
    const value = members[name]
    if (value === undefined) continue
    yield
    const text = isList(value) ? yield* formatItemsSteps(value) : formatValue(value)
    texts.push(`<${name}>${text}</${name}>`)
  }
  return texts.join('')
}

function* formatItemsSteps(items: readonly OutputValue[]): Steps<string> {
  const texts: string[] = []
  for (const item of items) {
    yield
    texts.push(`<member>${formatValue(item ?? '')}</member>`)
  }
  return texts.join('')
}

/** The XML text of an error. */
export function formatXmlError(
  error: { readonly code: string; readonly message: string; readonly fault: 'client' | 'server' },
  { namespace, requestId }: XmlFacts,
): string {
  const type = error.fault === 'client' ? 'Sender' : 'Receiver'
  const what = `<Type>${type}</Type><Code>${error.code}</Code><Message>${escapeXml(error.message)}</Message>`
  return (
    `<ErrorResponse xmlns="${namespace}"><Error>${what}</Error>` +
    `<RequestId>${requestId}</RequestId></ErrorResponse>`
  )
}

function formatMembers(members: Output): string {
  let text = ''
  for (const name in members) {
    const value = members[name]
    if (value !== undefined) text += `<${name}>${formatValue(value)}</${name}>`
  }
  return text
}

function formatValue(value: Exclude<OutputValue, undefined>): string {
  if (typeof value === 'string') return escapeXml(value)
  if (typeof value !== 'object') return String(value)
  if (value instanceof Uint8Array) return toBase64(value)
  if (value instanceof Date) return isoSeconds(value.getTime())
  if (value instanceof Map) return formatEntries(value)
  if (isList(value)) return value.map((item) => `<member>${formatValue(item ?? '')}</member>`).join('')
  return formatMembers(value as Output)
}

function formatEntries(entries: ReadonlyMap<string, OutputValue>): string {
  let text = ''
  for (const [key, value] of entries) {
    text += `<entry><key>${escapeXml(key)}</key><value>${formatValue(value ?? '')}</value></entry>`
  }
  return text
}

function isList(value: OutputValue): value is readonly OutputValue[] {
  return Array.isArray(value)
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
const UNSAFE = /[&<>"\r\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/gu

/**
 * Text as an element's content. A character that XML 1.0 cannot represent becomes a replacement character.
 */
export function escapeXml(text: string): string {
  return text.replace(UNSAFE, (character) => ENTITIES[character] ?? '\uFFFD')
}
