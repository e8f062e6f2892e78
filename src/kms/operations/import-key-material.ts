import { KmsError } from '../../api/errors.ts'
import { always, text } from '../../api/shapes.ts'
import type { Call } from '../../dispatch/operation.ts'
import type { Change } from '../../store/records.ts'
import { checkExternal } from '../import/import.ts'
import {
  checkImportInput,
  checkImportMembers,
  expirationModel,
  IMPORT_INPUT,
  type ImportInput,
  importContext,
} from '../import/import-input.ts'
import { type Arrival, admit } from '../import/import-material.ts'
import { keyOperation } from '../key-operation.ts'
import { currentKek } from '../keys/kek.ts'
import { keyRef } from '../keys/key-materials.ts'
import { IMPORTABLE } from '../keys/key-state.ts'
import type { Key } from '../keys/keys.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'

/** Imports key material into a key. Source: AWS KMS API Reference, "ImportKeyMaterial". */
export const importKeyMaterial = keyOperation(
  {
    name: 'ImportKeyMaterial',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: [...IMPORTABLE, 'Updating'],
    input: IMPORT_INPUT,
    output: { KeyId: always(text()), KeyMaterialId: text() },
    context: importContext,
    checkInput: (input, call) => checkImportInput(input, call.now),
    checkKey: (input, key) => {
      checkExternal(key)
      checkImportMembers(input, key)
    },
    parameters: (input) => ({ ExpirationModel: expirationModel(input), ...input }),
  },
  async ({ call, input, key, dependencies }) => {
    const arrival = await receive(call, input, key, dependencies)
    const changes = await admit(dependencies, key, arrival)
    const symmetric = key.record.value.spec === 'SYMMETRIC_DEFAULT'
    return outcome(key, changes, symmetric ? arrival.made.materialId : undefined)
  },
)

function outcome(key: Key, changes: readonly Change[], materialId: string | undefined) {
  return {
    output: { KeyId: key.arn, KeyMaterialId: materialId },
    changes,
    event: { response: { keyId: key.arn, keyMaterialId: materialId } },
  }
}

/**
 * @throws InvalidImportTokenException, ExpiredImportTokenException; InvalidCiphertextException when unwrapping
 *   fails; IncorrectKeyMaterialException for other key material than the key's.
 */
async function receive(
  call: Call,
  input: ImportInput,
  key: Key,
  dependencies: KmsDependencies,
): Promise<Arrival> {
  const { account, region } = key
  const kekId = await currentKek(dependencies, account, region, call.now)
  const made = await dependencies.custody.receiveImport(keyRef(key), {
    token: input.ImportToken,
    encrypted: input.EncryptedKeyMaterial,
    now: call.now,
    kekId,
  })
  switch (made) {
    case 'wrong token':
      throw new KmsError('InvalidImportTokenException')
    case 'expired token':
      throw new KmsError('ExpiredImportTokenException')
    case 'not unwrapped':
      throw new KmsError('InvalidCiphertextException')
    case 'unfit material':
      throw new KmsError('IncorrectKeyMaterialException')
  }
  return { made, input, now: call.now }
}
