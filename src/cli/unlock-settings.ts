/** The settings by which unlock paths open. A command that opens the root key takes all of them. */
export const UNLOCK_SETTINGS = [
  'seal-credentials',
  'seal-command',
  'seal-kms-credentials',
  'pkcs11',
  'pkcs11-timeout',
] as const
