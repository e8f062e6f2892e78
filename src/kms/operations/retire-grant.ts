import { keyArn } from '../../api/arn.ts'
import { KmsError } from '../../api/errors.ts'
import { type Input, type Members, optional, text } from '../../api/shapes.ts'
import { defineOperation, type Invocation } from '../../dispatch/define-operation.ts'
import type { Call } from '../../dispatch/operation.ts'
import type { MatchedGrant } from '../../policy/decide.ts'
import type { Stored } from '../../store/records.ts'
import { constraintContext, GRANT_ID } from '../grants/grant-input.ts'
import { partyName } from '../grants/grant-party.ts'
import type { GrantValue } from '../grants/grant-record.ts'
import { checkGrantId, findGrant, getGrant, grantNotFound, planRemoval } from '../grants/grants.ts'
import { matchedAs } from '../grants/opened-grants.ts'
import { DRY_RUN, KEY_ID, keyPermission, openGrantToken, resolveKey } from '../key-operation.ts'
import { ANY_STATE } from '../keys/key-state.ts'
import type { KmsDependencies, KmsOperation } from '../kms-dependencies.ts'

const INPUT = {
  GrantToken: optional(text({ min: 1, max: 8192, sensitive: true })),
  KeyId: optional(KEY_ID),
  GrantId: optional(GRANT_ID),
  DryRun: DRY_RUN,
} satisfies Members
const FACTS = { name: 'RetireGrant', aliases: false, crossAccount: true, states: ANY_STATE }

type RetireInput = Input<typeof INPUT>

/**
 * Retires a grant; the grant itself names who may do so. Source: AWS KMS API Reference, "RetireGrant".
 */
export const retireGrant: KmsOperation = defineOperation(
  {
    service: 'kms',
    name: 'RetireGrant',
    readOnly: false,
    input: INPUT,
    onKey: FACTS,
  },
  ({ call, input, dependencies }: Invocation<typeof INPUT, KmsDependencies>) =>
    begin(call, input, dependencies),
)

async function begin(call: Call, input: RetireInput, dependencies: KmsDependencies) {
  const { keyText, grantId, byToken } = targetOf(call, input, dependencies)
  const key = await resolveKey({ call, dependencies, facts: FACTS, text: keyText })
  const grant = await findGrant(dependencies.records, key, grantId)
  // A caller without the key's account or the grant's token must not learn whether the grant exists.
  const mayKnow = byToken || key.account === call.caller.account
  if (grant === undefined && mayKnow) throw grantNotFound(grantId)
  const context = constraintContext(grant?.value.constraints ?? {}, () => undefined)
  const retirers = grant === undefined ? [] : retirersOf(grant)
  return {
    permissions: [
      { ...keyPermission({ call, key, dependencies }, 'RetireGrant', context), grants: async () => retirers },
    ],
    run: async () => ({
      changes: await planRemoval(dependencies, key, await getGrant(dependencies.records, key, grantId)),
      event: { response: { keyId: key.arn }, additional: { grantId } },
    }),
  }
}

type Target = { readonly keyText: string; readonly grantId: string; readonly byToken: boolean }

/** @throws ValidationException, InvalidGrantIdException, InvalidGrantTokenException. */
function targetOf(
  call: Call,
  { GrantToken, KeyId, GrantId }: RetireInput,
  dependencies: KmsDependencies,
): Target {
  const named = KeyId !== undefined || GrantId !== undefined
  if (GrantToken !== undefined && !named) {
    const { account, region, keyId, grantId } = openGrantToken(call, dependencies, GrantToken)
    return { keyText: keyArn(region, account, keyId), grantId, byToken: true }
  }
  if (GrantToken !== undefined || KeyId === undefined || GrantId === undefined) {
    throw new KmsError('ValidationException', EITHER)
  }
  checkGrantId(GrantId)
  return { keyText: KeyId, grantId: GrantId, byToken: false }
}

const EITHER = 'Either GrantToken, or both KeyId and GrantId, must be specified.'

/** The principals that may retire a grant; the policy engine checks further conditions. */
function retirersOf({ name, value }: Stored<GrantValue>): readonly MatchedGrant[] {
  const { grantee, retiring, operations, issuingAccount } = value
  const names = [issuingAccount]
  if (retiring !== undefined) names.push(partyName(retiring))
  if (operations.includes('RetireGrant')) names.push(partyName(grantee))
  return names.map((party) => matchedAs(name, value, party))
}
