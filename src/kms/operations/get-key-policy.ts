import { always, optional, text } from '../../api/shapes.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { checkPolicyName, POLICY_NAME, POLICY_NAME_TEXT, shownPolicy } from '../keys/key-policy.ts'
import { ANY_STATE } from '../keys/key-state.ts'

/** Returns the text of the key policy. Source: AWS KMS API Reference, "GetKeyPolicy". */
export const getKeyPolicy = keyOperation(
  {
    name: 'GetKeyPolicy',
    readOnly: true,
    aliases: false,
    crossAccount: false,
    states: ANY_STATE,
    input: { KeyId: KEY_ID, PolicyName: optional(POLICY_NAME_TEXT) },
    output: { Policy: always(text()), PolicyName: always(text()) },
  },
  async ({ input, key, dependencies }) => {
    checkPolicyName(input.PolicyName)
    return { output: { Policy: await shownPolicy(key.record.value, dependencies), PolicyName: POLICY_NAME } }
  },
)
