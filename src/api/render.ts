import type { Steps } from '../base/slices.ts'
import type { ErrorCode, KmsError } from './errors.ts'
import { formatError, formatOutput, formatOutputSteps, JSON_MEDIA_TYPE, type Output } from './json.ts'
import {
  acceptsJson,
  formatQueryJsonError,
  formatQueryJsonOutput,
  QUERY_JSON_MEDIA_TYPE,
} from './query-json.ts'
import type { Service } from './services.ts'
import {
  formatXmlError,
  formatXmlMembersSteps,
  formatXmlOutput,
  formatXmlResult,
  XML_MEDIA_TYPE,
} from './xml.ts'

/** An answer as it is sent. */
export type Rendered = {
  readonly status: number
  readonly mediaType: string
  readonly requestId: string
  readonly body: string
  /** The code of the refusal, whatever its name on the wire. */
  readonly code?: ErrorCode
}

/** The reader of an answer: its service and formats. */
export type Reader = {
  readonly service: Service
  readonly requestId: string
  /** The `Accept` header of the request, for the query protocol. */
  readonly accept: string | undefined
}

/** The answer of a successful call. */
export function renderOutput(reader: Reader, operation: string, output: Output | undefined): Rendered {
  const { service, requestId, accept } = reader
  const { protocol } = service
  if (protocol.type === 'json') {
    const body = output === undefined ? '' : formatOutput(output)
    return { status: 200, mediaType: JSON_MEDIA_TYPE, requestId, body }
  }
  if (protocol.json && acceptsJson(accept)) {
    const body = formatQueryJsonOutput(operation, output, requestId)
    return { status: 200, mediaType: QUERY_JSON_MEDIA_TYPE, requestId, body }
  }
  const body = formatXmlOutput(operation, output, { namespace: protocol.namespace, requestId })
  return { status: 200, mediaType: XML_MEDIA_TYPE, requestId, body }
}

/** Items of lists, and members of the structures in them, that are written at once. */
const WRITTEN_AT_ONCE = 50

/** Whether an answer has lists that take long to write. */
export function isLongOutput(output: Output | undefined): output is Output {
  let left = WRITTEN_AT_ONCE
  for (const name in output) {
    const value = output[name]
    if (typeof value === 'object') left -= itemsIn(value, left)
    if (left < 0) return true
  }
  return false
}

/** The number of values in a list or structure, at any depth; counted only until it is beyond a number. */
function itemsIn(value: object, most: number): number {
  if (value instanceof Uint8Array || value instanceof Date) return 0
  let count = 0
  for (const item of Array.isArray(value) || value instanceof Map ? value.values() : Object.values(value)) {
    count += 1
    if (typeof item === 'object' && item !== null) count += itemsIn(item, most - count)
    if (count > most) break
  }
  return count
}

/** The same as {@link renderOutput}, one item of a list at a time. */
export function* renderOutputSteps(reader: Reader, operation: string, output: Output): Steps<Rendered> {
  const { service, requestId, accept } = reader
  const { protocol } = service
  if (protocol.type === 'json') {
    const body = yield* formatOutputSteps(output)
    return { status: 200, mediaType: JSON_MEDIA_TYPE, requestId, body }
  }
  if (protocol.json && acceptsJson(accept)) return renderOutput(reader, operation, output)
  const facts = { namespace: protocol.namespace, requestId }
  const body = formatXmlResult(operation, yield* formatXmlMembersSteps(output), facts)
  return { status: 200, mediaType: XML_MEDIA_TYPE, requestId, body }
}

/** The answer of a call that was refused or has failed. */
export function renderError(reader: Reader, error: KmsError): Rendered {
  const { service, requestId, accept } = reader
  const { protocol } = service
  const { code, status } = errorOnWire(service, error)
  if (protocol.type === 'json') {
    const body = formatError(code, error.message)
    return { status, mediaType: JSON_MEDIA_TYPE, requestId, body, code: error.code }
  }
  const { message, fault } = error
  if (protocol.json && acceptsJson(accept)) {
    const body = formatQueryJsonError({ code, message, fault }, requestId)
    return { status, mediaType: QUERY_JSON_MEDIA_TYPE, requestId, body, code: error.code }
  }
  const body = formatXmlError({ code, message, fault }, { namespace: protocol.namespace, requestId })
  return { status, mediaType: XML_MEDIA_TYPE, requestId, body, code: error.code }
}

type WireError = { readonly code: string; readonly status: number }

/**
 * Codes with a name or status of their own in the query protocol. Source: IAM API Reference, "Common Errors";
 * recorded answers of IAM and STS.
 */
const QUERY_ERRORS: { readonly [code: string]: WireError | undefined } = {
  AccessDeniedException: { code: 'AccessDenied', status: 403 },
  ExpiredIdentityTokenException: { code: 'ExpiredTokenException', status: 400 },
  ExpiredTokenException: { code: 'ExpiredToken', status: 403 },
  IdpCommunicationErrorException: { code: 'IDPCommunicationError', status: 400 },
  IdpRejectedClaimException: { code: 'IDPRejectedClaim', status: 403 },
  IncompleteSignatureException: { code: 'IncompleteSignature', status: 400 },
  InvalidAuthorizationMessageException: { code: 'InvalidAuthorizationMessageException', status: 400 },
  InvalidSignatureException: { code: 'SignatureDoesNotMatch', status: 403 },
  LimitExceededException: { code: 'LimitExceeded', status: 409 },
  MissingAuthenticationTokenException: { code: 'MissingAuthenticationToken', status: 403 },
  RequestEntityTooLargeException: { code: 'RequestEntityTooLarge', status: 413 },
  SerializationException: { code: 'MalformedInput', status: 400 },
  ThrottlingException: { code: 'Throttling', status: 400 },
  UnknownOperationException: { code: 'InvalidAction', status: 400 },
  UnrecognizedClientException: { code: 'InvalidClientTokenId', status: 403 },
  UnsupportedOperationException: { code: 'UnsupportedOperation', status: 400 },
  ValidationException: { code: 'ValidationError', status: 400 },
}

/** The name of an internal error, by service. */
const INTERNAL_ERRORS: Readonly<Record<Service['name'], string>> = {
  kms: 'KMSInternalException',
  cloudtrail: 'InternalFailure',
  holdfast: 'InternalFailure',
  iam: 'ServiceFailure',
  sts: 'InternalFailure',
}

const SUFFIX = /Exception$/

/** The code and status of an error for a service's clients. */
export function errorOnWire({ name, protocol }: Service, { code, status }: KmsError): WireError {
  if (code === 'KMSInternalException') return { code: INTERNAL_ERRORS[name], status }
  if (protocol.type === 'json') return { code, status }
  return QUERY_ERRORS[code] ?? { code: code.replace(SUFFIX, ''), status }
}
