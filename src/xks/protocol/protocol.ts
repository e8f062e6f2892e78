/**
 * The XKS proxy API as data, shared by the client and the proxy. Source: AWS KMS External Key Store Proxy API
 * Specification, version 1.
 */

/** The service in the credential scope of every call. */
export const XKS_SERVICE = 'kms-xks-proxy'
/** The end of a proxy's path; the paths of keys and health are below it. */
export const XKS_PATH = '/kms/xks/v1'
/** The media type of both directions. */
export const XKS_MEDIA_TYPE = 'application/json'

/** The largest plaintext that a proxy accepts. */
export const XKS_PLAINTEXT_MAX_BYTES = 4300
/** The largest additional authenticated data. */
export const XKS_AAD_MAX_BYTES = 8192
/** The largest ciphertextMetadata. */
export const XKS_METADATA_MAX_BYTES = 20
/** The valid sizes of an initialization vector. */
export const XKS_IV_BYTES: readonly number[] = [12, 16]
/** The size of an authentication tag. */
export const XKS_TAG_BYTES = 16
/** The maximum length of an error message. */
export const XKS_MESSAGE_MAX_LENGTH = 511
/** The maximum number of key managers in an answer about health. */
export const XKS_FLEET_MAX = 10
/** The maximum number of usages in an answer about a key. */
export const XKS_USAGES_MAX = 10

/** The only encryption algorithm. */
export const XKS_ALGORITHM = 'AES_GCM'
/** The only algorithm of the integrity value. */
export const XKS_INTEGRITY_ALGORITHM = 'SHA_256'

/** The id of an external key. */
const EXTERNAL_KEY_ID = /^[A-Za-z0-9._-]{1,128}$/

/** Every error of the API with its status. */
export const XKS_ERRORS = {
  ValidationException: 400,
  InvalidStateException: 400,
  InvalidCiphertextException: 400,
  InvalidKeyUsageException: 400,
  AuthenticationFailedException: 401,
  AccessDeniedException: 403,
  KeyNotFoundException: 404,
  InvalidUriPathException: 404,
  ThrottlingException: 429,
  UnsupportedOperationException: 501,
  DependencyTimeoutException: 503,
  InternalException: 500,
} as const

/** A name of {@link XKS_ERRORS}. */
export type XksErrorName = keyof typeof XKS_ERRORS

/** Whether a text is the name of an error of the API. */
export function isXksErrorName(text: string): text is XksErrorName {
  return Object.hasOwn(XKS_ERRORS, text)
}

/** Whether a text is a valid external key ID: one of dots only would be a relative path segment. */
export function isExternalKeyId(text: string): boolean {
  return EXTERNAL_KEY_ID.test(text) && text !== '.' && text !== '..'
}

/** The health states of an external key manager. */
export const XKS_HEALTH = ['ACTIVE', 'DEGRADED', 'UNAVAILABLE'] as const
