import { always, text } from '../../api/shapes.ts'
import { present } from '../../base/assert.ts'
import type { Call } from '../../dispatch/operation.ts'
import { isWithin } from '../grants/grant-constraints.ts'
import {
  CREATE_GRANT_INPUT,
  type CreateGrantInput,
  checkGrantInput,
  constraintsOf,
  createGrantContext,
  operationsOf,
} from '../grants/grant-input.ts'
import { findParty } from '../grants/grant-party.ts'
import type { GrantTerms } from '../grants/grant-record.ts'
import { checkAgainstKey } from '../grants/grant-rules.ts'
import { planGrant } from '../grants/grants.ts'
import { keyOperation } from '../key-operation.ts'
import { USABLE } from '../keys/key-state.ts'
import type { Key } from '../keys/keys.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'

/**
 * Creates a grant. A caller whose permission comes from a grant can delegate only the operations and
 * constraints of that grant. Source: AWS KMS API Reference, "CreateGrant".
 */
export const createGrant = keyOperation(
  {
    name: 'CreateGrant',
    readOnly: false,
    aliases: false,
    crossAccount: true,
    states: [...USABLE, 'Unavailable'],
    input: CREATE_GRANT_INPUT,
    output: { GrantId: always(text()), GrantToken: always(text()) },
    checkInput: (input) => checkGrantInput(input),
    context: (input, call) => createGrantContext(input, call),
    coveredBy: (input, parent) => isWithin(bounds(input), parent),
    checkKey: (input, key) => checkAgainstKey(key.arn, key.record.value, bounds(input)),
  },
  ({ call, input, key, dependencies }) => create(call, input, key, dependencies),
)

function bounds(input: CreateGrantInput): Pick<GrantTerms, 'operations' | 'constraints'> {
  return { operations: operationsOf(input), constraints: constraintsOf(input) }
}

async function create(call: Call, input: CreateGrantInput, key: Key, dependencies: KmsDependencies) {
  const terms = await termsOf(call, input, dependencies)
  const { grantId, changes } = await planGrant(dependencies, key, terms, call.now)
  const { account, region, keyId } = key
  return {
    output: {
      GrantId: grantId,
      GrantToken: dependencies.grantTokens.seal({ account, region, keyId, grantId }),
    },
    changes,
    event: { response: { grantId, keyId: key.arn } },
  }
}

async function termsOf(
  call: Call,
  input: CreateGrantInput,
  dependencies: KmsDependencies,
): Promise<GrantTerms> {
  const { Name, GranteePrincipal, GranteeServicePrincipal, RetiringPrincipal, RetiringServicePrincipal } =
    input
  const grantee = await findParty(dependencies, { arn: GranteePrincipal, service: GranteeServicePrincipal })
  const retiring = await findParty(dependencies, {
    arn: RetiringPrincipal,
    service: RetiringServicePrincipal,
  })
  return {
    ...(Name !== undefined && { name: Name }),
    grantee: present(grantee, 'the grantee of a request that was checked'),
    ...(retiring !== undefined && { retiring }),
    issuingAccount: call.caller.account,
    ...bounds(input),
  }
}
