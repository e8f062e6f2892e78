import { printableJson } from '../base/printable.ts'
import type { RecordedEvent } from './recorded-event.ts'

/** The maximum number of shown pairs of an encryption context. */
const PAIRS_SHOWN = 32

/** Possible causes of a failed decryption, the most frequent first. */
const CAUSES: readonly string[] = [
  'another encryption context than when it was encrypted: every name and value must be the same, in the same case, and none may be missing or added',
  'another key than the one that encrypted it, where the call names one',
  'not the whole ciphertext: cut off, changed, or encoded twice (base64 of base64, or text that was read as UTF-8)',
  'a ciphertext of another deployment, of AWS KMS, or of a key that is gone: each opens only what it has made itself',
]

/** Explains a call whose ciphertext could not be decrypted; nothing for any other. */
export function formatCiphertextFailure(event: RecordedEvent): readonly string[] {
  if (!isCiphertextFailure(event)) return []
  return [
    '',
    `encryption context of the call: ${formatContext(contextOf(event))}`,
    'The ciphertext did not open with the key and this context. It can be',
    ...CAUSES.map((cause) => `  - ${cause}`),
  ]
}

/** The same for programs. */
export function ciphertextFailureJson(event: RecordedEvent): object | undefined {
  return isCiphertextFailure(event)
    ? { encryptionContext: contextOf(event) ?? null, possibleCauses: CAUSES }
    : undefined
}

/** What an undecryptable ciphertext can be; nothing of any other call. */
export function ciphertextCauses(event: RecordedEvent): readonly string[] | undefined {
  return isCiphertextFailure(event) ? CAUSES : undefined
}

function isCiphertextFailure({ errorCode, eventName }: RecordedEvent): boolean {
  const opens = eventName === 'Decrypt' || eventName === 'ReEncrypt'
  return opens && (errorCode === 'InvalidCiphertextException' || errorCode === 'IncorrectKeyException')
}

function contextOf({ requestParameters }: RecordedEvent): object | undefined {
  const found = requestParameters?.['sourceEncryptionContext'] ?? requestParameters?.['encryptionContext']
  return typeof found === 'object' && found !== null ? found : undefined
}

function formatContext(context: object | undefined): string {
  const pairs = Object.entries(context ?? {})
  if (pairs.length === 0) return 'none'
  const shown = pairs
    .slice(0, PAIRS_SHOWN)
    .map(([name, value]) => `${printableJson(name)} = ${printableJson(value)}`)
  const more = pairs.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}
