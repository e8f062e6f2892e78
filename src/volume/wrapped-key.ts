import { parseBase64 } from '../base/bytes.ts'
import { Secret } from '../base/secret.ts'
import { VolumeError } from './volume-error.ts'
import { CONTEXT_NAME, contextOf, KEY_BYTES, type Scheme, type VolumeToken } from './volume-token.ts'

type Texts = Readonly<Record<string, string>>
/** The input of a call; members without a value are left out. */
export type KmsInput = Readonly<
  Record<
    string,
    string | number | Uint8Array | readonly string[] | Texts | Readonly<Record<string, Texts>> | undefined
  >
>

/** The calls of KMS, which the command makes as its caller. */
export type VolumeKms = {
  /** Makes a call. @throws VolumeError. */
  readonly call: (operation: string, input: KmsInput) => Promise<Readonly<Record<string, unknown>>>
  /** Asks KMS whether the caller may make the call, by DryRun. @throws VolumeError when it may not. */
  readonly allows: (operation: string, input: KmsInput) => Promise<void>
}

/** A data key that KMS wrapped, and the key that wrapped it. */
export type WrappedKey = Pick<VolumeToken, 'volumeId' | 'keyArn' | 'scheme' | 'ciphertext'>

/** A grant for the machine that opens a volume. */
export type Grant = { readonly keyArn: string; readonly grantId: string; readonly token: string }

/** Has KMS make a data key for a volume, after KMS has said that the caller may. Nobody sees the key yet. */
export async function newWrappedKey(
  kms: VolumeKms,
  keyId: string,
  { volumeId, scheme }: { readonly volumeId: string; readonly scheme: Scheme },
): Promise<WrappedKey> {
  const operation = 'GenerateDataKeyWithoutPlaintext'
  const input = { KeyId: keyId, NumberOfBytes: KEY_BYTES[scheme], EncryptionContext: contextOf(volumeId) }
  await kms.allows(operation, input)
  const answer = await kms.call(operation, input)
  return { volumeId, scheme, keyArn: textOf(answer, 'KeyId'), ciphertext: bytesOf(answer, 'CiphertextBlob') }
}

/** Has KMS wrap the data key of a volume under another key, or for another volume. Nobody sees it. */
export async function rewrapKey(
  kms: VolumeKms,
  from: WrappedKey,
  to: { readonly keyId: string; readonly volumeId: string },
): Promise<WrappedKey> {
  const input = {
    CiphertextBlob: from.ciphertext,
    SourceKeyId: from.keyArn,
    SourceEncryptionContext: contextOf(from.volumeId),
    DestinationKeyId: to.keyId,
    DestinationEncryptionContext: contextOf(to.volumeId),
  }
  await kms.allows('ReEncrypt', input)
  const answer = await kms.call('ReEncrypt', input)
  const { volumeId } = to
  const ciphertext = bytesOf(answer, 'CiphertextBlob')
  return { volumeId, scheme: from.scheme, keyArn: textOf(answer, 'KeyId'), ciphertext }
}

/** Asks KMS whether the caller may decrypt. @throws VolumeError when not. */
export async function mayUnwrap(kms: VolumeKms, wrapped: WrappedKey, grantToken?: string): Promise<void> {
  await kms.allows('Decrypt', decryption(wrapped, grantToken))
}

/** The data key of a volume. @throws VolumeError. */
export async function unwrapKey(kms: VolumeKms, wrapped: WrappedKey, grantToken?: string): Promise<Secret> {
  const secret = new Secret(bytesOf(await kms.call('Decrypt', decryption(wrapped, grantToken)), 'Plaintext'))
  if (secret.sizeBytes === KEY_BYTES[wrapped.scheme]) return secret
  secret[Symbol.dispose]()
  throw new VolumeError(
    'mismatch',
    `KMS decrypted a key of another size than the scheme ${wrapped.scheme} has`,
  )
}

function decryption({ ciphertext, keyArn, volumeId }: WrappedKey, grantToken: string | undefined): KmsInput {
  return {
    CiphertextBlob: ciphertext,
    KeyId: keyArn,
    EncryptionContext: contextOf(volumeId),
    GrantTokens: grantToken === undefined ? undefined : [grantToken],
  }
}

/** What a grant for an opened volume allows: to decrypt its key, and to retire the grant. */
const GRANT_OPERATIONS = ['Decrypt', 'RetireGrant']

/** Creates a grant for a machine to decrypt the key of this volume alone. */
export async function grantFor(
  kms: VolumeKms,
  { keyArn, volumeId }: WrappedKey,
  { grantee, name }: { readonly grantee: string; readonly name: string },
): Promise<Grant> {
  const input = {
    KeyId: keyArn,
    GranteePrincipal: grantee,
    Operations: GRANT_OPERATIONS,
    Constraints: { EncryptionContextSubset: { [CONTEXT_NAME]: volumeId } },
    Name: name,
  }
  await kms.allows('CreateGrant', input)
  const answer = await kms.call('CreateGrant', input)
  return { keyArn, grantId: textOf(answer, 'GrantId'), token: textOf(answer, 'GrantToken') }
}

/** Retires a grant. One that is gone already counts as retired. */
export async function retireGrant(kms: VolumeKms, { keyArn, grantId }: Omit<Grant, 'token'>): Promise<void> {
  try {
    await kms.call('RetireGrant', { KeyId: keyArn, GrantId: grantId })
  } catch (error) {
    if (!(error instanceof VolumeError && error.code === 'NotFoundException')) throw error
  }
}

/** A text of an answer. @throws VolumeError without it. */
export function textOf(answer: Readonly<Record<string, unknown>>, member: string): string {
  const text = answer[member]
  if (typeof text === 'string' && text !== '') return text
  throw new VolumeError('unreachable', `the answer of KMS has no ${member}`)
}

/** Bytes of an answer. @throws VolumeError without them. */
export function bytesOf(answer: Readonly<Record<string, unknown>>, member: string): Uint8Array {
  const bytes = parseBase64(textOf(answer, member))
  if (bytes !== undefined && bytes.length > 0) return bytes
  throw new VolumeError('unreachable', `the answer of KMS has no ${member}`)
}
