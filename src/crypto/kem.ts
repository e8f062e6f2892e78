import { decapsulate as decapsulateCallback, encapsulate as encapsulateCallback } from 'node:crypto'
import type { PrivateKey, PublicKey } from './asymmetric-key.ts'
import { whileUsing } from './openssl-threads.ts'
import type { PrivateSpec } from './private-spec.ts'

/** The specs of ML-KEM keys. */
export type KemSpec = Extract<PrivateSpec, `ML_KEM_${string}`>

/** The size of a ciphertext in bytes. Source: FIPS 203, table 3. */
export const KEM_CIPHERTEXT_BYTES: { readonly [S in KemSpec]: number } = {
  ML_KEM_512: 768,
  ML_KEM_768: 1088,
  ML_KEM_1024: 1568,
}

/** A secret that only the holder of the private key can get from the ciphertext. */
export type Encapsulation = {
  /** 32 bytes. */
  readonly sharedSecret: Uint8Array
  readonly ciphertext: Uint8Array
}

/** A fresh shared secret and its ciphertext. Source: FIPS 203, section 7.2. */
export function encapsulate(key: PublicKey): Promise<Encapsulation> {
  const encapsulating = (): Promise<Encapsulation> =>
    new Promise((resolve, reject) => {
      encapsulateCallback(key.handle, (error, result) => {
        if (error) reject(error)
        else resolve({ sharedSecret: result.sharedKey, ciphertext: result.ciphertext })
      })
    })
  return whileUsing(encapsulating)
}

/**
 * The shared secret of a ciphertext, 32 bytes. A ciphertext for another key gives unpredictable bytes, the same
 * each time: the implicit rejection of the standard. Source: FIPS 203, section 7.3.
 *
 * @param ciphertext {@link KEM_CIPHERTEXT_BYTES} of the key's spec.
 */
export function decapsulate(key: PrivateKey, ciphertext: Uint8Array): Promise<Uint8Array> {
  const decapsulating = (): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      decapsulateCallback(key.handle, Uint8Array.from(ciphertext), (error, sharedSecret) => {
        if (error) reject(error)
        else resolve(sharedSecret)
      })
    })
  return whileUsing(decapsulating)
}
