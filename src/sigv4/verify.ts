import { KmsError } from '../api/errors.ts'
import { equalTextConstantTime } from '../base/bytes.ts'
import type { EpochMs } from '../base/ports.ts'
import { sha256Hex } from '../crypto/hash.ts'
import { type HmacKey, hmacSha256Hex } from '../crypto/hmac.ts'
import { type CanonicalHeaders, collectHeaders, stringToSign, TERMINATOR } from './canonical.ts'
import type { Claims } from './claims.ts'
import { withoutSignature } from './query-signature.ts'
import type { SignedRequest } from './request.ts'
import { formatAmzDate } from './timestamp.ts'

/** The largest difference of a client's clock, either way. Source: AWS KMS API Reference, "Common Errors". */
const CLOCK_SKEW_MINUTES = 15

const MINUTE_MS = 60_000

/** Characters of a claimed value that a message repeats. */
const SHOWN_LENGTH = 64

/**
 * Checks the claimed scope of a signature, before anything is looked up.
 *
 * @throws InvalidSignatureException with AWS's text for the first mismatch: the terminator, the service,
 * the region, the date of the scope, the clock.
 */
export function checkScope(
  claims: Claims,
  expected: {
    readonly service: string
    readonly now: EpochMs
    /** The largest difference of the clocks, if it is not {@link CLOCK_SKEW_MINUTES}. */
    readonly skewMinutes?: number
  },
): void {
  const { date, region, service, terminator } = claims.scope
  if (terminator !== TERMINATOR) {
    throw invalid(
      `Credential should be scoped with a valid terminator: '${TERMINATOR}', not '${shown(terminator)}'.`,
    )
  }
  if (service !== expected.service) {
    throw invalid(`Credential should be scoped to correct service: '${expected.service}'. `)
  }
  if (!isRegion(region)) {
    throw invalid(`Credential should be scoped to a valid region, not '${shown(region)}'. `)
  }
  const day = claims.amzDate.slice(0, 8)
  if (date !== day) {
    throw invalid(
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
        `'${shown(date)}' != '${day}', from '${claims.amzDate}'.`,
    )
  }
  checkClock(claims, expected.now, expected.skewMinutes ?? CLOCK_SKEW_MINUTES)
}

/** Compares whole seconds: a timestamp has no fractions. */
function checkClock(claims: Claims, now: EpochMs, skewMinutes: number): void {
  const skewMs = skewMinutes * MINUTE_MS
  const second = now - (now % 1000)
  const earliest = second - skewMs
  if (claims.signedAt < earliest) {
    throw invalid(
      `Signature expired: ${claims.amzDate} is now earlier than ${formatAmzDate(earliest)} ` +
        `(${formatAmzDate(second)} - ${skewMinutes} min.)`,
    )
  }
  const latest = second + skewMs
  if (claims.signedAt > latest) {
    throw invalid(
      `Signature not yet current: ${claims.amzDate} is still later than ${formatAmzDate(latest)} ` +
        `(${formatAmzDate(second)} + ${skewMinutes} min.)`,
    )
  }
}

/**
 * Whether the key has signed the request: method, target, body, `host`, every `x-amz-*` header and all other
 * headers that the client listed.
 *
 * A claimed body hash must be the body's; unsigned and chunked bodies do not exist here. {@link checkScope}
 * checks the scope.
 */
export function verifySignature(request: SignedRequest, claims: Claims, signingKey: HmacKey): boolean {
  const headers = collectHeaders(request.rawHeaders, claims.signedHeaders)
  if (headers === undefined) return false
  const bodyHash = sha256Hex(request.body)
  const claimedHash = claimedBodyHash(headers)
  if (claimedHash !== undefined && claimedHash !== bodyHash) return false
  return matches({ request, headers, bodyHash }, claims, signingKey)
}

/**
 * Whether the head of a request can be that of one which {@link verifySignature} accepts: if it claims a body
 * hash, it is signed for a body with that hash.
 */
export function verifyHead(head: SignedRequest, claims: Claims, signingKey: HmacKey): boolean {
  const headers = collectHeaders(head.rawHeaders, claims.signedHeaders)
  if (headers === undefined) return false
  const bodyHash = claimedBodyHash(headers)
  return bodyHash === undefined || matches({ request: head, headers, bodyHash }, claims, signingKey)
}

function claimedBodyHash({ names, values }: CanonicalHeaders): string | undefined {
  const at = names.indexOf('x-amz-content-sha256')
  return at < 0 ? undefined : values[at]
}

type Signed = {
  readonly request: SignedRequest
  readonly headers: CanonicalHeaders
  readonly bodyHash: string
}

function matches({ request, headers, bodyHash }: Signed, claims: Claims, signingKey: HmacKey): boolean {
  const signed = claims.presigned ? { ...request, target: withoutSignature(request.target) } : request
  const expected = hmacSha256Hex(signingKey, stringToSign(signed, headers, bodyHash, claims))
  return equalTextConstantTime(claims.signature, expected)
}

/** The error for a signature that {@link verifySignature} refuses. Source: recorded answers of AWS. */
export function signatureMismatch(): KmsError {
  return invalid(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret ' +
      'Access Key and signing method. Consult the service documentation for details.',
  )
}

function invalid(message: string): KmsError {
  return new KmsError('InvalidSignatureException', message)
}

/** Characters of a region's name; the longest that exists has 15. */
const REGION_MAX_LENGTH = 32

const REGION = /^[a-z]{2,}(?:-[a-z]+)+-[0-9]+$/

/** Whether a text has the form of a region's name. */
export function isRegion(text: string): boolean {
  return text.length <= REGION_MAX_LENGTH && REGION.test(text)
}

function shown(text: string): string {
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH)}…`
}
