import { KmsError } from '../../api/errors.ts'
import {
  blob,
  type Input,
  type Members,
  oneOf,
  optional,
  pattern,
  text,
  timestamp,
} from '../../api/shapes.ts'
import type { EpochMs } from '../../base/ports.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { KEY_ID } from '../key-operation.ts'
import { entriesContext } from '../keys/key-context.ts'
import type { ExpirationModel } from '../keys/key-record.ts'
import type { Key } from '../keys/keys.ts'

/** The id of a key material in a request. Source: the service model. */
export const KEY_MATERIAL_ID = text({ min: 64, max: 64, pattern: pattern('^[a-f0-9]+$') })

/** The members of ImportKeyMaterial. */
export const IMPORT_INPUT = {
  KeyId: KEY_ID,
  ImportToken: blob({ min: 1, max: 6144 }),
  EncryptedKeyMaterial: blob({ min: 1, max: 6144 }),
  ValidTo: optional(timestamp()),
  ExpirationModel: optional(oneOf('KEY_MATERIAL_EXPIRES', 'KEY_MATERIAL_DOES_NOT_EXPIRE')),
  ImportType: optional(oneOf('NEW_KEY_MATERIAL', 'EXISTING_KEY_MATERIAL')),
  KeyMaterialDescription: optional(text({ min: 0, max: 256, pattern: pattern('^[a-zA-Z0-9:/_\\s.-]+$') })),
  KeyMaterialId: optional(KEY_MATERIAL_ID),
} satisfies Members

/** The input of ImportKeyMaterial. */
export type ImportInput = Input<typeof IMPORT_INPUT>

/** The furthest expiration. Source: AWS KMS API Reference, "ImportKeyMaterial", ValidTo. */
const VALID_MAX_MS = 365 * 86_400_000

/** The expiration model of a request, default included. */
export function expirationModel(input: ImportInput): ExpirationModel {
  return input.ExpirationModel ?? 'KEY_MATERIAL_EXPIRES'
}

/** Condition keys of ImportKeyMaterial. A model that is left out is absent. */
export function importContext(input: ImportInput): ContextLookup {
  return entriesContext({
    'kms:expirationmodel': input.ExpirationModel,
    'kms:validto': input.ValidTo === undefined ? undefined : String(Math.floor(input.ValidTo / 1000)),
  })
}

/**
 * Checks the expiration of a request, and that its members go together.
 *
 * @throws ValidationException. Source: recorded answers of AWS KMS.
 */
export function checkImportInput(input: ImportInput, now: EpochMs): void {
  const { ValidTo, ImportType } = input
  if (ImportType === 'NEW_KEY_MATERIAL') checkUnnamed(input)
  if (expirationModel(input) === 'KEY_MATERIAL_DOES_NOT_EXPIRE') {
    if (ValidTo === undefined) return
    throw invalid('A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE')
  }
  if (ValidTo === undefined) {
    throw invalid('A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES')
  }
  if (ValidTo <= now) throw invalid('ValidTo must be in the future')
  if (ValidTo > now + VALID_MAX_MS) throw invalid('ValidTo must be at most 365 days in the future')
}

/**
 * Checks that a request for new key material has no id of it, also when the type is new by default. @throws
 * ValidationException.
 */
export function checkUnnamed({ KeyMaterialId }: ImportInput): void {
  if (KeyMaterialId === undefined) return
  throw invalid('KeyMaterialId cannot be specified when ImportType is NEW_KEY_MATERIAL.')
}

/** Checks members that only symmetric encryption keys take. @throws ValidationException. */
export function checkImportMembers(input: ImportInput, key: Key): void {
  const { spec } = key.record.value
  if (spec === 'SYMMETRIC_DEFAULT') return
  for (const name of ['ImportType', 'KeyMaterialDescription', 'KeyMaterialId'] as const) {
    if (input[name] !== undefined) throw invalid(`${name} is not supported for KeySpec ${spec}.`)
  }
}

function invalid(message: string): KmsError {
  return new KmsError('ValidationException', message)
}
