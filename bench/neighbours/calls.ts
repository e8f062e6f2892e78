import { connect } from 'node:net'
import { SERVICES, type ServiceName } from '../../src/api/services.ts'
import type { SampleInput } from '../../test/support/iam-samples.ts'
import { type FormValue, formText } from '../../test/support/query.ts'
import { type Answer, parseAnswer } from '../connection.ts'
import type { Endpoint } from '../endpoint.ts'
import { signRequest } from '../requests.ts'
import type { SigningCredentials } from '../sign.ts'

/** A complete call before its signature. */
export type Sent = {
  readonly service: ServiceName
  readonly operation: string
  readonly body: string
  readonly credentials: SigningCredentials
}

/** Encodes an input as the body of a call in the protocol of its service. */
export function bodyOf(service: ServiceName, operation: string, input: SampleInput): string {
  return service === 'iam' || service === 'sts'
    ? formText(operation, service, parseForm(input))
    : JSON.stringify(input)
}

/** Parses an input of the query protocol, which holds form values. */
function parseForm(input: SampleInput): FormValue {
  return input as FormValue
}

/** Whether a service uses the query protocol. */
export function isForm(service: ServiceName): boolean {
  return SERVICES[service].protocol.type === 'query'
}

/** Encodes and signs a call as bytes on the wire. */
export function requestOf({ service, operation, body, credentials }: Sent, endpoint: Endpoint): Buffer {
  return signRequest(operation, body, { endpoint, credentials }, service)
}

const ANSWER_MS = 60_000

/** Sends one request on a new connection from a loopback address and returns the response. */
export function exchangeFrom(localAddress: string, endpoint: Endpoint, request: Uint8Array): Promise<Answer> {
  const { host, port } = endpoint
  const socket = connect({ host, port, localAddress })
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    socket.setNoDelay(true)
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('no answer in time')))
    socket.once('connect', () => socket.write(request))
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const answer = parseAnswer(received)
      if (answer === 'partial') return
      if (answer === 'malformed') reject(new Error('an answer that is none'))
      else resolve(answer)
      socket.destroy()
    })
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the server closed the connection')))
  })
}
