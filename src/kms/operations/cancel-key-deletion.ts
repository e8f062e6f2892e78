import { always, text } from '../../api/shapes.ts'
import { replace } from '../../store/records.ts'
import { lacksKeyMaterial } from '../import/import.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { PENDING_DELETION_ONLY } from '../keys/key-state.ts'

/**
 * Cancels the scheduled deletion of a key, which is disabled afterwards.
 * Source: AWS KMS API Reference, "CancelKeyDeletion".
 */
export const cancelKeyDeletion = keyOperation(
  {
    name: 'CancelKeyDeletion',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: PENDING_DELETION_ONLY,
    input: { KeyId: KEY_ID },
    output: { KeyId: always(text()) },
  },
  ({ key }) => {
    const { deletion: _, ...kept } = key.record.value
    return {
      output: { KeyId: key.arn },
      changes: [
        replace(key.record, { ...kept, state: lacksKeyMaterial(kept) ? 'PendingImport' : 'Disabled' }),
      ],
      event: { response: { keyId: key.arn } },
    }
  },
)
