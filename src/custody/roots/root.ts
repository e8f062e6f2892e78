/** Size of the root key and of every path key. */
export const ROOT_KEY_BYTES = 32

/** The root key cannot be opened, created or kept. The message says what the operator can do. */
export class SealError extends Error {
  override readonly name = 'SealError'
}
