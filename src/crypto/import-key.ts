import { createDecipheriv } from 'node:crypto'
import { KEY_SPECS, type KeySpec } from '../api/key-specs.ts'
import { assert } from '../base/assert.ts'
import { concatBytes } from '../base/bytes.ts'
import { Secret } from '../base/secret.ts'
import { type PrivateKey, parsePrivateKey } from './asymmetric-key.ts'
import { generateKeyPair, type KeyPair } from './key-pair.ts'
import { normalizedEdwards, withBytes } from './normal-form.ts'
import { isPrivateSpec, KEY_KINDS, type KeyKind, type PrivateSpec } from './private-spec.ts'
import { isConsistentRsa } from './rsa-consistency.ts'
import { decryptRsa } from './rsa-encryption.ts'
import { slowBytesIfAny } from './slow.ts'
import { decryptSm2 } from './sm2.ts'

/** The specs of wrapping keys. Source: AWS KMS API Reference, "GetParametersForImport". */
export type WrappingKeySpec = 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'SM2'

/** The wrapping algorithms of import. Source: the same; AWS refuses RSAES_PKCS1_V1_5 too. */
export type WrappingAlgorithm =
  | 'RSAES_OAEP_SHA_1'
  | 'RSAES_OAEP_SHA_256'
  | 'RSA_AES_KEY_WRAP_SHA_1'
  | 'RSA_AES_KEY_WRAP_SHA_256'
  | 'SM2PKE'

/** Generates a key pair whose public key wraps one import. */
export function generateWrappingKeyPair(spec: WrappingKeySpec): Promise<KeyPair> {
  return generateKeyPair(spec)
}

/**
 * Unwraps key material; every failure returns nothing, so that callers cannot tell failures apart.
 *
 * RSA_AES_KEY_WRAP: an AES-256 key encrypted with OAEP (as long as the modulus), then the key material wrapped
 * under that key. Source: AWS KMS Developer Guide, "Importing key material"; RFC 5649.
 *
 * @throws AssertionError when the algorithm is not one of the key's.
 */
export async function unwrapImported(
  algorithm: WrappingAlgorithm,
  wrappingKey: PrivateKey,
  encrypted: Uint8Array,
): Promise<Secret | undefined> {
  assert(
    (wrappingKey.spec === 'SM2') === (algorithm === 'SM2PKE'),
    `keys of ${wrappingKey.spec} wrap by ${algorithm}`,
  )
  switch (algorithm) {
    case 'RSAES_OAEP_SHA_1':
    case 'RSAES_OAEP_SHA_256':
      return secretOf(await decryptRsa(wrappingKey, algorithm, encrypted))
    case 'RSA_AES_KEY_WRAP_SHA_1':
      return await unwrapTwice('RSAES_OAEP_SHA_1', wrappingKey, encrypted)
    case 'RSA_AES_KEY_WRAP_SHA_256':
      return await unwrapTwice('RSAES_OAEP_SHA_256', wrappingKey, encrypted)
    case 'SM2PKE':
      return secretOf(await decryptSm2(wrappingKey, encrypted))
  }
}

/** Nothing also for an empty plaintext: no key material is empty. */
function secretOf(bytes: Uint8Array | undefined): Secret | undefined {
  return bytes === undefined || bytes.length === 0 ? undefined : new Secret(bytes)
}

const AES_KEY_BYTES = 32

async function unwrapTwice(
  algorithm: 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256',
  wrappingKey: PrivateKey,
  encrypted: Uint8Array,
): Promise<Secret | undefined> {
  const modulusBytes = (wrappingKey.handle.asymmetricKeyDetails?.modulusLength ?? 0) / 8
  const aesKey = secretOf(await decryptRsa(wrappingKey, algorithm, encrypted.subarray(0, modulusBytes)))
  if (aesKey === undefined) return undefined
  using key = aesKey
  if (key.sizeBytes !== AES_KEY_BYTES) return undefined
  return key.reveal((bytes) => unwrapAes(bytes, encrypted.subarray(modulusBytes)))
}

/** The first half of the initial value of a wrap with padding. Source: RFC 5649, section 3. */
const PADDED_WRAP_IV = Uint8Array.of(0xa6, 0x59, 0x59, 0xa6)

function unwrapAes(key: Uint8Array, wrapped: Uint8Array): Secret | undefined {
  const decipher = createDecipheriv('id-aes256-wrap-pad', key, PADDED_WRAP_IV)
  try {
    return withBytes(decipher.update(wrapped), (unwrapped) =>
      secretOf(concatBytes(unwrapped, decipher.final())),
    )
  } catch {
    return undefined
  }
}

/**
 * The minimum and maximum size of raw key material in bytes. Source: AWS KMS Developer Guide, "Importing key
 * material".
 */
const RAW_SIZES: { readonly [S in Exclude<KeySpec, PrivateSpec>]: readonly [number, number] } = {
  SYMMETRIC_DEFAULT: [32, 32],
  HMAC_224: [28, 128],
  HMAC_256: [32, 128],
  HMAC_384: [48, 128],
  HMAC_512: [64, 128],
}

/**
 * The key material in its stored form, or nothing when it does not fit the spec. The caller still owns `bytes`,
 * which the function has read before it returns its promise.
 * Raw bytes of symmetric and HMAC keys stay unchanged. Private keys are PKCS #8 in BER or DER, and are stored as
 * DER without attributes, like generated keys: one form for one key. RSA keys must have two primes and consistent
 * numbers; curves must be named; an included public point must match the private number.
 * Source: AWS KMS Developer Guide, "Importing key material".
 */
export async function parseImported(spec: KeySpec, bytes: Uint8Array): Promise<Secret | undefined> {
  if (!KEY_SPECS[spec].importable) return undefined
  if (!isPrivateSpec(spec)) {
    const [min, max] = RAW_SIZES[spec]
    return bytes.length >= min && bytes.length <= max ? new Secret(Uint8Array.from(bytes)) : undefined
  }
  const key = parsePrivateKey(spec, bytes)
  return key === undefined ? undefined : await normalized(key, KEY_KINDS[spec])
}

async function normalized(key: PrivateKey, kind: KeyKind): Promise<Secret | undefined> {
  switch (kind.type) {
    case 'rsa':
      return (await isConsistentRsa(key.handle))
        ? secretOf(key.handle.export({ type: 'pkcs8', format: 'der' }))
        : undefined
    case 'ec':
      return secretOf(await slowBytesIfAny({ name: 'normalize-curve', key }))
    case 'ed25519':
      return secretOf(normalizedEdwards(key))
    case 'ml-dsa-44':
    case 'ml-dsa-65':
    case 'ml-dsa-87':
    case 'ml-kem-512':
    case 'ml-kem-768':
    case 'ml-kem-1024':
      return undefined
  }
}
