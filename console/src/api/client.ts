import { currentSession, type Session } from '../session/session.ts'
import { signedHeaders } from '../session/sign.ts'
import { OPERATIONS, type Operations, TARGETS } from './operations.ts'
import { paced } from './pace.ts'
import { setReachable } from './reachable.ts'

/** The name of an operation of KMS, CloudTrail or Holdfast; IAM and STS are in `iam.ts`. */
export type OperationName = keyof Operations
/** The input of an operation. */
export type InputOf<N extends OperationName> = Operations[N]['input']
/** The output of an operation. */
export type OutputOf<N extends OperationName> = Operations[N]['output']

/** The server has refused a call. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: string
  readonly requestId: string | undefined

  constructor(code: string, message: string, requestId: string | undefined) {
    super(message)
    this.code = code
    this.requestId = requestId
  }
}

/** The server does not respond. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

/** Codes of credentials that have expired or were revoked. */
const EXPIRED: ReadonlySet<string> = new Set([
  ...['ExpiredTokenException', 'UnrecognizedClientException'],
  ...['ExpiredToken', 'InvalidClientTokenId'],
])

/** Calls an operation of KMS, CloudTrail or Holdfast. @throws ApiError, Unreachable, SessionEnded. */
export async function call<N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>> {
  const [service] = OPERATIONS[name]
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `${TARGETS[service]}${name}`,
  }
  await paced(name)
  const answer = await send(service, headers, JSON.stringify(input), 'text')
  if (answer.status === 200) return parseOutput<N>(answer.text)
  throw failureOf(answer)
}

/** A response of the server. */
export type Answer = {
  readonly status: number
  /** The body; empty if a document was wanted. */
  readonly text: string
  /** The body as XML, if a document was wanted and the body is one. */
  readonly document: Document | undefined
  readonly requestId: string | undefined
}

/** Sends a signed request, and renews the credentials once if they have expired. @throws Unreachable, SessionEnded. */
export async function send(
  service: string,
  headers: Record<string, string>,
  body: string,
  wanted: 'text' | 'document',
): Promise<Answer> {
  const attempt = async (session: Session): Promise<Answer> => {
    const { signer, region, clockOffsetMs } = session
    const at = new Date(Date.now() + clockOffsetMs)
    const signed = await signedHeaders(signer, { service, region, headers, body, at })
    return exchange(signed, body, wanted)
  }
  const first = await attempt(await currentSession())
  if (first.status === 200 || !EXPIRED.has(codeOf(first))) return first
  return attempt(await currentSession({ renewed: true }))
}

/**
 * The browser parses XML while it reads the response: that needs no text that it takes for markup, which the content security
 * policy forbids.
 */
function exchange(
  headers: Record<string, string>,
  body: string,
  wanted: 'text' | 'document',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', '/')
    request.responseType = wanted
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.onload = () => {
      setReachable(true)
      resolve({
        status: request.status,
        text: wanted === 'text' ? request.responseText : '',
        document: wanted === 'document' ? (request.responseXML ?? undefined) : undefined,
        requestId: request.getResponseHeader('x-amzn-requestid') ?? undefined,
      })
    }
    request.onerror = () => {
      setReachable(false)
      reject(new Unreachable('The server does not respond.'))
    }
    // Of a text, a browser writes the encoding into the content type, which is signed.
    request.send(new TextEncoder().encode(body))
  })
}

/** The shape is that of the operation: client and server are made from the same facts. */
function parseOutput<N extends OperationName>(text: string): OutputOf<N> {
  return (text === '' ? {} : JSON.parse(text)) as OutputOf<N>
}

function codeOf({ text, document }: Answer): string {
  return document?.getElementsByTagName('Code')[0]?.textContent ?? parseFailure(text).code ?? ''
}

function failureOf({ text, status, requestId }: Answer): ApiError {
  const { code, message = '' } = parseFailure(text)
  // Some exceptions of KMS have no text: their name says all.
  const said = message !== '' || code !== undefined ? message : text
  const name = code ?? `HTTP ${status}`
  return new ApiError(name, said === '' ? name : said, requestId)
}

function parseFailure(text: string): { readonly code?: string; readonly message?: string } {
  try {
    const value = JSON.parse(text) as { __type?: string; message?: string; Message?: string }
    const code = value.__type?.replace(/^.*#/, '')
    const message = value.message ?? value.Message
    return { ...(code !== undefined && { code }), ...(message !== undefined && { message }) }
  } catch {
    return {}
  }
}
