import { KmsError } from '../../api/errors.ts'
import { always, blob, type Input, instant, type Members, oneOf, text } from '../../api/shapes.ts'
import {
  type ImportManner,
  importManner,
  WRAPPING_ALGORITHM_NAMES,
  WRAPPING_KEY_SPEC_NAMES,
} from '../../custody/import-rules.ts'
import { checkExternal } from '../import/import.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { currentKek } from '../keys/kek.ts'
import { entriesContext } from '../keys/key-context.ts'
import { keyRef } from '../keys/key-materials.ts'
import { IMPORTABLE } from '../keys/key-state.ts'
import type { Key } from '../keys/keys.ts'
import { epochSeconds } from '../keys/metadata.ts'

/** The validity of import parameters. Source: AWS KMS API Reference, "GetParametersForImport". */
const PARAMETERS_LIFE_MS = 86_400_000

const INPUT = {
  KeyId: KEY_ID,
  WrappingAlgorithm: oneOf(...WRAPPING_ALGORITHM_NAMES),
  WrappingKeySpec: oneOf(...WRAPPING_KEY_SPEC_NAMES),
} satisfies Members

/** Returns a wrapping key and an import token. Source: AWS KMS API Reference, "GetParametersForImport". */
export const getParametersForImport = keyOperation(
  {
    name: 'GetParametersForImport',
    readOnly: true,
    aliases: false,
    crossAccount: false,
    states: IMPORTABLE,
    input: INPUT,
    output: {
      ImportToken: always(blob()),
      KeyId: always(text()),
      ParametersValidTo: always(instant()),
      PublicKey: always(blob()),
    },
    context: (input) =>
      entriesContext({
        'kms:wrappingalgorithm': input.WrappingAlgorithm,
        'kms:wrappingkeyspec': input.WrappingKeySpec,
      }),
    checkKey: (input, key) => {
      checkExternal(key)
      mannerOf(input, key)
    },
  },
  async ({ call, input, key, dependencies }) => {
    const validTo = call.now + PARAMETERS_LIFE_MS
    const kekId = await currentKek(dependencies, key.account, key.region, call.now)
    const terms = { ...mannerOf(input, key), validTo }
    const { publicKey, token } = await dependencies.custody.importParameters(keyRef(key), terms, kekId)
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

/** @throws ValidationException when the algorithm cannot wrap the key's material. */
function mannerOf(input: Input<typeof INPUT>, key: Key): ImportManner {
  const { spec } = key.record.value
  const { WrappingAlgorithm: algorithm, WrappingKeySpec: wrappingSpec } = input
  const manner = importManner(spec, { algorithm, wrappingSpec })
  if (manner !== undefined) return manner
  throw new KmsError(
    'ValidationException',
    `WrappingAlgorithm ${algorithm} and WrappingKeySpec ${wrappingSpec} cannot be used to import key material for KeySpec ${spec}.`,
  )
}
