import assert from 'node:assert/strict'
import test from 'node:test'
import {
  ACCOUNT,
  ACCOUNT_KEY,
  ALIAS,
  ALLOW,
  DENY,
  FAILING,
  FEDERATED,
  FEDERATED_ARN,
  FOREIGN_ROOT,
  FOREIGN_USER,
  forAws,
  keyFor,
  LONG,
  NO,
  NOTHING,
  OTHER,
  policy,
  ROLE_ARN,
  ROOT,
  request,
  SERVICE,
  SESSION,
  SESSION_ARN,
  summary,
  USER,
  USER_ARN,
  YES,
} from '../../test/support/policies.ts'
import { type AccessRequest, decide, type Policies, type Principal } from './decide.ts'
import { EvaluationLimitError } from './evaluation.ts'
import { CROSS_ACCOUNT_ACTIONS } from './key-actions.ts'

/** Principal, policies, the summary. */
const CASES: readonly (readonly [string, Principal, Policies, string])[] = [
  ['the root user by its account', ROOT, { resource: ACCOUNT_KEY, identity: [] }, '+resource'],
  ['the root user without a statement', ROOT, { resource: forAws(USER_ARN), identity: [] }, '-resource'],
  ['the root user by everyone', ROOT, { resource: keyFor('*'), identity: [] }, '+resource'],
  ['the root user on a key without a policy', ROOT, { identity: [YES] }, '-resource'],
  ['a user by ARN', USER, { resource: forAws(USER_ARN), identity: [] }, '+resource'],
  ['a user by everyone', USER, { resource: keyFor('*'), identity: [NOTHING] }, '+resource'],
  [
    'a user by ARN, beyond its boundary',
    USER,
    { resource: forAws(USER_ARN), identity: [], boundary: NOTHING },
    '+resource',
  ],
  ['a user by account alone', USER, { resource: ACCOUNT_KEY, identity: [] }, '-identity'],
  ['a user by account and identity', USER, { resource: ACCOUNT_KEY, identity: [NOTHING, YES] }, '+identity'],
  ['a user by identity alone', USER, { resource: forAws(OTHER), identity: [YES] }, '-resource'],
  ['a user that identity denies', USER, { resource: forAws(USER_ARN), identity: [YES, NO] }, '!identity'],
  [
    'a user by account within its boundary',
    USER,
    { resource: ACCOUNT_KEY, identity: [YES], boundary: YES },
    '+identity',
  ],
  [
    'a user by account beyond its boundary',
    USER,
    { resource: ACCOUNT_KEY, identity: [YES], boundary: NOTHING },
    '-boundary',
  ],
  [
    'a user that its boundary denies',
    USER,
    { resource: forAws(USER_ARN), identity: [YES], boundary: NO },
    '!boundary',
  ],
  ['a session by its own ARN', SESSION, { resource: forAws(SESSION_ARN), identity: [] }, '+resource'],
  [
    'a session by its own ARN, beyond limits',
    SESSION,
    { resource: forAws(SESSION_ARN), identity: [], boundary: NOTHING, session: [NOTHING] },
    '+resource',
  ],
  ['a session by its role', SESSION, { resource: forAws(ROLE_ARN), identity: [] }, '+resource'],
  [
    'a session by its role and its own ARN, beyond limits',
    SESSION,
    {
      resource: policy(
        'key',
        { ...ALLOW, Principal: { AWS: ROLE_ARN } },
        { ...ALLOW, Principal: { AWS: SESSION_ARN } },
      ),
      identity: [],
      session: [NOTHING],
    },
    '+resource',
  ],
  [
    'a session by its role, beyond the boundary',
    SESSION,
    { resource: forAws(ROLE_ARN), identity: [], boundary: NOTHING },
    '-boundary',
  ],
  [
    'a session by its role, beyond its session policy',
    SESSION,
    { resource: forAws(ROLE_ARN), identity: [], session: [NOTHING] },
    '-session',
  ],
  [
    'a session by its role, within one of two session policies',
    SESSION,
    { resource: forAws(ROLE_ARN), identity: [], session: [NOTHING, YES] },
    '+resource',
  ],
  [
    'a session by its role, within both of two session policies',
    SESSION,
    { resource: forAws(ROLE_ARN), identity: [], session: [YES, YES] },
    '+resource',
  ],
  [
    'a session with a session policy that denies',
    SESSION,
    { resource: forAws(ROLE_ARN), identity: [], session: [YES, NO] },
    '!session',
  ],
  ['a session by account and identity', SESSION, { resource: ACCOUNT_KEY, identity: [YES] }, '+identity'],
  [
    'a session by account beyond its session policy',
    SESSION,
    { resource: ACCOUNT_KEY, identity: [YES], session: [] },
    '-session',
  ],
  ['a session of another role', SESSION, { resource: forAws(`${ROLE_ARN}2`), identity: [YES] }, '-resource'],
  ['a federated user by its ARN', FEDERATED, { resource: forAws(FEDERATED_ARN), identity: [] }, '+resource'],
  [
    'a federated user by its maker, within limits',
    FEDERATED,
    { resource: forAws(USER_ARN), identity: [], session: [YES] },
    '+resource',
  ],
  [
    'a federated user by account without a session policy',
    FEDERATED,
    { resource: ACCOUNT_KEY, identity: [YES] },
    '-session',
  ],
  [
    'a federated user by account with a session policy',
    FEDERATED,
    { resource: ACCOUNT_KEY, identity: [YES], session: [YES] },
    '+identity',
  ],
  [
    'a service by name',
    SERVICE,
    { resource: keyFor({ Service: 's3.amazonaws.com' }), identity: [] },
    '+resource',
  ],
  ['a service by everyone', SERVICE, { resource: keyFor('*'), identity: [] }, '+resource'],
  ['a service by account', SERVICE, { resource: ACCOUNT_KEY, identity: [] }, '-resource'],
  [
    'the root user that the key policy denies',
    ROOT,
    { resource: policy('key', { ...ALLOW, Principal: '*' }, { ...DENY, Principal: '*' }), identity: [] },
    '!resource',
  ],
  [
    'the root user that a control denies',
    ROOT,
    { resource: ACCOUNT_KEY, identity: [], scps: [[NO]] },
    '!scp',
  ],
  [
    'the root user where a control level allows nothing',
    ROOT,
    { resource: ACCOUNT_KEY, identity: [], scps: [[YES], [NOTHING]] },
    '-scp',
  ],
  [
    'the root user where each control level allows',
    ROOT,
    { resource: ACCOUNT_KEY, identity: [], scps: [[YES], [NOTHING, YES]] },
    '+resource',
  ],
]

for (const [what, principal, policies, expected] of CASES) {
  test(`decide on ${what} gives ${expected}`, () => {
    assert.equal(summary(decide(request(principal), policies)), expected)
  })
}

const S3 = { ...ALLOW, Action: 's3:*' }
const S3_YES = policy('identity', S3)
const bucketFor = (principal: unknown, change = {}) =>
  policy('bucket', { ...S3, ...change, Principal: principal })

/** Principal, policies, the summary, for a request on an object of the account. */
const BUCKET_CASES: readonly (readonly [string, Principal, Policies, string])[] = [
  ['a user by identity, without a bucket policy', USER, { identity: [S3_YES] }, '+identity'],
  ['a user without any policy', USER, { identity: [] }, '-identity'],
  [
    'a user by the bucket policy alone',
    USER,
    { resource: bucketFor({ AWS: USER_ARN }), identity: [] },
    '+resource',
  ],
  [
    'a user by identity, not by the bucket policy',
    USER,
    { resource: bucketFor({ AWS: OTHER }), identity: [S3_YES] },
    '+identity',
  ],
  ['a user by account alone', USER, { resource: bucketFor({ AWS: ACCOUNT }), identity: [] }, '-identity'],
  [
    'a user that the bucket policy denies',
    USER,
    { resource: bucketFor('*', { Effect: 'Deny' }), identity: [S3_YES] },
    '!resource',
  ],
  [
    'a session by its role, beyond its session policy',
    SESSION,
    { resource: bucketFor({ AWS: ROLE_ARN }), identity: [], session: [YES] },
    '-session',
  ],
  [
    'the root user beside a bucket policy',
    ROOT,
    { resource: bucketFor({ AWS: OTHER }), identity: [] },
    '+root',
  ],
  [
    'a user of another account by both',
    FOREIGN_USER,
    { resource: bucketFor({ AWS: OTHER }), identity: [S3_YES] },
    '+resource',
  ],
  [
    'a user of another account by the bucket policy alone',
    FOREIGN_USER,
    { resource: bucketFor({ AWS: OTHER }), identity: [] },
    '-identity',
  ],
  [
    'a user of another account by identity alone',
    FOREIGN_USER,
    { resource: bucketFor({ AWS: ACCOUNT }), identity: [S3_YES] },
    '-resource',
  ],
  [
    'a user of another account on a bucket without a policy',
    FOREIGN_USER,
    { identity: [S3_YES] },
    '-resource',
  ],
]

test('a grant allows nothing on what is no key', () => {
  const grants = [{ id: 'g', grantee: USER_ARN, issuingAccount: ACCOUNT }]
  const policies = { identity: [], grants }
  assert.equal(summary(decide(request(USER, { resource: '*' }), policies)), '-identity')
  assert.equal(summary(decide(request(USER), policies)), '+grant')
})

for (const [what, principal, policies, expected] of BUCKET_CASES) {
  test(`decide on an object for ${what} gives ${expected}`, () => {
    const change = { action: 's3:GetObject', resource: 'arn:aws:s3:::bucket/key' }
    assert.equal(summary(decide(request(principal, change), policies)), expected)
  })
}

/** Principal, policies, the summary, for a request on a key of another account. */
const FOREIGN_CASES: readonly (readonly [string, Principal, Policies, string])[] = [
  [
    'a user whom both accounts allow',
    FOREIGN_USER,
    { resource: forAws(OTHER), identity: [YES] },
    '+resource',
  ],
  [
    'a user whom only the key policy allows',
    FOREIGN_USER,
    { resource: forAws(FOREIGN_USER.arn), identity: [] },
    '-identity',
  ],
  [
    'a user whom only its own account allows',
    FOREIGN_USER,
    { resource: ACCOUNT_KEY, identity: [YES] },
    '-resource',
  ],
  ['a user, by everyone and identity', FOREIGN_USER, { resource: keyFor('*'), identity: [YES] }, '+resource'],
  ['a user, by everyone alone', FOREIGN_USER, { resource: keyFor('*'), identity: [] }, '-identity'],
  [
    'a user beyond its boundary',
    FOREIGN_USER,
    { resource: forAws(FOREIGN_USER.arn), identity: [YES], boundary: NOTHING },
    '-boundary',
  ],
  [
    'a user whom a control leaves out',
    FOREIGN_USER,
    { resource: forAws(OTHER), identity: [YES], scps: [[NOTHING]] },
    '-scp',
  ],
  ['a root user of a named account', FOREIGN_ROOT, { resource: forAws(OTHER), identity: [] }, '+resource'],
  ['a root user of no named account', FOREIGN_ROOT, { resource: ACCOUNT_KEY, identity: [] }, '-resource'],
  ['a root user on a key without a policy', FOREIGN_ROOT, { identity: [] }, '-resource'],
]

for (const [what, principal, policies, expected] of FOREIGN_CASES) {
  test(`decide across accounts on ${what} gives ${expected}`, () => {
    assert.equal(summary(decide(request(principal), policies)), expected)
  })
}

test('decide across accounts allows only what works across accounts', () => {
  const policies = { resource: keyFor('*'), identity: [] }
  for (const action of ['kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:GetKeyPolicy', 'kms:EnableKey']) {
    assert.equal(summary(decide(request(FOREIGN_ROOT, { action }), policies)), 'across')
  }
  for (const action of CROSS_ACCOUNT_ACTIONS) {
    const expected = action === 'kms:retiregrant' ? '-resource' : '+resource'
    assert.equal(summary(decide(request(FOREIGN_ROOT, { action }), policies)), expected)
  }
})

test('decide on an action without a resource asks identity policies only', () => {
  const listKeys = { action: 'kms:ListKeys', resource: '*' }
  const onKeys = policy('identity', { ...ALLOW, Resource: 'arn:aws:kms:*:*:*' })
  assert.equal(summary(decide(request(ROOT, listKeys), { identity: [] })), '+root')
  assert.equal(summary(decide(request(ROOT, listKeys), { identity: [], scps: [[NO]] })), '!scp')
  assert.equal(summary(decide(request(USER, listKeys), { identity: [YES] })), '+identity')
  assert.equal(summary(decide(request(USER, listKeys), { identity: [onKeys] })), '-identity')
  assert.equal(summary(decide(request(SERVICE, listKeys), { identity: [] })), '-identity')
  assert.equal(summary(decide(request(FOREIGN_ROOT, listKeys), { identity: [] })), '-resource')
})

test('decide on an alias, which has no policy, asks identity policies only', () => {
  const onAlias = { action: 'kms:CreateAlias', resource: ALIAS }
  assert.equal(summary(decide(request(ROOT, onAlias), { identity: [] })), '+root')
  assert.equal(summary(decide(request(USER, onAlias), { identity: [] })), '-identity')
  assert.equal(summary(decide(request(FOREIGN_ROOT, onAlias), { identity: [] })), '-resource')
})

test('decide never takes RetireGrant from a key policy, but its Deny', () => {
  const retire = { action: 'kms:RetireGrant' }
  assert.equal(summary(decide(request(ROOT, retire), { resource: keyFor('*'), identity: [] })), '-resource')
  const denying = policy('key', { ...DENY, Principal: '*' })
  assert.equal(summary(decide(request(ROOT, retire), { resource: denying, identity: [] })), '!resource')
})

test('decide names the statement that settled it', () => {
  const resource = policy(
    'key',
    { Effect: 'Allow', Principal: '*' },
    { ...ALLOW, Principal: { AWS: ACCOUNT }, Action: 'kms:Sign' },
    { ...ALLOW, Sid: 'the one', Principal: { AWS: ACCOUNT } },
    { ...ALLOW, Sid: 'the next', Principal: '*' },
  )
  assert.deepEqual(decide(request(ROOT), { resource, identity: [] }), {
    allow: true,
    by: { kind: 'Statement', policy: 'resource', statement: { policy: undefined, index: 2, sid: 'the one' } },
  })
})

test('decide denies what it cannot evaluate in its steps', () => {
  const resource = policy('key', FAILING)
  const decision = decide(request(ROOT, { context: () => LONG }), { resource, identity: [] })
  assert.ok(!decision.allow && decision.why.kind === 'Failed')
  assert.ok(decision.why.error instanceof EvaluationLimitError)
})

test('decide denies when a condition key cannot be looked up', () => {
  const context = (): never => {
    throw new Error('lookup failed')
  }
  assert.equal(
    summary(decide(request(ROOT, { context }), { resource: policy('key', FAILING), identity: [] })),
    'failed',
  )
})

test('decide looks up no condition key where no policy has conditions', () => {
  const context = (): never => assert.fail('looked up')
  assert.equal(decide(request(ROOT, { context }), { resource: ACCOUNT_KEY, identity: [] }).allow, true)
})

test('tagging a session is for the trust policy of a role, and for identity policies of a federated user', () => {
  const asked = (resource: string): AccessRequest => request(USER, { action: 'sts:TagSession', resource })
  const allowing = { identity: [policy('identity', { Effect: 'Allow', Action: 'sts:*', Resource: '*' })] }
  assert.equal(decide(asked(`arn:aws:sts::${ACCOUNT}:federated-user/f`), allowing).allow, true)
  assert.equal(decide(asked(`arn:aws:sts::${ACCOUNT}:federated-user/f`), { identity: [] }).allow, false)
  assert.equal(decide(asked(ROLE_ARN), allowing).allow, false)
  const assuming = { action: 'sts:AssumeRole', resource: `arn:aws:sts::${ACCOUNT}:federated-user/f` }
  assert.equal(decide(request(USER, assuming), allowing).allow, false)
})
