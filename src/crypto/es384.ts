import { createPublicKey, type KeyObject, verify } from 'node:crypto'

/** A public key for ES384: ECDSA over P-384 with SHA-384. */
export type Es384Key = { readonly handle: KeyObject }

/** How the two numbers of a signature are written. */
export type SignatureForm =
  /** One after the other, 48 bytes each. Source: RFC 9053, section 2.1. */
  | 'ieee-p1363'
  /** As a SEQUENCE of two INTEGERs. Source: RFC 5480, appendix A. */
  | 'der'

/** The key of a SubjectPublicKeyInfo, or nothing when it is not one of P-384. */
export function parseEs384Key(spki: Uint8Array): Es384Key | undefined {
  const handle = parseSpki(spki)
  if (handle?.asymmetricKeyType !== 'ec') return undefined
  return handle.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? { handle } : undefined
}

/** The public key of a SubjectPublicKeyInfo, or nothing when it is none that OpenSSL knows. */
export function parseSpki(spki: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}

/** Whether a signature is the key's. Computed on the thread pool: it takes about a millisecond. */
export function verifyEs384(
  key: Es384Key,
  data: Uint8Array,
  signature: Uint8Array,
  form: SignatureForm,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    verify('sha384', data, { key: key.handle, dsaEncoding: form }, signature, (error, valid) =>
      error === null ? resolve(valid) : reject(error),
    )
  })
}
