import { KmsError } from '../../api/errors.ts'
import {
  KEY_SPECS,
  type KeyOrigin,
  type KeySpec,
  type KeyUsage,
  type OLDER_KEY_SPECS,
} from '../../api/key-specs.ts'

/** The kind of a new key in a request. */
export type KindInput = {
  readonly KeySpec?: KeySpec | undefined
  readonly CustomerMasterKeySpec?: (typeof OLDER_KEY_SPECS)[number] | undefined
  readonly KeyUsage?: KeyUsage | undefined
  readonly Origin?: KeyOrigin | undefined
}

/** The kind of a new key, defaults included. */
export type KeyKind = { readonly spec: KeySpec; readonly usage: KeyUsage; readonly origin: KeyOrigin }

/** The kind that a request asks for, defaults included. */
export function kindOf(input: KindInput): KeyKind {
  return {
    spec: input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT',
    usage: input.KeyUsage ?? 'ENCRYPT_DECRYPT',
    origin: input.Origin ?? 'AWS_KMS',
  }
}

/**
 * Checks that spec, usage and origin of a new key go together.
 *
 * @param sm2 whether the region has SM2 keys.
 * @throws ValidationException, UnsupportedOperationException. Source: recorded answers of AWS KMS.
 */
export function checkKind(input: KindInput, sm2: boolean): void {
  if (input.KeySpec !== undefined && input.CustomerMasterKeySpec !== undefined) throw invalid(BOTH_SPECS)
  const { spec, usage, origin } = kindOf(input)
  if (spec !== 'SYMMETRIC_DEFAULT' && input.KeyUsage === undefined) throw invalid(NO_USAGE)
  if (KEY_SPECS[spec].usages[usage] === undefined) {
    throw invalid(`KeyUsage ${usage} is not compatible with KeySpec ${spec}`)
  }
  checkRegion(spec, sm2)
  if (origin !== 'AWS_KMS' && !fitsOrigin(spec, origin)) {
    throw unsupported(`KeySpec ${spec} is not supported for Origin ${origin}`)
  }
}

/** Checks that a region has keys of this spec. @param sm2 whether it has SM2 keys. @throws UnsupportedOperationException. */
export function checkRegion(spec: KeySpec, sm2: boolean): void {
  if (spec === 'SM2' && !sm2) throw unsupported(`KeySpec ${spec} is not supported in this Region`)
}

const BOTH_SPECS =
  'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.'
const NO_USAGE = 'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.'

function fitsOrigin(spec: KeySpec, origin: KeyOrigin): boolean {
  return origin === 'EXTERNAL' ? KEY_SPECS[spec].importable : spec === 'SYMMETRIC_DEFAULT'
}

/**
 * Checks that a key of this kind may be used for an operation.
 *
 * @throws InvalidKeyUsageException.
 */
export function checkUsage(
  arn: string,
  has: { readonly usage: KeyUsage },
  wanted: KeyUsage,
  operation: string,
): void {
  if (has.usage === wanted) return
  throw new KmsError(
    'InvalidKeyUsageException',
    `${arn} key usage is ${has.usage} which is not valid for ${operation}.`,
  )
}

/** Checks that an algorithm is one of a key's. @throws InvalidKeyUsageException. */
export function checkAlgorithm(
  { spec, usage }: { readonly spec: KeySpec; readonly usage: KeyUsage },
  algorithm: string,
): void {
  const algorithms: readonly string[] = KEY_SPECS[spec].usages[usage] ?? []
  if (algorithms.includes(algorithm)) return
  throw new KmsError(
    'InvalidKeyUsageException',
    `Algorithm ${algorithm} is incompatible with key spec ${spec}.`,
  )
}

function invalid(message: string): KmsError {
  return new KmsError('ValidationException', message)
}

function unsupported(message: string): KmsError {
  return new KmsError('UnsupportedOperationException', message)
}
