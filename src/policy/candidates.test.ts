import assert from 'node:assert/strict'
import test from 'node:test'
import { ACCOUNT_KEY, ALLOW, KEY, policy, request, summary, USER } from '../../test/support/policies.ts'
import { decide } from './decide.ts'

/** More than a policy remembers. */
const ACTIONS = 200

test('a policy decides alike about actions that it remembers and those that it does not', () => {
  const identity = [
    policy(
      'identity',
      { ...ALLOW, Action: Array.from({ length: ACTIONS / 2 }, (_, at) => `kms:Do${at * 2}`) },
      { ...ALLOW, Effect: 'Deny', Action: 'kms:Do??0', Resource: KEY },
    ),
  ]
  for (const round of [1, 2]) {
    for (let at = 0; at < ACTIONS; at += 1) {
      const decision = decide(request(USER, { action: `kms:Do${at}` }), { resource: ACCOUNT_KEY, identity })
      const expected = at >= 100 && at % 10 === 0 ? '!identity' : at % 2 === 0 ? '+identity' : '-identity'
      assert.equal(summary(decision), expected, `round ${round}, action ${at}`)
    }
  }
})

test('the first of several statements settles a decision, whether it lists the key or a pattern', () => {
  const pattern = { ...ALLOW, Resource: 'arn:aws:kms:*:*:key/*' }
  const listed = { ...ALLOW, Resource: [KEY, KEY] }
  for (const statements of [
    [pattern, listed],
    [listed, pattern],
  ]) {
    const decision = decide(request(USER), {
      resource: ACCOUNT_KEY,
      identity: [policy('identity', { ...ALLOW, Resource: `${KEY}0` }, ...statements)],
    })
    assert.ok(decision.allow && decision.by.kind === 'Statement')
    assert.equal(decision.by.statement.index, 1)
  }
})

test('a decision looks a condition key up once, also one that is absent', () => {
  const asked: string[] = []
  const context = (key: string): string | undefined => {
    asked.push(key)
    return key === 'test:a' ? 'x' : undefined
  }
  const condition = { StringNotEquals: { 'test:A': 'y', 'Test:b': 'y' } }
  const statement = {
    ...ALLOW,
    Action: 'kms:Encrypt',
    Effect: 'Deny',
    Condition: { Bool: { 'test:b': 'true' } },
  }
  const identity = [policy('identity', statement, statement, { ...ALLOW, Condition: condition })]
  const decision = decide(request(USER, { context }), { resource: ACCOUNT_KEY, identity })
  assert.equal(summary(decision), '+identity')
  assert.deepEqual(asked.toSorted(), ['test:a', 'test:b'])
})
