import { concatBytes, parseBase64, toBase64, utf8 } from '../base/bytes.ts'
import type { Random } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import { hmacKey } from '../crypto/hmac.ts'
import { deriveKey } from '../crypto/kdf.ts'
import { sealerUnder } from './sealer.ts'

/** Seals session tokens: see docs/reference/formats/session-token.md. */
export type TokenSealer = {
  /** The token as text. */
  readonly seal: (plaintext: Uint8Array) => string
  /** What was sealed; nothing for any text that is no token of this deployment. */
  readonly unseal: (token: string) => Uint8Array | undefined
}

const FORMAT = Uint8Array.of(1)
const LABEL = 'holdfast/session-token/1'

/** The sealer of a deployment. The root key is borrowed. */
export function tokenSealer(rootKey: Secret, random: Random): TokenSealer {
  using sealing = deriveKey(rootKey, `${LABEL}/seal`)
  const sealer = sealerUnder(sealing.reveal(hmacKey), LABEL, random)
  const associatedData = utf8(LABEL)
  return {
    seal: (plaintext) => toBase64(concatBytes(FORMAT, sealer.seal(plaintext, associatedData))),
    unseal: (token) => {
      const bytes = parseBase64(token)
      if (bytes === undefined || bytes[0] !== FORMAT[0]) return undefined
      return sealer.unseal(bytes.subarray(1), associatedData)
    },
  }
}
