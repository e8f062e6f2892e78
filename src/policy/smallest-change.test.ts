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
  FOREIGN_USER,
  forAws,
  KEY,
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
  USER,
  USER_ARN,
  YES,
} from '../../test/support/policies.ts'
import { type AccessRequest, decide, type Policies, type Principal } from './decide.ts'
import { type Change, smallestChange, withChanges, withSent } from './smallest-change.ts'

/** `identity`, `resource for <name>`, `scp at 1`; for a Deny `!identity 0`. */
function short(change: Change): string {
  if (change.kind === 'SendContext')
    return change.keys.map(({ key, value }) => `send ${key}=${value ?? 'nothing'}`).join(' and ')
  const level = change.level === undefined ? '' : ` at ${change.level}`
  if (change.kind === 'LiftDeny') return `!${change.policy} ${change.statement.index}${level}`
  return `${change.policy}${level}${change.principal === undefined ? '' : ` for ${change.principal}`}`
}

const CLOSED = forAws(`arn:aws:iam::${ACCOUNT}:user/nobody`)

/** Who asks, the policies, the changes. */
const CASES: readonly (readonly [string, Principal, Policies, readonly string[]])[] = [
  ['an allowed request', USER, { resource: forAws(USER_ARN), identity: [] }, []],
  ['no identity policy', USER, { resource: ACCOUNT_KEY, identity: [] }, ['identity']],
  ['a closed key', USER, { resource: CLOSED, identity: [YES] }, [`resource for ${USER_ARN}`]],
  ['no key policy', USER, { identity: [] }, [`resource for ${USER_ARN}`]],
  ['a closed key, a role', SESSION, { resource: CLOSED, identity: [] }, [`resource for ${ROLE_ARN}`]],
  ['a closed key, its root user', ROOT, { resource: CLOSED, identity: [] }, [`resource for ${ROOT.arn}`]],
  ['a closed key, a service', SERVICE, { resource: CLOSED, identity: [] }, ['resource for s3.amazonaws.com']],
  [
    'a boundary that is silent',
    USER,
    { resource: ACCOUNT_KEY, identity: [YES], boundary: NOTHING },
    ['boundary'],
  ],
  [
    'a role whose boundary is silent',
    SESSION,
    { resource: ACCOUNT_KEY, identity: [YES], boundary: NOTHING },
    ['boundary'],
  ],
  [
    'a role whose session policy is silent',
    SESSION,
    { resource: forAws(ROLE_ARN), identity: [], session: [NOTHING] },
    ['session'],
  ],
  [
    'a role for which nothing allows',
    SESSION,
    { resource: CLOSED, identity: [], session: [], boundary: NOTHING },
    [`resource for ${SESSION_ARN}`],
  ],
  [
    'a federated user without a session policy',
    FEDERATED,
    { resource: ACCOUNT_KEY, identity: [YES] },
    ['session'],
  ],
  ['an identity Deny', USER, { resource: ACCOUNT_KEY, identity: [YES, NO] }, ['!identity 0']],
  [
    'a policy that is attached twice',
    USER,
    { resource: ACCOUNT_KEY, identity: [YES, NO, NO] },
    ['!identity 0'],
  ],
  [
    'one policy in two places',
    USER,
    { resource: ACCOUNT_KEY, identity: [YES, NO], boundary: NO, scps: [[YES], [NO]] },
    ['!scp 0 at 1', '!identity 0', '!boundary 0', 'scp at 1', 'boundary'],
  ],
  [
    'Denies everywhere and nothing that allows',
    USER,
    {
      resource: policy('key', { ...DENY, Principal: '*' }, { ...DENY, Principal: { AWS: OTHER } }),
      identity: [policy('identity', ALLOW, DENY, { ...DENY, Action: 'kms:Sign' })],
      rcps: [[NO]],
    },
    ['!rcp 0 at 0', '!resource 0', '!identity 1', 'rcp at 0', `resource for ${USER_ARN}`],
  ],
  [
    'another account, both sides silent',
    FOREIGN_USER,
    { resource: CLOSED, identity: [] },
    ['identity', `resource for ${FOREIGN_USER.arn}`],
  ],
  [
    'another account, silent beyond its boundary',
    FOREIGN_USER,
    { resource: keyFor('*'), identity: [], boundary: NOTHING },
    ['identity', 'boundary'],
  ],
]

for (const [what, principal, policies, expected] of CASES) {
  test(`smallestChange for ${what} is ${expected.join(', ') || 'nothing'}`, () => {
    const asked = request(principal)
    const changes = smallestChange(asked, policies)
    assert.deepEqual(changes?.map(short), expected)
    assert.ok(decide(withSent(asked, changes ?? []), withChanges(policies, changes ?? [])).allow)
  })
}

test('smallestChange asks for exactly the action on exactly the resource', () => {
  const [change] = smallestChange(request(USER), { resource: ACCOUNT_KEY, identity: [] }) ?? []
  assert.deepEqual(change, {
    kind: 'AddAllow',
    policy: 'identity',
    level: undefined,
    action: 'kms:Encrypt',
    resource: KEY,
    principal: undefined,
    conditions: [],
  })
  const policies = withChanges({ resource: ACCOUNT_KEY, identity: [] }, change === undefined ? [] : [change])
  assert.equal(decide(request(USER, { action: 'kms:Decrypt' }), policies).allow, false)
  assert.equal(decide(request(USER, { resource: `${KEY}0` }), policies).allow, false)
})

test('smallestChange asks for all resources where the action has none', () => {
  const asked = request(USER, { action: 'kms:CreateKey', resource: '*' })
  const changes = smallestChange(asked, { identity: [] }) ?? []
  assert.deepEqual(changes.map(short), ['identity'])
  assert.ok(decide(asked, withChanges({ identity: [] }, changes)).allow)
})

/** What no policy can allow. */
const HOPELESS: readonly (readonly [string, AccessRequest, Policies])[] = [
  [
    'an action that does not work across accounts',
    request(FOREIGN_USER, { action: 'kms:DisableKey' }),
    { identity: [] },
  ],
  [
    'a retirement without a grant',
    request(USER, { action: 'kms:RetireGrant' }),
    { identity: [YES], rcps: [[NO]] },
  ],
  [
    'policies that take too long',
    request(USER, { context: () => LONG }),
    { resource: policy('key', FAILING), identity: [] },
  ],
  [
    'policies that take too long after a Deny',
    request(USER, { action: 'kms:CreateAlias', resource: ALIAS, context: () => LONG }),
    { identity: [NO], boundary: policy('identity', { ...DENY, Condition: FAILING.Condition }) },
  ],
]

for (const [what, asked, policies] of HOPELESS) {
  test(`smallestChange has nothing for ${what}`, () => {
    assert.equal(smallestChange(asked, policies), undefined)
  })
}
