import { present } from '../base/assert.ts'
import type { EpochMs } from '../base/ports.ts'
import { sha256Hex } from '../crypto/hash.ts'
import { hmacSha256Hex } from '../crypto/hmac.ts'
import { collectHeaders, stringToSign, TERMINATOR } from './canonical.ts'
import { ALGORITHM } from './credential.ts'
import type { SignedRequest } from './request.ts'
import { SigningKeys } from './signing-key.ts'
import { formatAmzDate } from './timestamp.ts'

/** An access key with its secret, and its session token if it is temporary. */
export type Credentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

type SigningOptions = {
  readonly credentials: Credentials
  readonly region: string
  readonly service: string
  readonly now: EpochMs
  /** Saves deriving the key again for each request. */
  readonly keys?: SigningKeys | undefined
}

/**
 * The headers that sign a request, names and values in turn: `x-amz-date`, `x-amz-security-token` with a
 * session, `authorization`.
 *
 * They sign every header that the request has, so it must have a `host` and none that a proxy may change.
 */
export function signRequest(request: SignedRequest, options: SigningOptions): readonly string[] {
  const { credentials, region, service } = options
  const amzDate = formatAmzDate(options.now)
  const added = ['x-amz-date', amzDate]
  if (credentials.sessionToken !== undefined) added.push('x-amz-security-token', credentials.sessionToken)
  const rawHeaders = [...request.rawHeaders, ...added]
  const headers = present(collectHeaders(rawHeaders, headerNames(rawHeaders)), 'the host header')
  const scope = { date: amzDate.slice(0, 8), region, service }
  const text = stringToSign(request, headers, sha256Hex(request.body), { scope, amzDate })
  const key = (options.keys ?? new SigningKeys()).get(credentials, { scope })
  const credential = `${credentials.accessKeyId}/${scope.date}/${region}/${service}/${TERMINATOR}`
  const signature = hmacSha256Hex(key, text)
  added.push(
    'authorization',
    `${ALGORITHM} Credential=${credential}, SignedHeaders=${headers.names.join(';')}, Signature=${signature}`,
  )
  return added
}

function headerNames(rawHeaders: readonly string[]): readonly string[] {
  const names = new Set<string>()
  for (let index = 0; index < rawHeaders.length; index += 2)
    names.add((rawHeaders[index] ?? '').toLowerCase())
  return [...names].sort()
}
