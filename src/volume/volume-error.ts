/**
 * Why a command on a volume failed:
 *
 * - `denied`: KMS refuses the caller
 * - `key`: the KMS key is disabled, pending deletion, missing or of another kind
 * - `unreachable`: KMS gave no answer, or one that may pass
 * - `header`: the header is damaged or belongs to another volume, or KMS does not accept its ciphertext
 * - `mismatch`: KMS decrypted the key, and the volume does not accept it
 * - `machine`: a program, a device or the file system failed or is missing
 * - `state`: the volume is open, or is not open
 * - `other`: KMS refuses the call for another reason
 */
export type VolumeFailure =
  | 'denied'
  | 'key'
  | 'unreachable'
  | 'header'
  | 'mismatch'
  | 'machine'
  | 'state'
  | 'other'

/** A failed command on a volume. Its message holds no secret. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError'
  readonly failure: VolumeFailure
  /** The error code of KMS. */
  readonly code: string | undefined
  /** The request ID of the refused call, if Holdfast can explain it. */
  readonly requestId: string | undefined

  constructor(
    failure: VolumeFailure,
    message: string,
    more: { readonly cause?: unknown; readonly code?: string; readonly requestId?: string | undefined } = {},
  ) {
    super(message, { cause: more.cause })
    this.failure = failure
    this.code = more.code
    this.requestId = more.requestId
  }
}
