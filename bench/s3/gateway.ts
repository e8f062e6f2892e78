import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { hmacSha256Hex } from '../../src/crypto/hmac.ts'
import { collectHeaders, s3StringToSign } from '../../src/sigv4/canonical.ts'
import { deriveSigningKey } from '../../src/sigv4/signing-key.ts'
import { undoAtExit } from '../cleanup.ts'
import { findCpuMs } from '../procfs.ts'
import { parseCredentials } from '../server.ts'
import type { SigningCredentials } from '../sign.ts'

/** A gateway that the bench started, and calls to it. */
export type BenchGateway = {
  readonly send: (method: 'PUT' | 'GET', target: string, body?: Uint8Array) => Promise<void>
  readonly cpuMs: () => number | undefined
  readonly stop: () => Promise<void>
}

type GatewayOptions = {
  readonly dataFolder: string
  readonly objects: string
  readonly region: string
  readonly isEncrypting: boolean
  readonly connections: number
}

const ROOT = join(import.meta.dirname, '..', '..')
const WITHOUT_ENCRYPTION = new URL('without-encryption.ts', import.meta.url).href
const KMS = {
  'x-amz-server-side-encryption': 'aws:kms',
  'x-amz-server-side-encryption-bucket-key-enabled': 'true',
}

/** Starts a gateway on a data folder, with a folder of objects of its own. @throws Error when it does not start. */
export async function startGateway(options: GatewayOptions): Promise<BenchGateway> {
  const { dataFolder, objects, region, isEncrypting, connections } = options
  const child = spawn(
    process.execPath,
    [...(isEncrypting ? [] : ['--import', WITHOUT_ENCRYPTION]), join(ROOT, 'src/main.ts'), 's3', 'serve'],
    {
      env: {
        ...process.env,
        HOLDFAST_DATA: dataFolder,
        HOLDFAST_S3_FOLDER: objects,
        HOLDFAST_S3_LISTEN: '127.0.0.1:0',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const forget = undoAtExit(() => child.kill('SIGKILL'))
  const endpoint = await new Promise<URL>((resolve, reject) => {
    let printed = ''
    child.stdout.on('data', (chunk) => {
      printed += String(chunk)
      const [, found] = /serves on (\S+)\n/.exec(printed) ?? []
      if (found !== undefined) resolve(new URL(found))
    })
    void ended.then(() => reject(new Error(`the gateway ended: ${printed}`)))
  })
  const credentials = parseCredentials(readFileSync(join(dataFolder, 'credentials'), 'utf8'), region)
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  return {
    send: (method, target, body) => send({ endpoint, agent, credentials }, { method, target, body }),
    cpuMs: () => findCpuMs([child.pid ?? 0]),
    stop: async () => {
      agent.destroy()
      child.kill('SIGTERM')
      await ended
      forget()
    },
  }
}

type Connection = {
  readonly endpoint: URL
  readonly agent: Agent
  readonly credentials: SigningCredentials
}
type Message = {
  readonly method: 'PUT' | 'GET'
  readonly target: string
  readonly body: Uint8Array | undefined
}

function send({ endpoint, agent, credentials }: Connection, message: Message): Promise<void> {
  const { method, target, body } = message
  const headers = signed(endpoint.host, credentials, message)
  const { hostname, port } = endpoint
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path: target, headers, agent })
    sent.on('error', reject)
    sent.on('response', (response) => {
      const nothing = new Writable({ write: (_chunk, _encoding, done) => done() })
      pipeline(response, nothing).then(() => {
        if (response.statusCode === 200) resolve()
        else reject(new Error(`${method} ${target} answers ${response.statusCode}`))
      }, reject)
    })
    sent.end(body)
  })
}

function signed(host: string, credentials: SigningCredentials, message: Message): string[] {
  const { method, target, body } = message
  const amzDate = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '')
  const hash = 'UNSIGNED-PAYLOAD'
  const headers = [
    ...['host', host, 'x-amz-date', amzDate, 'x-amz-content-sha256', hash],
    ...(target.includes('/', 1) && method === 'PUT' ? Object.entries(KMS).flat() : []),
  ]
  const names = headers.filter((_, at) => at % 2 === 0).sort()
  const scope = { date: amzDate.slice(0, 8), region: credentials.region, service: 's3' }
  const canonical = collectHeaders(headers, names)
  if (canonical === undefined) throw new Error('the headers cannot be signed')
  const text = s3StringToSign(
    { method, target, rawHeaders: headers, body: new Uint8Array(0) },
    canonical,
    hash,
    { scope, amzDate },
  )
  const signature = hmacSha256Hex(deriveSigningKey(credentials.secretAccessKey, scope), text)
  const credential = `${credentials.accessKeyId}/${scope.date}/${scope.region}/s3/aws4_request`
  return [
    ...headers,
    ...['content-length', String(body?.length ?? 0)],
    'authorization',
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  ]
}
