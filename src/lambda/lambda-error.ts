import { type ErrorCode, KmsError } from '../api/errors.ts'

/**
 * The error codes of the Lambda API, with their HTTP status. Source: the service model of Lambda; recorded answers for
 * those that every service has.
 */
const STATUS = {
  AccessDeniedException: 403,
  CodeStorageExceededException: 400,
  ExpiredTokenException: 403,
  IncompleteSignatureException: 400,
  InvalidParameterValueException: 400,
  InvalidRequestContentException: 400,
  InvalidSignatureException: 403,
  KMSAccessDeniedException: 502,
  KMSDisabledException: 502,
  KMSInvalidStateException: 502,
  KMSNotFoundException: 502,
  MissingAuthenticationTokenException: 403,
  PolicyLengthExceededException: 400,
  PreconditionFailedException: 412,
  RequestTooLargeException: 413,
  ResourceConflictException: 409,
  ResourceNotFoundException: 404,
  SerializationException: 400,
  ServiceException: 500,
  TooManyRequestsException: 429,
  UnrecognizedClientException: 403,
  UnsupportedOperationException: 501,
  ValidationException: 400,
} as const

/** A code of the Lambda API. */
export type LambdaErrorCode = keyof typeof STATUS

type Details = {
  /** Why a call was refused, for the audit event only. */
  readonly reason?: string | undefined
  /** Which limit a call has reached: `Reason` of TooManyRequestsException. */
  readonly limit?: string
  readonly cause?: unknown
}

/** An error that is part of the contract with clients of Lambda. */
export class LambdaError extends Error {
  override readonly name = 'LambdaError'
  readonly code: LambdaErrorCode
  readonly details: Details

  constructor(code: LambdaErrorCode, message: string, details: Details = {}) {
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

/** The error for an invalid value of a member. */
export function invalidParameter(message: string): LambdaError {
  return new LambdaError('InvalidParameterValueException', message)
}

/** The error for a function that does not exist. */
export function functionNotFound(arn: string): LambdaError {
  return new LambdaError('ResourceNotFoundException', `Function not found: ${arn}`)
}

/** The error for too many invocations at once. @param limit `Reason` of the answer. */
export function tooManyRequests(limit = 'CallerRateLimitExceeded'): LambdaError {
  return new LambdaError('TooManyRequestsException', 'Rate Exceeded.', { limit })
}

/** Errors of the pipeline that Lambda answers under the same code. */
const SAME: ReadonlySet<ErrorCode> = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'SerializationException',
  'UnrecognizedClientException',
  'ValidationException',
])

/** The error of Lambda for one of the pipeline; nothing for one that is not the caller's. */
export function fromPipeline(error: KmsError): LambdaError | undefined {
  const { code, message, reason } = error
  if (code === 'ThrottlingException') return tooManyRequests()
  return isSame(code) ? new LambdaError(code, message, { reason }) : undefined
}

function isSame(code: ErrorCode): code is Extract<ErrorCode, LambdaErrorCode> {
  return SAME.has(code)
}

/** The error of a call to KMS, if KMS has refused it. */
export function kmsRefusal(error: unknown): KmsError | undefined {
  return error instanceof KmsError && error.fault === 'client' ? error : undefined
}
