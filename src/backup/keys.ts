import type { Secret } from '../base/secret.ts'
import { hmacKey } from '../crypto/hmac.ts'
import { deriveKey } from '../crypto/kdf.ts'
import { envelopeKey } from '../custody/roots/envelope.ts'
import type { BackupKeys } from './create.ts'
import { BACKUP_KEY_INFO } from './format.ts'

/** The keys of a deployment that a backup needs. The root key is borrowed. */
export function backupKeysOf(root: Secret): BackupKeys {
  using key = deriveKey(root, BACKUP_KEY_INFO)
  return { key: key.reveal(hmacKey), envelopeKey: envelopeKey(root) }
}
