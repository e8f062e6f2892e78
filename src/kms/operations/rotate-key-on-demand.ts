import { KmsError } from '../../api/errors.ts'
import { always, text } from '../../api/shapes.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import type { KeyState } from '../keys/key-record.ts'
import { checkMayRotate, rotateToFresh, rotateToPending } from '../lifecycle/rotation.ts'

/** The maximum number of on-demand rotations in a key's lifetime. Source: AWS KMS Developer Guide, "Resource quotas". */
const ON_DEMAND_ROTATIONS_MAX = 25

/** The accepted states include those of keys in custom key stores, which are refused because of their origin. */
const STATES: readonly KeyState[] = ['Enabled', 'Updating', 'Unavailable']

/** Rotates the key material at once. Source: AWS KMS API Reference, "RotateKeyOnDemand". */
export const rotateKeyOnDemand = keyOperation(
  {
    name: 'RotateKeyOnDemand',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: STATES,
    input: { KeyId: KEY_ID },
    output: { KeyId: always(text()) },
    checkKey: (_, key) => {
      checkMayRotate(key, ['AWS_KMS', 'EXTERNAL'])
      if ((key.record.value.onDemandRotations ?? 0) < ON_DEMAND_ROTATIONS_MAX) return
      throw new KmsError('LimitExceededException', `${LIMIT_REACHED} ${key.arn}`)
    },
  },
  async ({ call, key, dependencies }) => {
    const rotate = key.record.value.origin === 'EXTERNAL' ? rotateToPending : rotateToFresh
    const { changes, event } = await rotate(dependencies, key, { type: 'ON_DEMAND', now: call.now })
    return {
      output: { KeyId: key.arn },
      changes,
      event: { response: { keyId: key.arn }, also: [event] },
    }
  },
)

const LIMIT_REACHED =
  'The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key:'
