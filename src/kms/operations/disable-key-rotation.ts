import { KEY_ID, keyOperation } from '../key-operation.ts'
import { ROTATABLE } from '../keys/key-state.ts'
import { checkMayRotate, setRotation } from '../lifecycle/rotation.ts'

/** Disables the automatic rotation of a key. Source: AWS KMS API Reference, "DisableKeyRotation". */
export const disableKeyRotation = keyOperation(
  {
    name: 'DisableKeyRotation',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: ROTATABLE,
    input: { KeyId: KEY_ID },
    checkKey: (_, key) => checkMayRotate(key, ['AWS_KMS']),
  },
  async ({ key, dependencies }) => ({
    changes: await setRotation(dependencies, key, undefined),
    event: { response: { keyId: key.arn } },
  }),
)
