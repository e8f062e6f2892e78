import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicy } from '../policy/compile.ts'
import { accessTo, inPlace, keysInPlace, onResource, resourcePlace } from './access.ts'
import type { AccountPlace, Caller, CallerPolicies } from './caller.ts'
import type { Permission } from './operation.ts'

const [OWN, OTHER] = ['111122223333', '444455556666']
const POLICY = compilePolicy({ version: '2012-10-17', id: undefined, statements: [] })
const RCPS = [[POLICY]]

const PLACE: AccountPlace = { organizationId: 'o-own', paths: ['o-own/r-a/'], rcps: RCPS }
const FOREIGN: AccountPlace = { organizationId: 'o-other', paths: ['o-other/r-b/'], rcps: RCPS }
const POLICIES: CallerPolicies = { identity: [], place: PLACE }

const CALLER: Caller = {
  account: OWN,
  arn: `arn:aws:iam::${OWN}:root`,
  accessKeyId: 'AKIA',
  principal: { type: 'Root', account: OWN, arn: `arn:aws:iam::${OWN}:root` },
  identityJson: '{}',
  keys: () => undefined,
  policies: () => POLICIES,
}

function permission(change: Partial<Permission> = {}): Permission {
  const own = { action: 'kms:Encrypt', resource: '*', account: OWN, policy: undefined }
  return { ...own, context: () => undefined, ...change }
}

function access(asked: Permission, place: AccountPlace = PLACE) {
  return accessTo(inPlace({ caller: CALLER, context: () => undefined }, PLACE), asked, POLICIES, place)
}

test('resource control policies bind what is done in KMS and STS, but to keys that AWS manages', () => {
  const bound = (change: Partial<Permission>): boolean => access(permission(change)).policies.rcps === RCPS
  assert.equal(bound({}), true)
  assert.equal(bound({ action: 'sts:AssumeRole' }), true)
  assert.equal(bound({ managedByAws: false }), true)
  assert.equal(bound({ managedByAws: true }), false)
  for (const action of ['iam:GetRole', 'cloudtrail:LookupEvents', 'holdfast:GetUsage']) {
    assert.equal(bound({ action }), false, action)
  }
})

test('the place of a resource is that of its account, and the caller keeps its own', () => {
  const { request } = access(permission({ account: OTHER }), FOREIGN)
  assert.equal(request.context('aws:resourceaccount'), OTHER)
  assert.equal(request.context('aws:resourceorgid'), 'o-other')
  assert.deepEqual(request.context('aws:resourceorgpaths'), ['o-other/r-b/'])
  assert.equal(request.context('aws:principalorgid'), 'o-own')
  assert.deepEqual(request.context('aws:principalorgpaths'), ['o-own/r-a/'])
})

test('a resource of an account in no organization does not pass for one of the caller', () => {
  const { request, policies } = access(permission({ account: OTHER }), {})
  assert.equal(request.context('aws:resourceorgid'), undefined)
  assert.equal(request.context('aws:resourceorgpaths'), undefined)
  assert.equal(policies.rcps, undefined)
})

test('what a permission says of its resource comes first', () => {
  const asked = permission({ context: (key) => (key === 'aws:resourceaccount' ? OTHER : undefined) })
  assert.equal(access(asked).request.context('aws:resourceaccount'), OTHER)
})

test('the place of an account is looked for unless it is the own one of whoever signs', () => {
  const asked: string[] = []
  const find = (account: string): AccountPlace => {
    asked.push(account)
    return FOREIGN
  }
  const call = { caller: CALLER }
  assert.equal(resourcePlace(call, permission(), POLICIES, find), PLACE)
  assert.equal(resourcePlace(call, permission({ account: OTHER }), POLICIES, find), FOREIGN)
  const vouched = permission({ principal: { type: 'WebIdentity', arn: 'arn' } })
  assert.equal(resourcePlace(call, vouched, POLICIES, find), FOREIGN)
  assert.equal(resourcePlace(call, permission(), { identity: [] }, find), FOREIGN)
  assert.deepEqual(asked, [OTHER, OWN, OWN])
})

test('without an organization there are no keys of one', () => {
  const keys = keysInPlace((key) => (key === 'aws:userid' ? 'id' : undefined), {})
  assert.equal(keys('aws:principalorgid'), undefined)
  assert.equal(keys('aws:userid'), 'id')
  const placed = keysInPlace(() => undefined, PLACE)
  assert.equal(placed('aws:principalorgid'), 'o-own')
})

test('what is in no organization has no keys of one, whatever the principal has', () => {
  const principal = keysInPlace((key) => (key === 'aws:userid' ? 'id' : undefined), PLACE)
  const keys = onResource(principal, OTHER, {})
  assert.equal(keys('aws:resourceaccount'), OTHER)
  assert.equal(keys('aws:resourceorgid'), undefined)
  assert.equal(keys('aws:resourceorgpaths'), undefined)
  assert.equal(keys('aws:principalorgid'), 'o-own')
  assert.equal(keys('aws:userid'), 'id')
})
