import { isUtf8 } from 'node:buffer'
import { equalConstantTime, fromUtf8, parseBase64 } from '../../base/bytes.ts'
import { parseJsonText } from '../../base/json-text.ts'
import { integrityValue, type XksCiphertext } from '../protocol/integrity.ts'
import {
  isXksErrorName,
  XKS_ERRORS,
  XKS_FLEET_MAX,
  XKS_HEALTH,
  XKS_IV_BYTES,
  XKS_MESSAGE_MAX_LENGTH,
  XKS_METADATA_MAX_BYTES,
  XKS_PLAINTEXT_MAX_BYTES,
  XKS_TAG_BYTES,
  XKS_USAGES_MAX,
} from '../protocol/protocol.ts'
import { malformed, XksFailure } from './failure.ts'

/** An unparsed answer. */
export type XksAnswer = { readonly status: number; readonly body: Uint8Array }

/** A proxy's facts about an external key. */
export type ExternalKeyFacts = {
  readonly spec: string
  readonly usages: readonly string[]
  readonly status: 'ENABLED' | 'DISABLED'
}

/** A proxy's facts about itself and its key managers. */
export type ProxyHealth = {
  /** Whether at least one key manager is not unavailable. */
  readonly available: boolean
}

/** The result of Encrypt. @throws XksFailure. */
export function parseEncryption(
  answer: XksAnswer,
  asked: { readonly plaintextBytes: number; readonly aad: Uint8Array },
): XksCiphertext {
  const members = parseSuccess(answer)
  const sealed: XksCiphertext = {
    ciphertext: bytesOf(members, 'ciphertext'),
    iv: bytesOf(members, 'initializationVector'),
    tag: bytesOf(members, 'authenticationTag'),
    metadata: members.has('ciphertextMetadata') ? bytesOf(members, 'ciphertextMetadata') : NO_BYTES,
  }
  if (sealed.ciphertext.length !== asked.plaintextBytes) throw malformed('the ciphertext has another length')
  if (!XKS_IV_BYTES.includes(sealed.iv.length)) throw malformed('an initializationVector of a wrong length')
  if (sealed.tag.length !== XKS_TAG_BYTES) throw malformed('an authenticationTag of a wrong length')
  if (sealed.metadata.length > XKS_METADATA_MAX_BYTES)
    throw malformed('a ciphertextMetadata that is too long')
  const value = bytesOf(members, 'ciphertextDataIntegrityValue')
  if (!equalConstantTime(value, integrityValue(asked.aad, sealed))) {
    throw malformed('the ciphertextDataIntegrityValue does not fit')
  }
  return sealed
}

const NO_BYTES = new Uint8Array(0)

/** The plaintext of Decrypt. The caller clears it. @throws XksFailure. */
export function parseDecryption(answer: XksAnswer, ciphertextBytes: number): Uint8Array {
  const plaintext = bytesOf(parseSuccess(answer), 'plaintext')
  if (plaintext.length > XKS_PLAINTEXT_MAX_BYTES || plaintext.length !== ciphertextBytes) {
    throw malformed('the plaintext has another length')
  }
  return plaintext
}

/** The result of GetKeyMetadata. @throws XksFailure. */
export function parseKeyMetadata(answer: XksAnswer): ExternalKeyFacts {
  const members = parseSuccess(answer)
  const usages = members.get('keyUsage')
  const status = textOf(members, 'keyStatus')
  if (!isTexts(usages) || usages.length > XKS_USAGES_MAX)
    throw malformed('keyUsage is no short list of texts')
  if (status !== 'ENABLED' && status !== 'DISABLED') throw malformed('an unknown keyStatus')
  return { spec: textOf(members, 'keySpec'), usages, status }
}

/** The result of GetHealthStatus. @throws XksFailure. */
export function parseHealth(answer: XksAnswer): ProxyHealth {
  const members = parseSuccess(answer)
  const size = members.get('xksProxyFleetSize')
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1) {
    throw malformed('xksProxyFleetSize is no positive number')
  }
  for (const name of ['xksProxyVendor', 'xksProxyModel', 'ekmVendor']) textOf(members, name)
  const details = members.get('ekmFleetDetails')
  if (!Array.isArray(details) || details.length < 1 || details.length > XKS_FLEET_MAX) {
    throw malformed('ekmFleetDetails is no list of 1 to 10')
  }
  const states = details.map(healthOf)
  return { available: states.some((state) => state !== 'UNAVAILABLE') }
}

function healthOf(detail: unknown): string {
  const members = membersOf(detail)
  for (const name of ['id', 'model']) textOf(members, name)
  const state = textOf(members, 'healthStatus')
  if (!XKS_HEALTH.some((known) => known === state)) throw malformed('an unknown healthStatus')
  return state
}

type Answered = ReadonlyMap<string, unknown>

function parseSuccess({ status, body }: XksAnswer): Answered {
  if (status === 200) return membersOf(parseJson(body))
  throw refusalOf(status, membersOf(parseJson(body)))
}

/** Accepts only a known error name with its own status. */
function refusalOf(status: number, members: Answered): XksFailure {
  const name = textOf(members, 'errorName')
  if (!isXksErrorName(name) || XKS_ERRORS[name] !== status) {
    return malformed(`an error that is not known with status ${status}`)
  }
  const message = members.get('errorMessage')
  const said = typeof message === 'string' ? `: ${printable(message)}` : ''
  return new XksFailure(name, `the proxy has refused with ${name}${said}`)
}

/** Makes a message safe for the operational log: no control characters, limited length. */
function printable(message: string): string {
  return message.slice(0, XKS_MESSAGE_MAX_LENGTH).replaceAll(/[^\x20-\x7e]/g, '?')
}

function parseJson(body: Uint8Array): unknown {
  if (!isUtf8(body)) throw malformed('it is not UTF-8')
  try {
    return parseJsonText(fromUtf8(body))
  } catch (cause) {
    throw malformed('it is not JSON', cause)
  }
}

function membersOf(value: unknown): Answered {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('it is no object')
  return new Map(Object.entries(value))
}

function textOf(members: Answered, name: string): string {
  const value = members.get(name)
  if (typeof value !== 'string') throw malformed(`${name} is no text`)
  return value
}

function bytesOf(members: Answered, name: string): Uint8Array {
  const bytes = parseBase64(textOf(members, name))
  if (bytes === undefined) throw malformed(`${name} is not base64`)
  return bytes
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
