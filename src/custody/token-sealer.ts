import { concatBytes, parseBase64, toBase64, utf8 } from '../base/bytes.ts'
import type { Random } from '../base/ports.ts'
import type { DeploymentKeys, SealingKey } from './deployment-keys.ts'
import { sealerUnder } from './sealer.ts'

/** Seals session tokens: see docs/reference/formats/session-token.md. */
export type TokenSealer = {
  /** The token as text. */
  readonly seal: (plaintext: Uint8Array) => string
  /** What was sealed; nothing for any text that is no token of this deployment. */
  readonly unseal: (token: string) => Uint8Array | undefined
  /** Changes whenever tokens that opened may no longer do so. */
  readonly epoch: () => number
}

const FORMAT = Uint8Array.of(1)
const LABEL = 'holdfast/session-token/1'

const SIGN_IN_LABEL = 'holdfast/console-sign-in/1'

/** The sealer of a deployment's session tokens. */
export function tokenSealer(keys: DeploymentKeys, random: Random): TokenSealer {
  return sealerFor(keys.tokens(`${LABEL}/seal`), LABEL, random)
}

/** The sealer of what browsers keep during a sign-in to the web console: no session token is one of these. */
export function signInSealer(keys: DeploymentKeys, random: Random): TokenSealer {
  return sealerFor(keys.tokens(`${SIGN_IN_LABEL}/seal`), SIGN_IN_LABEL, random)
}

function sealerFor(sealingKey: SealingKey, label: string, random: Random): TokenSealer {
  const sealer = sealerUnder(sealingKey, label, random)
  const associatedData = utf8(label)
  return {
    seal: (plaintext) => toBase64(concatBytes(FORMAT, sealer.seal(plaintext, associatedData))),
    unseal: (token) => {
      const bytes = parseBase64(token)
      if (bytes === undefined || bytes[0] !== FORMAT[0]) return undefined
      return sealer.unseal(bytes.subarray(1), associatedData)
    },
    epoch: sealingKey.epoch,
  }
}
