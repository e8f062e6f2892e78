/** For tests: the Sealer of `docs/formats/sealed-record.md`. */

import { concatBytes } from '../base/bytes.ts'
import { type Random, systemRandom } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { GCM_IV_BYTES, openGcm, sealGcm } from '../crypto/aead.ts'
import { hmacKey, hmacSha256 } from '../crypto/hmac.ts'
import { counterLabel, deriveByCounter, deriveKey } from '../crypto/kdf.ts'
import type { Sealer } from './sealed.ts'

const NONCE_BYTES = 16
const LABEL = counterLabel('holdfast/record/1')

/** A sealer under a root key of 32 bytes. */
export function testSealer(rootKey: Uint8Array = new Uint8Array(32), random: Random = systemRandom): Sealer {
  using root = new Secret(Uint8Array.from(rootKey))
  using blinding = deriveKey(root, 'holdfast/record/1/blind')
  using sealing = deriveKey(root, 'holdfast/record/1/seal')
  const blindingKey = blinding.reveal(hmacKey)
  const sealingKey = sealing.reveal(hmacKey)
  return {
    blind: (input) => hmacSha256(blindingKey, input),
    seal: (plaintext, associatedData) => {
      const nonce = random.bytes(NONCE_BYTES)
      const iv = random.bytes(GCM_IV_BYTES)
      using key = deriveByCounter(sealingKey, LABEL, nonce)
      return concatBytes(nonce, iv, sealGcm(key, iv, plaintext, associatedData))
    },
    unseal: (sealed, associatedData) => {
      const text = sealed.subarray(NONCE_BYTES + GCM_IV_BYTES)
      const iv = sealed.subarray(NONCE_BYTES, NONCE_BYTES + GCM_IV_BYTES)
      if (iv.length < GCM_IV_BYTES) return undefined
      using key = deriveByCounter(sealingKey, LABEL, sealed.subarray(0, NONCE_BYTES))
      return openGcm(key, iv, text, associatedData)
    },
  }
}
