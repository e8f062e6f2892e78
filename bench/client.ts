import { type Answer, openConnection } from './connection.ts'
import type { Endpoint } from './endpoint.ts'
import { type Addressing, signRequest } from './requests.ts'
import type { CalledService } from './sign.ts'

const CALL_TIMEOUT_MS = 60_000

/** A response with a JSON body. */
export type JsonAnswer = {
  readonly answer: Answer
  readonly output: Readonly<Record<string, unknown>>
}

/**
 * Calls one operation on a new connection.
 * @throws Error with the body of any response whose status is not 200.
 */
export async function call(
  to: Addressing,
  operation: string,
  body: string,
  service: CalledService = 'kms',
): Promise<JsonAnswer> {
  const answer = await exchange(to.endpoint, signRequest(operation, body, to, service))
  const text = answer.bytes.toString('utf8', answer.bodyOffset)
  if (answer.status !== 200) throw new Error(`${operation}: status ${answer.status} ${text.slice(0, 500)}`)
  return { answer, output: parseObject(text) }
}

/** The required text at a path in an output: `textAt(output, 'KeyMetadata', 'KeyId')`. */
export function textAt(output: Readonly<Record<string, unknown>>, ...path: readonly string[]): string {
  let value: unknown = output
  for (const name of path) value = parseObjectValue(value)[name]
  if (typeof value !== 'string') throw new Error(`the answer has no text at ${path.join('.')}`)
  return value
}

/** Sends one request on a new connection and returns the response, whatever its status. */
export async function exchange(endpoint: Endpoint, request: Uint8Array): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const connection = await openConnection(endpoint, {
    answer: resolve,
    end: (why) => reject(new Error(why)),
  })
  const deadline = setTimeout(() => reject(new Error('no answer in time')), CALL_TIMEOUT_MS)
  try {
    connection.send(request)
    return await promise
  } finally {
    clearTimeout(deadline)
    connection.close()
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  return text === '' ? {} : parseObjectValue(JSON.parse(text))
}

function parseObjectValue(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new Error('the answer is not a JSON object')
  return value as Readonly<Record<string, unknown>>
}
