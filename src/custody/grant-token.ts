import { concatBytes, fromUtf8, lengthPrefixed, parseBase64, toBase64, utf8 } from '../base/bytes.ts'
import type { Random } from '../base/ports.ts'
import { GCM_IV_BYTES, openGcm, sealGcm } from '../crypto/aead.ts'
import { counterLabel, deriveByCounter } from '../crypto/kdf.ts'
import type { DeploymentKeys } from './deployment-keys.ts'

/** One grant of the deployment. */
export type GrantRef = {
  readonly account: string
  readonly region: string
  readonly keyId: string
  readonly grantId: string
}

/** Makes and opens grant tokens: see docs/reference/formats/grant-token.md. */
export type GrantTokens = {
  /** A token of a grant, in base64: another one each time. */
  readonly seal: (grant: GrantRef) => string
  /**
   * The grant of a token, whether or not it still exists; nothing for a text that is no token of this
   * deployment.
   */
  readonly open: (token: string) => GrantRef | undefined
}

const FORMAT = Uint8Array.of(0x01)
const NONCE_BYTES = 16
const NONCE_AT = FORMAT.length
const IV_AT = NONCE_AT + NONCE_BYTES
const SEALED_AT = IV_AT + GCM_IV_BYTES
const LABEL = counterLabel('holdfast/grant-token/1')
const BOUND_TO = concatBytes(lengthPrefixed('holdfast/grant-token/1'), FORMAT)

/** No part of a reference contains it. */
const SEPARATOR = '/'

/** The grant tokens of a deployment. */
export function grantTokens(keys: DeploymentKeys, random: Random): GrantTokens {
  const sealingKey = keys.tokens('holdfast/grant-token/1/seal')
  return {
    seal: ({ account, region, keyId, grantId }) => {
      const nonce = random.bytes(NONCE_BYTES)
      const iv = random.bytes(GCM_IV_BYTES)
      using key = deriveByCounter(sealingKey.current(), LABEL, nonce)
      const content = utf8([account, region, keyId, grantId].join(SEPARATOR))
      return toBase64(concatBytes(FORMAT, nonce, iv, sealGcm(key, iv, content, BOUND_TO)))
    },
    open: (token) => {
      const bytes = parseBase64(token)
      if (bytes === undefined || bytes.length <= SEALED_AT || bytes[0] !== FORMAT[0]) return undefined
      for (const from of [sealingKey.current(), ...sealingKey.others()]) {
        using key = deriveByCounter(from, LABEL, bytes.subarray(NONCE_AT, IV_AT))
        const content = openGcm(key, bytes.subarray(IV_AT, SEALED_AT), bytes.subarray(SEALED_AT), BOUND_TO)
        if (content !== undefined) return refOf(content)
      }
      return undefined
    },
  }
}

function refOf(content: Uint8Array): GrantRef {
  const [account = '', region = '', keyId = '', grantId = ''] = fromUtf8(content).split(SEPARATOR)
  return { account, region, keyId, grantId }
}
