import { compilePolicy } from '../../../src/policy/compile.ts'
import { parsePolicy } from '../../../src/policy/parse.ts'
import {
  ACCOUNT,
  ACCOUNT_KEY,
  ALIAS,
  ALLOW,
  DENY,
  type Fields,
  KEY,
  policy,
  USER,
} from '../../support/policies.ts'
import { ask, type Context, identity, type Row } from './row.ts'

const KEY_ID = KEY.slice(KEY.indexOf('/') + 1)

/** The pattern, the action of the request, whether it is covered. IAM User Guide, "… Action". */
const ACTIONS: readonly (readonly [string | readonly string[], string, boolean])[] = [
  ['kms:Encrypt', 'kms:Encrypt', true],
  ['kms:encrypt', 'kms:Encrypt', true],
  ['KMS:ENCRYPT', 'kms:Encrypt', true],
  ['kms:Encrypt', 'kms:Decrypt', false],
  ['kms:Encrypt', 'kms:ReEncryptFrom', false],
  ['kms:*', 'kms:Encrypt', true],
  ['*', 'kms:Encrypt', true],
  ['kms:*Encrypt*', 'kms:ReEncryptTo', true],
  ['kms:ReEncrypt*', 'kms:ReEncryptFrom', true],
  ['kms:GenerateDataKey*', 'kms:GenerateDataKeyPairWithoutPlaintext', true],
  ['kms:GenerateDataKey*', 'kms:GenerateMac', false],
  ['kms:?ncrypt', 'kms:Encrypt', true],
  ['kms:?ncrypt', 'kms:ReEncryptTo', false],
  ['kms:Encrypt?', 'kms:Encrypt', false],
  ['kms:Encrypt*', 'kms:Encrypt', true],
  ['s3:*', 'kms:Encrypt', false],
  ['s3:Encrypt', 'kms:Encrypt', false],
  [['s3:*', 'kms:Decrypt', 'kms:En*'], 'kms:Encrypt', true],
  [['s3:*', 'kms:Decrypt'], 'kms:Encrypt', false],
  ['kms:E*t', 'kms:Encrypt', true],
  ['kms:E*x', 'kms:Encrypt', false],
  ['kms:*a*e*', 'kms:GenerateDataKey', true],
]

/** The pattern, the resource, whether it is covered. IAM User Guide, "… Resource". */
const RESOURCES: readonly (readonly [string | readonly string[], boolean])[] = [
  ['*', true],
  [KEY, true],
  [`${KEY}x`, false],
  [KEY.slice(0, -1), false],
  ['arn:aws:kms:*:*:key/*', true],
  ['arn:aws:kms:eu-west-1:111122223333:key/*', true],
  ['arn:aws:kms:us-east-1:111122223333:key/*', false],
  ['arn:aws:kms:eu-west-1:444455556666:key/*', false],
  ['arn:aws:kms:eu-*:111122223333:key/*', true],
  ['arn:aws:kms:eu-west-?:1111????3333:key/1234*', true],
  ['arn:aws:kms:eu-west-??:111122223333:key/*', false],
  ['arn:*:kms:*:*:*', true],
  ['arn:aws:kms:::key/*', false],
  ['arn:aws:kms:*:*:*/*', true],
  ['arn:aws:kms:*:*:alias/*', false],
  ['arn:aws:s3:*:*:key/*', false],
  ['arn:aws:kms:*:*:KEY/*', false],
  [`arn:aws:kms:*:*:key/${KEY_ID.toUpperCase()}`, false],
  [`arn:aws:kms:*:*:*${KEY_ID}`, true],
  [[ALIAS, KEY], true],
  [[ALIAS, `${KEY}0`], false],
]

/** A resource with variables, whether it covers the key. IAM User Guide, "… Variables and tags". */
const VARIABLES: readonly (readonly [string, boolean])[] = [
  [`arn:aws:kms:*:*:key/\${aws:PrincipalTag/key}`, true],
  [`arn:aws:kms:*:*:key/\${AWS:PRINCIPALTAG/KEY}`, true],
  [`arn:aws:kms:*:*:key/\${aws:PrincipalTag/none}`, false],
  [`arn:aws:kms:*:*:key/\${aws:PrincipalTag/none, '${KEY_ID}'}`, true],
  [`arn:aws:kms:*:*:key/\${aws:PrincipalTag/none, 'x'}*`, false],
  [`arn:aws:kms:*:*:key/\${aws:PrincipalTag/key, 'x'}`, true],
  [`arn:aws:kms:*:*:key/\${aws:PrincipalTag/star}`, false],
  [`arn:aws:kms:*:*:key/\${aws:PrincipalTag/head}*`, true],
  [`arn:aws:kms:*:*:key/*\${aws:PrincipalTag/tail}`, true],
  [`arn:aws:kms:*:*:key/\${aws:PrincipalTag/several}`, false],
  [`arn:aws:kms:*:\${aws:PrincipalAccount}:key/*`, false],
  [`arn:aws:kms:*:*:key/\${*}`, false],
  [`arn:aws:kms:*:*:key/\${$}`, false],
]

const TAGS: Context = {
  'aws:PrincipalTag/key': KEY_ID,
  'aws:PrincipalTag/star': '*',
  'aws:PrincipalTag/head': KEY_ID.slice(0, 4),
  'aws:PrincipalTag/tail': KEY_ID.slice(-4),
  'aws:PrincipalTag/several': [KEY_ID],
  'aws:PrincipalAccount': ACCOUNT,
  'aws:username': 'ada',
  'aws:PrincipalTag/arn': 'arn:aws:iam::111122223333:role/app',
}

/** Operator, a value with variables, what the key has, whether the condition holds. */
const VALUES: readonly (readonly [string, string, string | undefined, boolean])[] = [
  ['StringEquals', `\${aws:username}`, 'ada', true],
  ['StringEquals', `\${aws:username}`, 'bob', false],
  ['StringEquals', `home/\${aws:username}/x`, 'home/ada/x', true],
  ['StringEquals', `\${aws:PrincipalTag/none}`, 'ada', false],
  ['StringEquals', `\${aws:PrincipalTag/none}`, '', false],
  ['StringNotEquals', `\${aws:PrincipalTag/none}`, 'ada', true],
  ['StringEquals', `\${aws:PrincipalTag/none, 'ada'}`, 'ada', true],
  ['StringEquals', `\${aws:PrincipalTag/none, ''}`, '', true],
  ['StringEqualsIgnoreCase', `\${aws:username}`, 'ADA', true],
  ['StringNotEqualsIgnoreCase', `\${aws:username}`, 'ADA', false],
  ['StringLike', `\${aws:username}*`, 'adam', true],
  ['StringLike', `\${aws:PrincipalTag/star}`, 'anything', false],
  ['StringLike', `\${aws:PrincipalTag/star}`, '*', true],
  ['StringLike', `a\${*}c`, 'a*c', true],
  ['StringLike', `a\${*}c`, 'abc', false],
  ['StringLike', `a\${?}c`, 'a?c', true],
  ['StringLike', `a\${?}c`, 'abc', false],
  ['StringEquals', `\${$}{x}`, `\${x}`, true],
  ['StringNotLike', `\${aws:username}*`, 'adam', false],
  ['ArnLike', `\${aws:PrincipalTag/arn}`, 'arn:aws:iam::111122223333:role/app', true],
  [
    'ArnEquals',
    `arn:aws:iam::111122223333:user/\${aws:username}`,
    'arn:aws:iam::111122223333:user/ada',
    true,
  ],
  [
    'ArnEquals',
    `arn:aws:iam::111122223333:user/\${aws:username}`,
    'arn:aws:iam::111122223333:user/bob',
    false,
  ],
  ['ArnNotLike', `arn:aws:iam::*:user/\${aws:username}`, 'arn:aws:iam::111122223333:user/bob', true],
  ['ArnLike', `\${aws:username}`, 'arn:aws:iam::111122223333:user/ada', false],
  ['StringEqualsIfExists', `\${aws:username}`, undefined, true],
]

/** One statement of an identity policy, whether it covers an Encrypt on the key. */
function covering(what: string, fields: Fields, covered: boolean, action = 'kms:Encrypt'): readonly Row[] {
  const asked = ask(USER, { action, context: TAGS })
  return [
    {
      what,
      asked,
      policies: { resource: ACCOUNT_KEY, identity: [identity({ ...ALLOW, ...fields })] },
      expected: covered ? '+identity 0' : '-identity',
    },
    {
      what: `${what}, as a Deny of the key policy`,
      asked,
      policies: {
        resource: policy('key', { ...ALLOW, Principal: '*' }, { ...DENY, Principal: '*', ...fields }),
        identity: [],
      },
      expected: covered ? '!resource 1' : '+resource 0',
    },
  ]
}

const CREATE_KEY = { action: 'kms:CreateKey', resource: '*' } as const

/** Actions without a resource have the resource `*`, which only `*` covers. */
const WITHOUT_RESOURCE: readonly (readonly [Fields, string])[] = [
  [{ Resource: '*' }, '+identity 0'],
  [{ Resource: 'arn:aws:kms:*:*:*' }, '-identity'],
  [{ Resource: 'arn:*:kms:*:*:*' }, '-identity'],
  [{ Resource: undefined, NotResource: KEY }, '+identity 0'],
  [{ Resource: undefined, NotResource: '*' }, '-identity'],
]

const IN_VARIABLE = {
  ...ALLOW,
  Principal: '*',
  Condition: { StringEquals: { 'test:key': `\${aws:username}` } },
}

/** The policy's version, what the key has. Version 2008-10-17 has no variables: the text stands for itself. */
const VERSIONS: readonly Row[] = (
  [
    ['2008-10-17', `\${aws:username}`, '+resource 0'],
    ['2008-10-17', 'ada', '-resource'],
    [undefined, `\${aws:username}`, '+resource 0'],
    [undefined, 'ada', '-resource'],
    ['2012-10-17', `\${aws:username}`, '-resource'],
    ['2012-10-17', 'ada', '+resource 0'],
  ] as const
).map(([version, found, expected]) => ({
  what: `a variable in a policy of version ${version} on ${found}`,
  asked: ask(USER, { context: { 'aws:username': 'ada', 'test:key': found } }),
  policies: {
    resource: compilePolicy(
      parsePolicy(JSON.stringify({ Version: version, Statement: IN_VARIABLE }), { flavour: 'key' }),
    ),
    identity: [],
  },
  expected,
}))

/** Actions, resources, their Not forms, wildcards and variables. */
export const ELEMENT_ROWS: readonly Row[] = [
  ...ACTIONS.flatMap(([pattern, action, covered]) => [
    ...covering(`Action ${pattern} on ${action}`, { Action: pattern }, covered, action),
    ...covering(
      `NotAction ${pattern} on ${action}`,
      { Action: undefined, NotAction: pattern },
      !covered,
      action,
    ),
  ]),
  ...RESOURCES.flatMap(([pattern, covered]) => [
    ...covering(`Resource ${pattern}`, { Resource: pattern }, covered),
    ...covering(`NotResource ${pattern}`, { Resource: undefined, NotResource: pattern }, !covered),
  ]),
  ...VARIABLES.flatMap(([pattern, covered]) => [
    ...covering(`Resource ${pattern}`, { Resource: pattern }, covered),
    ...covering(`NotResource ${pattern}`, { Resource: undefined, NotResource: pattern }, !covered),
  ]),
  ...VALUES.map(([operator, wanted, found, holds]) => ({
    what: `${operator} ${wanted} on ${found}`,
    asked: ask(USER, { context: { ...TAGS, ...(found === undefined ? {} : { 'test:key': found }) } }),
    policies: {
      resource: ACCOUNT_KEY,
      identity: [identity({ ...ALLOW, Condition: { [operator]: { 'test:key': wanted } } })],
    },
    expected: holds ? '+identity 0' : '-identity',
  })),
  ...WITHOUT_RESOURCE.map(([fields, expected]) => ({
    what: `CreateKey with ${JSON.stringify(fields)}`,
    asked: ask(USER, CREATE_KEY),
    policies: { identity: [identity({ ...ALLOW, ...fields })] },
    expected,
  })),
  ...VERSIONS,
]
