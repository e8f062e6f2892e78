import type { Members, ShapeData } from '../api/shapes.ts'
import { fromUtf8 } from '../base/bytes.ts'
import { parseJsonText } from '../base/json-text.ts'
import { percentDecode } from '../sigv4/canonical.ts'
import { LambdaError } from './lambda-error.ts'

/** The path and query of a request, decoded. */
export type LambdaTarget = {
  readonly segments: readonly string[]
  readonly query: ReadonlyMap<string, readonly string[]>
}

/** Parameters of one query: Holdfast's own bound. */
const PARAMETERS_MAX = 100
const TARGET_MAX_CHARS = 8_192

/** The path and query of a request. @throws LambdaError when they are not well formed. */
export function parseTarget(target: string): LambdaTarget {
  if (!target.startsWith('/') || target.length > TARGET_MAX_CHARS) throw malformed()
  const question = target.indexOf('?')
  const path = question < 0 ? target : target.slice(0, question)
  const segments = path.replace(/\/$/, '').slice(1).split('/').map(decodePart)
  const query = new Map<string, string[]>()
  const pairs = question < 0 ? [] : target.slice(question + 1).split('&')
  if (pairs.length > PARAMETERS_MAX) throw malformed()
  for (const pair of pairs) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decodePart(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : decodePart(pair.slice(equals + 1).replaceAll('+', ' '))
    const values = query.get(name)
    if (values === undefined) query.set(name, [value])
    else values.push(value)
  }
  return { segments, query }
}

function decodePart(text: string): string {
  const bytes = percentDecode(text)
  const decoded = fromUtf8(bytes)
  if (Buffer.compare(Buffer.from(decoded, 'utf8'), bytes) !== 0 || decoded.includes('\0')) throw malformed()
  return decoded
}

function malformed(): LambdaError {
  return new LambdaError(
    'InvalidParameterValueException',
    'The path or the query of the request is not well formed.',
  )
}

/** Where the members of an input come from. */
export type InputSources = {
  /** Members of the path. */
  readonly path: Readonly<Record<string, string>>
  readonly query: LambdaTarget['query']
  /** The value of a header, by its lower-case name. */
  readonly header: (name: string) => string | undefined
  readonly body: Readonly<Record<string, unknown>>
}

/** Members that are in the query under another name. Source: the service model. */
const QUERY_NAMES: Readonly<Record<string, string>> = { TagKeys: 'tagKeys' }
/** Members that are headers. Source: the same. */
const HEADER_NAMES: Readonly<Record<string, string>> = {
  InvocationType: 'x-amz-invocation-type',
  LogType: 'x-amz-log-type',
}

/** The untyped input of an operation. @throws LambdaError for a parameter that is there twice. */
export function inputOf(members: Members, { path, query, header, body }: InputSources): object {
  const input: Record<string, unknown> = { ...body }
  for (const [name, shape] of Object.entries(members)) {
    const headerName = HEADER_NAMES[name]
    const given = headerName && header(headerName)
    if (given !== undefined) input[name] = given
    const values = query.get(QUERY_NAMES[name] ?? name)
    if (values === undefined) continue
    if (values.length > 1 && shape.data.type !== 'list') {
      throw new LambdaError('InvalidParameterValueException', `The parameter ${name} must be given once.`)
    }
    input[name] = fromQuery(shape.data, values)
  }
  return { ...input, ...path }
}

function fromQuery({ type }: ShapeData, values: readonly string[]): unknown {
  const [value = ''] = values
  switch (type) {
    case 'list':
      return values
    case 'integer':
      return /^\d{1,9}$/.test(value) ? Number(value) : value
    case 'boolean':
      return value === 'true' || value === 'false' ? value === 'true' : value
    default:
      return value
  }
}

/** The JSON object of a body; an empty body is an empty object. @throws LambdaError. */
export function parseBody(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  if (bytes.length === 0) return {}
  let value: unknown
  try {
    value = parseJsonText(fromUtf8(bytes))
  } catch (cause) {
    throw new LambdaError('SerializationException', 'The body is not JSON.', { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new LambdaError('SerializationException', 'The body is not a JSON object.')
  }
  return value as Readonly<Record<string, unknown>>
}
