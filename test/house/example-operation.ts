import { text } from '../../src/api/shapes.ts'
import { KEY_ID, keyOperation } from '../../src/kms/key-operation.ts'
import { ANY_STATE } from '../../src/kms/keys/key-state.ts'

/** Says where the key material of a key comes from. */
export const getKeyOrigin = keyOperation(
  {
    name: 'GetKeyOrigin',
    readOnly: true,
    aliases: true,
    crossAccount: false,
    states: ANY_STATE,
    input: { KeyId: KEY_ID },
    output: { KeyId: text(), Origin: text() },
  },
  ({ key }) => ({ output: { KeyId: key.arn, Origin: key.record.value.origin } }),
)
