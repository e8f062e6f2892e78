import type { S3Answer } from './call.ts'
import type { Catalogue } from './catalogue.ts'
import { corsHeaders, findRule } from './cors.ts'
import type { S3Request } from './request.ts'
import { S3Error } from './s3-error.ts'

/** Headers that a preflight may name. */
const HEADERS_MAX = 100

/**
 * The answer to a browser that asks whether a page may call. It is not signed, says nothing of objects, and is no call:
 * no event records it. Source: Amazon S3 API Reference, "OPTIONS object".
 *
 * @throws S3Error BadRequest, AccessForbidden.
 */
export function answerPreflight(
  catalogue: Pick<Catalogue, 'bucket'>,
  { bucket: name, headers }: S3Request,
): S3Answer {
  const origin = headers.get('origin')
  const method = headers.get('access-control-request-method')
  if (origin === undefined || method === undefined) {
    const missing = origin === undefined ? 'Origin' : 'Access-Control-Request-Method'
    throw new S3Error('BadRequest', `Insufficient information. ${missing} request header needed.`)
  }
  const rules = (name === undefined ? undefined : catalogue.bucket(name))?.cors
  // The same for a bucket that does not exist: who is not signed learns no names.
  if (rules === undefined) throw forbidden('CORS is not enabled for this bucket.')
  const asked = namesIn(headers.get('access-control-request-headers'))
  const rule = findRule(rules, { origin, method, headers: asked })
  if (rule === undefined) throw forbidden('This CORS request is not allowed.')
  return { headers: corsHeaders(rule, { origin, headers: asked }) }
}

function namesIn(list: string | undefined): readonly string[] {
  const names = (list ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
  if (names.length > HEADERS_MAX) throw forbidden('This CORS request is not allowed.')
  return names
}

function forbidden(what: string): S3Error {
  return new S3Error('AccessForbidden', `CORSResponse: ${what}`)
}

/** The headers by which a page may read the answer to its call, also to one that is refused. */
export function headersForPage(
  catalogue: Pick<Catalogue, 'bucket'>,
  { bucket: name, headers, method }: S3Request,
): readonly (readonly [name: string, value: string])[] {
  const origin = headers.get('origin')
  if (origin === undefined || name === undefined) return []
  const rule = findRule(catalogue.bucket(name)?.cors ?? [], { origin, method, headers: [] })
  return rule === undefined ? [] : corsHeaders(rule, { origin, headers: [] })
}
