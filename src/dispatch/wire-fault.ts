import { type ErrorCode, KmsError } from '../api/errors.ts'
import { REQUEST_HEADER_LINES_MAX } from '../base/request-limits.ts'

/** Faults of a request that do not depend on its operation. The server reads no more of such a request. */
export type WireFault =
  | 'busy'
  | 'large body'
  | 'large headers'
  | 'late'
  | 'malformed'
  | 'many headers'
  | 'no room'
  | 'other host'

const FAULTS: Readonly<Record<WireFault, readonly [code: ErrorCode, message: string]>> = {
  busy: ['ThrottlingException', 'Too many requests are being answered.'],
  'large headers': ['RequestHeaderFieldsTooLargeException', 'The request headers are too large.'],
  late: ['RequestTimeoutException', 'The request did not come in time.'],
  malformed: ['MalformedHttpRequestException', 'The request is not well-formed HTTP.'],
  'no room': ['ServiceUnavailableException', 'There are too many connections.'],
  'large body': ['RequestEntityTooLargeException', 'The request body is too large.'],
  'many headers': [
    'RequestHeaderFieldsTooLargeException',
    `The request has more than ${REQUEST_HEADER_LINES_MAX} header lines.`,
  ],
  'other host': [
    'MalformedHttpRequestException',
    'The request target and the Host header name different hosts.',
  ],
}

/** The error that answers a request with this fault. */
export function wireFaultError(fault: WireFault): KmsError {
  return new KmsError(...FAULTS[fault])
}
