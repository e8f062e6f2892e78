import { randomBytes } from 'node:crypto'
import { type Endpoint, hostHeader } from './endpoint.ts'
import { type CalledService, openSigner, type Signer, type SigningCredentials, sha256Hex } from './sign.ts'

/** The default operations. They change nothing. */
export const READING_OPERATIONS = ['Encrypt', 'Decrypt', 'GenerateDataKey', 'DescribeKey'] as const

/** The operations that the bench can compare with the floor. */
export const MEASURED_OPERATIONS = [...READING_OPERATIONS, 'CreateKey'] as const

/** An operation that the bench measures. */
export type MeasuredOperation = (typeof MEASURED_OPERATIONS)[number]

/** The calls of one load. */
export type Workload = {
  readonly operation: MeasuredOperation | RepeatedOperation
  readonly keyId: string
  /** The bodies that Decrypt and the repeated operations send in turn. */
  readonly bodies: readonly string[]
}

/** Operations whose cost does not depend on the input. They send the given bodies in turn. */
export type RepeatedOperation = 'Sign' | 'GenerateMac' | 'GenerateDataKeyPair'

/** The address and the signing credentials of a pool's requests. */
export type Addressing = { readonly endpoint: Endpoint; readonly credentials: SigningCredentials }

/** Complete requests, stored consecutively in one block of memory. */
export type RequestPool = {
  readonly bytes: Buffer
  /** The start offset of each request, and finally the end offset of the last. */
  readonly offsets: readonly number[]
}

/** The maximum size of a pool in requests and in bytes. It bounds the memory of the load process. */
const POOL_MAX_REQUESTS = 250_000
const POOL_MAX_BYTES = 384 * 1024 * 1024
const PLAINTEXT_BYTES = 32

/**
 * Signs up to `count` requests with distinct signatures. Each has its own invocation ID, and Encrypt and
 * GenerateDataKey requests have their own encryption context. The signatures are valid for 15 minutes.
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

/** Encodes and signs one request for a call outside a load. */
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

/** The headers that name the operation of a body. A form names its operation itself. */
function headersOf(service: CalledService, operation: string): ProtocolHeaders {
  const prefix = TARGETS[service]
  return prefix === undefined
    ? { contentType: 'application/x-www-form-urlencoded', target: undefined }
    : { contentType: 'application/x-amz-json-1.1', target: prefix + operation }
}

/** The body of an Encrypt call with a distinct encryption context, and that context. */
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

/** Distinct bytes of a fixed size. Their values do not affect the cost of a call. */
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

/** Uses the headers that AWS's JavaScript client sends and signs. */
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
