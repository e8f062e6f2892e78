import { randomBytes } from 'node:crypto'
import { type Endpoint, hostHeader } from './endpoint.ts'
import { type CalledService, openSigner, type Signer, type SigningCredentials, sha256Hex } from './sign.ts'

/** The operations that are measured when none are named: they change nothing. */
export const READING_OPERATIONS = ['Encrypt', 'Decrypt', 'GenerateDataKey', 'DescribeKey'] as const

/** The operations that can be measured beside the floor. */
export const MEASURED_OPERATIONS = [...READING_OPERATIONS, 'CreateKey'] as const

/** An operation that is measured. */
export type MeasuredOperation = (typeof MEASURED_OPERATIONS)[number]

/** What one load asks for. */
export type Workload = {
  readonly operation: MeasuredOperation | RepeatedOperation
  readonly keyId: string
  /** Of Decrypt and the repeated operations: the bodies to send in turn. */
  readonly bodies: readonly string[]
}

/** Operations whose cost does not depend on what in particular is asked: given bodies are sent in turn. */
export type RepeatedOperation = 'Sign' | 'GenerateMac' | 'GenerateDataKeyPair'

/** How the requests of a pool are addressed and signed. */
export type Addressing = { readonly endpoint: Endpoint; readonly credentials: SigningCredentials }

/** Requests ready to be sent, end to end in one block of memory. */
export type RequestPool = {
  readonly bytes: Buffer
  /** Where each request begins, and last where the last one ends. */
  readonly offsets: readonly number[]
}

/** The largest pool in requests and in bytes: what bounds the memory of the load process. */
const POOL_MAX_REQUESTS = 250_000
const POOL_MAX_BYTES = 384 * 1024 * 1024
const PLAINTEXT_BYTES = 32

/**
 * Up to `count` requests, no two of which have the same signature: each has an invocation id of its own,
 * and Encrypt and GenerateDataKey a context of their own. They hold for the 15 minutes that a signature does.
 */
export function signPool(workload: Workload, to: Addressing, count: number): RequestPool {
  const wanted = Math.min(count, POOL_MAX_REQUESTS)
  const signer = openSigner(to.credentials, new Date())
  const prefix = randomBytes(12).toString('hex')
  const sign = (index: number) => {
    const id = prefix + index.toString(16).padStart(8, '0')
    return render({
      headers: headersOf('kms', workload.operation),
      body: bodyOf(workload, index),
      to,
      signer,
      id,
    })
  }
  const sample = sign(0)
  const stride = Buffer.byteLength(sample) + 64
  const bytes = Buffer.allocUnsafe(Math.min(wanted * stride, POOL_MAX_BYTES))
  const offsets = [0]
  let end = 0
  for (let index = 0; index < wanted; index += 1) {
    const request = sign(index)
    if (end + request.length > bytes.length) break
    end += bytes.write(request, end, 'latin1')
    offsets.push(end)
  }
  return { bytes, offsets }
}

/** One request as bytes on the wire, for a call outside a load. */
export function signRequest(
  name: string,
  body: string,
  to: Addressing,
  service: CalledService = 'kms',
): Buffer {
  const signer = openSigner(to.credentials, new Date(), service)
  const id = randomBytes(16).toString('hex')
  return Buffer.from(render({ headers: headersOf(service, name), body, to, signer, id }), 'latin1')
}

const TARGETS: Readonly<Record<CalledService, string | undefined>> = {
  kms: 'TrentService.',
  cloudtrail: 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.',
  holdfast: 'Holdfast_20261101.',
  iam: undefined,
  sts: undefined,
}

type ProtocolHeaders = { readonly contentType: string; readonly target: string | undefined }

/** The headers that say which operation a body is for; a form says it by itself. */
function headersOf(service: CalledService, operation: string): ProtocolHeaders {
  const prefix = TARGETS[service]
  return prefix === undefined
    ? { contentType: 'application/x-www-form-urlencoded', target: undefined }
    : { contentType: 'application/x-amz-json-1.1', target: prefix + operation }
}

/** The body of an Encrypt call with a context of its own, and the context. */
export function encryptBody(
  keyId: string,
  index: number,
): { readonly body: string; readonly context: object } {
  const context = contextOf(index)
  const Plaintext = plaintextOf(index)
  return { body: JSON.stringify({ KeyId: keyId, Plaintext, EncryptionContext: context }), context }
}

function bodyOf({ operation, keyId, bodies }: Workload, index: number): string {
  switch (operation) {
    case 'Encrypt':
      return encryptBody(keyId, index).body
    case 'Decrypt':
    case 'Sign':
    case 'GenerateMac':
    case 'GenerateDataKeyPair':
      return bodies[index % bodies.length] ?? ''
    case 'GenerateDataKey':
      return JSON.stringify({ KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: contextOf(index) })
    case 'DescribeKey':
      return JSON.stringify({ KeyId: keyId })
    case 'CreateKey':
      return JSON.stringify({ Description: `bench ${index}` })
  }
}

function contextOf(index: number): object {
  return { tenant: 'bench', object: `object-${index.toString().padStart(10, '0')}` }
}

/** Distinct bytes of a fixed size: what they are does not matter to the cost of a call. */
function plaintextOf(index: number): string {
  const bytes = Buffer.alloc(PLAINTEXT_BYTES, 0x5a)
  bytes.writeUInt32BE(index, 0)
  return bytes.toString('base64')
}

type Rendered = {
  readonly headers: ProtocolHeaders
  readonly body: string
  readonly to: Addressing
  readonly signer: Signer
  readonly id: string
}

/** The headers are those that AWS's own JavaScript client sends and signs. */
function render({ headers: { contentType, target }, body, to, signer, id }: Rendered): string {
  const bodySha256 = sha256Hex(body)
  const { sessionToken } = to.credentials
  const signed = [
    ['amz-sdk-invocation-id', uuidOf(id)],
    ['amz-sdk-request', 'attempt=1; max=3'],
    ['content-length', Buffer.byteLength(body).toString()],
    ['content-type', contentType],
    ['host', hostHeader(to.endpoint)],
    ['x-amz-content-sha256', bodySha256],
    ['x-amz-date', signer.date],
    ...(sessionToken === undefined ? [] : ([['x-amz-security-token', sessionToken]] as const)),
    ...(target === undefined ? [] : ([['x-amz-target', target]] as const)),
  ] as const
  const lines = signed.map(([header, value]) => `${header}: ${value}\r\n`).join('')
  const authorization = signer.authorize(signed, bodySha256)
  return `POST / HTTP/1.1\r\n${lines}authorization: ${authorization}\r\nuser-agent: holdfast-bench\r\n\r\n${body}`
}

function uuidOf(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}
