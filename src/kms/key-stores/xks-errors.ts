import { type ErrorCode, KmsError } from '../../api/errors.ts'
import { XksFailure, type XksReason } from '../../xks/client/failure.ts'
import type { ConnectionErrorCode } from './connection-errors.ts'

/** The error that callers of an operation get when a proxy has given no result. */
type CallerError = {
  readonly message: string
  /** The code of CreateCustomKeyStore and UpdateCustomKeyStore. */
  readonly store: ErrorCode
  /** The code of CreateKey. */
  readonly createKey: ErrorCode
  /** The error code in DescribeCustomKeyStores for such a failed connection. */
  readonly connection: ConnectionErrorCode
}

const STATE = 'CustomKeyStoreInvalidStateException'
const INVALID_RESPONSE = 'XksProxyInvalidResponseException'
const UNREACHABLE = 'XksProxyUriUnreachableException'
const KEY_CONFIGURATION = 'XksKeyInvalidConfigurationException'

const MALFORMED: CallerError = {
  message:
    'AWS KMS cannot interpret the response from the external key store proxy. If you see this error repeatedly, report it to your external key store proxy administrator.',
  store: INVALID_RESPONSE,
  createKey: STATE,
  connection: 'XKS_PROXY_INVALID_RESPONSE',
}

/**
 * Every reason, with AWS's texts. Where AWS names no code for an operation, because the reason is no
 * answer to its question, the code is that of an answer that cannot be interpreted.
 *
 * Source: AWS KMS Developer Guide, "Troubleshooting external key stores".
 */
const CALLER_ERRORS: { readonly [R in XksReason]: CallerError } = {
  ValidationException: MALFORMED,
  MalformedResponse: MALFORMED,
  InvalidStateException: {
    message:
      'The external key associated with this KMS key in an external key store is not enabled in the external key manager. Enable the external key in the external key manager and retry the request.',
    store: INVALID_RESPONSE,
    createKey: KEY_CONFIGURATION,
    connection: 'XKS_PROXY_INVALID_RESPONSE',
  },
  InvalidCiphertextException: {
    message:
      'The external key store proxy rejected the request because the specified ciphertext or encryption context is corrupted, missing, or otherwise invalid.',
    store: INVALID_RESPONSE,
    createKey: STATE,
    connection: 'XKS_PROXY_INVALID_RESPONSE',
  },
  InvalidKeyUsageException: {
    message:
      'The external key associated with this KMS key in an external key store does not support the requested operation. Enable the operation on the key in your external key manager, and try the request again.',
    store: INVALID_RESPONSE,
    createKey: KEY_CONFIGURATION,
    connection: 'XKS_PROXY_INVALID_RESPONSE',
  },
  AuthenticationFailedException: {
    message:
      'The external key store proxy rejected the request because it could not authenticate AWS KMS. Verify the XKS proxy authentication credentials for your external key store and update if necessary.',
    store: 'XksProxyIncorrectAuthenticationCredentialException',
    createKey: STATE,
    connection: 'INVALID_CREDENTIALS',
  },
  AccessDeniedException: {
    message:
      'The external key store proxy denied access to the operation. Verify that the user and the external key are both authorized for this operation, and try the request again.',
    store: INVALID_RESPONSE,
    createKey: 'KMSInvalidStateException',
    connection: 'XKS_PROXY_ACCESS_DENIED',
  },
  KeyNotFoundException: {
    message:
      'The external key associated with this KMS key in an external key store was not found in its external key manager. If the external key ID associated with this KMS key is incorrect, create a new KMS key with the correct external key ID.',
    store: INVALID_RESPONSE,
    createKey: 'XksKeyNotFoundException',
    connection: 'XKS_PROXY_INVALID_RESPONSE',
  },
  InvalidUriPathException: {
    message:
      'The external key store proxy rejected the request because of an invalid URI path. Verify the URI path for your external key store and update if necessary.',
    store: 'XksProxyInvalidConfigurationException',
    createKey: STATE,
    connection: 'XKS_PROXY_INVALID_CONFIGURATION',
  },
  UnsupportedOperationException: {
    message:
      'The external key store proxy rejected the request because it does not support the requested operation. If you see this error repeatedly, report it to your external key store proxy administrator.',
    store: INVALID_RESPONSE,
    createKey: STATE,
    connection: 'XKS_PROXY_INVALID_RESPONSE',
  },
  DependencyTimeoutException: {
    message:
      'The external key store proxy did not respond to the request in the time allotted. Retry the request. If you see this error repeatedly, report it to your external key store proxy administrator.',
    store: UNREACHABLE,
    createKey: STATE,
    connection: 'XKS_PROXY_TIMED_OUT',
  },
  ThrottlingException: {
    message:
      'The external key store proxy rejected the request due to a very high request rate. Reduce the frequency of your calls using KMS keys in this external key store.',
    store: UNREACHABLE,
    createKey: STATE,
    connection: 'XKS_PROXY_NOT_REACHABLE',
  },
  InternalException: {
    message:
      'The external key store proxy rejected the request because it cannot communicate with the external key manager. Verify that the external key store proxy configuration is correct and that the external key manager is available.',
    store: INVALID_RESPONSE,
    createKey: STATE,
    connection: 'XKS_PROXY_INVALID_RESPONSE',
  },
  Unreachable: {
    message:
      'AWS KMS cannot communicate with the external key store proxy. This might be a transient network issue. If you see this error repeatedly, verify that your external key store proxy is active and is connected to the network, and that its endpoint URI is correct in your external keystore.',
    store: UNREACHABLE,
    createKey: STATE,
    connection: 'XKS_PROXY_NOT_REACHABLE',
  },
  TlsFailed: {
    message:
      'AWS KMS cannot establish a TLS connection to the external key store proxy. Verify the TLS configuration, including its certificate.',
    store: UNREACHABLE,
    createKey: STATE,
    connection: 'XKS_PROXY_INVALID_TLS_CONFIGURATION',
  },
  TimedOut: {
    message:
      'AWS KMS rejected the request because the external key store proxy did not respond in time. Retry the request. If you see this error repeatedly, report it to your external key store proxy administrator.',
    store: UNREACHABLE,
    createKey: STATE,
    connection: 'XKS_PROXY_TIMED_OUT',
  },
}

/** The operations that have codes of their own; all others use a key. */
export type AskedBy = 'store' | 'createKey' | 'cryptography'

/** The result of a call to a proxy. @throws KmsError instead of an XksFailure. */
export async function askProxy<T>(askedBy: AskedBy, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (cause) {
    if (!(cause instanceof XksFailure)) throw cause
    throw proxyError(askedBy, cause)
  }
}

/** The error that a caller gets for a proxy's failure. */
function proxyError(askedBy: AskedBy, cause: XksFailure): KmsError {
  const callerError = CALLER_ERRORS[cause.reason]
  const code = askedBy === 'cryptography' ? 'KMSInvalidStateException' : callerError[askedBy]
  return new KmsError(code, callerError.message, { cause })
}

/** The error code in DescribeCustomKeyStores for a failed connection to a proxy. */
export function connectionErrorCode(error: unknown): ConnectionErrorCode {
  return error instanceof XksFailure ? CALLER_ERRORS[error.reason].connection : 'INTERNAL_ERROR'
}
