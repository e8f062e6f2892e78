import { KmsError } from '../../api/errors.ts'
import type { KeyUsage } from '../../api/key-specs.ts'
import { SYMMETRIC } from '../cryptography/symmetric.ts'
import type { KeyValue } from '../keys/key-record.ts'
import type { GrantConstraints, GrantOperation } from './grant-record.ts'

/** Pairs of one constraint, and characters of a value. Source: AWS KMS Developer Guide, "Creating grants". */
const CONSTRAINT_MAX_PAIRS = 8
const CONSTRAINT_VALUE_MAX_LENGTH = 384

/** For keys of every kind. */
const ON_ANY_KEY: readonly GrantOperation[] = ['DescribeKey', 'CreateGrant', 'RetireGrant']

const ON_SYMMETRIC: readonly GrantOperation[] = [
  'Encrypt',
  'Decrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
]
const PAIRS_ON_SYMMETRIC: readonly GrantOperation[] = [
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
]

const ON_OTHERS: { readonly [U in KeyUsage]: readonly GrantOperation[] } = {
  ENCRYPT_DECRYPT: ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GetPublicKey'],
  SIGN_VERIFY: ['Sign', 'Verify', 'GetPublicKey'],
  KEY_AGREEMENT: ['DeriveSharedSecret', 'GetPublicKey'],
  ENCAPSULATE_DECAPSULATE: ['Encapsulate', 'Decapsulate', 'GetPublicKey'],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac'],
}

/**
 * The operations that a grant on a key can list.
 *
 * Source: AWS KMS Developer Guide, "Grants in AWS KMS", "Grant operations".
 */
function grantableOn({ spec, usage, keyStore }: KeyValue): readonly GrantOperation[] {
  if (spec !== SYMMETRIC) return [...ON_OTHERS[usage], ...ON_ANY_KEY]
  return keyStore === undefined
    ? [...ON_SYMMETRIC, ...PAIRS_ON_SYMMETRIC, ...ON_ANY_KEY]
    : [...ON_SYMMETRIC, ...ON_ANY_KEY]
}

/** What is checked of a new grant against its key. */
type Proposed = { readonly operations: readonly GrantOperation[]; readonly constraints: GrantConstraints }

/**
 * @throws ValidationException when the key cannot do an operation of the grant, or has no encryption context
 * to constrain.
 */
export function checkAgainstKey(arn: string, value: KeyValue, { operations, constraints }: Proposed): void {
  const grantable = grantableOn(value)
  const wrong = operations.find((operation) => !grantable.includes(operation))
  if (wrong !== undefined) throw invalid(`The operation ${wrong} cannot be granted on ${arn}.`)
  const constrained = constraints.equals !== undefined || constraints.subset !== undefined
  if (constrained && value.spec !== SYMMETRIC) {
    throw invalid('Encryption context constraints are supported only with symmetric encryption keys.')
  }
}

/** @throws ValidationException when a constraint has too many pairs, or a value is too long. */
export function checkConstraints({ equals = [], subset = [] }: GrantConstraints): void {
  for (const pairs of [equals, subset]) {
    if (pairs.length > CONSTRAINT_MAX_PAIRS) {
      throw invalid(`A grant constraint has at most ${CONSTRAINT_MAX_PAIRS} pairs, got ${pairs.length}.`)
    }
    const long = pairs.find(([, value]) => value.length > CONSTRAINT_VALUE_MAX_LENGTH)
    if (long !== undefined) {
      const limit = `at most ${CONSTRAINT_VALUE_MAX_LENGTH} characters, got ${long[1].length}`
      throw invalid(`A value of a grant constraint has ${limit}.`)
    }
  }
}

function invalid(message: string): KmsError {
  return new KmsError('ValidationException', message)
}
