import { formatOutput, type Output } from './json.ts'

/** The media type of answers of the query protocol to clients that accept it. */
export const QUERY_JSON_MEDIA_TYPE = 'application/json'

const XML_RANGE = /^(?:text|application)\/xml$|^\*\/\*$/

/**
 * Whether a client with this `Accept` header gets JSON: whether it names JSON before XML. Weights do not
 * count: clients that want JSON name only it, or name it first.
 */
export function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined) return false
  for (const range of accept.split(',')) {
    const type = range.split(';', 1)[0]?.trim().toLowerCase() ?? ''
    if (type === QUERY_JSON_MEDIA_TYPE) return true
    if (XML_RANGE.test(type)) return false
  }
  return false
}

/** The JSON text of an output; an operation without output has none. Source: recorded answers of AWS STS. */
export function formatQueryJsonOutput(
  operation: string,
  output: Output | undefined,
  requestId: string,
): string {
  return formatOutput({
    [`${operation}Response`]: {
      [`${operation}Result`]: output,
      ResponseMetadata: { RequestId: requestId },
    },
  })
}

/** The JSON text of an error. Source: recorded answers of AWS STS. */
export function formatQueryJsonError(
  error: { readonly code: string; readonly message: string; readonly fault: 'client' | 'server' },
  requestId: string,
): string {
  const type = error.fault === 'client' ? 'Sender' : 'Receiver'
  return formatOutput({
    Error: { Code: error.code, Message: error.message, Type: type },
    RequestId: requestId,
  })
}
