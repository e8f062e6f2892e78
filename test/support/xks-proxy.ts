/** For tests: a scripted external key store proxy, which can also violate the protocol. */

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestCertificate } from './certificate.ts'

export const PROXY_HOST = 'localhost'
export const PROXY_PATH = '/kms/xks/v1'

/** A request as the proxy received it. */
export type ProxyRequest = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: { readonly [name: string]: unknown }
}

/** A response: a status and a body. The proxy sends a text body unchanged. */
export type ProxyAnswer = { readonly status?: number; readonly body: unknown }

/** Decides the proxy's response to a request. `undefined` selects correct behaviour. */
export type Behaviour = (
  request: ProxyRequest,
  right: () => ProxyAnswer,
) => ProxyAnswer | 'silence' | 'hang up' | undefined

export type ScriptedProxy = AsyncDisposable & {
  readonly port: number
  /** Every request so far. */
  readonly requests: readonly ProxyRequest[]
  /** Sets the behaviour of all later requests. */
  readonly behave: (behaviour: Behaviour) => void
  /** Closes the proxy early. */
  readonly close: () => Promise<void>
}

/** Starts a proxy on a free port. It knows every key whose name is not `missing`. */
export async function openScriptedProxy(certificate: TestCertificate): Promise<ScriptedProxy> {
  const state = { behaviour: ((_, right) => right()) as Behaviour }
  const requests: ProxyRequest[] = []
  const key = randomBytes(32)
  const server = createServer(
    { cert: certificate.cert, key: await readFile(certificate.keyFile) },
    (incoming, response) => {
      void receive(incoming).then((request) => {
        requests.push(request)
        const right = (): ProxyAnswer => answerOf(request, key)
        give(response, state.behaviour(request, right) ?? right())
      })
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    behave: (behaviour) => {
      state.behaviour = behaviour
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function receive(incoming: IncomingMessage): Promise<ProxyRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    body: JSON.parse(Buffer.concat(chunks).toString() || '{}'),
  }
}

function give(response: ServerResponse, answer: ProxyAnswer | 'silence' | 'hang up'): void {
  if (answer === 'silence') return
  if (answer === 'hang up') {
    response.destroy()
    return
  }
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
  response.writeHead(answer.status ?? 200, { 'Content-Type': 'application/json' })
  response.end(text)
}

export const HEALTHY = {
  xksProxyFleetSize: 1,
  xksProxyVendor: 'a vendor',
  xksProxyModel: 'a model',
  ekmVendor: 'another vendor',
  ekmFleetDetails: [{ id: 'one', model: 'a model', healthStatus: 'ACTIVE' }],
}

export const USABLE = { keySpec: 'AES_256', keyUsage: ['ENCRYPT', 'DECRYPT'], keyStatus: 'ENABLED' }

export function refusal(status: number, errorName: string): ProxyAnswer {
  return { status, body: { errorName, errorMessage: 'a secret of the proxy' } }
}

function answerOf(request: ProxyRequest, key: Buffer): ProxyAnswer {
  const call = request.path.slice(request.path.indexOf(PROXY_PATH) + PROXY_PATH.length)
  const [, keyId, action] = /^\/keys\/([^/]+)\/(\w+)$/.exec(call) ?? []
  if (call === '/health') return { body: HEALTHY }
  if (keyId === undefined) return refusal(404, 'InvalidUriPathException')
  if (keyId === 'missing') return refusal(404, 'KeyNotFoundException')
  if (action === 'metadata') return { body: USABLE }
  return action === 'encrypt' ? encrypt(request.body, key) : decrypt(request.body, key)
}

const METADATA = Buffer.from('version 7')

function encrypt(body: ProxyRequest['body'], key: Buffer): ProxyAnswer {
  const aad = bytes(body['additionalAuthenticatedData'])
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(Buffer.concat([aad, METADATA]))
  const ciphertext = Buffer.concat([cipher.update(bytes(body['plaintext'])), cipher.final()])
  const tag = cipher.getAuthTag()
  const integrity = createHash('sha256')
    .update(Buffer.concat([aad, METADATA, iv, ciphertext, tag]))
    .digest()
  return {
    body: {
      ciphertext: ciphertext.toString('base64'),
      initializationVector: iv.toString('base64'),
      authenticationTag: tag.toString('base64'),
      ciphertextMetadata: METADATA.toString('base64'),
      ciphertextDataIntegrityValue: integrity.toString('base64'),
    },
  }
}

function decrypt(body: ProxyRequest['body'], key: Buffer): ProxyAnswer {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes(body['initializationVector']))
  const metadata = bytes(body['ciphertextMetadata'])
  decipher.setAAD(Buffer.concat([bytes(body['additionalAuthenticatedData']), metadata]))
  decipher.setAuthTag(bytes(body['authenticationTag']))
  const plaintext = decipher.update(bytes(body['ciphertext']))
  try {
    decipher.final()
    return { body: { plaintext: plaintext.toString('base64') } }
  } catch {
    return refusal(400, 'InvalidCiphertextException')
  }
}

function bytes(value: unknown): Buffer {
  return Buffer.from(String(value ?? ''), 'base64')
}
