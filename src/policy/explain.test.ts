import assert from 'node:assert/strict'
import test from 'node:test'
import {
  ACCOUNT,
  ACCOUNT_KEY,
  ALLOW,
  DENY,
  FAILING,
  forAws,
  KEY,
  LONG,
  NOTHING,
  OTHER,
  policy,
  ROLE_ARN,
  request,
  SESSION,
  SESSION_ARN,
  USER,
  USER_ARN,
  YES,
} from '../../test/support/policies.ts'
import { compilePolicy } from './compile.ts'
import { explainDecision } from './explain.ts'
import { parsePolicy } from './parse.ts'

test('explainDecision lists each policy that was looked at, in the order of the evaluation', () => {
  const { policies, decision, grants, complete } = explainDecision(request(SESSION), {
    resource: ACCOUNT_KEY,
    identity: [NOTHING, YES],
    boundary: YES,
    session: [YES],
    scps: [[YES], [YES]],
    rcps: [[YES]],
    grants: [
      { id: 'g', grantee: ROLE_ARN, issuingAccount: ACCOUNT },
      { id: 'h', grantee: ACCOUNT, issuingAccount: ACCOUNT },
      { id: 'i', grantee: SESSION_ARN, issuingAccount: ACCOUNT },
      { id: 'j', grantee: OTHER, issuingAccount: ACCOUNT },
    ],
  })
  assert.ok(decision.allow && complete)
  assert.deepEqual(
    policies.map(({ kind, level, outcome }) => [kind, level, outcome]),
    [
      ['scp', 0, 'Allow'],
      ['scp', 1, 'Allow'],
      ['rcp', 0, 'Allow'],
      ['resource', undefined, 'Allow'],
      ['identity', undefined, 'Silent'],
      ['identity', undefined, 'Allow'],
      ['boundary', undefined, 'Allow'],
      ['session', undefined, 'Allow'],
    ],
  )
  assert.deepEqual(
    grants.map(({ grant, naming }) => [grant.id, naming]),
    [
      ['g', 'Limited'],
      ['h', 'Account'],
      ['i', 'Direct'],
      ['j', 'None'],
    ],
  )
})

test('explainDecision says which element, condition, key and value keeps a statement from matching', () => {
  const resource = policy(
    'key',
    { ...ALLOW, Sid: 'by name', Principal: { AWS: OTHER } },
    { ...DENY, NotPrincipal: { AWS: [USER_ARN, ACCOUNT] } },
    { ...ALLOW, Principal: { AWS: USER_ARN }, Action: ['kms:Sign', 'kms:Get*'], Resource: `${KEY}0` },
    { Effect: 'Allow', Principal: '*', NotAction: 'kms:*', NotResource: KEY },
    {
      ...ALLOW,
      Principal: '*',
      Condition: {
        StringLike: { 'test:A': ['x*', 'y*'], 'test:none': 'z' },
        'ForAllValues:StringNotEqualsIfExists': { 'test:list': 'b' },
        NotIpAddress: { 'test:ip': '10.0.0.0/8' },
        Bool: { 'test:yes': 'true' },
      },
    },
  )
  const context = new Map<string, string | readonly string[]>([
    ['test:a', 'zz'],
    ['test:list', ['a', 'b']],
    ['test:ip', '10.1.1.1'],
    ['test:yes', 'true'],
  ])
  const { policies } = explainDecision(request(USER, { context: (key) => context.get(key) }), {
    resource,
    identity: [],
  })
  const [trace] = policies
  const identities = [USER_ARN, ACCOUNT]
  assert.deepEqual(
    trace?.statements.map(({ matched, naming, misses }) => ({ matched, naming, misses })),
    [
      {
        matched: false,
        naming: 'None',
        misses: [{ element: 'Principal', wanted: [OTHER], found: identities }],
      },
      {
        matched: false,
        naming: 'None',
        misses: [{ element: 'NotPrincipal', wanted: [USER_ARN, ACCOUNT], found: identities }],
      },
      {
        matched: false,
        naming: 'Direct',
        misses: [
          { element: 'Action', wanted: ['kms:Sign', 'kms:Get*'], found: ['kms:Encrypt'] },
          { element: 'Resource', wanted: [`${KEY}0`], found: [KEY] },
        ],
      },
      {
        matched: false,
        naming: 'Direct',
        misses: [
          { element: 'NotAction', wanted: ['kms:*'], found: ['kms:Encrypt'] },
          { element: 'NotResource', wanted: [KEY], found: [KEY] },
        ],
      },
      {
        matched: false,
        naming: 'Direct',
        misses: [
          {
            element: 'Condition',
            operator: 'StringLike',
            key: 'test:A',
            wanted: ['x*', 'y*'],
            found: ['zz'],
          },
          {
            element: 'Condition',
            operator: 'StringLike',
            key: 'test:none',
            wanted: ['z'],
            found: undefined,
          },
          {
            element: 'Condition',
            operator: 'ForAllValues:StringNotEqualsIfExists',
            key: 'test:list',
            wanted: ['b'],
            found: ['a', 'b'],
          },
          {
            element: 'Condition',
            operator: 'NotIpAddress',
            key: 'test:ip',
            wanted: ['10.0.0.0/8'],
            found: ['10.1.1.1'],
          },
        ],
      },
    ],
  )
  assert.deepEqual(trace?.statements[0]?.source, { policy: undefined, index: 0, sid: 'by name' })
})

test('explainDecision gives a policy its name, and marks a Deny that matches', () => {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: [ALLOW, DENY] })
  const named = compilePolicy(parsePolicy(text, { flavour: 'identity' }), { name: 'inline' })
  const { policies } = explainDecision(request(USER), { resource: forAws(ACCOUNT), identity: [named] })
  const trace = policies.find(({ kind }) => kind === 'identity')
  assert.equal(trace?.name, 'inline')
  assert.equal(trace?.outcome, 'Deny')
  assert.deepEqual(
    trace?.statements.map(({ matched, source }) => [matched, source.policy]),
    [
      [true, 'inline'],
      [true, 'inline'],
    ],
  )
})

test('explainDecision stops where the policies cannot be evaluated', () => {
  const { decision, complete, policies } = explainDecision(request(USER, { context: () => LONG }), {
    resource: policy('key', FAILING),
    identity: [YES],
    scps: [[YES]],
  })
  assert.ok(!decision.allow && !complete)
  assert.deepEqual(
    policies.map(({ kind }) => kind),
    ['scp'],
  )
})

test('an ARN that is bound to who had the name before is shown as the unique id that it is bound to', () => {
  const [before, now] = ['AIDAEXAMPLEEXAMPLE234', 'AIDAOTHEROTHEROTHER23']
  const statement = { ...ALLOW, Principal: { AWS: [USER_ARN, OTHER] } }
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statement })
  const bindings = new Map([[USER_ARN, before]])
  const resource = compilePolicy(parsePolicy(text, { flavour: 'key' }), { bindings })
  const principal = { type: 'User', account: ACCOUNT, arn: USER_ARN, id: now } as const
  const { policies } = explainDecision(request(principal), { resource, identity: [] })
  assert.deepEqual(policies[0]?.statements[0]?.misses[0], {
    element: 'Principal',
    wanted: [before, OTHER],
    found: [USER_ARN, now, ACCOUNT],
  })
})
