/** For tests: signed calls with any body, valid or not. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Output } from '../../src/api/json.ts'
import { signRequest } from '../../src/sigv4/sign.ts'
import { declaredErrors } from './declared-errors.ts'
import { REGION } from './kms.ts'
import type { Reachable } from './server.ts'

/** A response as received. */
export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly requestId: string
  readonly text: string
  /** The body as JSON; an empty object for an empty body. */
  readonly json: { readonly [name: string]: unknown }
  /** The error code; `undefined` for a success. */
  readonly code: string | undefined
  readonly message: string | undefined
}

export type CallOptions = {
  readonly region?: string
  readonly now?: number
  readonly secretAccessKey?: string
  readonly accessKeyId?: string
  readonly service?: string
  readonly contentType?: string
  /** Additional signed headers: names and values, alternating. */
  readonly more?: readonly string[]
  /** Changes the headers after signing. */
  readonly tamper?: (headers: Map<string, string>) => void
}

/** Sends one signed call and returns any response. */
export async function callRaw(
  server: Reachable,
  target: string,
  body: Uint8Array | string,
  options: CallOptions = {},
): Promise<Answer> {
  const headers = signedHeaders(server, target, body, options)
  headers.delete('host')
  return send(server, headers, Buffer.from(body))
}

/** The headers of a signed call by lower-case name, including `host`. */
export function signedHeaders(
  server: Reachable,
  target: string,
  body: Uint8Array | string,
  options: CallOptions = {},
): Map<string, string> {
  const rawHeaders = [
    ...['host', new URL(server.endpoint).host],
    ...['content-type', options.contentType ?? 'application/x-amz-json-1.1'],
    ...['x-amz-target', target, 'amz-sdk-invocation-id', randomUUID(), ...(options.more ?? [])],
  ]
  const added = signRequest(
    { method: 'POST', target: '/', rawHeaders, body: Buffer.from(body) },
    {
      credentials: {
        accessKeyId: options.accessKeyId ?? server.credentials.accessKeyId,
        secretAccessKey: options.secretAccessKey ?? server.credentials.secretAccessKey,
      },
      region: options.region ?? REGION,
      service: options.service ?? 'kms',
      now: options.now ?? Date.now(),
    },
  )
  const headers = pairs([...rawHeaders, ...added])
  options.tamper?.(headers)
  return headers
}

/** Sends a request with exactly these headers. */
export async function send(
  server: Reachable,
  headers: ReadonlyMap<string, string>,
  body: Uint8Array,
): Promise<Answer> {
  const response = await fetch(server.endpoint, {
    method: 'POST',
    headers: [...headers] as [string, string][],
    body: Buffer.from(body),
  })
  const text = await response.text()
  const json = parse(text)
  const message = json['message'] ?? json['Message']
  return {
    status: response.status,
    headers: response.headers,
    requestId: response.headers.get('x-amzn-requestid') ?? '',
    text,
    json,
    code: typeof json['__type'] === 'string' ? json['__type'] : undefined,
    message: typeof message === 'string' ? message : undefined,
  }
}

/**
 * Calls a KMS operation with an input whose bytes are base64. Fails the test if AWS does not declare the returned error
 * for the operation.
 */
export async function call(
  server: Reachable,
  operation: string,
  input: Output,
  options: CallOptions = {},
): Promise<Answer> {
  const answer = await callRaw(server, `TrentService.${operation}`, JSON.stringify(input), options)
  const { code, text } = answer
  const declared = code === undefined || (declaredErrors(operation)?.has(code) ?? true)
  assert.ok(declared, `${operation} does not declare ${text}`)
  return answer
}

/** Makes a call that must succeed. Returns its output. */
export async function succeed(
  server: Reachable,
  operation: string,
  input: Output,
  options: CallOptions = {},
): Promise<Answer['json']> {
  const answer = await call(server, operation, input, options)
  if (answer.status !== 200) throw new Error(`${operation} failed: ${answer.text}`)
  return answer.json
}

/** Creates a key. Returns its ID. */
export async function newKey(server: Reachable, input: Output = {}): Promise<string> {
  const { KeyMetadata } = await succeed(server, 'CreateKey', input)
  return String((KeyMetadata as { KeyId: string }).KeyId)
}

function pairs(rawHeaders: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    headers.set(String(rawHeaders[at]).toLowerCase(), String(rawHeaders[at + 1]))
  }
  return headers
}

function parse(text: string): Answer['json'] {
  try {
    return text === '' ? {} : JSON.parse(text)
  } catch {
    return {}
  }
}

/** Encodes text as base64. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** Decodes base64 as text. */
export function fromBase64(bytes: unknown): string {
  return Buffer.from(String(bytes), 'base64').toString()
}

/** Encrypts text under a key. Returns the ciphertext. */
export async function encryptText(
  server: Reachable,
  keyId: string,
  text: string,
  context?: Readonly<Record<string, string>>,
): Promise<string> {
  const input = { KeyId: keyId, Plaintext: base64(text), EncryptionContext: context }
  return String((await succeed(server, 'Encrypt', input))['CiphertextBlob'])
}

/** Asserts that a response is this error, with a message that equals this text or matches the pattern. */
export function assertError(answer: Answer, code: string, message: string | RegExp | undefined): void {
  assert.equal(answer.code, code, answer.text)
  assert.equal(answer.status, code === 'RequestEntityTooLargeException' ? 413 : 400, answer.text)
  if (message instanceof RegExp) assert.match(answer.message ?? '', message)
  else assert.equal(answer.message, message)
}
