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

const SIGN_IN_LABEL = 'holdfast/console-sign-in/1'

/** The sealer of a deployment's session tokens. The root key is borrowed. */
export function tokenSealer(rootKey: Secret, random: Random): TokenSealer {
  return sealerFor(rootKey, LABEL, random)
}

/** The sealer of what browsers keep during a sign-in to the web console: no session token is one of these. */
export function signInSealer(rootKey: Secret, random: Random): TokenSealer {
  return sealerFor(rootKey, SIGN_IN_LABEL, random)
}

function sealerFor(rootKey: Secret, label: string, random: Random): TokenSealer {
  using sealing = deriveKey(rootKey, `${label}/seal`)
  const sealer = sealerUnder(sealing.reveal(hmacKey), label, random)
  const associatedData = utf8(label)
  return {
    seal: (plaintext) => toBase64(concatBytes(FORMAT, sealer.seal(plaintext, associatedData))),
    unseal: (token) => {
      const bytes = parseBase64(token)
      if (bytes === undefined || bytes[0] !== FORMAT[0]) return undefined
      return sealer.unseal(bytes.subarray(1), associatedData)
    },
  }
}
