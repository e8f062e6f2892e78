import type { Random } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { hmacKey, hmacSha256 } from '../crypto/hmac.ts'
import { type DeploymentKeys, fixedKey } from './deployment-keys.ts'
import { type Sealer, sealerUnder } from './sealer.ts'

/** The keys of the S3 gateway that derive from the root key: see docs/reference/formats/s3-object.md. */
export type ObjectSealer = {
  /** Seals the entries of the catalogue. */
  readonly entries: Sealer
  /** Wraps the data keys of objects that no KMS key protects. */
  readonly wrap: (dataKey: Secret, associatedData: Uint8Array) => Uint8Array
  /** The data key, or nothing when it is not one that was wrapped with this associated data. */
  readonly unwrap: (wrapped: Uint8Array, associatedData: Uint8Array) => Secret | undefined
  /** The value by which a key of a customer is recognized: only with the root key can a guess be tried. */
  readonly check: (customerKey: Secret, salt: Uint8Array) => Uint8Array
}

const ENTRY_LABEL = 'holdfast/s3-entry/1'
const DATA_KEY_LABEL = 'holdfast/s3-data-key/1'
const CHECK_LABEL = 'holdfast/s3-customer-key/1'

/** The sealer of a deployment. */
export function objectSealer(deployment: DeploymentKeys, random: Random): ObjectSealer {
  const under = (label: typeof ENTRY_LABEL | typeof DATA_KEY_LABEL): Sealer => {
    using sealing = deployment.lasting(`${label}/seal`)
    return sealerUnder(fixedKey(sealing.reveal(hmacKey)), label, random)
  }
  const keys = under(DATA_KEY_LABEL)
  using checking = deployment.lasting(`${CHECK_LABEL}/check`)
  const checkKey = checking.reveal(hmacKey)
  return {
    entries: under(ENTRY_LABEL),
    wrap: (dataKey, associatedData) => dataKey.reveal((bytes) => keys.seal(bytes, associatedData)),
    unwrap: (wrapped, associatedData) => {
      const bytes = keys.unseal(wrapped, associatedData)
      return bytes && new Secret(bytes)
    },
    check: (customerKey, salt) => customerKey.reveal((bytes) => hmacSha256(checkKey, salt, bytes)),
  }
}
