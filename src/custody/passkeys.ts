import { concatBytes, equalConstantTime, fromUtf8, parseBase64, toBase64, utf8 } from '../base/bytes.ts'
import { parseJsonText } from '../base/json-text.ts'
import { sha256 } from '../crypto/hash.ts'
import {
  isPasskeyKey,
  PASSKEY_ALGORITHMS,
  type PasskeyAlgorithm,
  verifyPasskeySignature,
} from '../crypto/passkey-signature.ts'

/** The public half of a passkey, and what is known of its authenticator. */
export type PasskeyKey = {
  /** Base64url without padding. */
  readonly credentialId: string
  /** SubjectPublicKeyInfo, base64. */
  readonly publicKey: string
  readonly algorithm: PasskeyAlgorithm
  /** The host for which it was made: the relying party. */
  readonly rpId: string
  /** The last value of its signature counter; 0 for authenticators that do not count. */
  readonly signCount: number
  /** Whether it can be copied to other devices of its owner. */
  readonly isSynced: boolean
}

/** What a browser answers when a passkey is made. */
export type NewPasskey = {
  readonly clientData: Uint8Array
  readonly authenticatorData: Uint8Array
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  readonly algorithm: number
}

/** What a browser answers when a passkey is used. */
export type PasskeyAssertion = {
  /** Base64url without padding. */
  readonly credentialId: string
  /** The user handle that the passkey has stored; empty when the browser gives none. */
  readonly userHandle: string
  readonly clientData: Uint8Array
  readonly authenticatorData: Uint8Array
  readonly signature: Uint8Array
}

/** A verified answer of a browser: the caller judges the challenge. */
export type Verified<T> = { readonly challenge: Uint8Array; readonly value: T }

/** Source: WebAuthn Level 3, section 4, "Credential ID". */
const CREDENTIAL_ID_MAX_BYTES = 1023
/** Longer than every answer: a challenge has some 200 bytes. */
const CLIENT_DATA_MAX_BYTES = 2048
const AUTHENTICATOR_DATA_MAX_BYTES = 4096

/** Source: WebAuthn Level 3, section 6.1. */
const FLAGS = { userPresent: 0x01, userVerified: 0x04, backupEligible: 0x08, backedUp: 0x10, attested: 0x40 }
const RP_ID_HASH_BYTES = 32
const COUNTER_AT = 33
const HEAD_BYTES = 37
const AAGUID_BYTES = 16

/**
 * Verifies a new passkey: that a browser made it for a page of this origin, and that the authenticator verified its user.
 * Attestation is not asked for. Source: WebAuthn Level 3, section 7.1.
 */
export function verifyNewPasskey(given: NewPasskey): Verified<PasskeyKey> | undefined {
  const { publicKey, algorithm } = given
  const client = parseClientData(given.clientData, 'webauthn.create')
  const rpId = client && rpIdOf(client.origin)
  if (client === undefined || rpId === undefined) return undefined
  const data = parseAuthenticatorData(given.authenticatorData, rpId)
  if (data?.credentialId === undefined || !isAlgorithm(algorithm)) return undefined
  if (!isPasskeyKey(algorithm, publicKey)) return undefined
  return {
    challenge: client.challenge,
    value: {
      credentialId: Buffer.from(data.credentialId).toString('base64url'),
      publicKey: toBase64(publicKey),
      ...{ algorithm, rpId, signCount: data.signCount, isSynced: data.isSynced },
    },
  }
}

/**
 * Verifies the use of a passkey at an origin; returns its state after the use. A counter that does not grow is refused: somebody may
 * have copied the authenticator. Source: WebAuthn Level 3, section 7.2.
 */
export function verifyAssertion(
  key: PasskeyKey,
  given: PasskeyAssertion,
  origin: string,
): Verified<PasskeyKey> | undefined {
  const client = parseClientData(given.clientData, 'webauthn.get')
  if (client === undefined || client.origin !== origin || rpIdOf(origin) !== key.rpId) return undefined
  if (given.credentialId !== key.credentialId) return undefined
  const data = parseAuthenticatorData(given.authenticatorData, key.rpId)
  if (data === undefined || data.isSynced !== key.isSynced) return undefined
  const isCounted = data.signCount !== 0 || key.signCount !== 0
  if (isCounted && data.signCount <= key.signCount) return undefined
  const signed = concatBytes(given.authenticatorData, sha256(given.clientData))
  const spki = parseBase64(key.publicKey) ?? new Uint8Array(0)
  if (!verifyPasskeySignature(key.algorithm, spki, signed, given.signature)) return undefined
  return { challenge: client.challenge, value: { ...key, signCount: data.signCount } }
}

/** The relying party of an origin; nothing for one at which browsers make no passkeys. Source: WebAuthn Level 3, section 5.1.3. */
export function rpIdOf(origin: string): string | undefined {
  const url = URL.parse(origin)
  if (url === null || url.origin !== origin) return undefined
  const isPlain = url.protocol === 'http:' && url.hostname === 'localhost'
  return url.protocol === 'https:' || isPlain ? url.hostname : undefined
}

type ClientData = { readonly challenge: Uint8Array; readonly origin: string }

/** Source: WebAuthn Level 3, section 5.8.1. */
function parseClientData(bytes: Uint8Array, type: string): ClientData | undefined {
  if (bytes.length > CLIENT_DATA_MAX_BYTES) return undefined
  const value = parseObject(fromUtf8(bytes))
  const member = (name: string): unknown => value && Reflect.get(value, name)
  const challenge = member('challenge')
  const origin = member('origin')
  // A page inside a page of another site could be used without its owner's knowledge.
  const isFramed = member('crossOrigin') === true || member('topOrigin') !== undefined
  if (member('type') !== type || typeof challenge !== 'string' || typeof origin !== 'string' || isFramed) {
    return undefined
  }
  return { challenge: Buffer.from(challenge, 'base64url'), origin }
}

type AuthenticatorData = {
  readonly signCount: number
  readonly isSynced: boolean
  readonly credentialId: Uint8Array | undefined
}

/** Nothing for data of another relying party, and when the authenticator has not verified its user. */
function parseAuthenticatorData(bytes: Uint8Array, rpId: string): AuthenticatorData | undefined {
  if (bytes.length < HEAD_BYTES || bytes.length > AUTHENTICATOR_DATA_MAX_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const flags = view.getUint8(RP_ID_HASH_BYTES)
  const has = (flag: number): boolean => (flags & flag) !== 0
  if (!equalConstantTime(bytes.subarray(0, RP_ID_HASH_BYTES), sha256(utf8(rpId)))) return undefined
  if (!has(FLAGS.userPresent) || !has(FLAGS.userVerified)) return undefined
  if (has(FLAGS.backedUp) && !has(FLAGS.backupEligible)) return undefined
  return {
    signCount: view.getUint32(COUNTER_AT),
    isSynced: has(FLAGS.backupEligible),
    credentialId: has(FLAGS.attested) ? credentialIdIn(view, bytes) : undefined,
  }
}

function credentialIdIn(view: DataView, bytes: Uint8Array): Uint8Array | undefined {
  const lengthAt = HEAD_BYTES + AAGUID_BYTES
  if (bytes.length < lengthAt + 2) return undefined
  const length = view.getUint16(lengthAt)
  const end = lengthAt + 2 + length
  if (length === 0 || length > CREDENTIAL_ID_MAX_BYTES || end > bytes.length) return undefined
  return bytes.subarray(lengthAt + 2, end)
}

function isAlgorithm(value: number): value is PasskeyAlgorithm {
  return PASSKEY_ALGORITHMS.some((algorithm) => algorithm === value)
}

function parseObject(text: string): object | undefined {
  try {
    const value = parseJsonText(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
