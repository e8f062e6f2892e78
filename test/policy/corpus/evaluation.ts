import type { Policies, Principal } from '../../../src/policy/decide.ts'
import {
  ACCOUNT_KEY,
  ALIAS,
  ALLOW,
  DENY,
  FEDERATED,
  FEDERATED_ARN,
  FOREIGN_ROOT,
  FOREIGN_USER,
  forAws,
  keyFor,
  NO,
  NOTHING,
  OTHER,
  policy,
  ROLE_ARN,
  ROOT,
  SERVICE,
  SESSION,
  SESSION_ARN,
  USER,
  USER_ARN,
  YES,
} from '../../support/policies.ts'
import { ask, type Row } from './row.ts'

const DENYING_KEY = policy('key', { ...ALLOW, Principal: '*' }, { ...DENY, Principal: '*' })

type Line = readonly [string, Principal, Policies, string]

/** IAM User Guide, "Policy evaluation logic", the enforcement code's steps in order, within one account. */
const STEPS: readonly Line[] = [
  ['nothing allows', USER, { identity: [] }, '-resource'],
  [
    'a Deny of the key policy comes first',
    USER,
    { resource: DENYING_KEY, identity: [NO], scps: [[NO]] },
    '!resource 1',
  ],
  ['a Deny of an SCP', USER, { resource: ACCOUNT_KEY, identity: [YES], scps: [[YES, NO]] }, '!scp 0 at 0'],
  [
    'a Deny of a lower SCP',
    USER,
    { resource: ACCOUNT_KEY, identity: [YES], scps: [[YES], [NO]] },
    '!scp 0 at 1',
  ],
  ['a Deny of an RCP', USER, { resource: ACCOUNT_KEY, identity: [YES], rcps: [[YES], [NO]] }, '!rcp 0 at 1'],
  ['a Deny of an identity policy', USER, { resource: ACCOUNT_KEY, identity: [YES, NO] }, '!identity 0'],
  ['a Deny of the boundary', USER, { resource: ACCOUNT_KEY, identity: [YES], boundary: NO }, '!boundary 0'],
  [
    'a Deny of a session policy',
    SESSION,
    { resource: ACCOUNT_KEY, identity: [YES], session: [NO] },
    '!session 0',
  ],
  ['a Deny beats a direct Allow', USER, { resource: forAws(USER_ARN), identity: [NO] }, '!identity 0'],
  [
    'a boundary Deny beats a direct Allow',
    USER,
    { resource: forAws(USER_ARN), identity: [], boundary: NO },
    '!boundary 0',
  ],
  [
    'a session Deny beats a direct Allow',
    SESSION,
    { resource: forAws(SESSION_ARN), identity: [], session: [NO] },
    '!session 0',
  ],
  [
    'an SCP that is silent beats a direct Allow',
    USER,
    { resource: forAws(USER_ARN), identity: [], scps: [[NOTHING]] },
    '-scp at 0',
  ],
  [
    'an RCP that is silent beats a direct Allow',
    USER,
    { resource: forAws(USER_ARN), identity: [], rcps: [[NOTHING]] },
    '-rcp at 0',
  ],
  [
    'SCPs come before RCPs',
    USER,
    { resource: ACCOUNT_KEY, identity: [YES], scps: [[]], rcps: [[]] },
    '-scp at 0',
  ],
  [
    'SCPs come before the key policy',
    USER,
    { resource: forAws(OTHER), identity: [], scps: [[]] },
    '-scp at 0',
  ],
  ['the key policy comes before identity', USER, { resource: forAws(OTHER), identity: [] }, '-resource'],
  [
    'identity comes before the boundary',
    USER,
    { resource: ACCOUNT_KEY, identity: [], boundary: NOTHING },
    '-identity',
  ],
  [
    'the boundary comes before the session',
    SESSION,
    { resource: ACCOUNT_KEY, identity: [YES], boundary: NOTHING, session: [] },
    '-boundary',
  ],
  [
    'the session is the last',
    SESSION,
    { resource: ACCOUNT_KEY, identity: [YES], boundary: YES, session: [] },
    '-session',
  ],
  [
    'all of them allow',
    SESSION,
    { resource: ACCOUNT_KEY, identity: [YES], boundary: YES, session: [YES], scps: [[YES]], rcps: [[YES]] },
    '+identity 0',
  ],
  [
    'the second identity policy allows',
    USER,
    { resource: ACCOUNT_KEY, identity: [NOTHING, YES] },
    '+identity 0',
  ],
  [
    'one of two session policies allows',
    SESSION,
    { resource: ACCOUNT_KEY, identity: [YES], session: [NOTHING, YES] },
    '+identity 0',
  ],
  [
    'one policy of each level allows',
    USER,
    { resource: ACCOUNT_KEY, identity: [YES], scps: [[NOTHING, YES], [YES]] },
    '+identity 0',
  ],
  ['no level of SCPs', USER, { resource: ACCOUNT_KEY, identity: [YES], scps: [], rcps: [] }, '+identity 0'],
  [
    'the third level is silent',
    USER,
    { resource: ACCOUNT_KEY, identity: [YES], scps: [[YES], [YES], [NOTHING]] },
    '-scp at 2',
  ],
]

/** "Permissions boundaries": what an implicit denial limits, by how the key policy names the principal. */
const LIMITS: readonly Line[] = [
  ['a user by ARN', USER, { resource: forAws(USER_ARN), identity: [], boundary: NOTHING }, '+resource 0'],
  ['a user by everyone', USER, { resource: keyFor('*'), identity: [], boundary: NOTHING }, '+resource 0'],
  ['a user by account', USER, { resource: ACCOUNT_KEY, identity: [YES], boundary: NOTHING }, '-boundary'],
  ['a role by ARN', SESSION, { resource: forAws(ROLE_ARN), identity: [], boundary: NOTHING }, '-boundary'],
  [
    'a role by ARN within it',
    SESSION,
    { resource: forAws(ROLE_ARN), identity: [], boundary: YES },
    '+resource 0',
  ],
  ['a role by account', SESSION, { resource: ACCOUNT_KEY, identity: [YES], boundary: NOTHING }, '-boundary'],
  [
    'a session by ARN',
    SESSION,
    { resource: forAws(SESSION_ARN), identity: [], boundary: NOTHING },
    '+resource 0',
  ],
  [
    'a session by everyone',
    SESSION,
    { resource: keyFor('*'), identity: [], boundary: NOTHING, session: [] },
    '+resource 0',
  ],
  [
    'a role by ARN beyond its session policy',
    SESSION,
    { resource: forAws(ROLE_ARN), identity: [], session: [NOTHING] },
    '-session',
  ],
  [
    'a role by ARN within its session policy',
    SESSION,
    { resource: forAws(ROLE_ARN), identity: [], session: [YES] },
    '+resource 0',
  ],
  [
    'a session by ARN beyond its session policy',
    SESSION,
    { resource: forAws(SESSION_ARN), identity: [], session: [NOTHING] },
    '+resource 0',
  ],
  [
    'a role by account beyond its session policy',
    SESSION,
    { resource: ACCOUNT_KEY, identity: [YES], session: [NOTHING] },
    '-session',
  ],
  ['a role by account without one', SESSION, { resource: ACCOUNT_KEY, identity: [YES] }, '+identity 0'],
  [
    'a federated user by ARN',
    FEDERATED,
    { resource: forAws(FEDERATED_ARN), identity: [], boundary: NOTHING, session: [NOTHING] },
    '+resource 0',
  ],
  [
    'a federated user by its maker, without a session policy',
    FEDERATED,
    { resource: forAws(USER_ARN), identity: [] },
    '-session',
  ],
  [
    'a federated user by its maker, beyond its session policy',
    FEDERATED,
    { resource: forAws(USER_ARN), identity: [], session: [NOTHING] },
    '-session',
  ],
  [
    'a federated user by its maker, beyond its boundary',
    FEDERATED,
    { resource: forAws(USER_ARN), identity: [], boundary: NOTHING, session: [YES] },
    '-boundary',
  ],
  [
    'a federated user by account, without a session policy',
    FEDERATED,
    { resource: ACCOUNT_KEY, identity: [YES] },
    '-session',
  ],
  [
    'a federated user by account, within its session policy',
    FEDERATED,
    { resource: ACCOUNT_KEY, identity: [YES], session: [YES] },
    '+identity 0',
  ],
  [
    'a federated user by account, whose maker may not',
    FEDERATED,
    { resource: ACCOUNT_KEY, identity: [], session: [YES] },
    '-identity',
  ],
  [
    'the firmer of two statements counts',
    SESSION,
    {
      resource: policy(
        'key',
        { ...ALLOW, Principal: { AWS: ROLE_ARN } },
        { ...ALLOW, Principal: { AWS: SESSION_ARN } },
      ),
      identity: [],
      session: [],
    },
    '+resource 1',
  ],
  [
    'the firmer of two, whatever their order',
    SESSION,
    {
      resource: policy(
        'key',
        { ...ALLOW, Principal: { AWS: SESSION_ARN } },
        { ...ALLOW, Principal: { AWS: ROLE_ARN } },
      ),
      identity: [],
      session: [],
    },
    '+resource 0',
  ],
  [
    'the firmer statement is about something else',
    SESSION,
    {
      resource: policy(
        'key',
        { ...ALLOW, Principal: { AWS: ROLE_ARN } },
        { ...ALLOW, Action: 'kms:Sign', Principal: { AWS: SESSION_ARN } },
      ),
      identity: [],
      session: [],
    },
    '-session',
  ],
  [
    'a statement for the account, for other actions',
    USER,
    {
      resource: policy(
        'key',
        { ...ALLOW, Action: 'kms:Sign', Principal: { AWS: OTHER } },
        { ...ALLOW, Action: 'kms:Sign', Principal: '*' },
      ),
      identity: [YES],
    },
    '-resource',
  ],
  [
    'identity Denies count without the account statement',
    USER,
    { resource: forAws(USER_ARN), identity: [NO] },
    '!identity 0',
  ],
  ['identity Allows do not', USER, { resource: forAws(ROLE_ARN), identity: [YES] }, '-resource'],
]

/** KMS Developer Guide, "Default key policy": the root user, and services. */
const ROOTS: readonly Line[] = [
  ['the root user by account', ROOT, { resource: ACCOUNT_KEY, identity: [] }, '+resource 0'],
  ['the root user of a key that is silent', ROOT, { resource: forAws(USER_ARN), identity: [] }, '-resource'],
  [
    'the root user under an SCP that denies',
    ROOT,
    { resource: ACCOUNT_KEY, identity: [], scps: [[NO]] },
    '!scp 0 at 0',
  ],
  [
    'the root user under an SCP that is silent',
    ROOT,
    { resource: ACCOUNT_KEY, identity: [], scps: [[NOTHING]] },
    '-scp at 0',
  ],
  [
    'the root user under an RCP that denies',
    ROOT,
    { resource: ACCOUNT_KEY, identity: [], rcps: [[YES, NO]] },
    '!rcp 0 at 0',
  ],
  [
    'the root user under an RCP that is silent',
    ROOT,
    { resource: ACCOUNT_KEY, identity: [], rcps: [[]] },
    '-rcp at 0',
  ],
  ['the root user on a key that denies', ROOT, { resource: DENYING_KEY, identity: [] }, '!resource 1'],
  [
    'a service by name',
    SERVICE,
    { resource: keyFor({ Service: 's3.amazonaws.com' }), identity: [] },
    '+resource 0',
  ],
  ['a service on a key that denies all', SERVICE, { resource: DENYING_KEY, identity: [] }, '!resource 1'],
  [
    'a service under an RCP that denies',
    SERVICE,
    { resource: keyFor('*'), identity: [], rcps: [[NO]] },
    '!rcp 0 at 0',
  ],
]

/** "Cross-account policy evaluation logic": two evaluations, both must allow. */
const FOREIGN: readonly Line[] = [
  ['both allow', FOREIGN_USER, { resource: forAws(OTHER), identity: [YES] }, '+resource 0'],
  [
    'only the key policy allows the user',
    FOREIGN_USER,
    { resource: forAws(FOREIGN_USER.arn), identity: [] },
    '-identity',
  ],
  ['only the key policy allows everyone', FOREIGN_USER, { resource: keyFor('*'), identity: [] }, '-identity'],
  ['only identity allows', FOREIGN_USER, { resource: ACCOUNT_KEY, identity: [YES] }, '-resource'],
  ['a key without a policy', FOREIGN_USER, { identity: [YES] }, '-resource'],
  [
    'a boundary that is silent',
    FOREIGN_USER,
    { resource: forAws(FOREIGN_USER.arn), identity: [YES], boundary: NOTHING },
    '-boundary',
  ],
  [
    'an SCP that is silent',
    FOREIGN_USER,
    { resource: forAws(OTHER), identity: [YES], scps: [[NOTHING]] },
    '-scp at 0',
  ],
  [
    'an RCP that is silent',
    FOREIGN_USER,
    { resource: forAws(OTHER), identity: [YES], rcps: [[NOTHING]] },
    '-rcp at 0',
  ],
  [
    'an RCP is asked after the own account',
    FOREIGN_USER,
    { resource: forAws(OTHER), identity: [], rcps: [[NOTHING]] },
    '-identity',
  ],
  ['a Deny of the key policy', FOREIGN_USER, { resource: DENYING_KEY, identity: [YES] }, '!resource 1'],
  [
    'a Deny of an identity policy',
    FOREIGN_USER,
    { resource: forAws(OTHER), identity: [YES, NO] },
    '!identity 0',
  ],
  [
    'a Deny of an RCP',
    FOREIGN_USER,
    { resource: forAws(OTHER), identity: [YES], rcps: [[NO]] },
    '!rcp 0 at 0',
  ],
  [
    'the root user of a named account',
    FOREIGN_ROOT,
    { resource: forAws(OTHER), identity: [] },
    '+resource 0',
  ],
  ['the root user of no named account', FOREIGN_ROOT, { resource: ACCOUNT_KEY, identity: [] }, '-resource'],
  [
    'the root user under its SCP',
    FOREIGN_ROOT,
    { resource: forAws(OTHER), identity: [], scps: [[NOTHING]] },
    '-scp at 0',
  ],
  [
    'a service is never foreign',
    SERVICE,
    { resource: keyFor({ Service: 's3.amazonaws.com' }), identity: [] },
    '+resource 0',
  ],
]

/** "Allowing users in other accounts to use a KMS key": what works across accounts. */
const ACROSS: readonly (readonly [string, string])[] = [
  ...['Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'GenerateDataKeyPair'].map(
    works,
  ),
  ...['GenerateDataKeyPairWithoutPlaintext', 'ReEncryptFrom', 'ReEncryptTo', 'Sign', 'Verify'].map(works),
  ...['GenerateMac', 'VerifyMac', 'DeriveSharedSecret', 'Encapsulate', 'Decapsulate', 'DescribeKey'].map(
    works,
  ),
  ...['GetKeyRotationStatus', 'GetPublicKey', 'ListGrants', 'CreateGrant', 'RevokeGrant'].map(works),
  ...['PutKeyPolicy', 'GetKeyPolicy', 'ListKeyPolicies', 'EnableKey', 'DisableKey'].map(fails),
  ...['ScheduleKeyDeletion', 'CancelKeyDeletion', 'TagResource', 'UntagResource', 'ListResourceTags'].map(
    fails,
  ),
  ...['EnableKeyRotation', 'DisableKeyRotation', 'UpdateKeyDescription', 'ImportKeyMaterial'].map(fails),
  ...['ReplicateKey', 'UpdatePrimaryRegion', 'CreateAlias', 'RotateKeyOnDemand'].map(fails),
]

function works(action: string): readonly [string, string] {
  return [action, '+resource 0']
}

function fails(action: string): readonly [string, string] {
  return [action, 'across']
}

/** Actions on things without a policy of their own: only identity policies decide. */
const PLAIN: readonly Row[] = [
  { asked: ask(USER, { action: 'kms:ListKeys', resource: '*' }), identity: [YES], expected: '+identity 0' },
  { asked: ask(USER, { action: 'kms:ListKeys', resource: '*' }), identity: [], expected: '-identity' },
  { asked: ask(ROOT, { action: 'kms:CreateKey', resource: '*' }), identity: [], expected: '+root' },
  {
    asked: ask(USER, { action: 'kms:CreateAlias', resource: ALIAS }),
    identity: [YES],
    expected: '+identity 0',
  },
  {
    asked: ask(USER, { action: 'kms:CreateAlias', resource: ALIAS }),
    identity: [NO],
    expected: '!identity 0',
  },
  { asked: ask(ROOT, { action: 'kms:CreateAlias', resource: ALIAS }), identity: [], expected: '+root' },
  {
    asked: ask(FOREIGN_USER, { action: 'kms:CreateAlias', resource: ALIAS }),
    identity: [YES],
    expected: '-resource',
  },
  { asked: ask(SERVICE, { action: 'kms:ListKeys', resource: '*' }), identity: [], expected: '-identity' },
  { asked: ask(USER, { action: 'kms:Encrypt' }), identity: [YES], expected: '-resource' },
].map(({ asked, identity, expected }, at) => ({
  what: `${asked.action} ${at} by ${asked.principal.type}`,
  asked,
  policies: { identity },
  expected,
}))

function rows(source: string, lines: readonly Line[]): readonly Row[] {
  return lines.map(([what, principal, policies, expected]) => ({
    what: `${source}: ${what}`,
    asked: ask(principal),
    policies,
    expected,
  }))
}

/** Every branch of the evaluation but grants and trust. */
export const EVALUATION_ROWS: readonly Row[] = [
  ...rows('steps', STEPS),
  ...rows('limits', LIMITS),
  ...rows('root users and services', ROOTS),
  ...rows('across accounts', FOREIGN),
  ...ACROSS.map(([action, expected]) => ({
    what: `${action} across accounts`,
    asked: ask(FOREIGN_USER, { action: `kms:${action}` }),
    policies: { resource: forAws(OTHER), identity: [YES] },
    expected,
  })),
  ...PLAIN,
]
