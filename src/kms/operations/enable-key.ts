import type { EpochMs } from '../../base/ports.ts'
import { type Change, replace } from '../../store/records.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { isPrimary } from '../keys/key-set.ts'
import { SWITCHABLE } from '../keys/key-state.ts'
import type { Key } from '../keys/keys.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { rotationNote } from '../lifecycle/rotation.ts'

/** Enables a key. Source: AWS KMS API Reference, "EnableKey". */
export const enableKey = keyOperation(
  {
    name: 'EnableKey',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: SWITCHABLE,
    input: { KeyId: KEY_ID },
  },
  ({ call, key, dependencies }) => ({
    changes: [
      replace(key.record, { ...key.record.value, state: 'Enabled' }),
      ...missedRotation(dependencies, key, call.now),
    ],
    event: { response: { keyId: key.arn } },
  }),
)

/** Performs a rotation that became due while the key was disabled. */
function missedRotation(dependencies: KmsDependencies, key: Key, now: EpochMs): readonly Change[] {
  const { rotation } = key.record.value
  if (rotation === undefined || rotation.nextAt > now || !isPrimary(key)) return []
  return [rotationNote(dependencies, key, rotation.nextAt, now)]
}
