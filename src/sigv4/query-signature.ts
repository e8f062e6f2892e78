import { ALGORITHM, incomplete } from './credential.ts'

/** The parameters of a presigned request, decoded. */
export type QuerySignature = {
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
  readonly amzDate: string
  readonly securityToken: string | undefined
  /** `X-Amz-Expires`. */
  readonly expiresSeconds: number
}

/** A week. Source: IAM User Guide, "Create a signed AWS API request". */
const EXPIRES_MAX_SECONDS = 604_800
const PREFIX = 'x-amz-'

/**
 * The signature in a query string.
 *
 * `X-Amz-Expires` must be valid but sets no time except in S3: every other signature is valid within 15 minutes of its
 * time, as AWS STS accepts a presigned GetCallerIdentity, whatever it says.
 *
 * @throws IncompleteSignatureException when a parameter is missing, repeated or invalid.
 */
export function parseQuerySignature(target: string): QuerySignature {
  const found = new Map<string, string>()
  const seen = new Set<string>()
  for (const [name, value] of new URLSearchParams(target.slice(target.indexOf('?') + 1))) {
    const lower = name.toLowerCase()
    if (!lower.startsWith(PREFIX)) continue
    // Some readers distinguish letters of another case, and some do not.
    if (seen.has(lower)) throw incomplete(`The parameter '${name}' must be given once.`)
    seen.add(lower)
    found.set(name, value)
  }
  const need = (name: string): string => {
    const value = found.get(name)
    if (value) return value
    throw incomplete(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, ' +
        'X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    )
  }
  if (need('X-Amz-Algorithm') !== ALGORITHM) {
    throw incomplete(`Unsupported AWS 'algorithm', only '${ALGORITHM}' is.`)
  }
  const expires = need('X-Amz-Expires')
  const seconds = /^[0-9]{1,6}$/.test(expires) ? Number(expires) : 0
  if (seconds < 1 || seconds > EXPIRES_MAX_SECONDS) {
    throw incomplete(`X-Amz-Expires must be a number of seconds from 1 to ${EXPIRES_MAX_SECONDS}.`)
  }
  return {
    credential: need('X-Amz-Credential'),
    signedHeaders: need('X-Amz-SignedHeaders'),
    signature: need('X-Amz-Signature'),
    amzDate: need('X-Amz-Date'),
    securityToken: found.get('X-Amz-Security-Token'),
    expiresSeconds: seconds,
  }
}

/** The target without its signature, which is what was signed. */
export function withoutSignature(target: string): string {
  const question = target.indexOf('?')
  const kept = target
    .slice(question + 1)
    .split('&')
    .filter((pair) => !pair.startsWith('X-Amz-Signature='))
  return `${target.slice(0, question)}?${kept.join('&')}`
}
