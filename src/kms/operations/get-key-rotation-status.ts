import { KmsError } from '../../api/errors.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { ANY_STATE } from '../key-state.ts'
import type { Key } from '../keys.ts'
import { epochSeconds } from '../metadata.ts'
import { checkRotates } from '../rotation.ts'

/** Says whether a key rotates by itself, and when. Source: AWS KMS API Reference, "GetKeyRotationStatus". */
export const getKeyRotationStatus = keyOperation(
  {
    name: 'GetKeyRotationStatus',
    readOnly: true,
    aliases: false,
    crossAccount: true,
    states: ANY_STATE,
    input: { KeyId: KEY_ID },
    checkKey: (_, key) => {
      checkRotates(key, ['AWS_KMS', 'EXTERNAL'])
      checkHasMaterial(key)
    },
  },
  ({ key }) => {
    const { rotation } = key.record.value
    // A key that is to be deleted does not rotate; its setting comes back when that is cancelled.
    const on = rotation !== undefined && !key.state.startsWith('Pending')
    return {
      output: {
        KeyId: key.keyId,
        KeyRotationEnabled: on,
        NextRotationDate: on ? epochSeconds(rotation.nextAt) : undefined,
        RotationPeriodInDays: on ? rotation.periodDays : undefined,
      },
    }
  },
)

/** Source: AWS KMS Developer Guide, "Key states": the origin is what is wrong with a key without material. */
function checkHasMaterial(key: Key): void {
  if (key.state !== 'PendingImport') return
  throw new KmsError(
    'UnsupportedOperationException',
    `${key.arn} origin is EXTERNAL which is not valid for this operation.`,
  )
}
