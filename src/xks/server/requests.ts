import { isUtf8 } from 'node:buffer'
import { fromUtf8, parseBase64 } from '../../base/bytes.ts'
import { parseJsonText } from '../../base/json-text.ts'
import {
  isExternalKeyId,
  XKS_AAD_MAX_BYTES,
  XKS_ALGORITHM,
  XKS_INTEGRITY_ALGORITHM,
  XKS_IV_BYTES,
  XKS_METADATA_MAX_BYTES,
  XKS_PATH,
  XKS_PLAINTEXT_MAX_BYTES,
  XKS_TAG_BYTES,
} from '../protocol/protocol.ts'
import { invalidRequest, ProxyRefusal } from './proxy-refusal.ts'

/** The call of a path. */
export type ProxyCall =
  | { readonly name: 'GetHealthStatus' }
  | { readonly name: 'GetKeyMetadata' | 'Encrypt' | 'Decrypt'; readonly keyId: string }

/** The purpose of a call, as stated by its caller. */
export type RequestMetadata = Readonly<Record<string, string>>

/** The input of Encrypt. */
export type EncryptInput = {
  readonly plaintext: Uint8Array
  readonly aad: Uint8Array
  /** Whether the caller requests an integrity value. */
  readonly integrity: boolean
}

/** The input of Decrypt. */
export type DecryptInput = {
  readonly ciphertext: Uint8Array
  readonly iv: Uint8Array
  readonly tag: Uint8Array
  readonly metadata: Uint8Array
  readonly aad: Uint8Array
}

const CALLS = { metadata: 'GetKeyMetadata', encrypt: 'Encrypt', decrypt: 'Decrypt' } as const

/** The call of a request target, or nothing. @param prefix the part before `/kms/xks/v1`. */
export function parseCall(target: string, prefix: string): ProxyCall | undefined {
  const root = `${prefix}${XKS_PATH}/`
  if (!target.startsWith(root)) return undefined
  const [first, keyId = '', action = '', ...more] = target.slice(root.length).split('/')
  if (first === 'health' && target.length === root.length + first.length) return { name: 'GetHealthStatus' }
  if (first !== 'keys' || more.length > 0 || !isExternalKeyId(keyId)) return undefined
  return isAction(action) ? { name: CALLS[action], keyId } : undefined
}

function isAction(text: string): text is keyof typeof CALLS {
  return Object.hasOwn(CALLS, text)
}

/** The members of a body. */
export type RequestBody = ReadonlyMap<string, unknown>

/** @throws ProxyRefusal ValidationException unless the body is a JSON object. */
export function parseBody(body: Uint8Array): RequestBody {
  try {
    const value: unknown = isUtf8(body) ? parseJsonText(fromUtf8(body)) : undefined
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return new Map(Object.entries(value))
    }
  } catch (cause) {
    throw new ProxyRefusal('ValidationException', 'The body must be JSON.', { cause })
  }
  throw invalidRequest('The body must be a JSON object.')
}

/** The required and optional members of a call's requestMetadata. Source: XKS Proxy API Specification. */
const METADATA_REQUIRED: Readonly<Record<ProxyCall['name'], readonly string[]>> = {
  GetHealthStatus: ['kmsRequestId', 'kmsOperation'],
  GetKeyMetadata: ['awsPrincipalArn', 'kmsRequestId', 'kmsOperation'],
  Encrypt: ['awsPrincipalArn', 'kmsRequestId', 'kmsOperation', 'kmsKeyArn'],
  Decrypt: ['awsPrincipalArn', 'kmsRequestId', 'kmsOperation', 'kmsKeyArn'],
}
const METADATA_NAMES = [
  ...['awsPrincipalArn', 'awsSourceVpc', 'awsSourceVpce'],
  ...['kmsKeyArn', 'kmsOperation', 'kmsRequestId', 'kmsViaService'],
]
/** The maximum length of a member: above the longest ARN. Source: IAM User Guide, "IAM identifiers" (2,048). */
const METADATA_MAX_LENGTH = 2048

/** The requestMetadata of a call. @throws ProxyRefusal ValidationException. */
export function parseMetadata(call: ProxyCall['name'], body: RequestBody): RequestMetadata {
  const given = body.get('requestMetadata')
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalidRequest('requestMetadata is required.')
  }
  const members = new Map<string, unknown>(Object.entries(given))
  const found: [string, string][] = []
  for (const name of METADATA_NAMES) {
    const value = members.get(name) ?? undefined
    if (value === undefined) continue
    const fits = typeof value === 'string' && value.isWellFormed() && value.length <= METADATA_MAX_LENGTH
    if (!fits) throw invalidRequest(`requestMetadata.${name} is no text, or too long.`)
    found.push([name, value])
  }
  for (const name of METADATA_REQUIRED[call]) {
    if (!found.some(([known]) => known === name)) throw invalidRequest(`requestMetadata.${name} is required.`)
  }
  return Object.fromEntries(found)
}

/** @throws ProxyRefusal ValidationException. */
export function parseEncryptInput(body: RequestBody): EncryptInput {
  requireAlgorithm(body)
  const algorithm = body.get('ciphertextDataIntegrityValueAlgorithm') ?? undefined
  if (algorithm !== undefined && algorithm !== XKS_INTEGRITY_ALGORITHM) {
    throw invalidRequest(`ciphertextDataIntegrityValueAlgorithm must be ${XKS_INTEGRITY_ALGORITHM}.`)
  }
  return {
    plaintext: requiredBytes(body, 'plaintext', 1, XKS_PLAINTEXT_MAX_BYTES),
    aad: optionalBytes(body, 'additionalAuthenticatedData', XKS_AAD_MAX_BYTES),
    integrity: algorithm !== undefined,
  }
}

/** @throws ProxyRefusal ValidationException. */
export function parseDecryptInput(body: RequestBody): DecryptInput {
  requireAlgorithm(body)
  const iv = requiredBytes(body, 'initializationVector', 1, Math.max(...XKS_IV_BYTES))
  if (!XKS_IV_BYTES.includes(iv.length)) {
    throw invalidRequest(`initializationVector must have ${XKS_IV_BYTES.join(' or ')} bytes.`)
  }
  return {
    ciphertext: requiredBytes(body, 'ciphertext', 1, XKS_PLAINTEXT_MAX_BYTES),
    iv,
    tag: requiredBytes(body, 'authenticationTag', XKS_TAG_BYTES, XKS_TAG_BYTES),
    metadata: optionalBytes(body, 'ciphertextMetadata', XKS_METADATA_MAX_BYTES),
    aad: optionalBytes(body, 'additionalAuthenticatedData', XKS_AAD_MAX_BYTES),
  }
}

function requireAlgorithm(body: RequestBody): void {
  if (body.get('encryptionAlgorithm') === XKS_ALGORITHM) return
  throw invalidRequest(`encryptionAlgorithm must be ${XKS_ALGORITHM}.`)
}

const NO_BYTES = new Uint8Array(0)

function optionalBytes(body: RequestBody, name: string, max: number): Uint8Array {
  return (body.get(name) ?? undefined) === undefined ? NO_BYTES : requiredBytes(body, name, 0, max)
}

function requiredBytes(body: RequestBody, name: string, min: number, max: number): Uint8Array {
  const value = body.get(name)
  const bytes = typeof value === 'string' ? parseBase64(value) : undefined
  if (bytes === undefined) throw invalidRequest(`${name} must be base64.`)
  if (bytes.length >= min && bytes.length <= max) return bytes
  throw invalidRequest(`${name} must have ${min} to ${max} bytes, and has ${bytes.length}.`)
}
