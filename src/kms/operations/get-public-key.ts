import { KmsError } from '../../api/errors.ts'
import { KEY_SPECS } from '../../api/key-specs.ts'
import { blob, list, text } from '../../api/shapes.ts'
import { parseBase64 } from '../../base/bytes.ts'
import { GRANT_TOKENS, KEY_ID, keyOperation } from '../key-operation.ts'
import { entriesContext, requestAlias } from '../keys/key-context.ts'
import type { KeyState } from '../keys/key-record.ts'
import { publicKeyOf } from '../keys/keys.ts'
import { algorithms } from '../keys/metadata.ts'

const STATES: readonly KeyState[] = ['Enabled', 'Disabled', 'PendingImport', 'Updating']

/** Returns the public key of an asymmetric key. Source: AWS KMS API Reference, "GetPublicKey". */
export const getPublicKey = keyOperation(
  {
    name: 'GetPublicKey',
    readOnly: true,
    aliases: true,
    crossAccount: true,
    states: STATES,
    input: { KeyId: KEY_ID, GrantTokens: GRANT_TOKENS },
    output: {
      CustomerMasterKeySpec: text(),
      EncapsulationAlgorithms: list(text()),
      EncryptionAlgorithms: list(text()),
      MacAlgorithms: list(text()),
      KeyAgreementAlgorithms: list(text()),
      KeyId: text(),
      KeySpec: text(),
      KeyUsage: text(),
      PublicKey: blob(),
      SigningAlgorithms: list(text()),
    },
    context: (input) => entriesContext({ 'kms:requestalias': requestAlias(input.KeyId) }),
    checkKey: (_, { arn, record: { value } }) => {
      if (KEY_SPECS[value.spec].form !== 'private') throw new KmsError('UnsupportedOperationException')
      if (value.publicKey !== undefined) return
      throw new KmsError('KMSInvalidStateException', `${arn} is pending import.`)
    },
  },
  ({ key }) => {
    const { spec, usage } = key.record.value
    return {
      output: {
        KeyId: key.arn,
        PublicKey: parseBase64(publicKeyOf(key).spki),
        CustomerMasterKeySpec: spec,
        KeySpec: spec,
        KeyUsage: usage,
        ...algorithms(key.record.value),
      },
    }
  },
)
