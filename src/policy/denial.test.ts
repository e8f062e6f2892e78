import assert from 'node:assert/strict'
import test from 'node:test'
import { policyText } from '../../test/support/iam.ts'
import {
  ACCOUNT_KEY,
  DENY,
  FAILING,
  FOREIGN_USER,
  forAws,
  KEY,
  LONG,
  NO,
  NOTHING,
  OTHER,
  policy,
  ROOT,
  request,
  SESSION,
  USER,
  USER_ARN,
  YES,
} from '../../test/support/policies.ts'
import { type CompiledPolicy, compilePolicy } from './compile.ts'
import { type AccessRequest, decide, type Policies, type Principal } from './decide.ts'
import { denialMessage, hiddenDenial } from './denial.ts'
import { parsePolicy } from './parse.ts'

/** The message for a refused request. */
function messageOf(asked: AccessRequest, policies: Policies): string {
  const decision = decide(asked, policies)
  assert.ok(!decision.allow)
  return denialMessage(decision, asked)
}

const ON_KEY = `is not authorized to perform: kms:Encrypt on resource: ${KEY}`

/** Principal, policies, the end of the message. */
const MESSAGES: readonly (readonly [Principal, Policies, string])[] = [
  [
    USER,
    { resource: ACCOUNT_KEY, identity: [] },
    'because no identity-based policy allows the kms:Encrypt action',
  ],
  [
    USER,
    { resource: forAws(OTHER), identity: [] },
    'because no resource-based policy allows the kms:Encrypt action',
  ],
  [
    USER,
    { resource: ACCOUNT_KEY, identity: [YES], boundary: NOTHING },
    'because no permissions boundary allows the kms:Encrypt action',
  ],
  [
    SESSION,
    { resource: ACCOUNT_KEY, identity: [YES], session: [] },
    'because no session policy allows the kms:Encrypt action',
  ],
  [
    SESSION,
    { resource: ACCOUNT_KEY, identity: [YES], session: [NO] },
    'with an explicit deny in a session policy',
  ],
  [USER, { resource: ACCOUNT_KEY, identity: [NO] }, 'with an explicit deny in an identity-based policy'],
  [
    USER,
    { resource: ACCOUNT_KEY, identity: [], boundary: NO },
    'with an explicit deny in a permissions boundary',
  ],
  [
    ROOT,
    { resource: policy('key', { ...DENY, Principal: '*' }), identity: [] },
    'with an explicit deny in a resource-based policy',
  ],
  [
    ROOT,
    { resource: ACCOUNT_KEY, identity: [], scps: [[NO]] },
    'with an explicit deny in a service control policy',
  ],
  [
    ROOT,
    { resource: ACCOUNT_KEY, identity: [], scps: [[NOTHING]] },
    'with an explicit deny in a service control policy',
  ],
]

for (const [principal, policies, ending] of MESSAGES) {
  test(`denialMessage for ${principal.type} ends "${ending}"`, () => {
    assert.equal(messageOf(request(principal), policies), `User: ${principal.arn} ${ON_KEY} ${ending}`)
  })
}

test('denialMessage says of an action without a resource that it is on all, but for STS and CloudTrail', () => {
  for (const [action, where] of [
    ['kms:ListKeys', ' on resource: *'],
    ['iam:GetAccountSummary', ' on resource: *'],
    ['sts:DecodeAuthorizationMessage', ''],
    ['cloudtrail:LookupEvents', ''],
  ] as const) {
    assert.equal(
      messageOf(request(USER, { action, resource: '*' }), { identity: [] }),
      `User: ${USER_ARN} is not authorized to perform: ${action}${where} because no identity-based policy allows the ${action} action`,
    )
  }
})

test('denialMessage names a resource as it is told to', () => {
  const asked = request(USER, { action: 'iam:GetRole', resource: 'arn:aws:iam::111122223333:role/team/r' })
  const denied = { allow: false, why: { kind: 'NotAllowed', policy: 'identity' } } as const
  assert.equal(
    denialMessage(denied, asked, 'role r'),
    `User: ${USER_ARN} is not authorized to perform: iam:GetRole on resource: role r because no identity-based policy allows the iam:GetRole action`,
  )
})

test('denialMessage names the managed policy that denies, and no other', () => {
  const arn = 'arn:aws:iam::111122223333:policy/team/guard'
  const denying = (name: string): CompiledPolicy =>
    compilePolicy(
      parsePolicy(policyText({ Effect: 'Deny', Action: '*', Resource: '*' }), { flavour: 'identity' }),
      { name },
    )
  const ending = (policies: Policies): string => messageOf(request(USER), policies).split('with an ')[1] ?? ''
  const all = { resource: ACCOUNT_KEY, identity: [YES] }
  assert.equal(
    ending({ ...all, identity: [denying(arn)] }),
    `explicit deny in an identity-based policy: ${arn}`,
  )
  assert.equal(ending({ ...all, boundary: denying(arn) }), `explicit deny in a permissions boundary: ${arn}`)
  assert.equal(ending({ ...all, session: [denying(arn)] }), `explicit deny in a session policy: ${arn}`)
  assert.equal(ending({ ...all, identity: [denying('inline')] }), 'explicit deny in an identity-based policy')
})

test('denialMessage gives no reason when evaluation failed', () => {
  const asked = request(ROOT, { context: () => LONG })
  assert.equal(
    messageOf(asked, { resource: policy('key', FAILING), identity: [] }),
    `User: ${ROOT.arn} ${ON_KEY}`,
  )
})

test('denialMessage tells a caller of another account the same, whatever the reason', () => {
  const reasons: readonly Policies[] = [
    { resource: ACCOUNT_KEY, identity: [YES] },
    { resource: forAws(OTHER), identity: [] },
    { resource: forAws(OTHER), identity: [NO] },
    { resource: policy('key', { ...DENY, Principal: '*' }), identity: [YES] },
    { resource: policy('key', FAILING), identity: [] },
  ]
  const asked = request(FOREIGN_USER, { context: () => LONG })
  const messages = new Set(reasons.map((policies) => messageOf(asked, policies)))
  assert.deepEqual([...messages], [hiddenDenial(FOREIGN_USER.arn, 'kms:Encrypt')])
})

test('hiddenDenial says what AWS says, for keys and for ciphertexts', () => {
  const because =
    'because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access'
  assert.equal(
    hiddenDenial(USER_ARN, 'kms:Sign'),
    `User: ${USER_ARN} is not authorized to perform: kms:Sign on this resource ${because}`,
  )
  assert.equal(
    hiddenDenial(USER_ARN, 'kms:Decrypt'),
    `User: ${USER_ARN} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext ${because}`,
  )
})

const ROLE = 'arn:aws:iam::111122223333:role/team/app'
const TRUST = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: OTHER } }
const TRUST_DENY = { ...TRUST, Effect: 'Deny', Principal: '*' }
const ASSUME = { action: 'sts:AssumeRole', resource: ROLE }
const ON_ROLE = `is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`

test('denialMessage calls the policy of a role by its name', () => {
  assert.equal(
    messageOf(request(USER, ASSUME), { resource: policy('trust', TRUST), identity: [] }),
    `User: ${USER_ARN} ${ON_ROLE} because no role trust policy allows the sts:AssumeRole action`,
  )
  assert.equal(
    messageOf(request(USER, ASSUME), { resource: policy('trust', TRUST_DENY), identity: [] }),
    `User: ${USER_ARN} ${ON_ROLE} with an explicit deny in the role trust policy`,
  )
})

test('denialMessage names resource control policies', () => {
  assert.equal(
    messageOf(request(USER), { resource: ACCOUNT_KEY, identity: [YES], rcps: [[NO]] }),
    `User: ${USER_ARN} ${ON_KEY} with an explicit deny in a resource control policy`,
  )
  assert.equal(
    messageOf(request(USER), { resource: ACCOUNT_KEY, identity: [YES], rcps: [[]] }),
    `User: ${USER_ARN} ${ON_KEY} because no resource control policy allows the kms:Encrypt action`,
  )
})

test('denialMessage tells a caller of another account nothing of why a role refuses', () => {
  const reasons: readonly Policies[] = [
    { resource: policy('trust', TRUST), identity: [] },
    { resource: policy('trust', TRUST_DENY), identity: [YES] },
    { identity: [YES] },
  ]
  const messages = new Set(reasons.map((policies) => messageOf(request(FOREIGN_USER, ASSUME), policies)))
  assert.deepEqual([...messages], [`User: ${FOREIGN_USER.arn} ${ON_ROLE}`])
  assert.equal(hiddenDenial(FOREIGN_USER.arn, 'sts:AssumeRole', ROLE), [...messages][0])
})

test('denialMessage tells a caller of another account the same of what never works across accounts', () => {
  const asked = request(FOREIGN_USER, { action: 'kms:DisableKey' })
  assert.equal(
    messageOf(asked, { resource: forAws(OTHER), identity: [YES] }),
    hiddenDenial(FOREIGN_USER.arn, 'kms:DisableKey'),
  )
})

test('denialMessage has no words for an action that does not work across accounts', () => {
  const message = denialMessage({ allow: false, why: { kind: 'NotAcrossAccounts' } }, request(USER))
  assert.equal(message, `User: ${USER_ARN} ${ON_KEY}`)
})
