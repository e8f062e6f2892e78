import type { Random } from '../base/ports.ts'
import { GCM_IV_BYTES, GCM_TAG_BYTES, openGcm, sealGcmInto } from '../crypto/aead.ts'
import type { HmacKey } from '../crypto/hmac.ts'
import { counterLabel, deriveByCounter } from '../crypto/kdf.ts'
import type { SealingKey } from './deployment-keys.ts'

const NONCE_BYTES = 16
const TEXT_AT = NONCE_BYTES + GCM_IV_BYTES

/** Seals bytes with AES-256-GCM, each under a key of its own. */
export type Sealer = {
  /** Nonce, IV, ciphertext and tag; never the same twice. */
  readonly seal: (plaintext: Uint8Array, associatedData: Uint8Array) => Uint8Array
  /** The plaintext, or nothing when sealed bytes and associated data do not belong together. */
  readonly unseal: (sealed: Uint8Array, associatedData: Uint8Array) => Uint8Array | undefined
}

/** A sealer whose keys are derived from this one, for the purpose that the label names. */
export function sealerUnder(sealingKey: SealingKey, label: string, random: Random): Sealer {
  const prefix = counterLabel(label)
  const open = (from: HmacKey, sealed: Uint8Array, associatedData: Uint8Array): Uint8Array | undefined => {
    using key = deriveByCounter(from, prefix, sealed.subarray(0, NONCE_BYTES))
    return openGcm(key, sealed.subarray(NONCE_BYTES, TEXT_AT), sealed.subarray(TEXT_AT), associatedData)
  }
  return {
    seal: (plaintext, associatedData) => {
      const nonce = random.bytes(NONCE_BYTES)
      const iv = random.bytes(GCM_IV_BYTES)
      using key = deriveByCounter(sealingKey.current(), prefix, nonce)
      const sealed = Buffer.allocUnsafe(TEXT_AT + plaintext.length + GCM_TAG_BYTES)
      sealed.set(nonce)
      sealed.set(iv, NONCE_BYTES)
      sealGcmInto(key, { iv, plaintext, aad: associatedData }, sealed.subarray(TEXT_AT))
      return sealed
    },
    unseal: (sealed, associatedData) => {
      if (sealed.length < TEXT_AT) return undefined
      const opened = open(sealingKey.current(), sealed, associatedData)
      if (opened !== undefined) return opened
      for (const other of sealingKey.others()) {
        const found = open(other, sealed, associatedData)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}
