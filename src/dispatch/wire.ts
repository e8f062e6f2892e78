import { FORM_MEDIA_TYPE } from '../api/query.ts'
import { utf8 } from '../base/bytes.ts'

/** The connection of a request. */
export type Connection = {
  /** The client's IP address. */
  readonly address: string
  /** `TLSv1.3` and the cipher suite; nothing without TLS. */
  readonly tls: { readonly version: string; readonly cipherSuite: string } | undefined
}

/** One whole HTTP request. */
export type WireRequest = {
  readonly method: string
  /** Path and query, as received. */
  readonly target: string
  /** Names and values in turn, as received; one character of a value for each byte. */
  readonly rawHeaders: readonly string[]
  readonly body: Uint8Array
  readonly connection: Connection
}

/**
 * The form of a request of the Query protocol: the body of a POST, or the query string of a GET or of a POST
 * without a body.
 */
export function findForm({ method, target, rawHeaders, body }: WireRequest): Uint8Array | undefined {
  if (method === 'GET') return formOfTarget(target)
  if (method !== 'POST') return undefined
  const inTarget = body.length === 0 ? formOfTarget(target) : undefined
  if (inTarget !== undefined) return inTarget
  const type = findHeader(rawHeaders, 'content-type')
  return type?.toLowerCase().startsWith(FORM_MEDIA_TYPE) === true ? body : undefined
}

/** A request for a page names no action: it has no form. */
function formOfTarget(target: string): Uint8Array | undefined {
  return /[?&]Action=/.test(target) ? utf8(target.slice(target.indexOf('?') + 1)) : undefined
}

/** One whole HTTP answer. */
export type WireResponse = {
  readonly status: number
  readonly mediaType: string
  readonly requestId: string
  readonly body: string
  /** The error code of the answer, if any; not sent by itself. */
  readonly code?: string
  /** Whether the caller is not proven; not sent by itself. */
  readonly isCallerUnknown?: boolean
}

/** The value of a header by its lower-case name; the first of several. */
export function findHeader(rawHeaders: readonly string[], name: string): string | undefined {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index]
    if (candidate !== undefined && candidate.length === name.length && candidate.toLowerCase() === name) {
      return rawHeaders[index + 1]
    }
  }
  return undefined
}
