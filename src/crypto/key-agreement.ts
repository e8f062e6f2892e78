import { encodePublicKey, type PrivateKey, parsePublicKey } from './asymmetric-key.ts'
import { slowBytes } from './slow.ts'
import { sm2Point } from './sm2-facts.ts'

/**
 * The x coordinate of the shared point, as long as the curve's field (32, 48 or 66 bytes); nothing when the
 * peer's key is not a public key of the same named curve.
 *
 * Source: NIST SP 800-56A, section 5.7.1.2; the cofactor of these curves is 1.
 *
 * @param peerSpki SubjectPublicKeyInfo, DER. OpenSSL checks that its point is on the curve.
 */
export async function deriveSharedSecret(
  key: PrivateKey,
  peerSpki: Uint8Array,
): Promise<Uint8Array | undefined> {
  const peer = parsePublicKey(key.spec, peerSpki)
  if (peer === undefined) return undefined
  if (key.spec === 'SM2') {
    return await slowBytes({ name: 'sm2-agree', key: key.handle, publicKey: sm2Point(encodePublicKey(peer)) })
  }
  return await slowBytes({ name: 'agree', key: key.handle, peer: peer.handle })
}
