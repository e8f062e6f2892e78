import assert from 'node:assert/strict'
import test from 'node:test'
import { compilePolicy } from './compile.ts'
import type { ContextLookup } from './context.ts'
import { defaultKeyPolicy, locksCallerOut, overlyPermissiveCondition } from './key-policy.ts'
import { parsePolicy } from './parse.ts'
import type { Principal } from './principal.ts'

const ACCOUNT = '111122223333'
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1`
const ROOT: Principal = { type: 'Root', account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root` }
const USER: Principal = { type: 'User', account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/ada` }

test('defaultKeyPolicy is the policy that AWS makes', () => {
  assert.deepEqual(JSON.parse(defaultKeyPolicy(ACCOUNT)), {
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::111122223333:root' },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  })
})

type Given = { readonly principal?: Principal; readonly resource?: string; readonly context?: ContextLookup }

function locksOut(statements: readonly object[], given: Given = {}): boolean {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statements })
  const policy = compilePolicy(parsePolicy(text, { flavour: 'key' }))
  const { principal = USER, context = () => undefined } = given
  return locksCallerOut(policy, principal, context, given.resource)
}

const ALLOW = { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'kms:*', Resource: '*' }
const HTTPS_ONLY = { Bool: { 'aws:SecureTransport': true } }

test('locksCallerOut lets the default policy pass for every principal of the account', () => {
  const policy = compilePolicy(parsePolicy(defaultKeyPolicy(ACCOUNT), { flavour: 'key' }))
  assert.equal(
    locksCallerOut(policy, ROOT, () => undefined),
    false,
  )
  assert.equal(
    locksCallerOut(policy, USER, () => undefined),
    false,
  )
})

test('locksCallerOut finds a policy that the caller could not change', () => {
  assert.equal(locksOut([{ ...ALLOW, Action: 'kms:Encrypt' }]), true)
  assert.equal(locksOut([{ ...ALLOW, Principal: { AWS: '444455556666' } }]), true)
  assert.equal(locksOut([{ Effect: 'Allow', Principal: '*' }]), true)
  assert.equal(locksOut([ALLOW, { ...ALLOW, Effect: 'Deny', Action: 'kms:Put*' }]), true)
  assert.equal(locksOut([ALLOW, { ...ALLOW, Effect: 'Deny', Principal: { AWS: '444455556666' } }]), false)
})

test('locksCallerOut evaluates conditions against the request', () => {
  const statements = [{ ...ALLOW, Condition: HTTPS_ONLY }]
  assert.equal(locksOut(statements), true)
  assert.equal(locksOut(statements, { context: () => 'true' }), false)
})

test('locksCallerOut counts a statement about the key itself when it is told the key', () => {
  assert.equal(locksOut([{ ...ALLOW, Resource: KEY }]), true)
  assert.equal(locksOut([{ ...ALLOW, Resource: KEY }], { resource: KEY }), false)
})

test('locksCallerOut is true for what cannot be evaluated', () => {
  const Condition = { StringLike: { 'a:b': `*${'a'.repeat(10_000)}b` } }
  assert.equal(locksOut([{ ...ALLOW, Condition }], { context: () => 'a'.repeat(100_000) }), true)
})

test('locksCallerOut passes on what a lookup throws', () => {
  const context = (): never => {
    throw new Error('lookup failed')
  }
  assert.throws(() => locksOut([{ ...ALLOW, Condition: HTTPS_ONLY }], { context }), /lookup failed/)
})

function problem(operator: string, key: string): string | undefined {
  const statement = { ...ALLOW, Condition: { [operator]: { [key]: 'x' } } }
  return overlyPermissiveCondition(parsePolicy(JSON.stringify({ Statement: statement }), { flavour: 'key' }))
}

test('overlyPermissiveCondition finds ForAllValues on a key with one value', () => {
  const encryptionContext = problem('ForAllValues:StringEquals', 'kms:EncryptionContext:App')
  assert.match(encryptionContext ?? '', /^OverlyPermissiveCondition: .*specified encryption context or with/)
  assert.match(problem('forallvalues:StringLike', 'aws:RequestTag/a') ?? '', /unspecified tag\. To fix/)
  assert.equal(problem('ForAllValues:StringEquals', 'kms:EncryptionContextKeys'), undefined)
  assert.equal(problem('StringEquals', 'kms:EncryptionContext:App'), undefined)
})
