import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ACCOUNT,
  FOREIGN_USER,
  KEY,
  keyFor,
  policy,
  ROOT,
  USER,
  USER_ARN,
} from '../../test/support/policies.ts'
import { ANY_NUMBER } from '../../test/support/unbounded-calls.ts'
import { KmsError } from '../api/errors.ts'
import { neverGiveWay } from '../base/slices.ts'
import type { CompiledPolicy } from '../policy/compile.ts'
import type { MatchedGrant, Principal } from '../policy/decide.ts'
import type { Operation, Permission } from './operation.ts'
import { runOperation } from './pipeline.ts'
import { RecordQueues } from './record-queues.ts'

const GRANT: MatchedGrant = { id: 'g', grantee: USER_ARN, issuingAccount: ACCOUNT }
const ROOT_ONLY = keyFor({ AWS: ROOT.arn })

type Asked = { readonly by: Principal; readonly policy: CompiledPolicy; readonly hidden?: KmsError }

/** What a call has come to whose permission these grants cover, and how often they were asked for. */
async function outcomeOf(
  { by, policy: keyPolicy, hidden }: Asked,
  grants: readonly MatchedGrant[],
): Promise<{ readonly result: string; readonly asked: number }> {
  let asked = 0
  const permission: Permission = {
    action: 'kms:Encrypt',
    resource: KEY,
    account: ACCOUNT,
    policy: keyPolicy,
    context: () => undefined,
    ...(hidden && { hidden }),
    grants: async () => {
      asked += 1
      return grants
    },
  }
  const operation: Operation = {
    service: 'kms',
    name: 'Encrypt',
    readOnly: true,
    members: {},
    parameters: () => null,
    begin: async () => ({ permissions: [permission], check: () => {}, run: () => ({}) }),
  }
  const account = 'account' in by ? by.account : ''
  const caller = {
    account,
    arn: by.arn,
    accessKeyId: 'AKIA',
    principal: by,
    identityJson: '{}',
    keys: () => undefined,
    policies: () => ({ identity: [] }),
  }
  const where = { requestId: 'r', region: 'eu-west-1', now: 0 }
  const call = {
    ...where,
    caller,
    input: {},
    context: () => undefined,
    involve: () => {},
    redact: () => {},
    identify: () => {},
  }
  try {
    await runOperation(operation, call, {
      finish: async () => {},
      renewed: async () => false,
      authenticatedAgain: async () => call,
      findPlace: () => ({}),
      inFlight: ANY_NUMBER,
      queues: new RecordQueues(),
      giveWay: neverGiveWay,
    })
    return { result: 'allowed', asked }
  } catch (error) {
    assert.ok(error instanceof KmsError)
    return { result: `${error.code} ${error.message}`, asked }
  }
}

test('grants are not asked for when the policies allow', async () => {
  assert.deepEqual(await outcomeOf({ by: ROOT, policy: ROOT_ONLY }, []), { result: 'allowed', asked: 0 })
})

test('grants are not asked for when a policy denies', async () => {
  const denying = policy('key', { Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*' })
  const { result, asked } = await outcomeOf({ by: USER, policy: denying }, [GRANT])
  assert.match(result, /^AccessDeniedException .* with an explicit deny in a resource-based policy$/)
  assert.equal(asked, 0)
})

test('a grant allows what the policies do not', async () => {
  const asked = { by: USER, policy: ROOT_ONLY }
  assert.deepEqual(await outcomeOf(asked, [GRANT]), { result: 'allowed', asked: 1 })
})

test('without a grant that names the caller, the refusal is that of the policies', async () => {
  const asked = { by: USER, policy: ROOT_ONLY }
  const denial =
    /^AccessDeniedException .* because no (identity|resource)-based policy allows the kms:Encrypt action$/
  assert.match((await outcomeOf(asked, [])).result, denial)
  assert.match((await outcomeOf(asked, [{ ...GRANT, grantee: `${USER_ARN}2` }])).result, denial)
})

test('a caller of another account whom no grant helps is told what hides the key', async () => {
  const hidden = new KmsError('AccessDeniedException', 'hidden')
  const asked = { by: FOREIGN_USER, policy: ROOT_ONLY, hidden }
  assert.deepEqual(await outcomeOf(asked, []), { result: 'AccessDeniedException hidden', asked: 1 })
})
