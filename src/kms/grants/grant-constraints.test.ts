import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ContextLookup } from '../../policy/context.ts'
import { encryptionContextKeys } from '../keys/key-context.ts'
import { constraintTest, givenContext, givenContextSteps, isWithin } from './grant-constraints.ts'
import type { GrantConstraints, GrantOperation, GrantTerms } from './grant-record.ts'

const QUEUE = 'arn:aws:sqs:eu-west-1:111122223333:queue'

function contextOf(pairs: Readonly<Record<string, string>>, sourceArn?: string): ContextLookup {
  return encryptionContextKeys(new Map(Object.entries(pairs)), (name) =>
    name === 'aws:sourcearn' ? sourceArn : undefined,
  )
}

function constraintsHold(constraints: GrantConstraints, operation: GrantOperation, context: ContextLookup) {
  return constraintTest(constraints)(operation, givenContext(context))
}

function terms(
  constraints: GrantConstraints,
  operations: readonly GrantOperation[] = ['Encrypt'],
): GrantTerms {
  const grantee = { type: 'principal', arn: 'arn:aws:iam::111122223333:user/ada' } as const
  return { grantee, issuingAccount: '111122223333', operations, constraints }
}

const AB = [
  ['a', '1'],
  ['b', '2'],
] as const

for (const [what, constraints, pairs, expected] of [
  ['no constraint', {}, { x: 'y' }, true],
  ['equal pairs', { equals: AB }, { b: '2', a: '1' }, true],
  ['equal pairs, names in another case', { equals: AB }, { B: '2', A: '1' }, true],
  ['a pair too many for equality', { equals: AB }, { a: '1', b: '2', c: '3' }, false],
  ['the same pair twice in two cases for equality', { equals: [['a', '1']] }, { a: '1', A: '1' }, false],
  ['a pair too few for equality', { equals: AB }, { a: '1' }, false],
  ['no context for equality', { equals: AB }, {}, false],
  ['no context for equality with nothing', { equals: [] }, {}, true],
  ['some context for equality with nothing', { equals: [] }, { a: '1' }, false],
  ['a value in another case', { equals: [['a', 'x']] }, { a: 'X' }, false],
  ['more pairs than the subset', { subset: AB }, { a: '1', b: '2', c: '3' }, true],
  ['the subset, names in another case', { subset: AB }, { A: '1', B: '2' }, true],
  ['a pair of the subset missing', { subset: AB }, { a: '1', c: '3' }, false],
  ['another value for a pair of the subset', { subset: AB }, { a: '1', b: '3' }, false],
  [
    'a pair of the subset among two names that differ in case',
    { subset: [['a', '2']] },
    { a: '1', A: '2' },
    true,
  ],
  ['both constraints, of which one fails', { equals: AB, subset: [['c', '3']] }, { a: '1', b: '2' }, false],
] as const) {
  test(`constraintTest with ${what}: ${expected}`, () => {
    assert.equal(constraintsHold(constraints, 'Encrypt', contextOf(pairs)), expected)
  })
}

for (const operation of ['DescribeKey', 'RetireGrant', 'CreateGrant'] as const) {
  test(`constraintTest asks ${operation} for no encryption context`, () => {
    assert.ok(constraintsHold({ equals: AB, subset: AB }, operation, contextOf({})))
  })
}

test('constraintTest wants a call on behalf of the source, of every operation but RetireGrant', () => {
  const constraints = { sourceArn: QUEUE }
  for (const operation of ['Encrypt', 'DescribeKey', 'CreateGrant', 'Sign'] as const) {
    assert.ok(constraintsHold(constraints, operation, contextOf({}, QUEUE)))
    assert.ok(!constraintsHold(constraints, operation, contextOf({}, `${QUEUE}2`)))
    assert.ok(!constraintsHold(constraints, operation, contextOf({})))
  }
  assert.ok(constraintsHold(constraints, 'RetireGrant', contextOf({})))
})

for (const [what, child, parent, expected] of [
  ['without constraints, of a parent without', {}, {}, true],
  ['that adds a constraint', { equals: AB }, {}, true],
  ['that drops equality', {}, { equals: AB }, false],
  ['that keeps equality', { equals: [AB[1], AB[0]] }, { equals: AB }, true],
  ['with equality to something else', { equals: [['a', '1']] }, { equals: AB }, false],
  ['that makes a subset of equality', { subset: AB }, { equals: AB }, false],
  ['that drops the subset', {}, { subset: AB }, false],
  ['that keeps the subset', { subset: AB }, { subset: AB }, true],
  ['that adds to the subset', { subset: [...AB, ['c', '3']] }, { subset: AB }, true],
  ['that takes from the subset', { subset: [['a', '1']] }, { subset: AB }, false],
  ['that makes equality of the subset', { equals: [...AB, ['c', '3']] }, { subset: AB }, true],
  ['that makes equality of less than the subset', { equals: [['a', '1']] }, { subset: AB }, false],
  ['that keeps the source', { sourceArn: QUEUE }, { sourceArn: QUEUE }, true],
  ['that drops the source', {}, { sourceArn: QUEUE }, false],
  ['with another source', { sourceArn: `${QUEUE}2` }, { sourceArn: QUEUE }, false],
] as const) {
  test(`isWithin for a grant ${what}: ${expected}`, () => {
    assert.equal(isWithin(terms(child), terms(parent)), expected)
  })
}

test('isWithin refuses an operation that the parent does not list', () => {
  assert.ok(isWithin(terms({}, ['Decrypt']), terms({}, ['Encrypt', 'Decrypt', 'CreateGrant'])))
  assert.ok(!isWithin(terms({}, ['Decrypt', 'Sign']), terms({}, ['Encrypt', 'Decrypt', 'CreateGrant'])))
})

const name = fc.constantFrom('a', 'A', 'b', 'c')
const pairs = fc.dictionary(name, fc.constantFrom('1', '2'), { maxKeys: 3 })
const constraints = fc.record({ equals: pairs, subset: pairs }, { requiredKeys: [] }).map(
  ({ equals, subset }): GrantConstraints => ({
    ...(equals !== undefined && { equals: Object.entries(equals) }),
    ...(subset !== undefined && { subset: Object.entries(subset) }),
  }),
)

test('what a grant within another lets through, the other lets through', () => {
  fc.assert(
    fc.property(constraints, constraints, pairs, (child, parent, given) => {
      fc.pre(isWithin(terms(child), terms(parent)))
      if (!constraintsHold(child, 'Encrypt', contextOf(given))) return
      assert.ok(constraintsHold(parent, 'Encrypt', contextOf(given)))
    }),
    { numRuns: 2000 },
  )
})

test('givenContextSteps stops between the pairs of a large context, and finds them all', () => {
  const pairs = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`Name${index}`, `v${index}`]))
  const context = contextOf({ ...pairs, NAME1: 'other' }, QUEUE)
  const steps = givenContextSteps(context)
  let stops = 0
  let step = steps.next()
  for (; step.done !== true; step = steps.next()) stops += 1
  assert.ok(stops > 2)
  assert.equal(step.value.count, 1001)
  assert.ok(step.value.pairs.has('5:name1other') && step.value.pairs.has('7:name999v999'))
  assert.deepEqual(step.value, givenContext(context))
})
