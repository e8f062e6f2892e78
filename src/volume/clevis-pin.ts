import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose'
import { parseBase64, toBase64 } from '../base/bytes.ts'
import { parseJsonText } from '../base/json-text.ts'
import { UsageError } from '../base/usage-error.ts'
import { VolumeError } from './volume-error.ts'
import { bytesOf, textOf, type VolumeKms } from './wrapped-key.ts'

/** The name of the pin: clevis finds `clevis-decrypt-kms` by it. */
const PIN = 'kms'
const VERSION = 1
/** The content is encrypted under the data key itself. Source: RFC 7518, sections 4.5 and 5.3. */
const ALGORITHMS = { alg: 'dir', enc: 'A256GCM' } as const
/** Source: AWS KMS API Reference, "Decrypt", CiphertextBlob. */
const CIPHERTEXT_MAX_BYTES = 6144

type Context = Readonly<Record<string, string>>
type Config = { readonly key: string; readonly context: Context }

/** The configuration that `clevis luks bind` passes: `{"key": "alias/…", "context": {"NAME": "VALUE"}}`. @throws UsageError. */
export function parsePinConfig(text: string): Config {
  const members = membersOf(jsonOf(text))
  const unknown = Object.keys(members).find((name) => name !== 'key' && name !== 'context')
  const { key } = members
  const context = parseContext(members['context'] ?? {})
  if (unknown === undefined && typeof key === 'string' && key !== '' && context !== undefined)
    return { key, context }
  throw new UsageError(`CONFIG: expected {"key": KEY, "context": {NAME: VALUE}}, where context may be absent`)
}

/** Encrypts what clevis gives under a new data key of KMS. Returns a JWE in compact form. @throws VolumeError. */
export async function encryptPin(
  kms: VolumeKms,
  { key, context }: Config,
  plaintext: Uint8Array,
): Promise<string> {
  const input = { KeyId: key, KeySpec: 'AES_256', EncryptionContext: context }
  await kms.allows('GenerateDataKey', input)
  const answer = await kms.call('GenerateDataKey', input)
  const [keyArn, ciphertext] = [textOf(answer, 'KeyId'), bytesOf(answer, 'CiphertextBlob')]
  await kms.allows('Decrypt', { KeyId: keyArn, CiphertextBlob: ciphertext, EncryptionContext: context })
  const dataKey = bytesOf(answer, 'Plaintext')
  try {
    const kmsMembers = { version: VERSION, keyArn, ciphertext: toBase64(ciphertext), context }
    return await new CompactEncrypt(plaintext)
      .setProtectedHeader({ ...ALGORITHMS, clevis: { pin: PIN, [PIN]: kmsMembers } })
      .encrypt(dataKey)
  } finally {
    dataKey.fill(0)
  }
}

/** The plaintext of a JWE of this pin. @throws VolumeError. */
export async function decryptPin(kms: VolumeKms, jwe: string): Promise<Uint8Array> {
  const { keyArn, ciphertext, context } = parsePin(jwe)
  const answer = await kms.call('Decrypt', {
    KeyId: keyArn,
    CiphertextBlob: ciphertext,
    EncryptionContext: context,
  })
  const dataKey = bytesOf(answer, 'Plaintext')
  try {
    const { plaintext } = await compactDecrypt(jwe, dataKey, {
      keyManagementAlgorithms: [ALGORITHMS.alg],
      contentEncryptionAlgorithms: [ALGORITHMS.enc],
    })
    return plaintext
  } catch (cause) {
    throw new VolumeError('mismatch', 'KMS decrypted the key of the JWE, and the JWE does not accept it', {
      cause,
    })
  } finally {
    dataKey.fill(0)
  }
}

type Pin = { readonly keyArn: string; readonly ciphertext: Uint8Array; readonly context: Context }

function parsePin(jwe: string): Pin {
  const malformed = (cause?: unknown): VolumeError =>
    new VolumeError('header', 'the JWE is not one of the pin kms', { cause })
  let header: unknown
  try {
    header = decodeProtectedHeader(jwe)
  } catch (cause) {
    throw malformed(cause)
  }
  const clevis = membersOf(membersOf(header)['clevis'])
  const { version, keyArn, ciphertext, context } = membersOf(clevis[PIN])
  const bytes = typeof ciphertext === 'string' ? parseBase64(ciphertext) : undefined
  const pairs = parseContext(context)
  if (clevis['pin'] !== PIN || version !== VERSION || typeof keyArn !== 'string') throw malformed()
  if (bytes === undefined || bytes.length === 0 || bytes.length > CIPHERTEXT_MAX_BYTES) throw malformed()
  if (pairs === undefined) throw malformed()
  return { keyArn, ciphertext: bytes, context: pairs }
}

function jsonOf(text: string): unknown {
  try {
    return parseJsonText(text)
  } catch (cause) {
    throw new UsageError(`CONFIG: ${cause instanceof Error ? cause.message : ''}`, { cause })
  }
}

function parseContext(value: unknown): Context | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const pairs = Object.entries(value).map(([name, text]) => [name, String(text)] as const)
  return Object.values(value).every((text) => typeof text === 'string')
    ? Object.fromEntries(pairs)
    : undefined
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
