/**
 * Why a token gave no result.
 *
 * - ModuleFailed: the library cannot be loaded or started.
 * - TokenAbsent: no slot has the token.
 * - TokenUnfit: it is not initialized, is write-protected, lacks AES-GCM, or is not the only one of its name.
 * - PinUnreadable: the file with the PIN cannot be used.
 * - PinRefused: the token refuses the PIN, or refused it before and the file has not changed since.
 * - PinLocked: the token takes no PIN any more, or would take only one more.
 * - PinMissing: the token has no PIN for users yet.
 * - PasswordWrong: a password that has to be the PIN is another one; the token was not asked.
 * - TokenFull: there is no room for another key.
 * - KeyMissing, KeyUnfit: the token lacks the key, or the key could leave the token.
 * - CiphertextInvalid: the ciphertext, or what is bound to it, is not that of the key.
 * - TimedOut, Busy, Crashed: of the process that calls the library.
 * - ClusterGone: the operator has configured no token for the cluster any more.
 * - Failed: any other error of the token.
 */
export const TOKEN_REASONS = [
  ...(['ModuleFailed', 'TokenAbsent', 'TokenUnfit', 'PinUnreadable', 'PinRefused', 'PinLocked'] as const),
  ...(['PinMissing', 'PasswordWrong', 'TokenFull', 'KeyMissing', 'KeyUnfit', 'CiphertextInvalid'] as const),
  ...(['TimedOut', 'Busy', 'Crashed', 'ClusterGone', 'Failed'] as const),
] as const
/** One of {@link TOKEN_REASONS}. */
export type TokenReason = (typeof TOKEN_REASONS)[number]

/** A token, or the process that calls its library, gave no result. The message is for the operator. */
export class TokenFailure extends Error {
  readonly reason: TokenReason

  constructor(reason: TokenReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TokenFailure'
    this.reason = reason
  }
}
