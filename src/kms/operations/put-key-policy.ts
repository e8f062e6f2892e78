import { boolean, optional } from '../../api/shapes.ts'
import { replace } from '../../store/records.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { entriesContext, keyContext } from '../keys/key-context.ts'
import { checkKeyPolicy, checkPolicyName, POLICY_NAME_TEXT, POLICY_TEXT } from '../keys/key-policy.ts'
import { ANY_STATE } from '../keys/key-state.ts'
import { lockoutRisk } from '../keys/policy-lockout.ts'

/** Replaces the key policy. Source: AWS KMS API Reference, "PutKeyPolicy". */
export const putKeyPolicy = keyOperation(
  {
    name: 'PutKeyPolicy',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: ANY_STATE,
    input: {
      KeyId: KEY_ID,
      PolicyName: optional(POLICY_NAME_TEXT),
      Policy: POLICY_TEXT,
      BypassPolicyLockoutSafetyCheck: optional(boolean()),
    },
    context: (input) =>
      entriesContext({
        'kms:bypasspolicylockoutsafetycheck': input.BypassPolicyLockoutSafetyCheck?.toString(),
      }),
  },
  async ({ call, input, key, dependencies }) => {
    checkPolicyName(input.PolicyName)
    const context = keyContext(key, call.caller.account, call.context)
    const bypassLockoutCheck = input.BypassPolicyLockoutSafetyCheck ?? false
    const proposal = { text: input.Policy, bypassLockoutCheck, call, context, keyArn: key.arn }
    const policies = await checkKeyPolicy(proposal, dependencies)
    return {
      changes: [replace(key.record, { ...key.record.value, ...policies })],
      event: {
        response: { keyId: key.arn },
        also: await lockoutRisk({ ...proposal, key, policies }, dependencies),
      },
    }
  },
)
