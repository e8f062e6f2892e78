import { parseBase64, toBase64, toHex } from '../base/bytes.ts'
import { type HashName, type RunningHash, runningHash } from '../crypto/running-hash.ts'
import { chunkSigner, UNSIGNED_PAYLOAD } from '../sigv4/s3-signature.ts'
import type { Authenticated } from './authenticate.ts'
import { decodeChunked } from './chunked.ts'
import type { FileRange } from './post-policy.ts'
import type { S3Request } from './request.ts'
import { notImplemented, S3Error } from './s3-error.ts'

/** A checksum that S3 keeps with an object. */
export type Checksum = { readonly algorithm: ChecksumName; readonly value: string }

/** The algorithms of checksums that S3 keeps, with the name that headers have. */
export const CHECKSUMS = [
  'crc32',
  'crc32c',
  'crc64nvme',
  'sha1',
  'sha256',
] as const satisfies readonly HashName[]

/** One of them. */
type ChecksumName = (typeof CHECKSUMS)[number]

/** The body of an upload: read once, and then checked. */
export type Payload = {
  /** Its announced length. */
  readonly sizeBytes: number
  readonly pieces: AsyncIterable<Uint8Array>
  /** Checks what was read. @throws S3Error when it is not what the client has announced. */
  readonly finish: () => PayloadFacts
}

/** What is known of a payload at its end. */
export type PayloadFacts = {
  readonly sizeBytes: number
  /** In hexadecimal digits. */
  readonly md5: string | undefined
  readonly checksum: Checksum | undefined
}

/** The maximum of one PUT. Source: Amazon S3 User Guide, "Uploading objects". */
export const PUT_MAX_BYTES = 5_368_709_120
const HEX_HASH = /^[0-9a-f]{64}$/
const LENGTH = /^[0-9]{1,15}$/

/**
 * The payload of an upload. Its length must be known before.
 *
 * @param needsMd5 whether the ETag is the MD5 of the payload.
 * @throws S3Error.
 */
export function openPayload(request: S3Request, authenticated: Authenticated, needsMd5: boolean): Payload {
  const { headers } = request
  const mode = modeOf(request, authenticated)
  const length = headers.get(mode.chunked === undefined ? 'content-length' : 'x-amz-decoded-content-length')
  if (length === undefined || !LENGTH.test(length)) {
    throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.')
  }
  const sizeBytes = Number(length)
  if (sizeBytes > PUT_MAX_BYTES) {
    throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size')
  }
  const md5 = announcedMd5(headers)
  const trailer = new Map<string, string>()
  const announced = announcedChecksum(headers, mode.trailerName)
  const hashes = new Map<HashName, RunningHash>()
  if (needsMd5 || md5 !== undefined) hashes.set('md5', runningHash('md5'))
  if (announced !== undefined) hashes.set(announced.algorithm, runningHash(announced.algorithm))
  if (mode.hash !== undefined && !hashes.has('sha256')) hashes.set('sha256', runningHash('sha256'))
  const body =
    mode.chunked === undefined ? request.wire.body : decodeChunked(request.wire.body, mode.chunked, trailer)
  const seen = { sizeBytes: 0 }
  return {
    sizeBytes,
    pieces: hashed(body, [...hashes.values()], seen, { sizeBytes, refuse: wrongLength }),
    finish: () => {
      if (seen.sizeBytes !== sizeBytes) throw wrongLength()
      const digests = new Map([...hashes].map(([name, hash]) => [name, hash.digest()]))
      return checkDigests(digests, { sizeBytes, md5, hash: mode.hash, announced, trailer })
    },
  }
}

/**
 * The file of a form, whose length is not known before.
 *
 * @param needsMd5 whether the ETag is the MD5 of the file.
 * @throws S3Error.
 */
export function openFormFile(
  { headers }: Pick<S3Request, 'headers'>,
  file: AsyncIterable<Uint8Array>,
  range: FileRange,
  needsMd5: boolean,
): Pick<Payload, 'pieces' | 'finish'> {
  const announced = announcedChecksum(headers, undefined)
  const hashes = new Map<HashName, RunningHash>()
  if (needsMd5) hashes.set('md5', runningHash('md5'))
  if (announced !== undefined) hashes.set(announced.algorithm, runningHash(announced.algorithm))
  const seen = { sizeBytes: 0 }
  const maxBytes = Math.min(range.maxBytes, PUT_MAX_BYTES)
  const refuse = (): S3Error =>
    new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
      elements: { ProposedSize: String(seen.sizeBytes), MaxSizeAllowed: String(maxBytes) },
    })
  return {
    pieces: hashed(file, [...hashes.values()], seen, { sizeBytes: maxBytes, refuse }),
    finish: () => {
      const { sizeBytes } = seen
      if (sizeBytes < range.minBytes) {
        throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
          elements: { ProposedSize: String(sizeBytes), MinSizeAllowed: String(range.minBytes) },
        })
      }
      const digests = new Map([...hashes].map(([name, hash]) => [name, hash.digest()]))
      return checkDigests(digests, {
        sizeBytes,
        md5: undefined,
        hash: undefined,
        announced,
        trailer: new Map(),
      })
    },
  }
}

type Expected = {
  readonly sizeBytes: number
  readonly md5: string | undefined
  /** SHA-256. */
  readonly hash: string | undefined
  readonly announced: Announced | undefined
  readonly trailer: ReadonlyMap<string, string>
}

/** @throws S3Error for a digest that is not the expected one. */
function checkDigests(digests: ReadonlyMap<HashName, Uint8Array>, expected: Expected): PayloadFacts {
  const { sizeBytes, hash, announced, trailer } = expected
  const hex = (name: HashName): string => toHex(digests.get(name) ?? NO_DIGEST)
  if (hash !== undefined && hex('sha256') !== hash) {
    const message = "The provided 'x-amz-content-sha256' header does not match what was computed."
    throw new S3Error('XAmzContentSHA256Mismatch', message)
  }
  if (expected.md5 !== undefined && hex('md5') !== expected.md5) throw badDigest('Content-MD5')
  const md5 = digests.has('md5') ? hex('md5') : undefined
  if (announced === undefined) return { sizeBytes, md5, checksum: undefined }
  const { algorithm } = announced
  const value = toBase64(digests.get(algorithm) ?? NO_DIGEST)
  checkChecksum(announced, trailer, value)
  return { sizeBytes, md5, checksum: { algorithm, value } }
}

const NO_DIGEST = new Uint8Array(0)

async function* hashed(
  body: AsyncIterable<Uint8Array>,
  hashes: readonly RunningHash[],
  seen: { sizeBytes: number },
  max: { readonly sizeBytes: number; readonly refuse: () => S3Error },
): AsyncIterable<Uint8Array> {
  try {
    for await (const piece of body) {
      seen.sizeBytes += piece.length
      if (seen.sizeBytes > max.sizeBytes) throw max.refuse()
      for (const hash of hashes) hash.update(piece)
      yield piece
    }
  } catch (error) {
    // The client has closed the connection.
    if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET') throw wrongLength()
    throw error
  }
}

function wrongLength(): S3Error {
  return new S3Error(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
  )
}

type Mode = {
  /** SHA-256 of the body, in hexadecimal digits, when the signature covers it. */
  readonly hash: string | undefined
  readonly chunked: Parameters<typeof decodeChunked>[1] | undefined
  /** The header that the trailer has. */
  readonly trailerName: string | undefined
}

/** Source: Amazon S3 API Reference, "Common request headers", x-amz-content-sha256. */
function modeOf({ headers }: S3Request, { claims, signingKey }: Authenticated): Mode {
  const claimed = headers.get('x-amz-content-sha256') ?? UNSIGNED_PAYLOAD
  const trailerName = headers.get('x-amz-trailer')?.toLowerCase()
  const signer = () => chunkSigner(claims, signingKey)
  switch (claimed) {
    case UNSIGNED_PAYLOAD:
      return { hash: undefined, chunked: undefined, trailerName: undefined }
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
      return { hash: undefined, chunked: { signer: signer(), hasTrailer: false }, trailerName: undefined }
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return { hash: undefined, chunked: { signer: signer(), hasTrailer: true }, trailerName }
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return { hash: undefined, chunked: { signer: undefined, hasTrailer: true }, trailerName }
    default:
      if (claimed.startsWith('STREAMING-')) throw notImplemented(`x-amz-content-sha256 ${claimed}`)
      if (!HEX_HASH.test(claimed)) {
        const message =
          'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-..., or a valid sha256 value.'
        throw new S3Error('InvalidArgument', message)
      }
      return { hash: claimed, chunked: undefined, trailerName: undefined }
  }
}

const MD5_BYTES = 16

function announcedMd5(headers: ReadonlyMap<string, string>): string | undefined {
  const text = headers.get('content-md5')
  if (text === undefined) return undefined
  const bytes = parseBase64(text)
  if (bytes?.length === MD5_BYTES) return toHex(bytes)
  throw new S3Error('InvalidDigest', 'The Content-MD5 you specified was invalid.')
}

const PREFIX = 'x-amz-checksum-'

/** A checksum that a client has announced: its value is here or in the trailer; without either, S3 computes it. */
type Announced = {
  readonly algorithm: ChecksumName
  readonly value: string | undefined
  readonly isInTrailer: boolean
}

/** @throws S3Error for more than one checksum, or an algorithm that S3 does not have. */
function announcedChecksum(
  headers: ReadonlyMap<string, string>,
  trailerName: string | undefined,
): Announced | undefined {
  const found = CHECKSUMS.flatMap((algorithm) => {
    const value = headers.get(PREFIX + algorithm)
    return value === undefined ? [] : [{ algorithm, value, isInTrailer: false }]
  })
  if (trailerName !== undefined) {
    const algorithm = CHECKSUMS.find((name) => PREFIX + name === trailerName)
    if (algorithm === undefined) {
      throw new S3Error('InvalidRequest', 'The value specified in the x-amz-trailer header is not supported')
    }
    found.push({ algorithm, value: '', isInTrailer: true })
  }
  if (found.length > 1) {
    throw new S3Error(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    )
  }
  if (found[0] !== undefined) return found[0]
  const asked = headers.get('x-amz-sdk-checksum-algorithm') ?? headers.get('x-amz-checksum-algorithm')
  const algorithm = CHECKSUMS.find((name) => name === asked?.toLowerCase())
  return algorithm && { algorithm, value: undefined, isInTrailer: false }
}

function checkChecksum(
  { algorithm, value, isInTrailer }: Announced,
  trailer: ReadonlyMap<string, string>,
  computed: string,
): void {
  const expected = isInTrailer ? trailer.get(PREFIX + algorithm) : value
  if (expected === undefined && !isInTrailer) return
  if (expected === undefined) {
    throw new S3Error('InvalidRequest', `The trailer has no ${PREFIX}${algorithm}.`)
  }
  if (expected !== computed) throw badDigest(algorithm.toUpperCase())
}

function badDigest(name: string): S3Error {
  return new S3Error('BadDigest', `The ${name} you specified did not match the calculated checksum.`)
}
