import type { Secret } from '../../base/secret.ts'

/** Size of the root key. */
export const ROOT_KEY_BYTES = 32

/**
 * A seal: it keeps the root key while the server is not running. The file seal is the first; a
 * passphrase, shares, another KMS or a PKCS#11 token implement the same two calls.
 */
export type Seal = {
  /** The root key, or nothing when this seal has never made one. @throws SealError. */
  readonly open: () => Promise<Secret | undefined>
  /** Makes the root key and keeps it. @throws SealError, also when there is one already. */
  readonly create: () => Promise<Secret>
  /** Where the key is kept, for messages. */
  readonly place: string
}

/** A seal cannot open or create the root key. The message says what the operator can do. */
export class SealError extends Error {
  override readonly name = 'SealError'
}
