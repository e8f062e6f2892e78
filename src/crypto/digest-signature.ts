import { createPrivateKey, generateKeyPair, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { whileGenerating } from './openssl-threads.ts'

/** Source: AWS CloudTrail User Guide, "Digest file structure": RSA with SHA-256; keys of 2048 bits. */
const MODULUS_BITS = 2048
const generate = promisify(generateKeyPair)

/** A key pair for digests in DER: the private key as PKCS #8, the public one as PKCS #1. */
export type DigestKeyPair = { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array }

/** Generates a key pair on the thread pool. */
export async function generateDigestKey(): Promise<DigestKeyPair> {
  const { privateKey, publicKey } = await whileGenerating(() =>
    generate('rsa', { modulusLength: MODULUS_BITS }),
  )
  return {
    privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }),
    publicKey: publicKey.export({ format: 'der', type: 'pkcs1' }),
  }
}

/** The RSASSA-PKCS1-v1_5 signature with SHA-256. Source: RFC 8017, section 8.2. */
export function signDigest(privateKey: Uint8Array, message: Uint8Array): Uint8Array {
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
  return sign('sha256', message, key)
}
