import { type CompiledPolicy, compilePolicy } from '../../../src/policy/compile.ts'
import type { Principal } from '../../../src/policy/decide.ts'
import type { Bindings } from '../../../src/policy/naming.ts'
import { parsePolicy } from '../../../src/policy/parse.ts'
import {
  ACCOUNT,
  ALLOW,
  DENY,
  FEDERATED,
  FEDERATED_ARN,
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
  YES,
} from '../../support/policies.ts'
import { ask, type Row } from './row.ts'

const ROOT_ARN = `arn:aws:iam::${ACCOUNT}:root`

/** Whom the key policy names, who asks, what comes out without and with an identity policy that allows. */
const NAMED: readonly (readonly [unknown, Principal, string, string])[] = [
  ['*', ROOT, '+resource 0', '+resource 0'],
  ['*', USER, '+resource 0', '+resource 0'],
  ['*', SESSION, '+resource 0', '+resource 0'],
  ['*', FEDERATED, '+resource 0', '+resource 0'],
  ['*', SERVICE, '+resource 0', '+resource 0'],
  ['*', FOREIGN_USER, '-identity', '+resource 0'],
  ['*', FOREIGN_ROOT, '+resource 0', '+resource 0'],
  [{ AWS: '*' }, USER, '+resource 0', '+resource 0'],
  [{ AWS: ACCOUNT }, ROOT, '+resource 0', '+resource 0'],
  [{ AWS: ACCOUNT }, USER, '-identity', '+identity 0'],
  [{ AWS: ACCOUNT }, SESSION, '-identity', '+identity 0'],
  [{ AWS: ACCOUNT }, FEDERATED, '-session', '-session'],
  [{ AWS: ACCOUNT }, SERVICE, '-resource', '-resource'],
  [{ AWS: ACCOUNT }, FOREIGN_USER, '-identity', '-resource'],
  [{ AWS: ROOT_ARN }, ROOT, '+resource 0', '+resource 0'],
  [{ AWS: ROOT_ARN }, USER, '-identity', '+identity 0'],
  [{ AWS: ROOT_ARN }, SESSION, '-identity', '+identity 0'],
  [{ AWS: OTHER }, USER, '-resource', '-resource'],
  [{ AWS: OTHER }, ROOT, '-resource', '-resource'],
  [{ AWS: OTHER }, FOREIGN_ROOT, '+resource 0', '+resource 0'],
  [{ AWS: OTHER }, FOREIGN_USER, '-identity', '+resource 0'],
  [{ AWS: USER_ARN }, USER, '+resource 0', '+resource 0'],
  [{ AWS: USER_ARN }, ROOT, '-resource', '-resource'],
  [{ AWS: USER_ARN }, SESSION, '-resource', '-resource'],
  [{ AWS: USER_ARN }, FEDERATED, '-session', '-session'],
  [{ AWS: USER_ARN }, FOREIGN_USER, '-identity', '-resource'],
  [{ AWS: `${USER_ARN}2` }, USER, '-resource', '-resource'],
  [{ AWS: USER_ARN.replace('ada', 'Ada') }, USER, '-resource', '-resource'],
  [{ AWS: USER_ARN.replace('user/', 'user/path/') }, USER, '-resource', '-resource'],
  [{ AWS: FOREIGN_USER.arn }, FOREIGN_USER, '-identity', '+resource 0'],
  [{ AWS: FOREIGN_USER.arn }, FOREIGN_ROOT, '-resource', '-resource'],
  [{ AWS: ROLE_ARN }, SESSION, '+resource 0', '+resource 0'],
  [{ AWS: ROLE_ARN }, USER, '-resource', '-resource'],
  [{ AWS: ROLE_ARN.replace('/team', '') }, SESSION, '-resource', '-resource'],
  [{ AWS: SESSION_ARN }, SESSION, '+resource 0', '+resource 0'],
  [{ AWS: `${SESSION_ARN}2` }, SESSION, '-resource', '-resource'],
  [{ AWS: FEDERATED_ARN }, FEDERATED, '+resource 0', '+resource 0'],
  [{ AWS: FEDERATED_ARN }, USER, '-resource', '-resource'],
  [{ AWS: [OTHER, USER_ARN] }, USER, '+resource 0', '+resource 0'],
  [{ AWS: [ACCOUNT, USER_ARN] }, USER, '+resource 0', '+resource 0'],
  [{ AWS: [ACCOUNT, SESSION_ARN] }, SESSION, '+resource 0', '+resource 0'],
  [{ AWS: OTHER, Service: 's3.amazonaws.com' }, SERVICE, '+resource 0', '+resource 0'],
  [{ Service: 's3.amazonaws.com' }, SERVICE, '+resource 0', '+resource 0'],
  [{ Service: 'ec2.amazonaws.com' }, SERVICE, '-resource', '-resource'],
  [{ Service: 's3.amazonaws.com' }, USER, '-resource', '-resource'],
]

/** What NotPrincipal lists, who asks, whether the Deny spares them. IAM User Guide, "… NotPrincipal". */
const SPARED: readonly (readonly [unknown, Principal, boolean])[] = [
  ['*', USER, true],
  ['*', SERVICE, true],
  [{ AWS: ACCOUNT }, ROOT, true],
  [{ AWS: ACCOUNT }, USER, false],
  [{ AWS: USER_ARN }, USER, false],
  [{ AWS: [USER_ARN, ACCOUNT] }, USER, true],
  [{ AWS: [USER_ARN, ROOT_ARN] }, USER, true],
  [{ AWS: [USER_ARN, OTHER] }, USER, false],
  [{ AWS: [ROLE_ARN, ACCOUNT] }, SESSION, false],
  [{ AWS: [SESSION_ARN, ACCOUNT] }, SESSION, false],
  [{ AWS: [SESSION_ARN, ROLE_ARN, ACCOUNT] }, SESSION, true],
  [{ AWS: [FEDERATED_ARN, USER_ARN, ACCOUNT] }, FEDERATED, true],
  [{ AWS: [FEDERATED_ARN, ACCOUNT] }, FEDERATED, false],
  [{ Service: 's3.amazonaws.com' }, SERVICE, true],
  [{ Service: 'ec2.amazonaws.com' }, SERVICE, false],
  [{ AWS: [OTHER, FOREIGN_USER.arn] }, FOREIGN_USER, true],
]

const USER_ID = 'AIDAEXAMPLEEXAMPLE234'
const ROLE_ID = 'AROAEXAMPLEEXAMPLE234'
const NEW_ID = 'AIDAOTHEROTHEROTHER23'
const KNOWN_USER: Principal = { ...USER, type: 'User', account: ACCOUNT, id: USER_ID }
const KNOWN_SESSION: Principal = {
  type: 'AssumedRole',
  account: ACCOUNT,
  arn: SESSION_ARN,
  roleArn: ROLE_ARN,
  roleId: ROLE_ID,
}
const KNOWN_FEDERATED: Principal = {
  type: 'FederatedUser',
  account: ACCOUNT,
  arn: FEDERATED_ARN,
  issuerArn: USER_ARN,
  issuerId: USER_ID,
}
const BINDINGS: Bindings = new Map([
  [USER_ARN, USER_ID],
  [ROLE_ARN, ROLE_ID],
  [SESSION_ARN, `${ROLE_ID}:s`],
])

/** Whom the policy names, who asks, the outcome: ARNs were bound to unique ids when the policy was put. */
const BOUND: readonly (readonly [string, Principal, string])[] = [
  [USER_ARN, KNOWN_USER, '+resource 0'],
  [USER_ARN, { ...KNOWN_USER, id: NEW_ID }, '-resource'],
  [USER_ARN, USER, '-resource'],
  [USER_ID, KNOWN_USER, '+resource 0'],
  [USER_ID, { ...KNOWN_USER, id: NEW_ID }, '-resource'],
  [USER_ID, USER, '-resource'],
  [ROLE_ARN, KNOWN_SESSION, '+resource 0'],
  [ROLE_ARN, { ...KNOWN_SESSION, roleId: 'AROAOTHEROTHEROTHER23' }, '-resource'],
  [ROLE_ID, KNOWN_SESSION, '+resource 0'],
  [SESSION_ARN, KNOWN_SESSION, '+resource 0'],
  [SESSION_ARN, { ...KNOWN_SESSION, roleId: 'AROAOTHEROTHEROTHER23' }, '-resource'],
  [`${ROLE_ID}:s`, KNOWN_SESSION, '+resource 0'],
  [`${ROLE_ID}:t2`, KNOWN_SESSION, '-resource'],
  [USER_ARN, KNOWN_FEDERATED, '-session'],
  [USER_ARN, { ...KNOWN_FEDERATED, issuerId: NEW_ID }, '-resource'],
  [ACCOUNT, KNOWN_USER, '-identity'],
]

function bound(name: string): CompiledPolicy {
  const statement = { ...ALLOW, Principal: { AWS: name } }
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statement })
  return compilePolicy(parsePolicy(text, { flavour: 'key' }), { bindings: BINDINGS })
}

function withPrincipal(fields: Fields, principal: unknown): Fields {
  return { ...fields, Principal: principal }
}

const EVERYONE = withPrincipal(ALLOW, '*')

/** Who is named, and how. */
export const PRINCIPAL_ROWS: readonly Row[] = [
  ...NAMED.flatMap(([names, principal, alone, together]) => {
    const resource = policy('key', withPrincipal(ALLOW, names))
    const what = `${principal.type} ${principal.arn} where the key policy names ${JSON.stringify(names)}`
    return [
      { what, asked: ask(principal), policies: { resource, identity: [] }, expected: alone },
      {
        what: `${what} and identity policies allow`,
        asked: ask(principal),
        policies: { resource, identity: [NOTHING, YES] },
        expected: together,
      },
    ]
  }),
  ...NAMED.map(([names, principal, , together]) => ({
    what: `${principal.type} ${principal.arn} where the key policy denies ${JSON.stringify(names)}`,
    asked: ask(principal),
    policies: { resource: policy('key', EVERYONE, withPrincipal(DENY, names)), identity: [YES] },
    expected: together === '-resource' ? '+resource 0' : '!resource 1',
  })),
  ...SPARED.map(([names, principal, spared]) => ({
    what: `${principal.type} ${principal.arn} where NotPrincipal lists ${JSON.stringify(names)}`,
    asked: ask(principal),
    policies: { resource: policy('key', EVERYONE, { ...DENY, NotPrincipal: names }), identity: [YES] },
    expected: spared ? '+resource 0' : '!resource 1',
  })),
  ...SPARED.filter(([, { type }]) => type === 'User' || type === 'AssumedRole').map(([names, principal]) => ({
    what: `${principal.type} ${principal.arn} with a boundary where NotPrincipal lists ${JSON.stringify(names)}`,
    asked: ask(principal),
    policies: {
      resource: policy('key', EVERYONE, { ...DENY, NotPrincipal: names }),
      identity: [YES],
      boundary: YES,
    },
    expected: '!resource 1',
  })),
  ...BOUND.map(([name, principal, expected], at) => ({
    what: `${principal.type} ${at} where the key policy names ${name}, bound`,
    asked: ask(principal),
    policies: { resource: bound(name), identity: [] },
    expected,
  })),
]
