import { fromUtf8, parseBase64 } from '../base/bytes.ts'
import { parseJsonText } from '../base/json-text.ts'
import type { EpochMs } from '../base/ports.ts'
import { S3Error } from './s3-error.ts'

/** What a policy demands of a form. */
export type PostPolicy = { readonly expiresAt: EpochMs; readonly conditions: readonly Condition[] }

/** The sizes that a form's file may have. */
export type FileRange = { readonly minBytes: number; readonly maxBytes: number }

type Condition =
  | { readonly type: 'eq' | 'starts-with'; readonly field: string; readonly value: string }
  | ({ readonly type: 'content-length-range' } & FileRange)

/** Fields that no condition need name. Source: Amazon S3 API Reference, "POST Policy". */
const UNCONDITIONAL: ReadonlySet<string> = new Set(['x-amz-signature', 'policy', 'file'])
const IGNORED_PREFIX = 'x-ignore-'
/** The form of ISO 8601 that policies have. */
const EXPIRATION = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/
const SIZE = /^\d{1,15}$/

/**
 * Reads the policy of a form. Source: Amazon S3 API Reference, "POST Policy".
 *
 * @throws S3Error InvalidPolicyDocument.
 */
export function parsePostPolicy(base64: string): PostPolicy {
  const bytes = parseBase64(base64)
  if (bytes === undefined) throw invalid('it is not base64')
  let document: unknown
  try {
    document = parseJsonText(fromUtf8(bytes))
  } catch {
    throw invalid('it is not JSON')
  }
  if (!isObject(document)) throw invalid('it is no object')
  const members = new Map(Object.entries(document))
  const [expiration, conditions] = [members.get('expiration'), members.get('conditions')]
  if (typeof expiration !== 'string' || !EXPIRATION.test(expiration))
    throw invalid('its expiration is no time')
  const expiresAt = Date.parse(expiration)
  if (Number.isNaN(expiresAt)) throw invalid('its expiration is no time')
  if (!Array.isArray(conditions)) throw invalid('it has no list of conditions')
  return { expiresAt, conditions: conditions.map((condition: unknown) => parseCondition(condition)) }
}

function parseCondition(condition: unknown): Condition {
  if (Array.isArray(condition)) return parseListed(condition)
  if (!isObject(condition)) throw invalid('a condition is neither an object nor a list')
  const [member, ...more] = Object.entries(condition)
  if (member === undefined || more.length > 0) throw invalid('a condition names one field')
  const [field, value] = member
  if (typeof value !== 'string') throw invalid('a condition compares with a text')
  return { type: 'eq', field: field.toLowerCase(), value }
}

function parseListed(condition: readonly unknown[]): Condition {
  const [operator, first, second, ...more] = condition
  if (typeof operator !== 'string' || more.length > 0)
    throw invalid('a condition has an operator and two values')
  const type = operator.toLowerCase()
  if (type === 'content-length-range') {
    const [minBytes, maxBytes] = [sizeOf(first), sizeOf(second)]
    if (minBytes === undefined || maxBytes === undefined) throw invalid('a range of lengths has two numbers')
    return { type, minBytes, maxBytes }
  }
  if (type !== 'eq' && type !== 'starts-with') throw invalid('an operator is unknown')
  if (typeof first !== 'string' || !first.startsWith('$') || typeof second !== 'string') {
    throw invalid('a condition compares a $field with a text')
  }
  return { type, field: first.slice(1).toLowerCase(), value: second }
}

function sizeOf(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && SIZE.test(text) ? Number(text) : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Checks the fields of a form against its policy. Each field needs a condition.
 *
 * @param fields by lower-case name, with the bucket, and the key as it is stored.
 * @returns the sizes that the file may have.
 * @throws S3Error AccessDenied.
 */
export function checkPostPolicy(
  { expiresAt, conditions }: PostPolicy,
  fields: ReadonlyMap<string, string>,
  now: EpochMs,
): FileRange {
  if (expiresAt <= now) throw denied('Policy expired.')
  let [minBytes, maxBytes] = [0, Number.MAX_SAFE_INTEGER]
  const covered = new Set<string>()
  for (const condition of conditions) {
    if (condition.type === 'content-length-range') {
      minBytes = Math.max(minBytes, condition.minBytes)
      maxBytes = Math.min(maxBytes, condition.maxBytes)
      continue
    }
    const { type, field, value } = condition
    if (!holds(condition, fields.get(field))) {
      throw denied(`Policy Condition failed: ${JSON.stringify([type, `$${field}`, value])}`)
    }
    covered.add(field)
  }
  for (const name of fields.keys()) {
    if (covered.has(name) || UNCONDITIONAL.has(name) || name.startsWith(IGNORED_PREFIX)) continue
    throw denied(`Extra input fields: ${name}`)
  }
  return { minBytes, maxBytes }
}

function holds(
  { type, field, value }: Exclude<Condition, { readonly type: 'content-length-range' }>,
  actual: string | undefined,
): boolean {
  if (actual === undefined) return false
  if (type === 'eq') return actual === value
  // Source: Amazon S3 API Reference, "POST Policy": each of several types must begin so.
  if (field === 'content-type') return actual.split(',').every((item) => item.trim().startsWith(value))
  return actual.startsWith(value)
}

function invalid(why: string): S3Error {
  return new S3Error('InvalidPolicyDocument', `Invalid Policy: ${why}.`)
}

function denied(why: string): S3Error {
  return new S3Error('AccessDenied', `Invalid according to Policy: ${why}`, {
    reason: 'the policy of the form does not allow it',
  })
}
