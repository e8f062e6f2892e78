import { forAwsResource, GRANT_ID } from '../grants/grant-input.ts'
import { checkGrantId, getGrant, planRemoval } from '../grants/grants.ts'
import { DRY_RUN, KEY_ID, keyOperation } from '../key-operation.ts'
import { ANY_STATE } from '../keys/key-state.ts'

/**
 * Revokes a grant. No node accepts it after the answer.
 * Source: AWS KMS API Reference, "RevokeGrant".
 */
export const revokeGrant = keyOperation(
  {
    name: 'RevokeGrant',
    readOnly: false,
    aliases: false,
    crossAccount: true,
    states: ANY_STATE,
    input: { KeyId: KEY_ID, GrantId: GRANT_ID, DryRun: DRY_RUN },
    checkInput: (input) => checkGrantId(input.GrantId),
    context: (_, call) => forAwsResource(call),
  },
  async ({ input, key, dependencies }) => {
    const grant = await getGrant(dependencies.records, key, input.GrantId)
    return { changes: await planRemoval(dependencies, key, grant), event: { response: { keyId: key.arn } } }
  },
)
