/** For tests: the Lambda API on the data folder of a server, and a client that signs what tests write. */

import { type ChildProcess, spawn } from 'node:child_process'
import http from 'node:http'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { signRequest } from '../../src/sigv4/sign.ts'
import type { TestCredentials } from './iam.ts'
import { REGION } from './kms.ts'
import { NODE_ENVIRONMENT, ROOT } from './run.ts'
import type { Credentials } from './server.ts'

export type TestLambda = AsyncDisposable & {
  readonly endpoint: string
  readonly folder: string
  readonly credentials: Credentials
  readonly process: ChildProcess
  readonly errors: () => string
  readonly stop: () => Promise<number | null>
  readonly kill: () => Promise<void>
}

const START_TIMEOUT_MS = 60_000

/** Starts the Lambda API on the data folder of a running server. */
export async function startLambda(
  server: { readonly data: string; readonly credentials: Credentials },
  environment: NodeJS.ProcessEnv = {},
): Promise<TestLambda> {
  const child = spawn(process.execPath, [join(ROOT, 'src/main.ts'), 'lambda', 'serve'], {
    env: {
      ...NODE_ENVIRONMENT,
      HOLDFAST_DATA: server.data,
      HOLDFAST_LAMBDA_LISTEN: '127.0.0.1:0',
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
    const fail = (why: string): void => reject(new Error(`${why}: ${errors.join('')}`))
    const timeout = setTimeout(() => fail('lambda serve did not start'), START_TIMEOUT_MS)
    let printed = ''
    child.stdout.on('data', (chunk) => {
      printed += String(chunk)
      const found = /serves on (\S+)\n/.exec(printed)?.[1]
      if (found === undefined) return
      clearTimeout(timeout)
      resolve(found)
    })
    void ended.then(() => {
      clearTimeout(timeout)
      fail('lambda serve ended')
    })
  })
  return {
    endpoint,
    folder: join(server.data, 'lambda'),
    credentials: server.credentials,
    process: child,
    errors: () => errors.join(''),
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
    kill: end,
    [Symbol.asyncDispose]: end,
  }
}

export type LambdaReply = {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
  /** The body as JSON; an empty object for anything else. */
  readonly json: Record<string, unknown>
  /** The code of an error. */
  readonly code: string | undefined
}

export type LambdaAsk = {
  readonly method: string
  /** Path and query, as they are sent. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON. */
  readonly body?: Buffer | string | object
  readonly credentials?: TestCredentials
  readonly region?: string
}

/** Signs a request and sends it. */
export function lambda(
  api: Pick<TestLambda, 'endpoint' | 'credentials'>,
  ask: LambdaAsk,
): Promise<LambdaReply> {
  const { hostname, port, host } = new URL(api.endpoint)
  const given = ask.body ?? ''
  const body = Buffer.from(
    typeof given === 'string' || Buffer.isBuffer(given) ? given : JSON.stringify(given),
  )
  const credentials: TestCredentials = ask.credentials ?? api.credentials
  const rawHeaders = [...Object.entries({ host, ...ask.headers }).flat()]
  const signed = signRequest(
    { method: ask.method, target: ask.target, rawHeaders, body },
    { credentials, region: ask.region ?? REGION, service: 'lambda', now: Date.now() },
  )
  const headers = [...rawHeaders, ...signed, 'content-length', String(body.length)]
  return new Promise((resolve, reject) => {
    const request = http.request({
      hostname,
      port,
      method: ask.method,
      path: ask.target,
      headers,
      agent: false,
    })
    request.on('error', reject)
    request.on('response', (response) => {
      const pieces: Buffer[] = []
      response.on('error', reject)
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('end', () => {
        const whole = Buffer.concat(pieces)
        const code = response.headers['x-amzn-errortype']
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: whole,
          json: parse(whole),
          code: typeof code === 'string' ? code : undefined,
        })
      })
    })
    request.end(body)
  })
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString())
  } catch {
    return {}
  }
}

/** A call that must succeed. */
export async function lambdaSucceeds(
  api: Pick<TestLambda, 'endpoint' | 'credentials'>,
  ask: LambdaAsk,
): Promise<LambdaReply> {
  const reply = await lambda(api, ask)
  if (reply.status >= 300) throw new Error(`${ask.method} ${ask.target}: ${reply.status} ${reply.body}`)
  return reply
}

/** An entry of a zip, as a test wants it. */
export type ZipEntry = {
  readonly name: string
  readonly content?: string | Buffer
  /** Unix mode with its type; a plain file by default. */
  readonly mode?: number
  /** What the zip says of its size, if not the truth. */
  readonly sizeBytes?: number
  /** The compression, if the content is compressed already. */
  readonly method?: number
}

const PLAIN = 0o100644

/** Makes a zip of entries that are stored as they are given. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content = '', mode = PLAIN, sizeBytes, method = 0 } of entries) {
    const bytes = Buffer.from(content)
    const nameBytes = Buffer.from(name)
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0)
    facts.writeUInt16LE(0x0800, 2)
    facts.writeUInt16LE(method, 4)
    facts.writeUInt32LE(crc32(bytes), 10)
    facts.writeUInt32LE(bytes.length, 14)
    facts.writeUInt32LE(sizeBytes ?? bytes.length, 18)
    facts.writeUInt16LE(nameBytes.length, 22)
    files.push(Buffer.from('PK\x03\x04'), facts, nameBytes, bytes)
    const more = Buffer.alloc(14)
    more.writeUInt32LE((mode << 16) >>> 0, 6)
    more.writeUInt32LE(offset, 10)
    directory.push(Buffer.from('PK\x01\x02\x14\x03'), facts, more, nameBytes)
    offset += 4 + facts.length + nameBytes.length + bytes.length
  }
  const index = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(entries.length, 4)
  end.writeUInt16LE(entries.length, 6)
  end.writeUInt32LE(index.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...files, index, Buffer.from('PK\x05\x06'), end])
}
