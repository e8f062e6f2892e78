import { replace } from '../../store/records.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { SWITCHABLE } from '../keys/key-state.ts'
import { unusedDays } from '../keys/last-usage.ts'

/** Disables a key until it is enabled again. Source: AWS KMS API Reference, "DisableKey". */
export const disableKey = keyOperation(
  {
    name: 'DisableKey',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: SWITCHABLE,
    fetchContext: unusedDays,
    input: { KeyId: KEY_ID },
  },
  ({ key }) => ({
    changes: [replace(key.record, { ...key.record.value, state: 'Disabled' })],
    event: { response: { keyId: key.arn } },
  }),
)
