import { text } from '../../api/shapes.ts'
import { replace } from '../../store/records.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { NOT_PENDING_DELETION } from '../keys/key-state.ts'

/** Changes a key's description. Source: AWS KMS API Reference, "UpdateKeyDescription". */
export const updateKeyDescription = keyOperation(
  {
    name: 'UpdateKeyDescription',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: NOT_PENDING_DELETION,
    input: { KeyId: KEY_ID, Description: text({ max: 8192 }) },
  },
  ({ input, key }) => ({
    changes: [replace(key.record, { ...key.record.value, description: input.Description })],
    event: { response: { keyId: key.arn } },
  }),
)
