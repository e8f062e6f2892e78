import { fromUtf8, parseBase64 } from '../base/bytes.ts'
import { parseJsonText } from '../base/json-text.ts'
import { CUSTOMER, type CustomerKey } from './customer-key.ts'
import type { BucketEncryption, KmsAlgorithm, ObjectEncryption } from './entries.ts'
import { invalidArgument, type S3Error } from './s3-error.ts'

/** How an object is to be encrypted. */
export type EncryptionChoice =
  | { readonly type: 'AES256' }
  | {
      readonly type: KmsAlgorithm
      readonly keyId: string
      readonly context: Readonly<Record<string, string>> | undefined
      readonly bucketKey: boolean
    }
  | { readonly type: 'customer'; readonly customerKey: CustomerKey }

/** The alias of the AWS managed key of S3. */
const MANAGED_KEY = 'alias/aws/s3'

/** The headers of server-side encryption. */
export const SSE = 'x-amz-server-side-encryption'
const SSE_KEY_ID = `${SSE}-aws-kms-key-id`
const SSE_CONTEXT = `${SSE}-context`
const SSE_BUCKET_KEY = `${SSE}-bucket-key-enabled`

/** Characters of the encryption context. Source: the limit of AWS KMS on an encryption context. */
const CONTEXT_MAX_CHARS = 8192
/** The pair that S3 adds. */
const RESERVED = 'aws:s3:arn'

/**
 * How an object is to be encrypted, by the headers of its request and the default of its bucket.
 *
 * Source: Amazon S3 User Guide, "Specifying server-side encryption with AWS KMS".
 *
 * @throws S3Error.
 */
export function encryptionChoice(
  headers: ReadonlyMap<string, string>,
  byDefault: BucketEncryption,
  customerKey: CustomerKey | undefined,
): EncryptionChoice {
  const algorithm = headers.get(SSE)
  const keyId = headers.get(SSE_KEY_ID)
  const context = headers.get(SSE_CONTEXT)
  if (customerKey !== undefined) {
    const other = algorithm ?? keyId ?? context
    if (other === undefined) return { type: 'customer', customerKey }
    throw invalidArgument(
      'Server Side Encryption with Customer provided key is incompatible with the encryption method specified',
      SSE,
      other,
    )
  }
  if (algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse' && (keyId ?? context) !== undefined) {
    throw invalidArgument(
      `Server Side Encryption with AWS KMS managed key requires HTTP header ${SSE} : aws:kms`,
      SSE,
      algorithm ?? 'null',
    )
  }
  switch (algorithm) {
    case undefined:
      return byDefault.algorithm === 'AES256'
        ? { type: 'AES256' }
        : kmsChoice(byDefault.algorithm, headers, byDefault)
    case 'AES256':
      return { type: 'AES256' }
    case 'aws:kms':
    case 'aws:kms:dsse':
      return kmsChoice(algorithm, headers, byDefault)
    default:
      throw invalidArgument('The encryption method specified is not supported', SSE, algorithm)
  }
}

function kmsChoice(
  type: KmsAlgorithm,
  headers: ReadonlyMap<string, string>,
  byDefault: BucketEncryption,
): EncryptionChoice {
  const asked = parseFlag(headers.get(SSE_BUCKET_KEY))
  if (type === 'aws:kms:dsse' && asked === true) {
    throw invalidArgument('Two layers of encryption work without a bucket key', SSE_BUCKET_KEY, 'true')
  }
  const own = byDefault.algorithm === 'AES256' ? undefined : byDefault.keyId
  return {
    type,
    keyId: headers.get(SSE_KEY_ID) ?? own ?? MANAGED_KEY,
    context: parseContext(headers.get(SSE_CONTEXT)),
    // Source: Amazon S3 User Guide, "Using dual-layer server-side encryption": there is no bucket key.
    bucketKey: type === 'aws:kms' && (asked ?? byDefault.bucketKey),
  }
}

/** @throws S3Error for a read that has headers of encryption: they belong to writes. */
export function refuseOnRead(headers: ReadonlyMap<string, string>): void {
  for (const name of [SSE, SSE_KEY_ID, SSE_CONTEXT, SSE_BUCKET_KEY]) {
    const value = headers.get(name)
    if (value === undefined) continue
    throw invalidArgument(`${name} header is not supported for this operation.`, name, value)
  }
}

function parseFlag(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined
  const lower = text.toLowerCase()
  if (lower === 'true' || lower === 'false') return lower === 'true'
  throw invalidArgument(`${SSE_BUCKET_KEY} must be true or false`, SSE_BUCKET_KEY, text)
}

/** A base64 text of a JSON object of strings. */
function parseContext(text: string | undefined): Readonly<Record<string, string>> | undefined {
  if (text === undefined) return undefined
  const invalid = (): S3Error =>
    invalidArgument(
      `The header '${SSE_CONTEXT}' shall be Base64-encoded UTF-8 string holding JSON`,
      SSE_CONTEXT,
      text,
    )
  const bytes = text.length <= CONTEXT_MAX_CHARS ? parseBase64(text) : undefined
  if (bytes === undefined) throw invalid()
  let value: unknown
  try {
    value = parseJsonText(fromUtf8(bytes))
  } catch {
    throw invalid()
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid()
  const context: [string, string][] = []
  for (const [name, member] of Object.entries(value)) {
    if (typeof member !== 'string' || name === RESERVED) throw invalid()
    context.push([name, member])
  }
  return Object.fromEntries(context)
}

/** The encryption context of an object's data key, or of its bucket's. Source: Amazon S3 User Guide, "Encryption context". */
export function kmsContext(
  bucket: string,
  key: string,
  {
    bucketKey,
    context,
  }: { readonly bucketKey: boolean; readonly context?: Readonly<Record<string, string>> | undefined },
): Readonly<Record<string, string>> {
  const arn = bucketKey ? bucketArn(bucket) : objectArn(bucket, key)
  return { ...context, [RESERVED]: arn }
}

/** The ARN of a bucket. */
export function bucketArn(bucket: string): string {
  return `arn:aws:s3:::${bucket}`
}

/** The ARN of an object. */
export function objectArn(bucket: string, key: string): string {
  return `arn:aws:s3:::${bucket}/${key}`
}

/**
 * The headers of an answer that say how an object is encrypted.
 *
 * @param request the headers of the request, which have the MD5 of a customer's key.
 */
export function encryptionHeaders(
  encryption: ObjectEncryption,
  request: ReadonlyMap<string, string>,
): readonly (readonly [string, string])[] {
  switch (encryption.type) {
    case 'AES256':
      return [[SSE, 'AES256']]
    case 'aws:kms':
    case 'aws:kms:dsse':
      return [
        [SSE, encryption.type],
        [SSE_KEY_ID, encryption.keyArn],
        ...(encryption.bucketKey ? [[SSE_BUCKET_KEY, 'true'] as const] : []),
      ]
    case 'customer': {
      const md5 = request.get(`${CUSTOMER}key-md5`)
      return md5 === undefined
        ? []
        : [
            [`${CUSTOMER}algorithm`, 'AES256'],
            [`${CUSTOMER}key-MD5`, md5],
          ]
    }
  }
}
