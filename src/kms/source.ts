import { keyArn } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import { validationError, wireName } from '../api/validate.ts'
import { type ParsedBlob, parseBlob } from '../custody/blob.ts'
import type { Call, Permission } from '../dispatch/operation.ts'
import { keyNotFound, parseIdentifier } from './identifier.ts'
import { resolveKey } from './key-operation.ts'
import { findKeyOfBlob, type Key } from './keys.ts'
import type { KmsParts } from './parts.ts'
import { parseCiphertext } from './symmetric.ts'

/** What a caller is told of a ciphertext whose key is not there, or not for them. */
const NO_USABLE_KEY =
  'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.'

type SourceInput = {
  readonly DryRun?: boolean | undefined
  readonly DryRunModifiers?: readonly string[] | undefined
  readonly CiphertextBlob?: Uint8Array | undefined
}

/**
 * The ciphertext to decrypt: nothing when the call is a dry run that asks to ignore it.
 *
 * @throws ValidationException when it is missing, or ignored without a key and a dry run.
 */
export function sourceCiphertext(
  input: SourceInput,
  keyMember: string,
  keyText: string | undefined,
): Uint8Array | undefined {
  const ignored = input.DryRunModifiers?.includes('IGNORE_CIPHERTEXT') ?? false
  if (ignored && input.DryRun !== true) {
    throw new KmsError('ValidationException', 'DryRunModifiers can be used only when DryRun is true.')
  }
  if (ignored && keyText === undefined) {
    throw new KmsError('ValidationException', `${keyMember} is required when the ciphertext is ignored.`)
  }
  if (ignored) return undefined
  if (input.CiphertextBlob === undefined) {
    const path = wireName('CiphertextBlob')
    throw validationError([`Value at '${path}' failed to satisfy constraint: Member must not be null`])
  }
  return input.CiphertextBlob
}

/**
 * The permission on the key of a ciphertext. Whoever may not use a key of another account is told
 * what they would be told if it were not there.
 */
export function sourcePermission(
  call: Call,
  keyText: string | undefined,
  permission: Permission,
): Permission {
  if (keyText === undefined) return { ...permission, hidden: noUsableKey() }
  if (keyText.startsWith('arn:')) return permission
  return { ...permission, hidden: keyNotFound(keyArn(call.region, call.caller.account, keyText)) }
}

function noUsableKey(): KmsError {
  return new KmsError('AccessDeniedException', NO_USABLE_KEY)
}

/** A ciphertext of a request, and what is to be done with it. */
export type SourceQuestion = {
  readonly call: Call
  readonly parts: KmsParts
  /** The permission that the caller needs on the key, without prefix. */
  readonly name: string
  readonly keyText: string | undefined
  readonly ciphertext: Uint8Array | undefined
}

/** The key that decrypts, and the ciphertext taken apart. */
export type Source = {
  readonly key: Key
  /** The parsed ciphertext; nothing when it is ignored. @throws InvalidCiphertextException, IncorrectKeyException. */
  readonly blob: () => ParsedBlob | undefined
}

/**
 * The key that decrypts a ciphertext: the one that the request names, or the one that the
 * ciphertext names.
 *
 * @throws NotFoundException, InvalidArnException, AccessDeniedException, InvalidCiphertextException.
 */
export async function findSource(question: SourceQuestion): Promise<Source> {
  const { keyText, ciphertext } = question
  if (keyText === undefined) return findByCiphertext(question, parseCiphertext(ciphertext ?? NOTHING))
  const key = await findNamed(question, keyText)
  return { key, blob: () => (ciphertext === undefined ? undefined : blobOf(key, ciphertext)) }
}

const NOTHING = new Uint8Array(0)

async function findByCiphertext({ call, parts }: SourceQuestion, parsed: ParsedBlob): Promise<Source> {
  const { region, now } = call
  const key = await findKeyOfBlob({ records: parts.records, region, now }, parsed.keyId)
  if (key === undefined) throw noUsableKey()
  call.involve({ account: key.account, arn: key.arn })
  return { key, blob: () => parsed }
}

/** A bare id may be that of another account's key: the ciphertext says whose. */
async function findNamed(question: SourceQuestion, keyText: string): Promise<Key> {
  const { call, parts, name, ciphertext } = question
  const identifier = parseIdentifier(keyText, call.caller.account, call.region)
  const named = ciphertext && parseBlob(ciphertext)
  if (identifier.type === 'key' && keyText === identifier.keyId && named?.keyId === keyText) {
    const { region, now } = call
    const key = await findKeyOfBlob({ records: parts.records, region, now }, keyText)
    if (key !== undefined) {
      call.involve({ account: key.account, arn: key.arn })
      return key
    }
  }
  return resolveKey({ call, parts, facts: { name, aliases: true, crossAccount: true }, text: keyText })
}

function blobOf(key: Key, ciphertext: Uint8Array): ParsedBlob {
  const parsed = parseCiphertext(ciphertext)
  if (parsed.keyId === key.keyId) return parsed
  throw new KmsError('IncorrectKeyException', INCORRECT_KEY)
}

const INCORRECT_KEY = 'The key ID in the request does not identify a CMK that can perform this operation.'
