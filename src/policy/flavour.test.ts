import assert from 'node:assert/strict'
import test from 'node:test'
import {
  CONTROL_POLICY_MAX_CHARS,
  countedChars,
  type Flavour,
  GROUP_POLICIES_MAX_CHARS,
  MANAGED_POLICY_MAX_CHARS,
  POLICY_MAX_CHARS,
  ROLE_POLICIES_MAX_CHARS,
  SESSION_POLICY_MAX_CHARS,
  TRUST_POLICY_MAX_CHARS,
  USER_POLICIES_MAX_CHARS,
} from './flavour.ts'
import { parsePolicy } from './parse.ts'
import {
  invalidPrincipalText,
  LEGACY_PARSING,
  NO_PRINCIPALS,
  PolicySyntaxError,
  SYNTAX_ERRORS,
} from './syntax-error.ts'

test('countedChars leaves out white space of every kind', () => {
  assert.equal(countedChars('{ "a":\t"b c"\r\n}'), 10)
  assert.equal(countedChars(''), 0)
})

test('policies that fill their quotas can be written within the limit on texts', () => {
  const quotas = [
    ...[MANAGED_POLICY_MAX_CHARS, USER_POLICIES_MAX_CHARS, GROUP_POLICIES_MAX_CHARS, ROLE_POLICIES_MAX_CHARS],
    ...[TRUST_POLICY_MAX_CHARS, SESSION_POLICY_MAX_CHARS, CONTROL_POLICY_MAX_CHARS],
  ]
  for (const quota of quotas) assert.ok(quota * 2 < POLICY_MAX_CHARS)
})

const IDENTITY = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }
const TRUST = { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' }
const PROVIDER = 'arn:aws:iam::111122223333:oidc-provider/id.example.org/path'

function parse(flavour: Flavour, statement: object, change: object = {}): ReturnType<typeof parsePolicy> {
  return parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statement, ...change }), { flavour })
}

/** What each flavour accepts. */
const ACCEPTED: readonly (readonly [Flavour, object, object?])[] = [
  ['identity', IDENTITY],
  ['session', IDENTITY],
  ['session', IDENTITY, { Version: '2008-10-17' }],
  ['session', IDENTITY, { Version: undefined }],
  ['identity', IDENTITY, { Id: 'x' }],
  ['scp', { ...IDENTITY, Condition: { StringEquals: { 'aws:PrincipalAccount': '111122223333' } } }],
  ['scp', { Effect: 'Deny', NotAction: 'kms:*', NotResource: 'arn:aws:kms:*:*:key/*' }],
  ['bucket', { ...IDENTITY, Principal: { AWS: '111122223333' }, Sid: 'from the other account' }, { Id: 'x' }],
  ['bucket', { ...IDENTITY, Principal: '*' }, { Version: undefined }],
  ['bucket', { ...IDENTITY, Effect: 'Deny', NotPrincipal: { AWS: '111122223333' } }],
  ['rcp', { ...IDENTITY, Principal: '*' }],
  ['rcp', { ...IDENTITY, Effect: 'Deny', Principal: { AWS: '*' } }],
  ['trust', TRUST],
  ['trust', TRUST, { Version: '2008-10-17', Id: 'x' }],
  ['trust', { ...TRUST, Principal: { Federated: PROVIDER }, Action: 'sts:AssumeRoleWithWebIdentity' }],
  ['trust', { ...TRUST, Principal: { Federated: 'accounts.google.com' }, Action: 'sts:AssumeRole*' }],
  ['trust', { ...TRUST, Principal: { Federated: PROVIDER.replace('oidc', 'saml') } }],
  [
    'trust',
    { ...TRUST, Principal: { Service: 'ec2.amazonaws.com' }, Action: ['sts:AssumeRole', 'sts:TagSession'] },
  ],
  [
    'trust',
    { ...TRUST, Principal: '*', Action: ['STS:assumerole', 'sts:SetSourceIdentity', 'sts:SetContext'] },
  ],
]

for (const [flavour, statement, change] of ACCEPTED) {
  test(`parsePolicy takes for ${flavour} ${JSON.stringify({ ...statement, ...change })}`, () => {
    assert.equal(parse(flavour, statement, change).statements.length, 1)
  })
}

test('parsePolicy takes a statement of a trust policy for one about the role', () => {
  const [statement] = parse('trust', TRUST).statements
  assert.deepEqual(statement?.resources, { negated: false, values: ['*'] })
})

const PREFACED = 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'
const TRUST_ONLY =
  'Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity'
const ASSUME_ROLE_ONLY = 'AssumeRole policy may only specify STS AssumeRole actions.'
const SID =
  'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*'

/** What is refused, and what IAM says of it. */
const REFUSED: readonly (readonly [Flavour, object | readonly object[], object, string])[] = [
  ['identity', IDENTITY, { Version: '2008-10-17' }, 'Policy document must be version 2012-10-17 or greater.'],
  ['identity', IDENTITY, { Version: undefined }, 'Policy document must be version 2012-10-17 or greater.'],
  ['identity', { ...IDENTITY, Action: undefined }, {}, 'Policy statement must contain actions.'],
  ['identity', { ...IDENTITY, Resource: undefined }, {}, 'Policy statement must contain resources.'],
  ['identity', { ...IDENTITY, Action: 'Encrypt' }, {}, PREFACED],
  ['identity', { ...IDENTITY, Action: 'kms:a:b' }, {}, 'Actions/Condition can contain only one colon.'],
  [
    'identity',
    { ...IDENTITY, Action: 'k*:Encrypt' },
    {},
    'Action vendors (e.g., aws, ec2, etc.) must not contain wildcards.',
  ],
  ['identity', { ...IDENTITY, Resource: 'key/1' }, {}, 'Resource key/1 must be in ARN format or "*".'],
  ['identity', { ...IDENTITY, Principal: '*' }, {}, 'Policy document should not specify a principal.'],
  ['identity', { ...IDENTITY, NotPrincipal: '*' }, {}, 'Policy document should not specify a principal.'],
  ['identity', { ...IDENTITY, Sid: 'a b' }, {}, SID],
  [
    'identity',
    [
      { ...IDENTITY, Sid: 'a' },
      { ...IDENTITY, Sid: 'a' },
    ],
    {},
    'Statement IDs (SID) in a single policy must be unique.',
  ],
  ['identity', { ...IDENTITY, Effect: 'allow' }, {}, LEGACY_PARSING],
  ['identity', { ...IDENTITY, More: 1 }, {}, SYNTAX_ERRORS],
  ['scp', IDENTITY, { Id: 'x' }, SYNTAX_ERRORS],
  ['identity', { ...IDENTITY, Condition: { StringIs: { 'a:b': 'x' } } }, {}, SYNTAX_ERRORS],
  ['identity', { ...IDENTITY, Condition: { Bool: { SecureTransport: 'true' } } }, {}, PREFACED],
  ['session', { ...IDENTITY, Principal: '*' }, {}, 'Policy document should not specify a principal.'],
  ['scp', { ...IDENTITY, Principal: '*' }, {}, 'Policy document should not specify a principal.'],
  ['scp', IDENTITY, { Version: '2008-10-17' }, 'Policy document must be version 2012-10-17 or greater.'],
  [
    'rcp',
    { ...IDENTITY, Principal: { AWS: '111122223333' } },
    {},
    'Invalid principal in policy: "AWS":"111122223333"',
  ],
  ['rcp', IDENTITY, {}, NO_PRINCIPALS],
  ['bucket', IDENTITY, {}, NO_PRINCIPALS],
  [
    'bucket',
    { ...IDENTITY, Principal: '*', Resource: undefined },
    {},
    'Policy statement must contain resources.',
  ],
  ['trust', { ...TRUST, Resource: '*' }, {}, 'Has prohibited field Resource.'],
  ['trust', { ...TRUST, NotResource: '*' }, {}, 'Has prohibited field NotResource.'],
  ['trust', { ...TRUST, Principal: undefined }, {}, NO_PRINCIPALS],
  [
    'trust',
    { ...TRUST, Principal: undefined, NotPrincipal: '*' },
    {},
    'Policy document should not specify a principal.',
  ],
  ['trust', { ...TRUST, Action: 'kms:Encrypt' }, {}, TRUST_ONLY],
  ['trust', { ...TRUST, Action: '*' }, {}, TRUST_ONLY],
  ['trust', { ...TRUST, Action: 'sts:GetCallerIdentity' }, {}, ASSUME_ROLE_ONLY],
  ['trust', { ...TRUST, Action: undefined }, {}, 'Policy statement must contain actions.'],
  ['trust', { ...TRUST, Principal: { AWS: 'ada' } }, {}, 'Invalid principal in policy: "AWS":"ada"'],
  ['trust', { ...TRUST, Principal: { Service: 'ec2' } }, {}, 'Invalid principal in policy: "SERVICE":"ec2"'],
  [
    'trust',
    { ...TRUST, Principal: { Federated: 'x y' } },
    {},
    'Federated principals must be valid domain names or SAML metadata ARNs',
  ],
]

for (const [flavour, statement, change, iamText] of REFUSED) {
  test(`parsePolicy refuses for ${flavour} ${JSON.stringify(statement)} ${JSON.stringify(change)}`, () => {
    assert.throws(() => parse(flavour, statement, change), { name: 'PolicySyntaxError', iamText })
  })
}

test('parsePolicy knows text that is not JSON', () => {
  for (const text of ['', '{', '{"a":"\\x"}', 'Version']) {
    assert.throws(() => parsePolicy(text, { flavour: 'identity' }), {
      iamText: 'This policy contains invalid Json',
    })
  }
})

test('invalidPrincipalText repeats at most 64 characters of a name', () => {
  assert.equal(
    invalidPrincipalText('AWS', 'x'.repeat(65)),
    `Invalid principal in policy: "AWS":"${'x'.repeat(64)}…"`,
  )
  assert.equal(new PolicySyntaxError('x').iamText, SYNTAX_ERRORS)
})
