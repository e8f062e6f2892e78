import assert from 'node:assert/strict'
import test from 'node:test'
import {
  ACCOUNT,
  ALIAS,
  ALLOW,
  DENY,
  FEDERATED,
  FEDERATED_ARN,
  type Fields,
  KEY,
  OTHER,
  policy,
  ROLE_ARN,
  ROOT,
  request,
  SERVICE,
  SESSION,
  SESSION_ARN,
  summary,
  USER,
  USER_ARN,
  YES,
} from '../../test/support/policies.ts'
import type { ContextLookup } from './context.ts'
import { decide, type Principal } from './decide.ts'

/** Statement elements, whether an Encrypt on the key is covered. */
const COVERED: readonly (readonly [Fields, boolean])[] = [
  [{ Action: 'KMS:encrypt' }, true],
  [{ Action: ['kms:Sign', 'kms:Enc*'] }, true],
  [{ Action: 'kms:Encryp?' }, true],
  [{ Action: 'kms:Encrypt?' }, false],
  [{ Action: 's3:*' }, false],
  [{ Action: '*' }, true],
  [{ Action: undefined, NotAction: 'kms:Encrypt' }, false],
  [{ Action: undefined, NotAction: 'kms:S*' }, true],
  [{ Action: undefined, NotAction: '*' }, false],
  [{ Resource: KEY }, true],
  [{ Resource: 'arn:aws:kms:*:*:key/*' }, true],
  [{ Resource: 'arn:aws:kms:*:111122223333:*' }, true],
  [{ Resource: `${KEY}x` }, false],
  [{ Resource: KEY.toUpperCase().replace('ARN', 'arn') }, false],
  [{ Resource: ALIAS }, false],
  [{ Resource: undefined, NotResource: KEY }, false],
  [{ Resource: undefined, NotResource: ALIAS }, true],
  [{ Resource: undefined, NotResource: '*' }, false],
  [{ Resource: `arn:aws:kms:*:*:key/\${test:id}` }, true],
  [{ Resource: `arn:aws:kms:*:*:key/\${test:star}` }, false],
  [{ Resource: `arn:aws:kms:*:*:key/\${test:none}` }, false],
  [{ Resource: `arn:aws:kms:*:\${test:account}:key/*` }, false],
  [{ Resource: undefined, NotResource: `arn:aws:kms:*:*:key/\${test:none}` }, true],
  [{ Condition: { StringEquals: { 'TEST:Account': ACCOUNT }, Null: { 'test:none': true } } }, true],
  [{ Condition: { StringEquals: { 'test:account': ACCOUNT }, Null: { 'test:none': false } } }, false],
]

const TEST_CONTEXT: ContextLookup = (key) =>
  new Map([
    ['test:id', KEY.slice(KEY.indexOf('/') + 1)],
    ['test:star', '*'],
    ['test:account', ACCOUNT],
  ]).get(key)

for (const [fields, covered] of COVERED) {
  test(`a statement with ${JSON.stringify(fields)} ${covered ? 'covers' : 'does not cover'} the request`, () => {
    const resource = policy('key', { ...ALLOW, Principal: '*', ...fields })
    const decision = decide(request(ROOT, { context: TEST_CONTEXT }), { resource, identity: [] })
    assert.equal(decision.allow, covered)
  })
}

/** What NotPrincipal lists, the principal, whether the Deny hits it. */
const NOT_PRINCIPAL: readonly (readonly [readonly string[], Principal, boolean])[] = [
  [[ACCOUNT], ROOT, false],
  [[OTHER], ROOT, true],
  [[USER_ARN, ACCOUNT], USER, false],
  [[USER_ARN], USER, true],
  [[SESSION_ARN, ROLE_ARN, ACCOUNT], SESSION, false],
  [[SESSION_ARN, ROLE_ARN], SESSION, true],
  [[ROLE_ARN, ACCOUNT], SESSION, true],
  [[FEDERATED_ARN, USER_ARN, ACCOUNT], FEDERATED, false],
  [[FEDERATED_ARN, ACCOUNT], FEDERATED, true],
  [[ACCOUNT], SERVICE, true],
  [['*'], USER, false],
]

for (const [names, principal, hit] of NOT_PRINCIPAL) {
  test(`a Deny with NotPrincipal ${names.join(', ')} ${hit ? 'hits' : 'spares'} ${principal.arn}`, () => {
    const resource = policy('key', { ...ALLOW, Principal: '*' }, { ...DENY, NotPrincipal: { AWS: names } })
    assert.equal(decide(request(principal), { resource, identity: [] }).allow, !hit)
  })
}

test('a Deny with NotPrincipal hits whoever has a permissions boundary', () => {
  const resource = policy('key', { ...ALLOW, Principal: '*' }, { ...DENY, NotPrincipal: '*' })
  assert.equal(summary(decide(request(USER), { resource, identity: [], boundary: YES })), '!resource')
})
