import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { concatBytes } from '../base/bytes.ts'
import type { Secret } from '../base/secret.ts'

/** A key pair; OpenSSL holds the private key, which JavaScript cannot read. */
export type Ed25519Key = { readonly handle: KeyObject; readonly publicKey: Uint8Array }

/** Size of a public key and of a private one. Source: RFC 8032, section 5.1. */
export const ED25519_KEY_BYTES = 32
/** DER of a PKCS #8 private key and of a SubjectPublicKeyInfo, up to the key. Source: RFC 8410, section 10. */
const PRIVATE_PREFIX = Uint8Array.fromHex('302e020100300506032b657004220420')
const PUBLIC_PREFIX = Uint8Array.fromHex('302a300506032b6570032100')

/** The key pair of a 32-byte private key. */
export function ed25519Key(seed: Secret): Ed25519Key {
  return seed.reveal((bytes) => {
    const der = Buffer.concat([PRIVATE_PREFIX, bytes])
    const handle = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    der.fill(0)
    const spki = createPublicKey(handle).export({ format: 'der', type: 'spki' })
    return { handle, publicKey: new Uint8Array(spki.subarray(PUBLIC_PREFIX.length)) }
  })
}

/** The signature of a message, 64 bytes. Source: RFC 8032, section 5.1.6. */
export function signEd25519(key: Ed25519Key, message: Uint8Array): Uint8Array {
  return sign(null, message, key.handle)
}

/** Whether a signature of the message is valid. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = concatBytes(PUBLIC_PREFIX, publicKey)
  const handle = createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' })
  return verify(null, message, handle, signature)
}
