import { KmsError } from '../../api/errors.ts'
import { oneOf } from '../../api/shapes.ts'
import { importFits, WRAPPING_ALGORITHM_NAMES, WRAPPING_KEY_SPEC_NAMES } from '../../custody/import-rules.ts'
import { entriesContext } from '../context.ts'
import { currentDomainKey } from '../domain-key.ts'
import { checkExternal } from '../import.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { IMPORTABLE } from '../key-state.ts'
import { keyRef } from '../materials.ts'
import { epochSeconds } from '../metadata.ts'

/** How long import parameters can be used. Source: AWS KMS API Reference, "GetParametersForImport". */
const PARAMETERS_LIFE_MS = 86_400_000

/** Gives what an import needs: a wrapping key and a token. Source: AWS KMS API Reference, "GetParametersForImport". */
export const getParametersForImport = keyOperation(
  {
    name: 'GetParametersForImport',
    readOnly: true,
    aliases: false,
    crossAccount: false,
    states: IMPORTABLE,
    input: {
      KeyId: KEY_ID,
      WrappingAlgorithm: oneOf(...WRAPPING_ALGORITHM_NAMES),
      WrappingKeySpec: oneOf(...WRAPPING_KEY_SPEC_NAMES),
    },
    context: (input) =>
      entriesContext({
        'kms:wrappingalgorithm': input.WrappingAlgorithm,
        'kms:wrappingkeyspec': input.WrappingKeySpec,
      }),
    checkKey: (input, key) => {
      checkExternal(key)
      const { spec } = key.record.value
      const { WrappingAlgorithm: algorithm, WrappingKeySpec: wrappingSpec } = input
      if (importFits(spec, { algorithm, wrappingSpec })) return
      throw new KmsError(
        'ValidationException',
        `WrappingAlgorithm ${algorithm} and WrappingKeySpec ${wrappingSpec} cannot be used to import key material for KeySpec ${spec}.`,
      )
    },
  },
  async ({ call, input, key, parts }) => {
    const validTo = call.now + PARAMETERS_LIFE_MS
    const domainKeyId = await currentDomainKey(parts, key.account, key.region, call.now)
    const { WrappingAlgorithm: algorithm, WrappingKeySpec: wrappingSpec } = input
    const terms = { algorithm, wrappingSpec, validTo }
    const { publicKey, token } = await parts.custody.importParameters(keyRef(key), terms, domainKeyId)
    return {
      output: {
        KeyId: key.arn,
        ImportToken: token,
        PublicKey: publicKey,
        ParametersValidTo: epochSeconds(validTo),
      },
    }
  },
)
