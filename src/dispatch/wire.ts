import { FORM_MEDIA_TYPE } from '../api/query.ts'
import { utf8 } from '../base/bytes.ts'

/** What is known of a connection that a request came in on. */
export type Connection = {
  /** The client's IP address. */
  readonly address: string
  /** `TLSv1.3` and the cipher suite; nothing without TLS. */
  readonly tls: { readonly version: string; readonly cipherSuite: string } | undefined
}

/** One HTTP request, whole. */
export type WireRequest = {
  readonly method: string
  /** Path and query, as received. */
  readonly target: string
  /** Names and values in turn, as received; of a value one character for each byte. */
  readonly rawHeaders: readonly string[]
  readonly body: Uint8Array
  readonly connection: Connection
}

/**
 * The form of a request of the Query protocol: the body of a POST, or the query string of a GET or of a POST without a
 * body.
 */
export function findForm({ method, target, rawHeaders, body }: WireRequest): Uint8Array | undefined {
  if (method === 'GET') return formOfTarget(target)
  if (method !== 'POST') return undefined
  const inTarget = body.length === 0 ? formOfTarget(target) : undefined
  if (inTarget !== undefined) return inTarget
  const type = findHeader(rawHeaders, 'content-type')
  return type?.toLowerCase().startsWith(FORM_MEDIA_TYPE) === true ? body : undefined
}

/** Whoever asks for a page asks for no action: that is no form. */
function formOfTarget(target: string): Uint8Array | undefined {
  return /[?&]Action=/.test(target) ? utf8(target.slice(target.indexOf('?') + 1)) : undefined
}

/** One HTTP answer, whole. */
export type WireResponse = {
  readonly status: number
  readonly mediaType: string
  readonly requestId: string
  readonly body: string
  /** The error that it tells of, if any; not sent by itself. */
  readonly code?: string
  /** Whether nobody has proven who has made the call; not sent by itself. */
  readonly isCallerUnknown?: boolean
}

/** The value of a header by its lower-case name: the first, when there are several. */
export function findHeader(rawHeaders: readonly string[], name: string): string | undefined {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index]
    if (candidate !== undefined && candidate.length === name.length && candidate.toLowerCase() === name) {
      return rawHeaders[index + 1]
    }
  }
  return undefined
}
