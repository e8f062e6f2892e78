/** For tests: an S3 gateway on the data folder of a server, and a client that signs what tests write. */

import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { hmacSha256Hex } from '../../src/crypto/hmac.ts'
import { collectHeaders, s3StringToSign } from '../../src/sigv4/canonical.ts'
import { deriveSigningKey } from '../../src/sigv4/signing-key.ts'
import type { TestCredentials } from './iam.ts'
import { REGION } from './kms.ts'
import { NODE_ENVIRONMENT, ROOT } from './run.ts'
import type { Credentials } from './server.ts'

export type TestGateway = AsyncDisposable & {
  readonly endpoint: string
  readonly folder: string
  readonly credentials: Credentials
  readonly process: ChildProcess
  /** The certificate to trust, for a gateway with TLS. */
  readonly ca: string | undefined
  readonly errors: () => string
  readonly stop: () => Promise<number | null>
  readonly kill: () => Promise<void>
}

const START_TIMEOUT_MS = 60_000

/** Starts a gateway on the data folder of a running server. */
export async function startGateway(
  server: { readonly data: string; readonly credentials: Credentials },
  { ca, environment = {} }: { readonly ca?: string; readonly environment?: NodeJS.ProcessEnv } = {},
): Promise<TestGateway> {
  const child = spawn(process.execPath, [join(ROOT, 'src/main.ts'), 's3', 'serve'], {
    env: {
      ...NODE_ENVIRONMENT,
      HOLDFAST_DATA: server.data,
      HOLDFAST_S3_LISTEN: '127.0.0.1:0',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  const errors: string[] = []
  child.stderr.on('data', (chunk) => errors.push(String(chunk)))
  const end = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  const onExit = (): void => void child.kill('SIGKILL')
  process.once('exit', onExit)
  void ended.then(() => process.removeListener('exit', onExit))
  const endpoint = await new Promise<string>((resolve, reject) => {
    let printed = ''
    const timeout = setTimeout(
      () => reject(new Error(`the gateway did not start: ${errors.join('')}`)),
      START_TIMEOUT_MS,
    )
    child.stdout.on('data', (chunk) => {
      printed += String(chunk)
      const found = /serves on (\S+)\n/.exec(printed)?.[1]
      if (found !== undefined) {
        clearTimeout(timeout)
        resolve(found)
      }
    })
    void ended.then(() => {
      clearTimeout(timeout)
      reject(new Error(`the gateway ended: ${errors.join('')}`))
    })
  })
  return {
    endpoint,
    folder: join(server.data, 's3'),
    credentials: server.credentials,
    process: child,
    ca,
    errors: () => errors.join(''),
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
    kill: end,
    [Symbol.asyncDispose]: end,
  }
}

export type S3Reply = {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
  /** The code of an error. */
  readonly code: string | undefined
}

export type S3Ask = {
  readonly method: string
  /** Path and query, as they are sent. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
  readonly credentials?: TestCredentials
  /** `x-amz-content-sha256`; without it, the hash of the body. */
  readonly payload?: string
  readonly region?: string
  /** The host that the request names, if not that of the gateway. */
  readonly host?: string
  /** Called when the head of the request and half of its body are sent. */
  readonly halfway?: () => Promise<void>
  /** Changes the request after it was signed. */
  readonly tamper?: (headers: string[]) => void
}

/** Signs a request and sends it. */
export async function s3(
  gateway: Pick<TestGateway, 'endpoint' | 'credentials'> & Partial<Pick<TestGateway, 'ca'>>,
  ask: S3Ask,
): Promise<S3Reply> {
  const { hostname, port, host, protocol } = new URL(gateway.endpoint)
  const body = Buffer.from(ask.body ?? '')
  const headers = signed(gateway, ask, ask.host ?? host, body)
  ask.tamper?.(headers)
  return new Promise((resolve, reject) => {
    const request = (protocol === 'https:' ? https : http).request({
      hostname,
      port,
      method: ask.method,
      path: ask.target,
      headers,
      agent: false,
      ca: gateway.ca,
    })
    request.on('error', reject)
    request.on('response', (response) => {
      const pieces: Buffer[] = []
      response.on('error', reject)
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('end', () => {
        const whole = Buffer.concat(pieces)
        const code = /<Code>([^<]+)<\/Code>/.exec(whole.toString('latin1'))?.[1]
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole, code })
      })
    })
    const { halfway } = ask
    if (halfway === undefined) {
      request.end(body)
      return
    }
    const half = body.length / 2
    request.write(body.subarray(0, half))
    halfway().then(
      () => request.end(body.subarray(half)),
      (error: Error) => request.destroy(error),
    )
  })
}

/** The headers of a request, signed. */
function signed(gateway: Pick<TestGateway, 'credentials'>, ask: S3Ask, host: string, body: Buffer): string[] {
  const credentials: TestCredentials = ask.credentials ?? gateway.credentials
  const amzDate = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '')
  const hash = ask.payload ?? createHash('sha256').update(body).digest('hex')
  const headers = [
    ...['host', host, 'x-amz-date', amzDate, 'x-amz-content-sha256', hash],
    ...(credentials.sessionToken === undefined ? [] : ['x-amz-security-token', credentials.sessionToken]),
    ...Object.entries(ask.headers ?? {}).flat(),
  ]
  const names = [...new Set(headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()))].sort()
  const scope = { date: amzDate.slice(0, 8), region: ask.region ?? REGION, service: 's3' }
  const canonical = collectHeaders(headers, names)
  if (canonical === undefined) throw new Error('the headers cannot be signed')
  const request = { method: ask.method, target: ask.target, rawHeaders: headers, body }
  const text = s3StringToSign(request, canonical, hash, { scope, amzDate })
  const signature = hmacSha256Hex(deriveSigningKey(credentials.secretAccessKey, scope), text)
  const credential = `${credentials.accessKeyId}/${scope.date}/${scope.region}/s3/aws4_request`
  headers.push(
    'authorization',
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  )
  if (!names.includes('content-length')) headers.push('content-length', String(body.length))
  return headers
}

/** A call that must succeed. */
export async function s3Succeeds(
  gateway: Pick<TestGateway, 'endpoint' | 'credentials'>,
  ask: S3Ask,
): Promise<S3Reply> {
  const reply = await s3(gateway, ask)
  if (reply.status >= 300)
    throw new Error(`${ask.method} ${ask.target}: ${reply.status} ${reply.body.toString()}`)
  return reply
}
