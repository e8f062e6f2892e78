import { constants, createSign, createVerify, publicDecrypt } from 'node:crypto'
import { KEY_SPECS, type MessageType, type SigningAlgorithm } from '../api/key-specs.ts'
import { assert } from '../base/assert.ts'
import { concatBytes, equalConstantTime } from '../base/bytes.ts'
import { systemRandom } from '../base/ports.ts'
import { encodePublicKey, type PrivateKey, type PublicKey, publicKeyOf } from './asymmetric-key.ts'
import type { MessageScheme } from './openssl-tasks.ts'
import type { PrivateSpec } from './private-spec.ts'
import { encodePss, type HashFacts, isPssOf } from './pss.ts'
import { bytesAtOnce, slowBytes, slowTruth, truthAtOnce } from './slow.ts'
import { ecdsaSpec, mlDsaSpec } from './slow-specs.ts'
import { sm2Point, sm2Preamble } from './sm2-facts.ts'

/** The signature scheme of an algorithm. */
type SchemeFacts =
  | { readonly scheme: 'pkcs1' | 'pss' | 'ecdsa' | 'sm2'; readonly hash: HashFacts }
  | { readonly scheme: 'ed25519' | 'ed25519ph' | 'ml-dsa' }

const SHA256: HashFacts = { name: 'sha256', bytes: 32 }
const SHA384: HashFacts = { name: 'sha384', bytes: 48 }
const SHA512: HashFacts = { name: 'sha512', bytes: 64 }

/** The facts of every algorithm. Source: AWS KMS Developer Guide, "Key spec reference". */
const SCHEMES: { readonly [A in SigningAlgorithm]: SchemeFacts } = {
  RSASSA_PSS_SHA_256: { scheme: 'pss', hash: SHA256 },
  RSASSA_PSS_SHA_384: { scheme: 'pss', hash: SHA384 },
  RSASSA_PSS_SHA_512: { scheme: 'pss', hash: SHA512 },
  RSASSA_PKCS1_V1_5_SHA_256: { scheme: 'pkcs1', hash: SHA256 },
  RSASSA_PKCS1_V1_5_SHA_384: { scheme: 'pkcs1', hash: SHA384 },
  RSASSA_PKCS1_V1_5_SHA_512: { scheme: 'pkcs1', hash: SHA512 },
  ECDSA_SHA_256: { scheme: 'ecdsa', hash: SHA256 },
  ECDSA_SHA_384: { scheme: 'ecdsa', hash: SHA384 },
  ECDSA_SHA_512: { scheme: 'ecdsa', hash: SHA512 },
  SM2DSA: { scheme: 'sm2', hash: { name: 'sm3', bytes: 32 } },
  ML_DSA_SHAKE_256: { scheme: 'ml-dsa' },
  ED25519_SHA_512: { scheme: 'ed25519' },
  ED25519_PH_SHA_512: { scheme: 'ed25519ph' },
}

/** The size of μ. Source: FIPS 204, section 6.2. */
const MU_BYTES = 64
/** The size of the SHA-512 digest that Ed25519ph takes. Source: AWS KMS Developer Guide, "Key spec reference". */
const ED25519PH_DIGEST_BYTES = 64

/**
 * Signs a message with the key.
 * RAW: the function hashes the message as the algorithm specifies. DIGEST: the message is the digest; Ed25519ph
 * hashes it once more. EXTERNAL_MU: the message is the 64-byte μ of ML-DSA. ECDSA and SM2 signatures are DER,
 * others as in their standards. The salt of PSS is as long as the digest; ML-DSA is hedged and has an empty context.
 * Source: RFC 8017; FIPS 186-5; FIPS 204; GM/T 0003.2; AWS KMS API Reference, "Sign".
 * @throws AssertionError when key, algorithm, message type and message size do not match. OffloadError when the
 * queue is full.
 */
export async function sign(
  key: PrivateKey,
  algorithm: SigningAlgorithm,
  messageType: MessageType,
  message: Uint8Array,
): Promise<Uint8Array> {
  assertTogether(key, algorithm, messageType, message)
  const facts = SCHEMES[algorithm]
  return messageType === 'RAW' ? await signRaw(key, facts, message) : await signReady(key, facts, message)
}

/**
 * Whether a signature of the message by the key is valid; see {@link sign}.
 *
 * @throws AssertionError, OffloadError as {@link sign} does; never because of the signature.
 */
export async function verify(
  key: PublicKey,
  algorithm: SigningAlgorithm,
  messageType: MessageType,
  { message, signature }: SignedMessage,
): Promise<boolean> {
  assertTogether(key, algorithm, messageType, message)
  const facts = SCHEMES[algorithm]
  return messageType === 'RAW'
    ? await verifyRaw(key, facts, message, signature)
    : await verifyReady(key, facts, message, signature)
}

/** A message and its claimed signature. */
export type SignedMessage = { readonly message: Uint8Array; readonly signature: Uint8Array }

/** The message types that an algorithm accepts. Source: AWS KMS API Reference, "Sign". */
export function messageTypesOf(algorithm: SigningAlgorithm): readonly MessageType[] {
  switch (SCHEMES[algorithm].scheme) {
    case 'ed25519':
      return ['RAW']
    case 'ed25519ph':
      return ['DIGEST']
    case 'ml-dsa':
      return ['RAW', 'EXTERNAL_MU']
    case 'pkcs1':
    case 'pss':
    case 'ecdsa':
    case 'sm2':
      return ['RAW', 'DIGEST']
  }
}

/** The required size in bytes of a DIGEST message, or nothing when the algorithm accepts none. */
export function digestBytes(algorithm: SigningAlgorithm): number | undefined {
  const facts = SCHEMES[algorithm]
  if ('hash' in facts) return facts.hash.bytes
  return facts.scheme === 'ed25519ph' ? ED25519PH_DIGEST_BYTES : undefined
}

/** The required size in bytes of a message of the type, or nothing when any size is accepted. */
export function messageBytes(algorithm: SigningAlgorithm, messageType: MessageType): number | undefined {
  switch (messageType) {
    case 'RAW':
      return undefined
    case 'DIGEST':
      return digestBytes(algorithm)
    case 'EXTERNAL_MU':
      return MU_BYTES
  }
}

function assertTogether(
  { spec }: PrivateKey | PublicKey,
  algorithm: SigningAlgorithm,
  messageType: MessageType,
  message: Uint8Array,
): void {
  const algorithms = KEY_SPECS[spec].usages.SIGN_VERIFY ?? []
  assert(algorithms.includes(algorithm), `${spec} signs by ${algorithm}`)
  assert(messageTypesOf(algorithm).includes(messageType), `${algorithm} takes ${messageType}`)
  const sizeBytes = messageBytes(algorithm, messageType) ?? message.length
  assert(message.length === sizeBytes, `a message of ${algorithm} has ${sizeBytes} bytes`)
}

/** OpenSSL's scheme to hash, pad and sign a message in one call. */
function opensslScheme(facts: SchemeFacts): MessageScheme {
  switch (facts.scheme) {
    case 'pkcs1':
      return { hash: facts.hash.name, options: { padding: constants.RSA_PKCS1_PADDING } }
    case 'pss': {
      const padding = constants.RSA_PKCS1_PSS_PADDING
      return { hash: facts.hash.name, options: { padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } }
    }
    case 'ecdsa':
    case 'sm2':
      return { hash: facts.hash.name, options: { dsaEncoding: 'der' } }
    case 'ed25519':
    case 'ed25519ph':
    case 'ml-dsa':
      return { hash: null, options: {} }
  }
}

/**
 * Operations that take OpenSSL about 100 µs at most run synchronously: passing one to a thread blocks the event
 * loop for 20 to 50 µs and needs a free core. Measured: P-256 signs in 30 µs and verifies in 77, Ed25519 signs in 43,
 * RSA verifies in 29 to 80; Ed25519 verifies in 128.
 */
const SIGNED_AT_ONCE: ReadonlySet<PrivateSpec> = new Set(['ECC_NIST_P256', 'ECC_NIST_EDWARDS25519'])
const VERIFIED_AT_ONCE: ReadonlySet<PrivateSpec> = new Set([
  ...(['ECC_NIST_P256', 'RSA_2048', 'RSA_3072', 'RSA_4096'] as const),
])

async function signRaw(key: PrivateKey, facts: SchemeFacts, message: Uint8Array): Promise<Uint8Array> {
  if (facts.scheme === 'sm2') {
    // Node's one-shot call takes no distinguishing identifier, so this code hashes the preamble itself.
    const preamble = sm2Preamble(sm2Point(publicKeyOf(key)))
    return createSign(facts.hash.name).update(preamble).update(message).sign(key.handle)
  }
  const task = { name: 'sign', key: key.handle, message, ...opensslScheme(facts) } as const
  return SIGNED_AT_ONCE.has(key.spec) ? bytesAtOnce(task) : await slowBytes(task)
}

async function verifyRaw(
  key: PublicKey,
  facts: SchemeFacts,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (facts.scheme === 'sm2') {
    const preamble = sm2Preamble(sm2Point(encodePublicKey(key)))
    return createVerify(facts.hash.name).update(preamble).update(message).verify(key.handle, signature)
  }
  // OpenSSL accepts an RSA signature without its leading zeroes; the standard does not.
  if (key.spec.startsWith('RSA_') && signature.length !== modulusBytes(key)) return false
  const task = { name: 'verify', key: key.handle, message, signature, ...opensslScheme(facts) } as const
  return VERIFIED_AT_ONCE.has(key.spec) ? truthAtOnce(task) : await slowTruth(task)
}

async function signReady(key: PrivateKey, facts: SchemeFacts, message: Uint8Array): Promise<Uint8Array> {
  const { spec, handle } = key
  switch (facts.scheme) {
    case 'pkcs1': {
      const info = digestInfo(facts.hash, message)
      return await slowBytes({ name: 'rsa-sign', key: handle, padding: 'pkcs1', message: info })
    }
    case 'pss': {
      const salt = systemRandom.bytes(facts.hash.bytes)
      const encoded = encodePss(facts.hash, message, salt, modulusBytes(key))
      return await slowBytes({ name: 'rsa-sign', key: handle, padding: 'none', message: encoded })
    }
    case 'ecdsa':
      return await slowBytes({ name: 'ecdsa-sign', spec: ecdsaSpec(spec), key: handle, digest: message })
    case 'sm2':
      return await slowBytes({ name: 'sm2-sign', key: handle, digest: message })
    case 'ed25519':
    case 'ed25519ph':
      return await slowBytes({ name: 'ed25519ph-sign', key: handle, message })
    case 'ml-dsa':
      return await slowBytes({ name: 'mu-sign', spec: mlDsaSpec(spec), key: handle, mu: message })
  }
}

async function verifyReady(
  key: PublicKey,
  facts: SchemeFacts,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  switch (facts.scheme) {
    case 'pkcs1': {
      const opened = openRsa(key, constants.RSA_PKCS1_PADDING, signature)
      return opened !== undefined && equalConstantTime(opened, digestInfo(facts.hash, message))
    }
    case 'pss': {
      const opened = openRsa(key, constants.RSA_NO_PADDING, signature)
      return opened !== undefined && isPssOf(facts.hash, message, opened)
    }
    case 'ecdsa': {
      const claim = { publicKey: rawPublic(key), signature }
      return await slowTruth({ name: 'ecdsa-verify', spec: ecdsaSpec(key.spec), digest: message, ...claim })
    }
    case 'sm2': {
      const publicKey = sm2Point(encodePublicKey(key))
      return await slowTruth({ name: 'sm2-verify', digest: message, publicKey, signature })
    }
    case 'ed25519':
    case 'ed25519ph':
      return await slowTruth({ name: 'ed25519ph-verify', message, publicKey: rawPublic(key), signature })
    case 'ml-dsa': {
      const claim = { publicKey: rawPublic(key), signature }
      return await slowTruth({ name: 'mu-verify', spec: mlDsaSpec(key.spec), mu: message, ...claim })
    }
  }
}

function rawPublic({ handle }: PublicKey): Uint8Array {
  return handle.export({ format: 'raw-public' })
}

function modulusBytes({ handle }: PrivateKey | PublicKey): number {
  return (handle.asymmetricKeyDetails?.modulusLength ?? 0) / 8
}

/**
 * Applies the public key to a signature; nothing when the signature has an invalid form.
 *
 * It takes 30 to 300 µs, since exponents have 64 bits at most.
 */
function openRsa(key: PublicKey, padding: number, signature: Uint8Array): Uint8Array | undefined {
  if (signature.length !== modulusBytes(key)) return undefined
  try {
    return publicDecrypt({ key: key.handle, padding }, signature)
  } catch {
    return undefined
  }
}

/** The DER of a DigestInfo up to its digest. Source: RFC 8017, section 9.2, note 1. */
const DIGEST_INFO_HEADS: { readonly [H in HashFacts['name']]?: Uint8Array } = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
}

function digestInfo({ name }: HashFacts, digest: Uint8Array): Uint8Array {
  const head = DIGEST_INFO_HEADS[name]
  assert(head !== undefined, `RSA signs digests of ${name}`)
  return concatBytes(head, digest)
}
