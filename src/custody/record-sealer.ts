import { concatBytes } from '../base/bytes.ts'
import type { Random } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import { GCM_IV_BYTES, openGcm, sealGcm } from '../crypto/aead.ts'
import { hmacKey, hmacSha256 } from '../crypto/hmac.ts'
import { counterLabel, deriveByCounter, deriveKey } from '../crypto/kdf.ts'

const NONCE_BYTES = 16
const TEXT_AT = NONCE_BYTES + GCM_IV_BYTES
const LABEL = counterLabel('holdfast/record/1')

/** The cryptography of the store's sealed records: see docs/formats/sealed-record.md. */
export type RecordSealer = {
  readonly blind: (input: Uint8Array) => Uint8Array
  readonly seal: (plaintext: Uint8Array, associatedData: Uint8Array) => Uint8Array
  readonly unseal: (sealed: Uint8Array, associatedData: Uint8Array) => Uint8Array | undefined
}

/** The sealer of a deployment. The root key is borrowed. */
export function recordSealer(rootKey: Secret, random: Random): RecordSealer {
  using blinding = deriveKey(rootKey, 'holdfast/record/1/blind')
  using sealing = deriveKey(rootKey, 'holdfast/record/1/seal')
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
      if (sealed.length < TEXT_AT) return undefined
      using key = deriveByCounter(sealingKey, LABEL, sealed.subarray(0, NONCE_BYTES))
      return openGcm(key, sealed.subarray(NONCE_BYTES, TEXT_AT), sealed.subarray(TEXT_AT), associatedData)
    },
  }
}
