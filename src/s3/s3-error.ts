import { escapeXml } from '../api/xml.ts'

/**
 * The error codes of the gateway, with their HTTP status. Source: Amazon S3 API Reference, "Error responses"; recorded
 * answers for the codes of KMS.
 */
const STATUS = {
  AccessDenied: 403,
  AccessForbidden: 403,
  AuthorizationHeaderMalformed: 400,
  AuthorizationQueryParametersError: 400,
  BadDigest: 400,
  BadRequest: 400,
  BucketAlreadyExists: 409,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  ExpiredToken: 400,
  IllegalLocationConstraintException: 400,
  IncompleteBody: 400,
  IncorrectNumberOfFilesInPostRequest: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidChunkSizeError: 403,
  InvalidDigest: 400,
  InvalidEncryptionAlgorithmError: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidPolicyDocument: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidTag: 400,
  InvalidToken: 400,
  InvalidURI: 400,
  'KMS.DisabledException': 400,
  'KMS.InvalidKeyUsageException': 400,
  'KMS.KMSInvalidStateException': 400,
  'KMS.NotFoundException': 400,
  KeyTooLongError: 400,
  MalformedPOSTRequest: 400,
  MalformedPolicy: 400,
  MalformedXML: 400,
  MaxPostPreDataLengthExceededError: 400,
  MetadataTooLarge: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchBucketPolicy: 404,
  NoSuchCORSConfiguration: 404,
  NoSuchKey: 404,
  NoSuchTagSet: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  PolicyTooLarge: 400,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  RequestTimeout: 400,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  SlowDown: 503,
  TooManyBuckets: 400,
  XAmzContentSHA256Mismatch: 400,
} as const

/** A code of the gateway. */
export type S3ErrorCode = keyof typeof STATUS

/** What an error says beside its code and message: elements of its XML, and headers of the answer. */
type Details = {
  readonly elements?: Readonly<Record<string, string>>
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** Why a call was refused, for the audit event only. */
  readonly reason?: string | undefined
  readonly cause?: unknown
}

/** An error that is part of the contract with clients of S3. */
export class S3Error extends Error {
  override readonly name = 'S3Error'
  readonly code: S3ErrorCode
  readonly details: Details

  constructor(code: S3ErrorCode, message: string, details: Details = {}) {
    super(message, { cause: details.cause })
    this.code = code
    this.details = details
  }

  get status(): number {
    return STATUS[this.code]
  }

  get reason(): string | undefined {
    return this.details.reason
  }
}

/** An invalid argument, which the error names. */
export function invalidArgument(message: string, name: string, value: string): S3Error {
  return new S3Error('InvalidArgument', message, { elements: { ArgumentName: name, ArgumentValue: value } })
}

/** The error for a bucket that does not exist. */
export function noSuchBucket(name: string): S3Error {
  const elements = { BucketName: name }
  return new S3Error('NoSuchBucket', 'The specified bucket does not exist', { elements })
}

/** The error for what AWS has and the gateway does not. */
export function notImplemented(what: string): S3Error {
  return new S3Error('NotImplemented', `A header or operation that you provided is not implemented: ${what}.`)
}

/** The XML of an error. */
export function formatS3Error(error: S3Error, resource: string, requestId: string): string {
  const elements = Object.entries({
    Code: error.code,
    Message: error.message,
    ...error.details.elements,
    Resource: resource,
    RequestId: requestId,
  })
  const text = elements.map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`).join('')
  return `${XML_DECLARATION}<Error>${text}</Error>`
}

/** The first line of every document. */
export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
