import type { Random } from '../base/ports.ts'
import { hmacSha256, paddedHmacKey } from '../crypto/hmac.ts'
import type { DeploymentKeys } from './deployment-keys.ts'
import { type Sealer, sealerUnder } from './sealer.ts'

/** The cryptography of the store's sealed records: see docs/reference/formats/sealed-record.md. */
export type RecordSealer = Sealer & {
  readonly blind: (input: Uint8Array) => Uint8Array
  /** A random number from 1 to 2^40. */
  readonly firstVersion: () => number
}

/** Bytes of a random first version. */
const VERSION_BYTES = 5

/** The sealer of a deployment. */
export function recordSealer(keys: DeploymentKeys, random: Random): RecordSealer {
  using blinding = keys.lasting('holdfast/record/1/blind')
  const blindingKey = blinding.reveal(paddedHmacKey)
  return {
    blind: (input) => hmacSha256(blindingKey, input),
    firstVersion: () => random.bytes(VERSION_BYTES).reduce((sum, byte) => sum * 256 + byte, 0) + 1,
    ...sealerUnder(keys.records, 'holdfast/record/1', random),
  }
}
