import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Principal } from '../policy/decide.ts'
import { CallsInFlight } from './calls-in-flight.ts'

const ONE = '111122223333'
const OTHER = '444455556666'

function user(account: string, name: string): { readonly account: string; readonly principal: Principal } {
  return { account, principal: { type: 'User', account, arn: `arn:aws:iam::${account}:user/${name}` } }
}

function session(name: string): { readonly account: string; readonly principal: Principal } {
  const arn = `arn:aws:sts::${ONE}:assumed-role/app/${name}`
  const roleArn = `arn:aws:iam::${ONE}:role/app`
  return { account: ONE, principal: { type: 'AssumedRole', account: ONE, arn, roleArn } }
}

test('CallsInFlight takes as many calls as a principal may have, and as many as its account may have', () => {
  let reached = 0
  const calls = new CallsInFlight({ account: 3, principal: 2 }, () => {
    reached += 1
  })
  const [ada, bob, eve] = [user(ONE, 'ada'), user(ONE, 'bob'), user(OTHER, 'eve')]
  assert.deepEqual(
    [calls.enter(ada, 'usual'), calls.enter(ada, 'usual'), calls.enter(ada, 'usual')],
    [true, true, false],
  )
  assert.deepEqual([calls.enter(bob, 'usual'), calls.enter(bob, 'usual')], [true, false])
  assert.deepEqual(
    [calls.enter(eve, 'usual'), calls.enter(eve, 'usual'), calls.enter(eve, 'usual')],
    [true, true, false],
  )
  calls.leave(ada, 'usual')
  assert.deepEqual([calls.enter(bob, 'usual'), calls.enter(ada, 'usual')], [true, false])
  assert.equal(calls.count, 5)
  assert.equal(reached, 4)
  for (const caller of [ada, bob, bob, eve, eve]) calls.leave(caller, 'usual')
  assert.equal(calls.count, 0)
})

test('CallsInFlight counts the sessions of a role together', () => {
  const calls = new CallsInFlight({ account: 10, principal: 2 }, () => {})
  assert.deepEqual(
    ['a', 'b', 'c'].map((name) => calls.enter(session(name), 'usual')),
    [true, true, false],
  )
})

test('CallsInFlight leaves room for calls that take permissions away, and for the root user', () => {
  const calls = new CallsInFlight({ account: 2, principal: 1 }, () => {})
  const [ada, bob] = [user(ONE, 'ada'), user(ONE, 'bob')]
  const root = {
    account: ONE,
    principal: { type: 'Root', account: ONE, arn: `arn:aws:iam::${ONE}:root` },
  } as const
  assert.deepEqual(
    [ada, bob, session('a')].map((caller) => calls.enter(caller, 'usual')),
    [true, true, false],
  )
  assert.deepEqual([calls.enter(root, 'usual'), calls.enter(root, 'usual')], [true, false])
  assert.deepEqual(
    [ada, bob, session('a')].map((caller) => calls.enter(caller, 'revocation')),
    [true, true, false],
  )
  assert.deepEqual([calls.enter(root, 'revocation'), calls.enter(root, 'revocation')], [true, false])
  calls.leave(ada, 'revocation')
  assert.deepEqual([calls.enter(ada, 'usual'), calls.enter(ada, 'revocation')], [false, true])
  calls.leave(root, 'revocation')
  assert.deepEqual([calls.enter(root, 'usual'), calls.enter(root, 'revocation')], [false, true])
})
