import type { MatchedGrant, Policies, Principal } from '../../../src/policy/decide.ts'
import {
  ACCOUNT,
  ACCOUNT_KEY,
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

/** A key policy that allows nobody here. */
const CLOSED = forAws('arn:aws:iam::111122223333:user/nobody')
const DENYING = policy('key', { ...DENY, Principal: '*' })

function grant(grantee: string, issuingAccount = ACCOUNT, id = 'g'): MatchedGrant {
  return { id, grantee, issuingAccount }
}

type Line = readonly [string, Principal, Policies, string]

/** KMS Developer Guide, "Grants in AWS KMS": a grant allows as a statement that names the grantee would. */
const ENCRYPT: readonly Line[] = [
  ['a user', USER, { resource: CLOSED, identity: [], grants: [grant(USER_ARN)] }, '+grant g'],
  ['a role, its session', SESSION, { resource: CLOSED, identity: [], grants: [grant(ROLE_ARN)] }, '+grant g'],
  ['a session', SESSION, { resource: CLOSED, identity: [], grants: [grant(SESSION_ARN)] }, '+grant g'],
  [
    'a federated user',
    FEDERATED,
    { resource: CLOSED, identity: [], grants: [grant(FEDERATED_ARN)] },
    '+grant g',
  ],
  ['a service', SERVICE, { resource: CLOSED, identity: [], grants: [grant('s3.amazonaws.com')] }, '+grant g'],
  [
    'another service',
    SERVICE,
    { resource: CLOSED, identity: [], grants: [grant('ec2.amazonaws.com')] },
    '-resource',
  ],
  ['somebody else', USER, { resource: CLOSED, identity: [], grants: [grant(ROLE_ARN)] }, '-resource'],
  [
    'another session',
    SESSION,
    { resource: CLOSED, identity: [], grants: [grant(`${SESSION_ARN}2`)] },
    '-resource',
  ],
  [
    'the second of two',
    USER,
    {
      resource: CLOSED,
      identity: [],
      grants: [grant(ROLE_ARN, ACCOUNT, 'a'), grant(USER_ARN, ACCOUNT, 'b')],
    },
    '+grant b',
  ],
  ['no grants', USER, { resource: CLOSED, identity: [], grants: [] }, '-resource'],
  [
    'the account, root user',
    ROOT,
    { resource: CLOSED, identity: [], grants: [grant(`arn:aws:iam::${ACCOUNT}:root`)] },
    '+grant g',
  ],
  [
    'the account, a user without a policy',
    USER,
    { resource: CLOSED, identity: [], grants: [grant(`arn:aws:iam::${ACCOUNT}:root`)] },
    '-identity',
  ],
  [
    'the account, a user with a policy',
    USER,
    { resource: CLOSED, identity: [YES], grants: [grant(`arn:aws:iam::${ACCOUNT}:root`)] },
    '+identity 0',
  ],
  [
    'the account by its number',
    USER,
    { resource: CLOSED, identity: [YES], grants: [grant(ACCOUNT)] },
    '+identity 0',
  ],
  ['a key without a policy', USER, { identity: [], grants: [grant(USER_ARN)] }, '+grant g'],
  [
    'a user that identity denies',
    USER,
    { resource: CLOSED, identity: [NO], grants: [grant(USER_ARN)] },
    '!identity 0',
  ],
  [
    'a user that the key policy denies',
    USER,
    { resource: DENYING, identity: [], grants: [grant(USER_ARN)] },
    '!resource 0',
  ],
  [
    'a user that its boundary denies',
    USER,
    { resource: CLOSED, identity: [], boundary: NO, grants: [grant(USER_ARN)] },
    '!boundary 0',
  ],
  [
    'a user that an SCP denies',
    USER,
    { resource: CLOSED, identity: [], scps: [[NO]], grants: [grant(USER_ARN)] },
    '!scp 0 at 0',
  ],
  [
    'a user that an RCP denies',
    USER,
    { resource: CLOSED, identity: [], rcps: [[NO]], grants: [grant(USER_ARN)] },
    '!rcp 0 at 0',
  ],
  [
    'a session that its policy denies',
    SESSION,
    { resource: CLOSED, identity: [], session: [NO], grants: [grant(SESSION_ARN)] },
    '!session 0',
  ],
  [
    'an SCP that is silent',
    USER,
    { resource: CLOSED, identity: [], scps: [[NOTHING]], grants: [grant(USER_ARN)] },
    '-scp at 0',
  ],
  [
    'a boundary that is silent on a user',
    USER,
    { resource: CLOSED, identity: [], boundary: NOTHING, grants: [grant(USER_ARN)] },
    '+grant g',
  ],
  [
    'a boundary that is silent on a role',
    SESSION,
    { resource: CLOSED, identity: [], boundary: NOTHING, grants: [grant(ROLE_ARN)] },
    '-boundary',
  ],
  [
    'a session policy that is silent on a role',
    SESSION,
    { resource: CLOSED, identity: [], session: [NOTHING], grants: [grant(ROLE_ARN)] },
    '-session',
  ],
  [
    'a session policy that is silent on a session',
    SESSION,
    { resource: CLOSED, identity: [], session: [NOTHING], grants: [grant(SESSION_ARN)] },
    '+grant g',
  ],
  [
    'the key policy names as firmly',
    USER,
    { resource: keyFor('*'), identity: [], grants: [grant(USER_ARN)] },
    '+resource 0',
  ],
  [
    'the key policy names less firmly',
    USER,
    { resource: ACCOUNT_KEY, identity: [], grants: [grant(USER_ARN)] },
    '+grant g',
  ],
  [
    'the key policy names more firmly',
    SESSION,
    { resource: forAws(SESSION_ARN), identity: [], session: [], grants: [grant(ROLE_ARN)] },
    '+resource 0',
  ],
  [
    'another account, with its policy',
    FOREIGN_USER,
    { resource: CLOSED, identity: [YES], grants: [grant(FOREIGN_USER.arn)] },
    '+grant g',
  ],
  [
    'another account, without its policy',
    FOREIGN_USER,
    { resource: CLOSED, identity: [], grants: [grant(FOREIGN_USER.arn)] },
    '-identity',
  ],
  [
    'another account, made there',
    FOREIGN_USER,
    { resource: CLOSED, identity: [], grants: [grant(FOREIGN_USER.arn, OTHER)] },
    '+grant g',
  ],
  [
    'another account, made there, denied there',
    FOREIGN_USER,
    { resource: CLOSED, identity: [NO], grants: [grant(FOREIGN_USER.arn, OTHER)] },
    '!identity 0',
  ],
  [
    'another account, made there, its SCP is silent',
    FOREIGN_USER,
    { resource: CLOSED, identity: [], scps: [[]], grants: [grant(FOREIGN_USER.arn, OTHER)] },
    '-scp at 0',
  ],
  [
    'another account as a whole, made there',
    FOREIGN_USER,
    { resource: CLOSED, identity: [], grants: [grant(OTHER, OTHER)] },
    '-identity',
  ],
  [
    'another account as a whole, with its policy',
    FOREIGN_USER,
    { resource: CLOSED, identity: [YES], grants: [grant(OTHER)] },
    '+grant g',
  ],
  [
    'another account, the key policy allows and a grant agrees',
    FOREIGN_USER,
    { resource: keyFor('*'), identity: [], grants: [grant(FOREIGN_USER.arn, OTHER)] },
    '+resource 0',
  ],
  [
    'another account, an RCP is silent',
    FOREIGN_USER,
    { resource: CLOSED, identity: [], rcps: [[]], grants: [grant(FOREIGN_USER.arn, OTHER)] },
    '-rcp at 0',
  ],
  [
    'the root user of another account',
    FOREIGN_ROOT,
    { resource: CLOSED, identity: [], grants: [grant(OTHER)] },
    '+grant g',
  ],
]

/** "Retiring and revoking grants": the grant says who may, a key policy can only deny. */
const RETIRE: readonly Line[] = [
  ['the key policy alone', USER, { resource: keyFor('*'), identity: [YES] }, '-resource'],
  ['the key policy alone, root user', ROOT, { resource: keyFor('*'), identity: [] }, '-resource'],
  ['who may retire it', USER, { resource: CLOSED, identity: [], grants: [grant(USER_ARN)] }, '+grant g'],
  [
    'who may retire it, whom the key policy denies',
    USER,
    { resource: DENYING, identity: [], grants: [grant(USER_ARN)] },
    '!resource 0',
  ],
  ['its account, root user', ROOT, { resource: CLOSED, identity: [], grants: [grant(ACCOUNT)] }, '+grant g'],
  [
    'its account, a user without a policy',
    USER,
    { resource: CLOSED, identity: [], grants: [grant(ACCOUNT)] },
    '-identity',
  ],
  [
    'its account, a user with a policy',
    USER,
    { resource: CLOSED, identity: [YES], grants: [grant(ACCOUNT)] },
    '+identity 0',
  ],
  [
    'another account that may',
    FOREIGN_USER,
    { resource: CLOSED, identity: [], grants: [grant(FOREIGN_USER.arn)] },
    '+grant g',
  ],
  [
    'another account that may, denied there',
    FOREIGN_USER,
    { resource: CLOSED, identity: [NO], grants: [grant(FOREIGN_USER.arn)] },
    '!identity 0',
  ],
  [
    'another account with the key policy',
    FOREIGN_USER,
    { resource: keyFor('*'), identity: [YES] },
    '-resource',
  ],
  [
    'an RCP that denies has no say',
    USER,
    { resource: CLOSED, identity: [], rcps: [[NO]], grants: [grant(USER_ARN)] },
    '+grant g',
  ],
  [
    'an SCP that denies has',
    USER,
    { resource: CLOSED, identity: [], scps: [[NO]], grants: [grant(USER_ARN)] },
    '!scp 0 at 0',
  ],
]

/** Unique ids of grantees. */
const IDS: readonly Line[] = [
  [
    'a user by its id',
    { ...USER, type: 'User', account: ACCOUNT, id: 'AIDAX' },
    { identity: [], grants: [grant('AIDAX')] },
    '+grant g',
  ],
  [
    'a user who came later',
    { ...USER, type: 'User', account: ACCOUNT, id: 'AIDAY' },
    { identity: [], grants: [grant('AIDAX')] },
    '-resource',
  ],
]

function rows(source: string, lines: readonly Line[], action: string): readonly Row[] {
  return lines.map(([what, principal, policies, expected]) => ({
    what: `${source} ${what}`,
    asked: ask(principal, { action }),
    policies,
    expected,
  }))
}

/** Grants, and who may retire them. */
export const GRANT_ROWS: readonly Row[] = [
  ...rows('a grant for', ENCRYPT, 'kms:Encrypt'),
  ...rows('a grant for', IDS, 'kms:Decrypt'),
  ...rows('RetireGrant by', RETIRE, 'kms:RetireGrant'),
]
