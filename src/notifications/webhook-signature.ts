import { parseBase64, toBase64 } from '../base/bytes.ts'
import { type HmacKey, hmacKey, hmacSha256 } from '../crypto/hmac.ts'

/** The prefix of a secret. Source: Standard Webhooks, "Signature scheme". */
const SECRET_PREFIX = 'whsec_'
/** Sizes of a secret in bytes. Source: Standard Webhooks, "Signature scheme". */
const SECRET_MIN_BYTES = 24
const SECRET_MAX_BYTES = 64
/** Secrets at a time: the one in use, and a new or an old one. */
const SECRETS_MAX = 2

/**
 * The keys in a file of secrets, one per line.
 *
 * @throws Error that describes the expected form, and shows nothing of the file.
 */
export function parseSecrets(text: string): readonly HmacKey[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (lines.length === 0 || lines.length > SECRETS_MAX) {
    throw new Error(`it must have 1 or ${SECRETS_MAX} lines, each a secret`)
  }
  return lines.map((line) => {
    const bytes = line.startsWith(SECRET_PREFIX) ? parseBase64(line.slice(SECRET_PREFIX.length)) : undefined
    if (bytes !== undefined && bytes.length >= SECRET_MIN_BYTES && bytes.length <= SECRET_MAX_BYTES) {
      return hmacKey(bytes)
    }
    const size = `${SECRET_MIN_BYTES} to ${SECRET_MAX_BYTES} bytes`
    throw new Error(`a secret must be ${SECRET_PREFIX} and ${size} in base64`)
  })
}

/** A message to sign. */
export type SignedMessage = {
  readonly id: string
  /** Seconds since 1970. */
  readonly timestamp: number
  readonly body: string
}

/** The headers that identify and sign a message, names and values in turn. Source: Standard Webhooks. */
export function signatureHeaders(
  keys: readonly HmacKey[],
  { id, timestamp, body }: SignedMessage,
): readonly string[] {
  const signed = `${id}.${timestamp}.${body}`
  const signatures = keys.map((key) => `v1,${toBase64(hmacSha256(key, signed))}`)
  return [
    ...['webhook-id', id, 'webhook-timestamp', String(timestamp)],
    ...['webhook-signature', signatures.join(' ')],
  ]
}
