import type { Policies, Principal } from '../../../src/policy/decide.ts'
import {
  ACCOUNT,
  type Fields,
  FOREIGN_ROOT,
  FOREIGN_USER,
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
} from '../../support/policies.ts'
import { ask, type Context, identity, type Row } from './row.ts'

const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`
const WORKFLOW: Principal = { type: 'WebIdentity', arn: PROVIDER }
const ASSUME = { Effect: 'Allow', Action: 'sts:AssumeRole' }
const MAY_ASSUME = identity({ ...ASSUME, Resource: ROLE_ARN })
const MAY_NOT = identity({ ...ASSUME, Effect: 'Deny', Resource: '*' })

const trusting = (principal: unknown, more: Fields = {}): Policies['resource'] =>
  policy('trust', { ...ASSUME, Principal: principal, ...more })

type Line = readonly [string, Principal, Policies, string, Context?]

/** IAM User Guide, "Grant permissions to pass or assume a role"; STS API Reference, "AssumeRole". */
const ASSUMING: readonly Line[] = [
  ['a user by ARN', USER, { resource: trusting({ AWS: USER_ARN }), identity: [] }, '+resource 0'],
  ['a user by account alone', USER, { resource: trusting({ AWS: ACCOUNT }), identity: [] }, '-identity'],
  [
    'a user by account and identity',
    USER,
    { resource: trusting({ AWS: ACCOUNT }), identity: [MAY_ASSUME] },
    '+identity 0',
  ],
  [
    'a user by identity alone',
    USER,
    { resource: trusting({ AWS: OTHER }), identity: [MAY_ASSUME] },
    '-resource',
  ],
  ['a user where nobody is trusted', USER, { identity: [MAY_ASSUME] }, '-resource'],
  [
    'a user whom identity denies',
    USER,
    { resource: trusting({ AWS: USER_ARN }), identity: [MAY_NOT] },
    '!identity 0',
  ],
  [
    'a user whom the trust policy denies',
    USER,
    {
      resource: policy(
        'trust',
        { ...ASSUME, Principal: '*' },
        { ...ASSUME, Effect: 'Deny', Principal: { AWS: USER_ARN } },
      ),
      identity: [],
    },
    '!resource 1',
  ],
  ['a user by everyone', USER, { resource: trusting('*'), identity: [] }, '+resource 0'],
  ['a session by ARN', SESSION, { resource: trusting({ AWS: SESSION_ARN }), identity: [] }, '+resource 0'],
  ['a session by its role', SESSION, { resource: trusting({ AWS: ROLE_ARN }), identity: [] }, '+resource 0'],
  [
    'a session by its role, beyond its session policy',
    SESSION,
    { resource: trusting({ AWS: ROLE_ARN }), identity: [], session: [NOTHING] },
    '-session',
  ],
  ['the root user by account', ROOT, { resource: trusting({ AWS: ACCOUNT }), identity: [] }, '+resource 0'],
  [
    'another account, both allow',
    FOREIGN_USER,
    { resource: trusting({ AWS: OTHER }), identity: [MAY_ASSUME] },
    '+resource 0',
  ],
  [
    'another account, by ARN alone',
    FOREIGN_USER,
    { resource: trusting({ AWS: FOREIGN_USER.arn }), identity: [] },
    '-identity',
  ],
  [
    'another account, by identity alone',
    FOREIGN_USER,
    { resource: trusting({ AWS: ACCOUNT }), identity: [MAY_ASSUME] },
    '-resource',
  ],
  [
    'the root user of another account',
    FOREIGN_ROOT,
    { resource: trusting({ AWS: OTHER }), identity: [] },
    '+resource 0',
  ],
  [
    'a service',
    SERVICE,
    { resource: trusting({ Service: 's3.amazonaws.com' }), identity: [] },
    '+resource 0',
  ],
  [
    'another service',
    SERVICE,
    { resource: trusting({ Service: 'ec2.amazonaws.com' }), identity: [] },
    '-resource',
  ],
  [
    'the right external id',
    FOREIGN_USER,
    {
      resource: trusting({ AWS: OTHER }, { Condition: { StringEquals: { 'sts:ExternalId': 'abc' } } }),
      identity: [MAY_ASSUME],
    },
    '+resource 0',
    { 'sts:ExternalId': 'abc' },
  ],
  [
    'a wrong external id',
    FOREIGN_USER,
    {
      resource: trusting({ AWS: OTHER }, { Condition: { StringEquals: { 'sts:ExternalId': 'abc' } } }),
      identity: [MAY_ASSUME],
    },
    '-resource',
    { 'sts:ExternalId': 'x' },
  ],
  [
    'no external id',
    FOREIGN_USER,
    {
      resource: trusting({ AWS: OTHER }, { Condition: { StringEquals: { 'sts:ExternalId': 'abc' } } }),
      identity: [MAY_ASSUME],
    },
    '-resource',
  ],
  [
    'a session name of its own',
    USER,
    {
      resource: trusting(
        { AWS: ACCOUNT },
        { Condition: { StringLike: { 'sts:RoleSessionName': `\${aws:username}` } } },
      ),
      identity: [MAY_ASSUME],
    },
    '+identity 0',
    { 'sts:RoleSessionName': 'ada', 'aws:username': 'ada' },
  ],
  [
    'MFA that is asked for',
    USER,
    {
      resource: trusting(
        { AWS: USER_ARN },
        { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } },
      ),
      identity: [],
    },
    '-resource',
  ],
]

const WEB = 'sts:AssumeRoleWithWebIdentity'
const HOST = 'token.actions.githubusercontent.com'
const FOR_REPOSITORY = {
  StringEquals: { [`${HOST}:aud`]: 'sts.amazonaws.com' },
  StringLike: { [`${HOST}:sub`]: 'repo:org/app:*' },
}

/** STS API Reference, "AssumeRoleWithWebIdentity". */
const FEDERATING: readonly Line[] = [
  [
    'the provider',
    WORKFLOW,
    { resource: trusting({ Federated: PROVIDER }, { Action: WEB }), identity: [] },
    '+resource 0',
  ],
  [
    'another provider',
    WORKFLOW,
    { resource: trusting({ Federated: `${PROVIDER}/x` }, { Action: WEB }), identity: [] },
    '-resource',
  ],
  ['another action', WORKFLOW, { resource: trusting({ Federated: PROVIDER }), identity: [] }, '-resource'],
  [
    'any of the actions',
    WORKFLOW,
    { resource: trusting({ Federated: PROVIDER }, { Action: 'sts:AssumeRole*' }), identity: [] },
    '+resource 0',
  ],
  [
    'an account',
    WORKFLOW,
    { resource: trusting({ AWS: ACCOUNT }, { Action: WEB }), identity: [] },
    '-resource',
  ],
  [
    'a Deny',
    WORKFLOW,
    {
      resource: policy(
        'trust',
        { ...ASSUME, Action: WEB, Principal: { Federated: PROVIDER } },
        { ...ASSUME, Action: WEB, Effect: 'Deny', Principal: '*' },
      ),
      identity: [],
    },
    '!resource 1',
  ],
  [
    'the claims',
    WORKFLOW,
    { resource: trusting({ Federated: PROVIDER }, { Action: WEB, Condition: FOR_REPOSITORY }), identity: [] },
    '+resource 0',
    { [`${HOST}:aud`]: 'sts.amazonaws.com', [`${HOST}:sub`]: 'repo:org/app:ref:refs/heads/main' },
  ],
  [
    'other claims',
    WORKFLOW,
    { resource: trusting({ Federated: PROVIDER }, { Action: WEB, Condition: FOR_REPOSITORY }), identity: [] },
    '-resource',
    { [`${HOST}:aud`]: 'sts.amazonaws.com', [`${HOST}:sub`]: 'repo:org/other:x' },
  ],
  [
    'no claims',
    WORKFLOW,
    { resource: trusting({ Federated: PROVIDER }, { Action: WEB, Condition: FOR_REPOSITORY }), identity: [] },
    '-resource',
  ],
  [
    'a well-known host',
    { type: 'WebIdentity', arn: 'accounts.google.com' },
    { resource: trusting({ Federated: 'accounts.google.com' }, { Action: WEB }), identity: [] },
    '+resource 0',
  ],
]

/** "Pass session tags in AWS STS": tags and source identities need permissions of their own. */
const EXTRAS: readonly (readonly [string, string | readonly string[], string])[] = [
  ['sts:TagSession', 'sts:AssumeRole', '-resource'],
  ['sts:TagSession', ['sts:AssumeRole', 'sts:TagSession'], '+resource 0'],
  ['sts:SetSourceIdentity', 'sts:AssumeRole', '-resource'],
  ['sts:SetSourceIdentity', ['sts:AssumeRole', 'sts:SetSourceIdentity'], '+resource 0'],
  ['sts:SetContext', 'sts:SetContext', '+resource 0'],
]

function rows(action: string, lines: readonly Line[]): readonly Row[] {
  return lines.map(([what, principal, policies, expected, context = {}]) => ({
    what: `${action}: ${what}`,
    asked: ask(principal, { action, resource: ROLE_ARN, context }),
    policies,
    expected,
  }))
}

/** Roles and whom they trust. */
export const TRUST_ROWS: readonly Row[] = [
  ...rows('sts:AssumeRole', ASSUMING),
  ...rows(WEB, FEDERATING),
  ...EXTRAS.map(([action, actions, expected]) => ({
    what: `${action} where the trust policy allows ${actions}`,
    asked: ask(USER, { action, resource: ROLE_ARN }),
    policies: { resource: trusting({ AWS: USER_ARN }, { Action: actions }), identity: [] },
    expected,
  })),
]
