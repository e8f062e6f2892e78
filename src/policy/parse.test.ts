import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { type Flavour, POLICY_MAX_CHARS } from './flavour.ts'
import { namedPrincipals, parsePolicy } from './parse.ts'
import { PolicySyntaxError } from './syntax-error.ts'

const STATEMENT = { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' }
const IDENTITY_STATEMENT = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }

function key(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

function parseKey(text: string): ReturnType<typeof parsePolicy> {
  return parsePolicy(text, { flavour: 'key' })
}

test('parsePolicy reads a whole key policy', () => {
  const document = parseKey(
    JSON.stringify({
      Version: '2012-10-17',
      Id: 'an id',
      Statement: {
        Sid: 'with spaces',
        Effect: 'Deny',
        NotPrincipal: {
          AWS: ['111122223333', 'arn:aws:iam::111122223333:user/a/b'],
          Service: 's3.amazonaws.com',
        },
        NotAction: ['kms:Get*', '*'],
        NotResource: 'arn:aws:kms:*:111122223333:key/*',
        Condition: { NumericLessThan: { 'kms:RotationPeriodInDays': [90, '1.5'] }, Bool: { 'a:b': false } },
      },
    }),
  )
  const operator = { negated: false, quantifier: 'None', ifExists: false }
  assert.deepEqual(document, {
    version: '2012-10-17',
    id: 'an id',
    statements: [
      {
        sid: 'with spaces',
        effect: 'Deny',
        principals: {
          negated: true,
          values: [
            { kind: 'Account', account: '111122223333' },
            { kind: 'User', arn: 'arn:aws:iam::111122223333:user/a/b' },
            { kind: 'Service', name: 's3.amazonaws.com' },
          ],
        },
        actions: { negated: true, values: ['kms:Get*', '*'] },
        resources: { negated: true, values: ['arn:aws:kms:*:111122223333:key/*'] },
        conditions: [
          {
            operator: { ...operator, comparison: 'NumericLessThan' },
            key: 'kms:RotationPeriodInDays',
            values: ['90', '1.5'],
          },
          { operator: { ...operator, comparison: 'Bool' }, key: 'a:b', values: ['false'] },
        ],
      },
    ],
  })
})

test('parsePolicy takes a policy without a version for one of 2008', () => {
  assert.equal(parseKey(JSON.stringify({ Statement: STATEMENT })).version, '2008-10-17')
})

test('parsePolicy accepts a key policy statement without Action or Resource', () => {
  const [statement] = parseKey(key({ Effect: 'Allow', Principal: '*' })).statements
  assert.equal(statement?.actions, undefined)
  assert.equal(statement?.resources, undefined)
})

test('parsePolicy keeps variables of a 2008 policy as text', () => {
  const statement = {
    ...STATEMENT,
    Resource: `arn:aws:kms:x:y:\${`,
    Condition: { StringEquals: { 'a:b': `\${` } },
  }
  parseKey(JSON.stringify({ Version: '2008-10-17', Statement: statement }))
  assert.throws(() => parseKey(key(statement)), PolicySyntaxError)
})

const PRINCIPALS: readonly (readonly [unknown, string])[] = [
  ['*', 'Everyone'],
  [{ AWS: '*' }, 'Everyone'],
  [{ AWS: '111122223333' }, 'Account'],
  [{ AWS: '1111-2222-3333' }, 'Account'],
  [{ AWS: 'arn:aws:iam::111122223333:root' }, 'Account'],
  [{ AWS: 'arn:aws:iam::111122223333:user/ada' }, 'User'],
  [{ AWS: 'arn:aws:iam::111122223333:role/team/x/app' }, 'Role'],
  [{ AWS: 'arn:aws:sts::111122223333:assumed-role/app/session@1' }, 'Session'],
  [{ AWS: 'arn:aws:sts::111122223333:federated-user/ada' }, 'FederatedUser'],
  [{ AWS: 'AIDAEXAMPLEEXAMPLE' }, 'UniqueId'],
  [{ AWS: 'AROAEXAMPLEEXAMPLE:session' }, 'UniqueId'],
  [{ Service: 'lambda.amazonaws.com' }, 'Service'],
]

for (const [principal, kind] of PRINCIPALS) {
  test(`parsePolicy reads the principal ${JSON.stringify(principal)} as ${kind}`, () => {
    const [statement] = parseKey(key({ ...STATEMENT, Principal: principal })).statements
    assert.deepEqual(
      statement?.principals?.values.map((spec) => spec.kind),
      [kind],
    )
  })
}

for (const principal of [undefined, {}, { AWS: [] }, { AWS: [], Service: [] }]) {
  test(`parsePolicy refuses the principal ${JSON.stringify(principal)} as none`, () => {
    assert.throws(() => parseKey(key({ ...STATEMENT, Principal: principal })), { fault: 'NoPrincipal' })
  })
}

const BAD_PRINCIPALS: readonly unknown[] = [
  ...[{ AWS: 'ada' }, { AWS: '11112222333' }, { Service: '*' }, { Service: 's3' }],
  ...[
    { Federated: 'x' },
    { CanonicalUser: 'x' },
    { __proto__: null, AWS: 'arn:aws:iam::111122223333:user/*' },
  ],
  ...[{ AWS: 'arn:aws:iam::111122223333:group/g' }, { AWS: 'arn:aws-cn:iam::111122223333:root' }],
  ...[
    { AWS: 'arn:aws:iam::*:root' },
    { AWS: 'arn:aws:iam::111122223333:user/' },
    { AWS: 'AGPAEXAMPLEEXAMPLE' },
  ],
  ...[{ AWS: 'arn:aws:sts::111122223333:assumed-role/app/*' }, { aws: '*' }],
]

for (const principal of BAD_PRINCIPALS) {
  test(`parsePolicy refuses the principal ${JSON.stringify(principal)} as a principal`, () => {
    assert.throws(() => parseKey(key({ ...STATEMENT, Principal: principal })), { fault: 'Principal' })
  })
}

const condition = (operator: string, values: unknown, name = 'a:b'): object => ({
  ...STATEMENT,
  Condition: { [operator]: { [name]: values } },
})

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ['an array', '[]', /^Policy: an object required$/],
  ['no statement', '{}', /Statement required/],
  ['an empty list of statements', key(), /^Statement: must not be empty$/],
  ['a statement that is a string', JSON.stringify({ Statement: 'x' }), /^Statement\[0\]: an object/],
  [
    'another version',
    JSON.stringify({ Version: '2020-01-01', Statement: STATEMENT }),
    /^Version: .* got "2020/,
  ],
  [
    'a version that is a number',
    JSON.stringify({ Version: 2012, Statement: STATEMENT }),
    /a string required/,
  ],
  ['an unknown element', JSON.stringify({ Statement: STATEMENT, x: 1 }), /^Policy: unknown element "x"$/],
  ['__proto__ as an element', `{"__proto__":1,"Statement":[]}`, /unknown element "__proto__"/],
  ['an unknown statement element', key({ ...STATEMENT, action: 'x' }), /^Statement\[0\]: unknown element/],
  ['no effect', key({ Principal: '*' }), /Effect: Allow or Deny required/],
  ['an effect in another case', key({ ...STATEMENT, Effect: 'allow' }), /Allow or Deny required/],
  ['a Sid that is no string', key({ ...STATEMENT, Sid: 1 }), /^Statement\[0\]\.Sid: a string required$/],
  ['both Action and NotAction', key({ ...STATEMENT, NotAction: '*' }), /exclude each other/],
  ['both Principal and NotPrincipal', key({ ...STATEMENT, NotPrincipal: '*' }), /exclude each other/],
  [
    'NotPrincipal with Allow',
    key({ Effect: 'Allow', NotPrincipal: '*', Action: '*', Resource: '*' }),
    /for Deny only/,
  ],
  ['a principal that is a number', key({ ...STATEMENT, Principal: 1 }), /an object required/],
  ['a principal name that is a number', key({ ...STATEMENT, Principal: { AWS: 1 } }), /a string or an array/],
  ['an empty list of actions', key({ ...STATEMENT, Action: [] }), /Action: must not be empty/],
  ['a vendor with a wildcard', key({ ...STATEMENT, Action: 'k*:Encrypt' }), /got "k\*:Encrypt"$/],
  ['an action without a vendor', key({ ...STATEMENT, Action: 'Encrypt' }), /an action like/],
  ['a long action, cut', key({ ...STATEMENT, Action: 'x'.repeat(100) }), /got "x{64}…"$/],
  ['a resource that is no ARN', key({ ...STATEMENT, Resource: 'key/1' }), /an ARN without wildcards/],
  ['a resource of five parts', key({ ...STATEMENT, Resource: 'arn:aws:kms:x:y' }), /an ARN/],
  [
    'a resource that is not an ARN but has six parts',
    key({ ...STATEMENT, Resource: 'a:b:c:d:e:f' }),
    /an ARN/,
  ],
  ['a service with a wildcard', key({ ...STATEMENT, Resource: 'arn:aws:*:x:y:z' }), /an ARN/],
  ['a broken variable', key({ ...STATEMENT, Resource: `arn:aws:kms:x:y:\${a` }), /an ARN/],
  ['a variable without a name', key(condition('StringLike', `\${ }`)), /variables are well formed/],
  ['a default for a literal', key(condition('StringLike', `\${*, 'x'}`)), /variables are well formed/],
  ['a broken variable in an ARN', key(condition('ArnLike', `\${`)), /an ARN required/],
  ['a condition that is a string', key({ ...STATEMENT, Condition: 'x' }), /Condition: an object required/],
  [
    'an unknown operator',
    key(condition('StringIs', 'x')),
    /Condition\["StringIs"\]: not a condition operator/,
  ],
  ['an operator without keys', key({ ...STATEMENT, Condition: { Bool: 'x' } }), /an object required/],
  ['a key without a prefix', key(condition('Bool', 'true', 'MultiFactor')), /a condition key like/],
  ['an empty list of values', key(condition('StringLike', [])), /must not be empty/],
  ['a value that is null', key(condition('StringLike', null)), /a string, a number, a boolean/],
  ['a value that is an object', key(condition('StringLike', {})), /a string, a number, a boolean/],
  ['a value that is a nested list', key(condition('StringLike', [['x']])), /a string, a number, a boolean/],
  ['a number that is none', key(condition('NumericEquals', 'x')), /a decimal number required, got "x"/],
  ['a date that is none', key(condition('DateLessThan', 'x')), /a date as ISO 8601/],
  ['a boolean that is none', key(condition('Bool', 'x')), /true or false required/],
  ['a Null that is neither', key(condition('Null', 'x')), /true or false required/],
  ['base64 that is none', key(condition('BinaryEquals', '!')), /base64 required/],
  ['an address that is none', key(condition('IpAddress', 'x')), /an IP address or CIDR block required/],
  ['an ARN that is none', key(condition('ArnEquals', 'arn:aws:*')), /an ARN required/],
  ['a text that is too long', ' '.repeat(POLICY_MAX_CHARS + 1), /at most 131072 characters required/],
]

for (const [what, text, message] of REFUSED) {
  test(`parsePolicy refuses ${what}`, () => {
    assert.throws(() => parseKey(text), { name: 'PolicySyntaxError', message })
  })
}

test('parsePolicy accepts a policy of the greatest length', () => {
  parseKey(key(STATEMENT).padEnd(POLICY_MAX_CHARS))
})

test('parsePolicy accepts values of every comparison', () => {
  const good: Record<string, unknown> = {
    StringEquals: `\${aws:username, 'x'}`,
    ArnLike: [`\${aws:PrincipalArn}`, '*', 'arn:aws:iam::*:user/*'],
    DateEquals: 1_704_067_200,
    Null: true,
    BinaryEquals: 'QUI=',
    IpAddress: '::1',
  }
  for (const [operator, values] of Object.entries(good)) parseKey(key(condition(operator, values)))
})

function parseIdentity(change: object, statement: object = {}): void {
  const policy = { Version: '2012-10-17', Statement: { ...IDENTITY_STATEMENT, ...statement }, ...change }
  parsePolicy(JSON.stringify(policy), { flavour: 'identity' })
}

test('parsePolicy accepts an identity policy', () => {
  parseIdentity({})
  parseIdentity({ Statement: [IDENTITY_STATEMENT, { ...IDENTITY_STATEMENT, Sid: 'A1' }] })
  const nameless = { ...IDENTITY_STATEMENT, Sid: '' }
  parseIdentity({ Id: 'x', Statement: [nameless, nameless] })
})

const IDENTITY_REFUSED: readonly (readonly [string, object, object, RegExp])[] = [
  ['the old version', { Version: '2008-10-17' }, {}, /2012-10-17 required/],
  ['no version', { Version: undefined }, {}, /2012-10-17 required/],
  ['a principal', {}, { Principal: '*' }, /unknown element "Principal"/],
  ['no action', {}, { Action: undefined }, /Action or NotAction required/],
  ['no resource', {}, { Resource: undefined }, /Resource or NotResource required/],
  ['a Sid with spaces', {}, { Sid: 'a b' }, /letters and digits required/],
  [
    'two statements with one Sid',
    {
      Statement: [
        { ...IDENTITY_STATEMENT, Sid: 'a' },
        { ...IDENTITY_STATEMENT, Sid: 'a' },
      ],
    },
    {},
    /two have the Sid "a"/,
  ],
]

for (const [what, change, statement, message] of IDENTITY_REFUSED) {
  test(`parsePolicy refuses an identity policy with ${what}`, () => {
    assert.throws(() => parseIdentity(change, statement), { name: 'PolicySyntaxError', message })
  })
}

test('namedPrincipals lists unique ids, and no identity providers', () => {
  const statement = { ...STATEMENT, Principal: { AWS: ['AIDAEXAMPLEEXAMPLE', 'AROAEXAMPLEEXAMPLE'] } }
  assert.deepEqual(namedPrincipals(parseKey(key(statement))), ['AIDAEXAMPLEEXAMPLE', 'AROAEXAMPLEEXAMPLE'])
  const trust = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Federated: 'accounts.google.com' } },
  }
  assert.deepEqual(namedPrincipals(parsePolicy(JSON.stringify(trust), { flavour: 'trust' })), [])
})

test('namedPrincipals names an account with hyphens as any other', () => {
  const document = parseKey(key({ ...STATEMENT, Principal: { AWS: ['1111-2222-3333', '111122223333'] } }))
  assert.deepEqual(namedPrincipals(document), ['arn:aws:iam::111122223333:root'])
})

test('namedPrincipals lists each ARN once, and neither services nor everyone', () => {
  const user = 'arn:aws:iam::111122223333:user/ada'
  const document = parseKey(
    key(
      { ...STATEMENT, Principal: { AWS: ['111122223333', user], Service: 'a.b' } },
      { ...STATEMENT, Principal: { AWS: ['arn:aws:iam::111122223333:root', '*', user] } },
    ),
  )
  assert.deepEqual(namedPrincipals(document), ['arn:aws:iam::111122223333:root', user])
  const identity = JSON.stringify({ Version: '2012-10-17', Statement: IDENTITY_STATEMENT })
  assert.deepEqual(namedPrincipals(parsePolicy(identity, { flavour: 'identity' })), [])
})

test('parsePolicy throws nothing but PolicySyntaxError, whatever it reads', () => {
  const words = [
    ...[
      'Version',
      '2012-10-17',
      'Statement',
      'Sid',
      'Effect',
      'Allow',
      'Deny',
      'Principal',
      'AWS',
      '*',
      'Action',
    ],
    ...[
      'kms:*',
      'Resource',
      'Condition',
      'StringLike',
      'ForAllValues:Null',
      'a:b',
      `\${x}`,
      '__proto__',
      'Bool',
    ],
  ]
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.oneof(fc.constantFrom<unknown>(...words, true, null, 7)),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...words), tie('tree'), { maxKeys: 6 }),
    ),
  }))
  const text = fc.oneof(
    tree.map((value) => JSON.stringify(value)),
    fc.json(),
    fc.string(),
  )
  fc.assert(
    fc.property(text, fc.constantFrom<Flavour>('key', 'identity'), (policy, flavour) => {
      try {
        parsePolicy(policy, { flavour })
      } catch (error) {
        assert.ok(error instanceof PolicySyntaxError)
      }
    }),
    { numRuns: 1000 },
  )
})
