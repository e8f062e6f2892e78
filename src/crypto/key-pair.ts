import { generateKeyPair as generateCallback } from 'node:crypto'
import { promisify } from 'node:util'
import { Secret } from '../base/secret.ts'
import { whileGenerating, whileUsing } from './openssl-threads.ts'
import { KEY_KINDS, type KeyKind, type PrivateSpec } from './private-spec.ts'

/** A fresh key pair. */
export type KeyPair = {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  /** PKCS #8, DER; of ML-DSA and ML-KEM keys the seed alone. */
  readonly privateKey: Secret
}

const generate = promisify(generateCallback)

const ENCODINGS = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
} as const

/**
 * Generates a key pair on OpenSSL's threads. RSA keys take up to several seconds and share a queue; other keys
 * take no longer than a signature and share the queue of signatures.
 * @throws OffloadError when the queue is full.
 *
 * RSA keys have two primes and the exponent 65537; curves are named, public points uncompressed.
 * Source: FIPS 186-5, 203 and 204; the OpenSSL that Node carries.
 */
export async function generateKeyPair(spec: PrivateSpec): Promise<KeyPair> {
  const kind = KEY_KINDS[spec]
  const inTurn = kind.type === 'rsa' ? whileGenerating : whileUsing
  const { publicKey, privateKey } = await inTurn(() => generateKind(kind))
  return { publicKey, privateKey: new Secret(privateKey) }
}

async function generateKind(kind: KeyKind): Promise<{ publicKey: Uint8Array; privateKey: Uint8Array }> {
  switch (kind.type) {
    case 'rsa':
      return await generate('rsa', { ...ENCODINGS, modulusLength: kind.modulusLength })
    case 'ec':
      return await generate('ec', { ...ENCODINGS, namedCurve: kind.namedCurve })
    case 'ed25519':
      return await generate('ed25519', ENCODINGS)
    case 'ml-dsa-44':
    case 'ml-dsa-65':
    case 'ml-dsa-87':
      return await generate(kind.type, ENCODINGS)
    case 'ml-kem-512':
    case 'ml-kem-768':
    case 'ml-kem-1024':
      return await generate(kind.type, ENCODINGS)
  }
}
