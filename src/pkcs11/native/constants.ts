/** Numbers of PKCS #11 that Holdfast uses. Source: OASIS, PKCS #11 Specification Version 3.1, appendix B. */

/** Return values. */
export const CKR = {
  OK: 0x0n,
  HOST_MEMORY: 0x2n,
  GENERAL_ERROR: 0x5n,
  DATA_INVALID: 0x20n,
  DATA_LEN_RANGE: 0x21n,
  DEVICE_ERROR: 0x30n,
  DEVICE_MEMORY: 0x31n,
  DEVICE_REMOVED: 0x32n,
  ENCRYPTED_DATA_INVALID: 0x40n,
  ENCRYPTED_DATA_LEN_RANGE: 0x41n,
  KEY_HANDLE_INVALID: 0x60n,
  KEY_FUNCTION_NOT_PERMITTED: 0x68n,
  MECHANISM_INVALID: 0x70n,
  MECHANISM_PARAM_INVALID: 0x71n,
  OBJECT_HANDLE_INVALID: 0x82n,
  OPERATION_ACTIVE: 0x90n,
  PIN_INCORRECT: 0xa0n,
  PIN_INVALID: 0xa1n,
  PIN_LEN_RANGE: 0xa2n,
  PIN_EXPIRED: 0xa3n,
  PIN_LOCKED: 0xa4n,
  SESSION_CLOSED: 0xb0n,
  SESSION_HANDLE_INVALID: 0xb3n,
  TOKEN_NOT_PRESENT: 0xe0n,
  TOKEN_NOT_RECOGNIZED: 0xe1n,
  TOKEN_WRITE_PROTECTED: 0xe2n,
  USER_ALREADY_LOGGED_IN: 0x100n,
  USER_NOT_LOGGED_IN: 0x101n,
  USER_PIN_NOT_INITIALIZED: 0x102n,
  AEAD_DECRYPT_FAILED: 0x35n,
  CRYPTOKI_NOT_INITIALIZED: 0x190n,
  CRYPTOKI_ALREADY_INITIALIZED: 0x191n,
} as const

/** Flags of tokens (CKF_…). */
export const TOKEN_FLAG = {
  WRITE_PROTECTED: 0x2n,
  USER_PIN_INITIALIZED: 0x8n,
  TOKEN_INITIALIZED: 0x400n,
  USER_PIN_FINAL_TRY: 0x20000n,
  USER_PIN_LOCKED: 0x40000n,
} as const

/** Flags of a session: serial, as every session has to be, and for reading and writing. */
export const SESSION_FLAGS = 0x6n
/** The type of user that uses keys (CKU_USER). */
export const USER = 1n
/** The state of a session for reading and writing whose user is logged in (CKS_RW_USER_FUNCTIONS). */
export const LOGGED_IN = 3n

/** Attributes of objects. */
export const CKA = {
  CLASS: 0x0n,
  TOKEN: 0x1n,
  PRIVATE: 0x2n,
  LABEL: 0x3n,
  KEY_TYPE: 0x100n,
  ID: 0x102n,
  SENSITIVE: 0x103n,
  ENCRYPT: 0x104n,
  DECRYPT: 0x105n,
  WRAP: 0x106n,
  UNWRAP: 0x107n,
  VALUE_LEN: 0x161n,
  EXTRACTABLE: 0x162n,
  LOCAL: 0x163n,
  NEVER_EXTRACTABLE: 0x164n,
} as const

/** The class of secret keys (CKO_SECRET_KEY). */
export const SECRET_KEY = 4n
/** The type of AES keys (CKK_AES). */
export const AES = 0x1fn

/** Mechanisms. */
export const CKM = { AES_KEY_GEN: 0x1080n, AES_GCM: 0x1087n } as const
