import { replace } from '../../store/records.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { NOT_PENDING_DELETION } from '../key-state.ts'

/** Lets a key be used again. Source: AWS KMS API Reference, "EnableKey". */
export const enableKey = keyOperation(
  {
    name: 'EnableKey',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: NOT_PENDING_DELETION,
    input: { KeyId: KEY_ID },
  },
  ({ key }) => ({
    changes: [replace(key.record, { ...key.record.value, state: 'Enabled' })],
    event: { response: { keyId: key.arn } },
  }),
)
