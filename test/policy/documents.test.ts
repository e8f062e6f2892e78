import assert from 'node:assert/strict'
import test from 'node:test'
import { SERVICE_ROLES } from '../../src/iam/entities/service-linked.ts'
import { allManagedByAws } from '../../src/iam/policies/managed-by-aws.ts'
import { trustPolicy } from '../../src/iam/policies/policies.ts'
import { type CompiledPolicy, compilePolicy } from '../../src/policy/compile.ts'
import { decide, type Principal } from '../../src/policy/decide.ts'
import { parseNewPolicy } from '../../src/policy/new-policy.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import { isServicePrincipal } from '../../src/policy/service-principal.ts'
import { PolicySyntaxError } from '../../src/policy/syntax-error.ts'
import { ACCOUNT_KEY, ALLOW, ROLE_ARN, request, USER, USER_ARN } from '../support/policies.ts'
import { ACCEPTED, DOCUMENT_ROWS, REFUSED } from './corpus/documents.ts'
import { outcome } from './corpus/row.ts'

/** What the corpus has at the least; it only grows. */
const ROWS_MIN = 250

test('the corpus of documents has its rows, each of them once', () => {
  assert.ok(DOCUMENT_ROWS.length >= ROWS_MIN, String(DOCUMENT_ROWS.length))
  const names = DOCUMENT_ROWS.map(({ what }) => what)
  assert.deepEqual(
    names.filter((name, at) => names.indexOf(name) !== at),
    [],
  )
})

for (const { what, place, text, expected } of DOCUMENT_ROWS) {
  test(`parseNewPolicy says what AWS says: ${what}`, () => {
    let said = ACCEPTED
    try {
      parseNewPolicy(text, { flavour: place })
    } catch (error) {
      assert.ok(error instanceof PolicySyntaxError)
      said = place === 'key' ? REFUSED : error.iamText
    }
    // What KMS says of a key policy is not said here.
    assert.equal(said, place === 'key' && expected !== ACCEPTED ? REFUSED : expected)
  })
}

test('the services that have roles of their own are known as principals', () => {
  assert.ok(SERVICE_ROLES.size > 20)
  for (const name of SERVICE_ROLES.keys()) assert.ok(isServicePrincipal(name), name)
})

test('the policies that AWS manages could be put', () => {
  assert.ok(allManagedByAws().length > 5)
  for (const { document } of allManagedByAws()) parseNewPolicy(document, { flavour: 'identity' })
})

/** A role that an earlier release kept with this trust policy, as it is read. */
function keptTrust(statement: object): CompiledPolicy {
  return trustPolicy({
    format: 1,
    id: 'AROAEXAMPLEEXAMPLE234',
    name: 'app',
    path: '/team/',
    createdAt: 0,
    tags: [],
    inline: [],
    attached: [],
    maxSessionSeconds: 3600,
    trust: JSON.stringify({ Version: '2012-10-17', Statement: statement }),
    bindings: {},
    profiles: [],
  })
}

const ASSUME = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: '*' }
const SPECIAL = { type: 'Service', arn: 'jobs.example.org' } as const

test('policies that earlier releases kept, and that would be refused now, decide as they did', () => {
  const assuming = (principal: Principal, statement: object): string => {
    const asked = request(principal, { action: 'sts:AssumeRole', resource: ROLE_ARN })
    return outcome(decide(asked, { resource: keptTrust(statement), identity: [] }))
  }
  assert.equal(assuming(USER, ASSUME), '+resource 0')
  assert.equal(assuming(USER, { ...ASSUME, Action: 'sts:assumerole' }), '+resource 0')
  assert.equal(assuming(SPECIAL, { ...ASSUME, Principal: { Service: SPECIAL.arn } }), '+resource 0')

  const deciding = (flavour: 'key' | 'identity', ...statements: readonly object[]): string => {
    const text = JSON.stringify({ Version: '2012-10-17', Statement: statements })
    assert.throws(() => parseNewPolicy(text, { flavour }), PolicySyntaxError)
    const policy = compilePolicy(parsePolicy(text, { flavour }))
    const asked = request(USER, { context: (key) => (key === 'aws:principalarn' ? USER_ARN : undefined) })
    return outcome(
      decide(
        asked,
        flavour === 'key'
          ? { resource: policy, identity: [] }
          : { resource: ACCOUNT_KEY, identity: [policy] },
      ),
    )
  }
  const itself = { ArnEquals: { 'aws:PrincipalArn': `\${aws:PrincipalArn}` } }
  const everyone = { ...ALLOW, Principal: '*' }
  assert.equal(deciding('key', { ...everyone, Action: undefined }, everyone), '+resource 1')
  assert.equal(deciding('key', { ...everyone, Condition: itself }), '+resource 0')
  assert.equal(deciding('identity', { ...ALLOW, Resource: ['arn:aws-cn:s3:::x', '*'] }), '+identity 0')
  assert.equal(deciding('identity', { ...ALLOW, Resource: 'arn:aws:s3:eu-west-1::x' }), '-identity')
})
