import { keyArn } from '../../api/arn.ts'
import { KmsError } from '../../api/errors.ts'
import { validationError, wireName } from '../../api/validate.ts'
import { keyIdOfBlob } from '../../custody/store-blob.ts'
import type { Call, Permission } from '../../dispatch/operation.ts'
import { resolveKey } from '../key-operation.ts'
import { keyNotFound } from '../keys/identifier.ts'
import { checkAlgorithm, checkUsage } from '../keys/key-rules.ts'
import { findKeyOfBlob, type Key } from '../keys/keys.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { checkContext, isSymmetric, type Manner } from './encryption.ts'

/** The message for a ciphertext whose key does not exist, or that the caller may not use. */
const NO_USABLE_KEY =
  'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.'

type SourceInput = {
  readonly DryRun?: boolean | undefined
  readonly DryRunModifiers?: readonly string[] | undefined
  readonly CiphertextBlob?: Uint8Array | undefined
}

/**
 * The ciphertext to decrypt; nothing for a dry run that asks to ignore it.
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
 * The permission on the key of a ciphertext. A caller that may not use a key of another account gets the same
 * answer as if the key did not exist.
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

/** A ciphertext of a request, and the wanted action. */
export type SourceQuestion = {
  readonly call: Call
  readonly dependencies: KmsDependencies
  /** The permission that the caller needs on the key, without prefix. */
  readonly name: string
  readonly keyText: string | undefined
  readonly ciphertext: Uint8Array | undefined
}

/** The key that decrypts a ciphertext. */
export type Source = {
  readonly key: Key
  /** Fails when the ciphertext is another key's. @throws IncorrectKeyException. */
  readonly checkKey: () => void
}

const NOTHING_TO_CHECK = (): void => {}

/**
 * The key that decrypts a ciphertext: the one that the request names, or else the ciphertext.
 *
 * @throws NotFoundException, InvalidArnException, AccessDeniedException, InvalidCiphertextException.
 */
export async function findSource(question: SourceQuestion): Promise<Source> {
  const { keyText, ciphertext } = question
  const { region, now } = question.call
  const makerId = ciphertext && keyIdOfBlob(ciphertext)
  const maker = makerId
    ? await findKeyOfBlob({ records: question.dependencies.records, region, now }, makerId)
    : undefined
  if (keyText === undefined) {
    if (makerId === undefined) throw new KmsError('InvalidCiphertextException')
    if (maker === undefined) throw noUsableKey()
    return { key: involved(question, maker), checkKey: NOTHING_TO_CHECK }
  }
  const key = await findNamed(question, keyText, maker)
  return { key, checkKey: () => checkSame(key, makerId, maker) }
}

function involved({ call }: SourceQuestion, key: Key): Key {
  call.involve({ account: key.account, arn: key.arn })
  return key
}

/** A bare id may be that of another account's key: the ciphertext names the account. */
async function findNamed(question: SourceQuestion, keyText: string, maker: Key | undefined): Promise<Key> {
  const { call, dependencies, name } = question
  if (maker !== undefined && keyText === maker.keyId) return involved(question, maker)
  return resolveKey({ call, dependencies, facts: { name, aliases: true, crossAccount: true }, text: keyText })
}

/** An asymmetric ciphertext is no blob: if it looks like one by chance, it names no key that exists. */
function checkSame(key: Key, makerId: string | undefined, maker: Key | undefined): void {
  if (makerId === undefined || makerId === key.keyId) return
  if (maker === undefined && !isSymmetric(key)) return
  throw new KmsError('IncorrectKeyException', INCORRECT_KEY)
}

/**
 * Checks that the key of a ciphertext can open it, after its state.
 *
 * @throws IncorrectKeyException, InvalidKeyUsageException, ValidationException.
 */
export function checkSource({ key, checkKey }: Source, manner: Manner, operation: string): void {
  const { value } = key.record
  checkKey()
  checkUsage(key.arn, value, 'ENCRYPT_DECRYPT', operation)
  checkAlgorithm(value, manner.algorithm)
  checkContext(key, manner)
}

const INCORRECT_KEY = 'The key ID in the request does not identify a CMK that can perform this operation.'
