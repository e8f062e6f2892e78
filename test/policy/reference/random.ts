import type { MatchedGrant, Principal } from '../../../src/policy/decide.ts'
import {
  ACCOUNT,
  ALIAS,
  FEDERATED,
  FEDERATED_ARN,
  FOREIGN_ROOT,
  FOREIGN_USER,
  KEY,
  OTHER,
  ROLE_ARN,
  ROOT,
  SERVICE,
  SESSION,
  SESSION_ARN,
  USER,
  USER_ARN,
} from '../../support/policies.ts'
import type { Seeded } from '../../support/seeded.ts'
import type { Document, Statement, World } from './evaluator.ts'
import type { Values } from './matching.ts'

const USER_ID = 'AIDAEXAMPLEEXAMPLE234'
const ROLE_ID = 'AROAEXAMPLEEXAMPLE234'
const FOREIGN_ROLE_ARN = `arn:aws:iam::${OTHER}:role/there`
const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/id.example.org`

const PRINCIPALS: readonly Principal[] = [
  ...[ROOT, FOREIGN_ROOT, USER, FOREIGN_USER, SESSION, FEDERATED, SERVICE],
  { type: 'User', account: ACCOUNT, arn: USER_ARN, id: USER_ID },
  { type: 'AssumedRole', account: ACCOUNT, arn: SESSION_ARN, roleArn: ROLE_ARN, roleId: ROLE_ID },
  {
    type: 'AssumedRole',
    account: OTHER,
    arn: `arn:aws:sts::${OTHER}:assumed-role/there/s`,
    roleArn: FOREIGN_ROLE_ARN,
  },
  { type: 'FederatedUser', account: ACCOUNT, arn: FEDERATED_ARN, issuerArn: USER_ARN, issuerId: USER_ID },
  { type: 'FederatedUser', account: ACCOUNT, arn: FEDERATED_ARN, issuerArn: ROOT.arn },
  { type: 'WebIdentity', arn: PROVIDER },
]

const NAMES: readonly string[] = [
  ...['*', ACCOUNT, OTHER, ROOT.arn, USER_ARN, ROLE_ARN, SESSION_ARN, FEDERATED_ARN, FOREIGN_USER.arn],
  ...[FOREIGN_ROLE_ARN, USER_ID, ROLE_ID, `${ROLE_ID}:s`],
]
/** Policies may write an account with hyphens. */
const POLICY_NAMES: readonly string[] = [...NAMES, '1111-2222-3333']

const ACTIONS = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:DisableKey',
  'kms:RetireGrant',
  'kms:CreateGrant',
] as const
const ACTION_PATTERNS = [
  '*',
  'kms:*',
  'kms:Encrypt',
  'KMS:?ecrypt',
  'kms:*crypt',
  'kms:Disable*',
  's3:*',
  'kms:*Grant',
] as const
const TRUST_ACTIONS = ['sts:AssumeRole', 'sts:AssumeRoleWithWebIdentity', 'sts:TagSession'] as const
const RESOURCE_PATTERNS = [
  ...[
    '*',
    '*',
    KEY,
    'arn:aws:kms:*:*:key/*',
    'arn:aws:kms:eu-west-1:111122223333:*',
    'arn:aws:kms:*:*:alias/*',
  ],
  ...[
    `arn:aws:kms:*:*:key/\${test:s}*`,
    `arn:aws:kms:*:*:key/\${test:none, '1234'}*`,
    ALIAS,
    'arn:aws:iam::*:role/*',
  ],
] as const

const TEXTS = ['a', 'b', 'ab', 'A', 'a*', '', '1234', 'grün', '😀b'] as const
const PATTERNS = [
  ...TEXTS,
  '*',
  '?b',
  '*b',
  'a?',
  `\${test:s}`,
  `\${test:none}`,
  `\${test:none, 'a'}x`,
  `\${*}`,
  `\${test:multi}`,
] as const
const NUMBERS = ['1', '2.5', '10', '-3', '10.0', '1e1', '25E-1'] as const
const DATES = [
  '2026-01-01',
  '1767225600',
  '2027-01-01T00:00:00Z',
  '2026-06-01T12:00:00+02:00',
  '2026',
] as const
const BOOLS = ['true', 'false', 'TRUE'] as const
const BLOCKS = ['10.0.0.0/8', '10.1.2.3', '2001:db8::/32', '0.0.0.0/0'] as const
const ARNS = [
  'arn:aws:iam::*:role/*',
  ROLE_ARN,
  `arn:aws:iam::111122223333:user/\${test:s}`,
  '*',
  'arn:aws:iam::11112222????:*',
] as const
const BINARIES = ['QUJD', 'QUI='] as const
const FOUND = [
  ...TEXTS,
  ...NUMBERS,
  ...DATES,
  ...BOOLS,
  '10.1.2.3',
  '2001:db8::1',
  ROLE_ARN,
  `${USER_ARN}`,
  'QUJD',
] as const

const FAMILIES: readonly (readonly [readonly string[], readonly string[]])[] = [
  [
    [
      'StringEquals',
      'StringNotEquals',
      'StringEqualsIgnoreCase',
      'StringNotEqualsIgnoreCase',
      'StringLike',
      'StringNotLike',
    ],
    PATTERNS,
  ],
  [
    [
      ...['NumericEquals', 'NumericNotEquals', 'NumericLessThan', 'NumericLessThanEquals'],
      ...['NumericGreaterThan', 'NumericGreaterThanEquals'],
    ],
    NUMBERS,
  ],
  [
    [
      'DateEquals',
      'DateNotEquals',
      'DateLessThan',
      'DateLessThanEquals',
      'DateGreaterThan',
      'DateGreaterThanEquals',
    ],
    DATES,
  ],
  [['Bool'], BOOLS],
  [['IpAddress', 'NotIpAddress'], BLOCKS],
  [['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike'], ARNS],
  [['BinaryEquals'], BINARIES],
]
const KEYS = ['test:s', 'Test:S', 'test:multi', 'test:t', 'test:none', 'aws:username'] as const

/** Unique ids of those whom a resource's policy names, as when it was put. */
export const BINDINGS: ReadonlyMap<string, string> = new Map([
  [USER_ARN, USER_ID],
  [ROLE_ARN, ROLE_ID],
  [SESSION_ARN, `${ROLE_ID}:s`],
])

type RandomFacts = {
  /** Whether the resource is a role and not a key. */
  readonly trust: boolean
  /** Whether the ARNs of the resource's policy are bound: see {@link BINDINGS}. */
  readonly bound: boolean
}

/** Everything for some decisions: policies and grants that several requests share. */
export function randomPolicies(choose: Seeded): Omit<World, 'request' | 'context'> & RandomFacts {
  const trust = choose.oneIn(5)
  const some = (most: number): readonly Document[] => times(choose, most, () => document(choose, 'identity'))
  return {
    trust,
    bound: choose.oneIn(3),
    resource: choose.oneIn(8) ? undefined : document(choose, trust ? 'trust' : 'key'),
    identity: some(3),
    boundary: choose.oneIn(3) ? document(choose, 'identity') : undefined,
    session: choose.oneIn(3) ? some(2) : undefined,
    scps: choose.oneIn(3) ? times(choose, 2, () => some(2)) : undefined,
    rcps: choose.oneIn(6) ? times(choose, 2, () => some(2)) : undefined,
    grants: choose.oneIn(3) ? times(choose, 2, () => grant(choose)) : [],
  }
}

/** One request to them. */
export function randomRequest(choose: Seeded, trust: boolean): Pick<World, 'request' | 'context'> {
  const principal = choose.pick(PRINCIPALS)
  const resource = trust ? ROLE_ARN : choose.oneIn(8) ? choose.pick(['*', ALIAS]) : KEY
  const own = 'account' in principal ? principal.account : ACCOUNT
  return {
    request: {
      principal,
      action: choose.pick(trust ? TRUST_ACTIONS : ACTIONS),
      resource,
      resourceAccount: resource === '*' ? own : ACCOUNT,
    },
    context: context(choose),
  }
}

function context(choose: Seeded): Values {
  const values: Record<string, string | readonly string[]> = {}
  for (const key of ['test:s', 'test:t', 'aws:username']) {
    if (!choose.oneIn(3)) values[key] = choose.pick(FOUND)
  }
  if (!choose.oneIn(3)) values['test:multi'] = times(choose, 3, () => choose.pick(FOUND))
  return values
}

type Kind = 'identity' | 'key' | 'trust'

function document(choose: Seeded, kind: Kind): Document {
  const old = kind !== 'identity' && choose.oneIn(10)
  return {
    Version: old ? '2008-10-17' : '2012-10-17',
    Statement: Array.from({ length: 1 + choose.below(3) }, () => statement(choose, kind)),
  }
}

function statement(choose: Seeded, kind: Kind): Statement {
  const Effect = choose.oneIn(6) ? 'Deny' : 'Allow'
  const Condition = choose.oneIn(2) ? conditions(choose) : undefined
  const base: Statement = { Effect, ...(Condition === undefined ? {} : { Condition }) }
  if (kind === 'trust') {
    return {
      ...base,
      Action: times(choose, 2, () => choose.pick(TRUST_ACTIONS), 1),
      Principal: names(choose, true),
    }
  }
  const actions = times(choose, 2, () => choose.pick(ACTION_PATTERNS), 1)
  const resources = times(choose, 2, () => choose.pick(RESOURCE_PATTERNS), 1)
  const whole: Statement = {
    ...base,
    ...(choose.oneIn(6) ? { NotAction: actions } : { Action: actions }),
    ...(choose.oneIn(6) ? { NotResource: resources } : { Resource: resources }),
  }
  if (kind === 'identity') return whole
  return Effect === 'Deny' && choose.oneIn(3)
    ? { ...whole, NotPrincipal: names(choose, false) }
    : { ...whole, Principal: names(choose, false) }
}

function names(choose: Seeded, trust: boolean): NonNullable<Statement['Principal']> {
  if (choose.oneIn(8)) return '*'
  const AWS = times(choose, 3, () => choose.pick(POLICY_NAMES), 1)
  if (trust && choose.oneIn(3)) return { AWS, Federated: [PROVIDER] }
  return choose.oneIn(4) ? { AWS, Service: ['s3.amazonaws.com'] } : { AWS }
}

function conditions(choose: Seeded): NonNullable<Statement['Condition']> {
  const found: Record<string, Record<string, readonly string[]>> = {}
  for (let left = 1 + choose.below(2); left > 0; left -= 1) {
    const [operators, values] = choose.pick(FAMILIES)
    const set = choose.pick(['', '', 'ForAllValues:', 'ForAnyValue:'])
    const isNull = choose.oneIn(12)
    const operator = isNull
      ? `${set}Null`
      : `${set}${choose.pick(operators)}${choose.oneIn(4) ? 'IfExists' : ''}`
    const wanted = isNull
      ? [choose.pick(['true', 'false', 'True'])]
      : times(choose, 3, () => choose.pick(values), 1)
    found[operator] = { ...found[operator], [choose.pick(KEYS)]: wanted }
  }
  return found
}

function grant(choose: Seeded): MatchedGrant {
  const grantee = choose.pick([...NAMES.slice(1), 's3.amazonaws.com'])
  return { id: String(choose.below(1000)), grantee, issuingAccount: choose.pick([ACCOUNT, OTHER]) }
}

function times<T>(choose: Seeded, most: number, make: () => T, least = 0): readonly T[] {
  return Array.from({ length: least + choose.below(most + 1 - least) }, make)
}
