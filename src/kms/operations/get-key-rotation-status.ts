import { KmsError } from '../../api/errors.ts'
import { always, boolean, instant, integer, text } from '../../api/shapes.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { ANY_STATE } from '../keys/key-state.ts'
import type { Key } from '../keys/keys.ts'
import { epochSeconds } from '../keys/metadata.ts'

/**
 * Returns whether and when a key rotates automatically. For keys that cannot rotate, the status is off and no
 * error: tools read it for every key of an account.
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
      KeyId: always(text()),
      KeyRotationEnabled: always(boolean()),
      NextRotationDate: instant(),
      OnDemandRotationStartDate: instant(),
      RotationPeriodInDays: integer(),
    },
    checkKey: (_, key) => checkHasMaterial(key),
  },
  ({ key }) => {
    const { rotation } = key.record.value
    // A key pending deletion does not rotate; its setting applies again after a cancellation.
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

/** Refuses a key without key material because of its origin. Source: AWS KMS Developer Guide, "Key states". */
function checkHasMaterial(key: Key): void {
  if (key.state !== 'PendingImport') return
  throw new KmsError(
    'UnsupportedOperationException',
    `${key.arn} origin is EXTERNAL which is not valid for this operation.`,
  )
}
