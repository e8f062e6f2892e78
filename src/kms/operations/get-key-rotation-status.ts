import { KmsError } from '../../api/errors.ts'
import { boolean, instant, integer, text } from '../../api/shapes.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { ANY_STATE } from '../keys/key-state.ts'
import type { Key } from '../keys/keys.ts'
import { epochSeconds } from '../keys/metadata.ts'

/**
 * Says whether a key rotates by itself, and when. Keys that cannot rotate by themselves are off like all others
 * that do not: tools read the status of every key of an account, whatever it is.
 *
 * Source: AWS KMS API Reference, "GetKeyRotationStatus"; recorded answers of AWS KMS.
 */
export const getKeyRotationStatus = keyOperation(
  {
    name: 'GetKeyRotationStatus',
    readOnly: true,
    aliases: false,
    crossAccount: true,
    states: ANY_STATE,
    input: { KeyId: KEY_ID },
    output: {
      KeyId: text(),
      KeyRotationEnabled: boolean(),
      NextRotationDate: instant(),
      OnDemandRotationStartDate: instant(),
      RotationPeriodInDays: integer(),
    },
    checkKey: (_, key) => checkHasMaterial(key),
  },
  ({ key }) => {
    const { rotation } = key.record.value
    // A key that is to be deleted does not rotate; its setting comes back when that is cancelled.
    const on = rotation !== undefined && !key.state.startsWith('Pending')
    return {
      output: {
        KeyId: key.arn,
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
