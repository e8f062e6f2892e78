/** Why a custom key store could not be connected. Source: the service model, `ConnectionErrorCodeType`. */
export const CONNECTION_ERROR_CODES = [
  'CLUSTER_NOT_FOUND',
  'INSUFFICIENT_CLOUDHSM_HSMS',
  'INTERNAL_ERROR',
  'INVALID_CREDENTIALS',
  'NETWORK_ERRORS',
  'USER_LOCKED_OUT',
  'USER_NOT_FOUND',
  'XKS_PROXY_ACCESS_DENIED',
  'XKS_PROXY_INVALID_CONFIGURATION',
  'XKS_PROXY_INVALID_RESPONSE',
  'XKS_PROXY_INVALID_TLS_CONFIGURATION',
  'XKS_PROXY_NOT_REACHABLE',
  'XKS_PROXY_TIMED_OUT',
] as const
/** One of {@link CONNECTION_ERROR_CODES}. */
export type ConnectionErrorCode = (typeof CONNECTION_ERROR_CODES)[number]
