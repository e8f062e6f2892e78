import { equalConstantTime, parseHex } from '../base/bytes.ts'
import { sha256Hex } from '../crypto/hash.ts'
import { type HmacKey, hmacSha256, hmacSha256Hex } from '../crypto/hmac.ts'
import { collectHeaders, s3StringToSign, scopeText } from './canonical.ts'
import type { S3Claims } from './claims.ts'
import { withoutSignature } from './query-signature.ts'
import type { SignedRequest } from './request.ts'

/** The body hash of a request whose signature does not cover the body. */
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD'

/**
 * Whether the key has signed the head of a request to S3, with the body hash that its header `x-amz-content-sha256`
 * claims. The caller compares the claimed hash with the body. A presigned request need not claim one.
 *
 * Source: Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header" and "Using Query Parameters".
 */
export function verifyS3Signature(request: SignedRequest, claims: S3Claims, key: HmacKey): boolean {
  const headers = collectHeaders(request.rawHeaders, claims.signedHeaders)
  if (headers === undefined) return false
  const at = headers.names.indexOf('x-amz-content-sha256')
  const bodyHash = at < 0 && claims.presigned ? UNSIGNED_PAYLOAD : headers.values[at]
  if (bodyHash === undefined) return false
  const signed = claims.presigned ? { ...request, target: withoutSignature(request.target) } : request
  return isSignature(claims.signature, hmacSha256(key, s3StringToSign(signed, headers, bodyHash, claims)))
}

/** Signs the chunks of a body, each with the signature before it. */
export type ChunkSigner = {
  /** The signature of the next chunk. @param hash SHA-256 of its data, in hexadecimal digits. */
  readonly chunk: (hash: string) => string
  /** The signature of the trailer. @param hash the same for its canonical form. */
  readonly trailer: (hash: string) => string
}

/**
 * The signer of a body in signed chunks; the request's signature is the seed.
 * Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in Multiple
 * Chunks"; the same "including trailing headers".
 */
export function chunkSigner(claims: S3Claims, key: HmacKey): ChunkSigner {
  const scope = `${claims.amzDate}\n${scopeText(claims.scope)}`
  let before = claims.signature
  const next = (kind: string, hashes: string): string => {
    before = hmacSha256Hex(key, `${kind}\n${scope}\n${before}\n${hashes}`)
    return before
  }
  return {
    chunk: (hash) => next('AWS4-HMAC-SHA256-PAYLOAD', `${EMPTY_HASH}\n${hash}`),
    trailer: (hash) => next('AWS4-HMAC-SHA256-TRAILER', hash),
  }
}

const EMPTY_HASH = sha256Hex('')

/** Whether a text is this signature. */
export function isSignature(text: string, expected: Uint8Array): boolean {
  const signature = parseHex(text)
  return signature !== undefined && equalConstantTime(expected, signature)
}
