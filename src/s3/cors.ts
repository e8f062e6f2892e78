import type { CorsRule } from './entries.ts'
import { S3Error } from './s3-error.ts'
import { children, malformedXml, parseXml, textOf, type XmlElement, type XmlValue } from './xml.ts'

/** Source: Amazon S3 API Reference, "PutBucketCors". */
const RULES_MAX = 100
/**
 * The largest document. Every preflight compares with its rules, and nobody signs a preflight. Source: Amazon S3 User
 * Guide, "Elements of a CORS configuration", whose limit is 64 KB.
 */
export const CORS_MAX_BYTES = 65_536
const METHODS: ReadonlySet<string> = new Set(['GET', 'PUT', 'POST', 'DELETE', 'HEAD'])
const ID_MAX_CHARS = 255
const VALUE = /^[\x20-\x7e]+$/
const MAX_AGE = /^\d{1,9}$/

/** The rules of a document. @throws S3Error MalformedXML, InvalidRequest. */
export function parseCors(text: string): readonly CorsRule[] {
  const rules = children(parseXml(text, 'CORSConfiguration'), 'CORSRule').map(parseRule)
  if (rules.length === 0 || rules.length > RULES_MAX) throw malformedXml()
  return rules
}

function parseRule(rule: XmlElement): CorsRule {
  const texts = (name: string): readonly string[] =>
    children(rule, name).map((element) => {
      const value = element.text.trim()
      if (!VALUE.test(value)) throw malformedXml()
      return value
    })
  const [origins, methods] = [texts('AllowedOrigin'), texts('AllowedMethod')]
  const [headers, exposed] = [texts('AllowedHeader'), texts('ExposeHeader')]
  if (origins.length === 0 || methods.length === 0) throw malformedXml()
  const id = textOf(rule, 'ID')
  const maxAge = textOf(rule, 'MaxAgeSeconds')
  if ((id?.length ?? 0) > ID_MAX_CHARS || (maxAge !== undefined && !MAX_AGE.test(maxAge)))
    throw malformedXml()
  const method = methods.find((name) => !METHODS.has(name))
  if (method !== undefined) {
    throw refusal(`Found unsupported HTTP method in CORS config. Unsupported method is ${method}`)
  }
  for (const [name, values] of [
    ['AllowedOrigin', origins],
    ['AllowedHeader', headers],
  ] as const) {
    const wild = values.find((value) => value.split('*').length > 2)
    if (wild !== undefined) throw refusal(`${name} "${wild}" can not have more than one wildcard.`)
  }
  const open = exposed.find((value) => value.includes('*'))
  if (open !== undefined) {
    throw refusal(
      `ExposeHeader "${open}" contains wildcard. We currently do not support wildcard for ExposeHeader.`,
    )
  }
  return {
    id,
    origins,
    methods,
    headers,
    exposed,
    maxAgeSeconds: maxAge === undefined ? undefined : Number(maxAge),
  }
}

function refusal(message: string): S3Error {
  return new S3Error('InvalidRequest', message)
}

/** The rules in a document. */
export function formatCors(rules: readonly CorsRule[]): { readonly [name: string]: XmlValue } {
  return {
    CORSRule: rules.map(({ id, origins, methods, headers, exposed, maxAgeSeconds }) => ({
      ID: id,
      AllowedOrigin: origins,
      AllowedMethod: methods,
      AllowedHeader: headers,
      ExposeHeader: exposed,
      MaxAgeSeconds: maxAgeSeconds,
    })),
  }
}

/** What a browser asks: for a page of an origin, with a method and headers. */
type Question = {
  readonly origin: string
  readonly method: string
  /** In lower case. */
  readonly headers: readonly string[]
}

/** The first rule that allows a question. Source: Amazon S3 User Guide, "How CORS works". */
export function findRule(
  rules: readonly CorsRule[],
  { origin, method, headers }: Question,
): CorsRule | undefined {
  return rules.find(
    (rule) =>
      rule.methods.includes(method) &&
      rule.origins.some((pattern) => matches(pattern, origin)) &&
      headers.every((name) => rule.headers.some((pattern) => matches(pattern.toLowerCase(), name))),
  )
}

/** A pattern has one wildcard at most. */
function matches(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*')
  if (star < 0) return pattern === text
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)]
  return text.length >= head.length + tail.length && text.startsWith(head) && text.endsWith(tail)
}

const VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method'

/** The headers by which a browser lets a page read an answer. */
export function corsHeaders(
  { origins, methods, exposed, maxAgeSeconds }: CorsRule,
  { origin, headers }: Pick<Question, 'origin' | 'headers'>,
): readonly (readonly [name: string, value: string])[] {
  const isForAll = origins.includes('*')
  return [
    ['Access-Control-Allow-Origin', isForAll ? '*' : origin],
    ['Access-Control-Allow-Methods', methods.join(', ')],
    ...(headers.length === 0 ? [] : [['Access-Control-Allow-Headers', headers.join(', ')] as const]),
    ...(exposed.length === 0 ? [] : [['Access-Control-Expose-Headers', exposed.join(', ')] as const]),
    ...(maxAgeSeconds === undefined ? [] : [['Access-Control-Max-Age', String(maxAgeSeconds)] as const]),
    ...(isForAll ? [] : [['Access-Control-Allow-Credentials', 'true'] as const]),
    ['Vary', VARY],
  ]
}
