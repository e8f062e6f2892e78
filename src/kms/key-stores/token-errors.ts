import { type ErrorCode, KmsError } from '../../api/errors.ts'
import { TokenFailure, type TokenReason } from '../../pkcs11/failure.ts'
import type { ConnectionErrorCode } from './connection-errors.ts'

/** The errors that a failure of a token becomes. */
type CallerError = {
  readonly message: string
  /** The code of the operations on stores. */
  readonly store: ErrorCode
  /** The code of CreateKey; of GenerateRandom too, which has none for a wrong configuration. */
  readonly createKey: ErrorCode
  /** The code of operations that use a key. */
  readonly cryptography: ErrorCode
  /** The error code in DescribeCustomKeyStores for such a failed connection. */
  readonly connection: ConnectionErrorCode
}

const STATE = 'KMSInvalidStateException'
const STORE_STATE = 'CustomKeyStoreInvalidStateException'
const TIMEOUT = 'DependencyTimeoutException'
const INACTIVE = 'CloudHsmClusterNotActiveException'
const CONFIGURATION = 'CloudHsmClusterInvalidConfigurationException'

const NO_ANSWER: CallerError = {
  message: 'The cluster of this key store cannot be reached. Try the request again later.',
  store: INACTIVE,
  createKey: STORE_STATE,
  cryptography: STATE,
  connection: 'NETWORK_ERRORS',
}
const TOO_SLOW: CallerError = {
  message: 'The cluster of this key store did not respond in time. Try the request again.',
  store: INACTIVE,
  createKey: TIMEOUT,
  cryptography: TIMEOUT,
  connection: 'NETWORK_ERRORS',
}
const NO_LOGIN: CallerError = {
  message: 'AWS KMS cannot log in to the cluster of this key store. The operator has to change the PIN.',
  store: CONFIGURATION,
  createKey: STORE_STATE,
  cryptography: STATE,
  connection: 'INVALID_CREDENTIALS',
}
const NO_KEY: CallerError = {
  message: 'The key material of this KMS key is not in the cluster of its key store, or cannot be used.',
  store: CONFIGURATION,
  createKey: STORE_STATE,
  cryptography: STATE,
  connection: 'INTERNAL_ERROR',
}

/** Every reason. AWS records no texts for these. */
const CALLER_ERRORS: { readonly [R in TokenReason]: CallerError } = {
  ModuleFailed: NO_ANSWER,
  Crashed: NO_ANSWER,
  Failed: NO_ANSWER,
  TokenAbsent: { ...NO_ANSWER, connection: 'INSUFFICIENT_CLOUDHSM_HSMS' },
  ClusterGone: { ...NO_ANSWER, connection: 'CLUSTER_NOT_FOUND' },
  TimedOut: TOO_SLOW,
  Busy: TOO_SLOW,
  PinUnreadable: NO_LOGIN,
  PinRefused: NO_LOGIN,
  PasswordWrong: NO_LOGIN,
  PinLocked: { ...NO_LOGIN, connection: 'USER_LOCKED_OUT' },
  PinMissing: { ...NO_LOGIN, connection: 'USER_NOT_FOUND' },
  KeyMissing: NO_KEY,
  KeyUnfit: NO_KEY,
  TokenUnfit: {
    message: 'The cluster of this key store cannot hold keys of 256-bit AES.',
    store: CONFIGURATION,
    createKey: CONFIGURATION,
    cryptography: STATE,
    connection: 'INTERNAL_ERROR',
  },
  TokenFull: {
    message: 'The cluster of this key store has no room for another key.',
    store: CONFIGURATION,
    createKey: CONFIGURATION,
    cryptography: STATE,
    connection: 'INTERNAL_ERROR',
  },
  CiphertextInvalid: { ...NO_KEY, cryptography: 'InvalidCiphertextException' },
}

/** The operations that have codes of their own; all others use a key. */
type AskedBy = 'store' | 'createKey' | 'random' | 'cryptography'

function codeOf(callerError: CallerError, askedBy: AskedBy): ErrorCode {
  if (askedBy !== 'random') return callerError[askedBy]
  return callerError.createKey === TIMEOUT ? TIMEOUT : STORE_STATE
}

/** The result of a call to a token. @throws KmsError instead of a TokenFailure. */
export async function askToken<T>(askedBy: AskedBy, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (cause) {
    if (!(cause instanceof TokenFailure)) throw cause
    const callerError = CALLER_ERRORS[cause.reason]
    const code = codeOf(callerError, askedBy)
    const isMessageless = code === 'InvalidCiphertextException'
    throw new KmsError(code, isMessageless ? '' : callerError.message, { cause })
  }
}

/** The error code in DescribeCustomKeyStores for a failed connection to a token. */
export function tokenConnectionErrorCode(error: unknown): ConnectionErrorCode {
  return error instanceof TokenFailure ? CALLER_ERRORS[error.reason].connection : 'INTERNAL_ERROR'
}
