import { parseBase64, toBase64 } from '../base/bytes.ts'
import { UsageError } from '../base/usage-error.ts'

/** A value under a KMS key begins with one of these; the rest is the ciphertext blob as base64. */
const PREFIXES = ['kms:', 'aws:kms:'] as const
/** The limit of Decrypt. Source: AWS KMS API Reference, "Decrypt", CiphertextBlob. */
const CIPHERTEXT_MAX_BYTES = 6144
/** The maximum number of encrypted values of one start. */
const VALUES_MAX = 1000
/** How many calls of Decrypt are in flight at once. */
const DECRYPT_CONCURRENCY = 8

/** Decrypts one ciphertext blob. @throws Error whose message says why, and holds no part of the value. */
export type Decrypt = (ciphertext: Uint8Array) => Promise<Uint8Array>

/** Formats a ciphertext blob as the value of a variable. */
export function formatEncryptedValue(ciphertext: string): string {
  return `${PREFIXES[0]}${ciphertext}`
}

/**
 * The variables whose values are encrypted, with their ciphertext blobs.
 *
 * @throws UsageError that names each variable whose value has the prefix and no ciphertext.
 */
export function findEncryptedValues(variables: ReadonlyMap<string, string>): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  const problems: string[] = []
  for (const [name, value] of variables) {
    const prefix = PREFIXES.find((one) => value.startsWith(one))
    if (prefix === undefined) continue
    const bytes = parseBase64(value.slice(prefix.length).trim())
    if (bytes !== undefined && bytes.length > 0 && bytes.length <= CIPHERTEXT_MAX_BYTES)
      found.set(name, bytes)
    else problems.push(`${name}: expected ${prefix} and the base64 of at most ${CIPHERTEXT_MAX_BYTES} bytes`)
  }
  if (found.size > VALUES_MAX) problems.push(`expected at most ${VALUES_MAX} encrypted values`)
  if (problems.length > 0) throw new UsageError(problems.join('\n'))
  return found
}

/** Some values were not decrypted; the message names each variable with the reason of KMS. */
export class NotDecrypted extends Error {
  override readonly name = 'NotDecrypted'
}

/**
 * Decrypts all values, or none: {@link DECRYPT_CONCURRENCY} at a time, and equal ciphertexts once.
 *
 * @throws NotDecrypted when a value was not decrypted. After a failure it begins no other call.
 */
export async function decryptValues(
  values: ReadonlyMap<string, Uint8Array>,
  decrypt: Decrypt,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const waiting = namesByCiphertext(values).values()
  const plaintexts = new Map<string, Uint8Array>()
  const failures: string[] = []
  const decryptOne = async ({ ciphertext, names }: Waiting): Promise<void> => {
    try {
      const plaintext = await decrypt(ciphertext)
      for (const name of names) plaintexts.set(name, plaintext)
    } catch (error) {
      failures.push(`${names.join(', ')}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const work = async (): Promise<void> => {
    for (const one of waiting) {
      if (failures.length > 0) return
      await decryptOne(one)
    }
  }
  await Promise.all(Array.from({ length: DECRYPT_CONCURRENCY }, work))
  if (failures.length === 0) return plaintexts
  for (const plaintext of plaintexts.values()) plaintext.fill(0)
  throw new NotDecrypted(failures.join('\n'))
}

/** A ciphertext blob and the variables that have it. */
type Waiting = { readonly ciphertext: Uint8Array; readonly names: string[] }

function namesByCiphertext(values: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Waiting> {
  const found = new Map<string, Waiting>()
  for (const [name, ciphertext] of values) {
    const text = toBase64(ciphertext)
    const same = found.get(text)
    if (same === undefined) found.set(text, { ciphertext, names: [name] })
    else same.names.push(name)
  }
  return found
}
