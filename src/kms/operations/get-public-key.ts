import { KmsError } from '../../api/errors.ts'
import {
  ENCRYPTION_ALGORITHMS,
  KEY_SPEC_NAMES,
  KEY_SPECS,
  KEY_USAGES,
  MAC_ALGORITHMS,
  SIGNING_ALGORITHMS,
} from '../../api/key-specs.ts'
import { always, blob, list, oneOf, text } from '../../api/shapes.ts'
import { present } from '../../base/assert.ts'
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
      CustomerMasterKeySpec: always(oneOf(...KEY_SPEC_NAMES)),
      EncapsulationAlgorithms: list(oneOf('ML_KEM')),
      EncryptionAlgorithms: list(oneOf(...ENCRYPTION_ALGORITHMS)),
      MacAlgorithms: list(oneOf(...MAC_ALGORITHMS)),
      KeyAgreementAlgorithms: list(oneOf('ECDH')),
      KeyId: always(text()),
      KeySpec: always(oneOf(...KEY_SPEC_NAMES)),
      KeyUsage: always(oneOf(...KEY_USAGES)),
      PublicKey: always(blob()),
      SigningAlgorithms: list(oneOf(...SIGNING_ALGORITHMS)),
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
        PublicKey: present(parseBase64(publicKeyOf(key).spki), 'the public key'),
        CustomerMasterKeySpec: spec,
        KeySpec: spec,
        KeyUsage: usage,
        ...algorithms(key.record.value),
      },
    }
  },
)
