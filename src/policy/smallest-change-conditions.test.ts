import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { cases } from '../../test/support/campaign.ts'
import {
  ACCOUNT,
  ACCOUNT_KEY,
  ALLOW,
  DENY,
  type Fields,
  forAws,
  policy,
  ROLE_ARN,
  request,
  SESSION,
  USER,
  USER_ARN,
} from '../../test/support/policies.ts'
import type { CompiledPolicy } from './compile.ts'
import type { CompiledStatement } from './compiled-statement.ts'
import type { ContextValue } from './context.ts'
import { type AccessRequest, decide, type Policies, type Principal, questionFor } from './decide.ts'
import { canBeMet, nearMisses } from './right-context.ts'
import { type Change, smallestChange, withChanges, withSent } from './smallest-change.ts'

type Context = Readonly<Record<string, ContextValue>>

function asked(principal: Principal, context: Context, change: Partial<AccessRequest> = {}): AccessRequest {
  return request(principal, { context: (key) => context[key], ...change })
}

const CLOSED = forAws(`arn:aws:iam::${ACCOUNT}:user/nobody`)
const MFA = { Bool: { 'aws:SecureTransport': 'true' } }
const LEDGER = { StringEquals: { 'kms:EncryptionContext:App': 'ledger' } }

/** `send key=value`, `add identity {conditions}`, `lift identity 0`. */
function short(change: Change): string {
  switch (change.kind) {
    case 'SendContext':
      return change.keys.map(({ key, value }) => `send ${key}=${value ?? 'nothing'}`).join(', ')
    case 'LiftDeny':
      return `lift ${change.policy} ${change.statement.index}`
    case 'AddAllow': {
      const conditions = change.conditions.map(
        ({ operator, key, values }) => `${operator.comparison} ${key} ${values.join()}`,
      )
      return ['add', change.policy, ...conditions].join(' ')
    }
  }
}

/** What is asked, the policies, what is proposed. */
const CASES: readonly (readonly [string, AccessRequest, Policies, readonly string[]])[] = [
  [
    'a session without MFA',
    asked(USER, {}),
    { resource: ACCOUNT_KEY, identity: [policy('identity', { ...ALLOW, Condition: MFA })] },
    ['send aws:SecureTransport=true'],
  ],
  [
    'another encryption context',
    asked(USER, { 'kms:encryptioncontext:app': 'other', 'kms:encryptioncontextkeys': ['App'] }),
    { resource: policy('key', { ...ALLOW, Principal: { AWS: USER_ARN }, Condition: LEDGER }), identity: [] },
    ['send kms:EncryptionContext:App=ledger'],
  ],
  [
    'an encryption context, and nothing else in it',
    asked(USER, {}),
    {
      resource: ACCOUNT_KEY,
      identity: [
        policy(
          'identity',
          { ...ALLOW, Condition: LEDGER },
          { ...DENY, Condition: { 'ForAnyValue:StringNotEquals': { 'kms:EncryptionContextKeys': 'App' } } },
        ),
      ],
    },
    ['send kms:EncryptionContext:App=ledger'],
  ],
  [
    'a Deny of calls without TLS',
    asked(USER, { 'aws:securetransport': 'false' }),
    {
      resource: policy(
        'key',
        { ...ALLOW, Principal: { AWS: ACCOUNT } },
        { ...DENY, Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      ),
      identity: [policy('identity', ALLOW)],
    },
    ['send aws:SecureTransport=true'],
  ],
  [
    'a Deny and an Allow that ask for different things',
    asked(USER, {}),
    {
      resource: ACCOUNT_KEY,
      identity: [
        policy(
          'identity',
          { ...ALLOW, Condition: LEDGER },
          { ...DENY, Condition: { BoolIfExists: { 'aws:SecureTransport': 'false' } } },
        ),
      ],
    },
    ['send kms:EncryptionContext:App=ledger, send aws:SecureTransport=true'],
  ],
  [
    'a condition on who calls',
    asked(USER, { 'aws:principalarn': USER_ARN }),
    {
      resource: ACCOUNT_KEY,
      identity: [
        policy('identity', { ...ALLOW, Condition: { ArnEquals: { 'aws:PrincipalArn': ROLE_ARN } } }),
      ],
    },
    [`add identity StringEquals aws:PrincipalArn ${USER_ARN}`],
  ],
  [
    'an encryption context where there is none',
    asked(USER, {}, { action: 'kms:Sign' }),
    { resource: ACCOUNT_KEY, identity: [policy('identity', { ...ALLOW, Condition: LEDGER })] },
    ['add identity Null kms:EncryptionContext:App true'],
  ],
  [
    'a role with a condition whose key is closed to it',
    asked(SESSION, {}),
    { resource: CLOSED, identity: [policy('identity', { ...ALLOW, Condition: LEDGER })] },
    ['send kms:EncryptionContext:App=ledger', 'add resource StringEquals kms:EncryptionContext:App ledger'],
  ],
  [
    'a user whose boundary asks for what its own policy does not',
    asked(USER, {}),
    {
      resource: ACCOUNT_KEY,
      identity: [],
      boundary: policy('identity', { ...ALLOW, Condition: MFA }),
    },
    ['send aws:SecureTransport=true', 'add identity Bool aws:SecureTransport true'],
  ],
]

for (const [what, wanted, policies, expected] of CASES) {
  test(`smallestChange for ${what} is ${expected.join(' and ')}`, () => {
    const changes = smallestChange(wanted, policies)
    assert.deepEqual(changes?.map(short).toSorted(), expected.toSorted())
    assert.ok(decide(withSent(wanted, changes ?? []), withChanges(policies, changes ?? [])).allow)
  })
}

const VALUES = [undefined, 'x', 'y', 'z'] as const
const KEYS = ['test:a', 'test:b'] as const

const condition = fc
  .tuple(
    fc.constantFrom('StringEquals', 'StringNotEquals', 'StringLike', 'StringEqualsIfExists', 'Null'),
    fc.constantFrom(...KEYS),
    fc.constantFrom('x', 'y', 'z'),
  )
  .map(([operator, key, value]) => ({
    [operator]: { [key]: operator === 'Null' ? String(value === 'x') : value },
  }))
const statement = fc
  .record({
    Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
    Action: fc.constantFrom('kms:*', 'kms:Encrypt', 'kms:Sign'),
    Resource: fc.constant('*'),
    Condition: fc.array(condition, { maxLength: 2 }).map((list) => Object.assign({}, ...list) as Fields),
  })
  .map((fields): Fields => fields)
const lists = fc.array(statement, { maxLength: 3 })
const named = fc.constantFrom(ACCOUNT, USER_ARN, ROLE_ARN)
const NOBODYS = { ...ALLOW, Action: 'kms:Sign' }

const worlds = fc
  .record({
    resource: fc.array(fc.tuple(statement, named), { maxLength: 3 }),
    identity: lists,
    boundary: fc.option(lists),
    scp: fc.option(lists),
    principal: fc.constantFrom(USER, SESSION),
    values: fc.tuple(fc.constantFrom(...VALUES), fc.constantFrom(...VALUES)),
  })
  .map(({ resource, identity, boundary, scp, principal, values }) => {
    const own = (list: readonly Fields[]): CompiledPolicy => policy('identity', NOBODYS, ...list)
    const policies: Policies = {
      resource: policy(
        'key',
        { ...NOBODYS, Principal: { AWS: ACCOUNT } },
        ...resource.map(([fields, AWS]) => ({ ...fields, Principal: { AWS } })),
      ),
      identity: [own(identity)],
      boundary: boundary === null ? undefined : own(boundary),
      scps: scp === null ? undefined : [[own(scp)]],
    }
    return { policies, principal, values }
  })

type Values = readonly (string | undefined)[]

function withValues(principal: Principal, values: Values): AccessRequest {
  return request(principal, { context: (key) => values[KEYS.indexOf(key as (typeof KEYS)[number])] })
}

const ALL_VALUES: readonly Values[] = VALUES.flatMap((a) => VALUES.map((b) => [a, b]))

test('where a call with another context would be allowed, no policy has to change', () => {
  let told = 0
  fc.assert(
    fc.property(worlds, ({ policies, principal, values }) => {
      const wanted = withValues(principal, values)
      if (decide(wanted, policies).allow) return
      const another = ALL_VALUES.some((other) => decide(withValues(principal, other), policies).allow)
      if (!another) return
      told += 1
      assert.deepEqual(
        smallestChange(wanted, policies)?.map(({ kind }) => kind),
        ['SendContext'],
      )
    }),
    { numRuns: cases({ slice: 600, whole: 3000 }) },
  )
  assert.ok(told > cases({ slice: 10, whole: 50 }), `${told} worlds`)
})

test('an added statement allows no call that leaves out the conditions of those that allow under conditions', () => {
  let told = 0
  fc.assert(
    fc.property(worlds, ({ policies, principal, values }) => {
      const wanted = withValues(principal, values)
      const changes = smallestChange(wanted, policies) ?? []
      for (const change of changes) {
        const here = nearMisses(wanted, policies)
          .filter((miss) => ofOneLevel(change, miss))
          .map((miss) => miss.statement)
        if (change.kind !== 'AddAllow' || here.length === 0) continue
        told += 1
        assertKept({ wanted, policies, changes, here })
      }
    }),
    { numRuns: cases({ slice: 600, whole: 3000 }) },
  )
  assert.ok(told > cases({ slice: 20, whole: 100 }), `${told} statements`)
})

type Kept = {
  readonly wanted: AccessRequest
  readonly policies: Policies
  readonly changes: readonly Change[]
  /** What allows under conditions in the place of what is added. */
  readonly here: readonly CompiledStatement[]
}

/** Whatever becomes allowed keeps the conditions of one statement, or is the call itself, which nobody could put right. */
function assertKept({ wanted, policies, changes, here }: Kept): void {
  const isSent = changes.some(({ kind }) => kind === 'SendContext')
  const nobodyCan = !here.some((one) => canBeMet(one, wanted, policies))
  assert.ok(isSent || nobodyCan)
  const lifted = withChanges(
    policies,
    changes.filter(({ kind }) => kind === 'LiftDeny'),
  )
  const after = withChanges(policies, changes)
  for (const values of ALL_VALUES) {
    const other = withValues(wanted.principal, values)
    if (decide(other, lifted).allow || !decide(other, after).allow) continue
    const { evaluation } = questionFor(other, policies)
    const keeps = here.some(({ conditions }) => conditions.every(({ holds }) => holds(evaluation)))
    assert.ok(keeps || (nobodyCan && isTheCall(other, withSent(wanted, changes), here)))
  }
}

function isTheCall(other: AccessRequest, wanted: AccessRequest, here: readonly CompiledStatement[]): boolean {
  const keys = here.flatMap(({ conditions }) => conditions.map(({ written }) => written.key))
  return keys.every((key) => other.context(key) === wanted.context(key))
}

/** The levels of an organization limit by themselves; the other policies stand for each other. */
function ofOneLevel(change: Change, { policy: kind }: { readonly policy: string }): boolean {
  if (change.kind === 'SendContext') return false
  return change.policy === 'scp' || kind === 'scp' ? change.policy === kind : true
}
