import { KmsError } from '../../api/errors.ts'
import { boolean, optional } from '../../api/shapes.ts'
import { replace } from '../../store/records.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { entriesContext, keyContext } from '../keys/key-context.ts'
import {
  checkKeyPolicy,
  checkPolicyName,
  POLICY_NAME_TEXT,
  POLICY_TEXT,
  shownPolicy,
} from '../keys/key-policy.ts'
import { ANY_STATE } from '../keys/key-state.ts'
import { lockoutRisk } from '../keys/policy-lockout.ts'

/**
 * Replaces the key policy. `ExpectedPolicy` is Holdfast's own: the policy that GetKeyPolicy returned, of which the caller has
 * made the new one. Source: AWS KMS API Reference, "PutKeyPolicy".
 */
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
      ExpectedPolicy: optional(POLICY_TEXT),
    },
    // The event has the new policy; the policy before is in an event of its own.
    parameters: ({ ExpectedPolicy: _, ...input }) => input,
    context: (input) =>
      entriesContext({
        'kms:bypasspolicylockoutsafetycheck': input.BypassPolicyLockoutSafetyCheck?.toString(),
      }),
  },
  async ({ call, input, key, dependencies }) => {
    checkPolicyName(input.PolicyName)
    const { ExpectedPolicy: expected } = input
    if (expected !== undefined && expected !== (await shownPolicy(key.record.value, dependencies))) {
      throw new KmsError('ConflictException', 'The key policy is not the expected one.')
    }
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
