import type { KeySpec } from '../api/key-specs.ts'
import { concatBytes, lengthPrefixed } from '../base/bytes.ts'
import type { EpochMs, Random } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { GCM_IV_BYTES, openGcm, sealGcm } from '../crypto/aead.ts'
import { openPrivateKey } from '../crypto/asymmetric-key.ts'
import {
  generateWrappingKeyPair,
  parseImported,
  unwrapImported,
  type WrappingAlgorithm,
  type WrappingKeySpec,
} from '../crypto/import-key.ts'
import type { KeyRef } from './key-material.ts'

/** The terms of an import. */
export type ImportTerms = {
  readonly algorithm: WrappingAlgorithm
  readonly wrappingSpec: WrappingKeySpec
  readonly validTo: EpochMs
}

/** What an importer needs: the public half of a new wrapping key, and the token with the private half. */
export type ImportParameters = {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  readonly token: Uint8Array
}

/** A key-encryption key that seals tokens. */
export type TokenKey = { readonly kek: Secret; readonly kekId: string }

const FORMAT = 0x01
/** By their numbers in a token, which never change. */
const WRAPPING_ALGORITHMS: readonly WrappingAlgorithm[] = [
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'RSA_AES_KEY_WRAP_SHA_1',
  'RSA_AES_KEY_WRAP_SHA_256',
  'SM2PKE',
]
const WRAPPING_KEY_SPECS: readonly WrappingKeySpec[] = ['RSA_2048', 'RSA_3072', 'RSA_4096', 'SM2']
const KEK_ID_BYTES = 16
const VALID_TO_AT = 1 + KEK_ID_BYTES
const ALGORITHM_AT = VALID_TO_AT + 8
const IV_AT = ALGORITHM_AT + 2
const SEALED_AT = IV_AT + GCM_IV_BYTES

/** New import parameters for a key: see docs/reference/formats/import-token.md. */
export async function createImportParameters(
  key: KeyRef,
  terms: ImportTerms,
  { kek, kekId }: TokenKey,
  random: Random,
): Promise<ImportParameters> {
  const pair = await generateWrappingKeyPair(terms.wrappingSpec)
  using privateKey = pair.privateKey
  const header = formatHeader(terms, kekId)
  const iv = random.bytes(GCM_IV_BYTES)
  const sealed = privateKey.reveal((bytes) => sealGcm(kek, iv, bytes, boundTo(key, header)))
  return { publicKey: pair.publicKey, token: concatBytes(header, iv, sealed) }
}

function formatHeader({ algorithm, wrappingSpec, validTo }: ImportTerms, kekId: string): Uint8Array {
  const header = Buffer.alloc(IV_AT)
  header[0] = FORMAT
  header.write(kekId.replaceAll('-', ''), 1, KEK_ID_BYTES, 'hex')
  header.writeBigUInt64BE(BigInt(validTo), VALID_TO_AT)
  header[ALGORITHM_AT] = WRAPPING_ALGORITHMS.indexOf(algorithm)
  header[ALGORITHM_AT + 1] = WRAPPING_KEY_SPECS.indexOf(wrappingSpec)
  return header
}

function boundTo({ account, region, keyId, spec }: KeyRef, header: Uint8Array): Uint8Array {
  return concatBytes(lengthPrefixed('holdfast/1/import-token', account, region, keyId, spec), header)
}

/** The terms in a token, and the id of the key-encryption key that seals it. */
export type TokenHeader = ImportTerms & { readonly kekId: string }

/** Reads the open part of a token; opening the token proves it. Returns nothing for an invalid text. */
export function parseTokenHeader(token: Uint8Array): TokenHeader | undefined {
  if (token.length <= SEALED_AT || token[0] !== FORMAT) return undefined
  const bytes = Buffer.from(token.buffer, token.byteOffset, token.length)
  const algorithm = WRAPPING_ALGORITHMS[bytes.readUInt8(ALGORITHM_AT)]
  const wrappingSpec = WRAPPING_KEY_SPECS[bytes.readUInt8(ALGORITHM_AT + 1)]
  if (algorithm === undefined || wrappingSpec === undefined) return undefined
  return {
    kekId: formatUuid(bytes.toString('hex', 1, VALID_TO_AT)),
    validTo: Number(bytes.readBigUInt64BE(VALID_TO_AT)),
    algorithm,
    wrappingSpec,
  }
}

function formatUuid(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The wrapping key in a token, or nothing when it is not one for this key. PKCS #8. */
export function openToken(key: KeyRef, token: Uint8Array, kek: Secret): Secret | undefined {
  const header = token.subarray(0, IV_AT)
  const iv = token.subarray(IV_AT, SEALED_AT)
  const opened = openGcm(kek, iv, token.subarray(SEALED_AT), boundTo(key, header))
  return opened && new Secret(opened)
}

/** The faults of wrapped key material: it does not unwrap, or not to key material of the spec. */
export type MaterialFault = 'not unwrapped' | 'unfit material'

/**
 * Unwraps the key material of an importer, or returns which fault it has. The difference between the faults is no
 * oracle: under OAEP, AES key wrap and SM2, only somebody who knows the content can create a ciphertext that
 * unwraps.
 */
export async function unwrapImport(
  spec: KeySpec,
  terms: ImportTerms,
  wrappingKey: Secret,
  encrypted: Uint8Array,
): Promise<Secret | MaterialFault> {
  const key = wrappingKey.reveal((bytes) => openPrivateKey(terms.wrappingSpec, bytes))
  using unwrapped = await unwrapImported(terms.algorithm, key, encrypted)
  if (unwrapped === undefined) return 'not unwrapped'
  return (await unwrapped.reveal((bytes) => parseImported(spec, bytes))) ?? 'unfit material'
}
