import { createPublicKey, type KeyObject, verify } from 'node:crypto'

/** A public key for ES384: ECDSA over P-384 with SHA-384. */
export type Es384Key = { readonly handle: KeyObject }

/** The encoding of a signature's two numbers. */
export type SignatureForm =
  /** Concatenated, 48 bytes each. Source: RFC 9053, section 2.1. */
  | 'ieee-p1363'
  /** As a SEQUENCE of two INTEGERs. Source: RFC 5480, appendix A. */
  | 'der'

/** The P-384 key of a SubjectPublicKeyInfo, or nothing for any other key. */
export function parseEs384Key(spki: Uint8Array): Es384Key | undefined {
  const handle = parseSpki(spki)
  if (handle?.asymmetricKeyType !== 'ec') return undefined
  return handle.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? { handle } : undefined
}

/** The public key of a SubjectPublicKeyInfo, or nothing when OpenSSL cannot read it. */
export function parseSpki(spki: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}

/** Whether a signature by the key is valid. Computed on the thread pool: it takes about a millisecond. */
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
