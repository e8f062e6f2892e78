import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Attempts } from './attempts.ts'

test('ten attempts may fail, each is forgotten after six minutes, and those that succeed do not count', () => {
  let now = 0
  let requests = 0
  const all = new Attempts({ monotonicMs: () => now })
  const attempts = {
    begin: (who: string) => all.begin('code', who, `request ${++requests}`),
    succeeded: (who: string) => all.takeBack('code', who, `request ${requests}`),
  }
  const tooMany = { code: 'ThrottlingException' }
  for (let failed = 0; failed < 10; failed += 1) attempts.begin('ada')
  assert.throws(() => attempts.begin('ada'), tooMany)
  attempts.begin('bob')
  now += 359_999
  assert.throws(() => attempts.begin('ada'), tooMany)
  now += 1
  attempts.begin('ada')
  assert.throws(() => attempts.begin('ada'), tooMany)
  attempts.succeeded('ada')
  for (let run = 0; run < 20; run += 1) all.begin('code', 'ada', 'one request')
  assert.throws(() => attempts.begin('ada'), tooMany)
  for (let run = 0; run < 20; run += 1) {
    attempts.begin('carol')
    attempts.succeeded('carol')
  }
  for (let failed = 0; failed < 10; failed += 1) attempts.begin('carol')
  assert.throws(() => attempts.begin('carol'), tooMany)
})

test('fifty sign-ins from an address may fail', () => {
  const attempts = new Attempts({ monotonicMs: () => 0 })
  for (let failed = 0; failed < 50; failed += 1) attempts.begin('address', '192.0.2.1', `${failed}`)
  assert.throws(() => attempts.begin('address', '192.0.2.1', 'a'), { code: 'ThrottlingException' })
  attempts.begin('address', '192.0.2.2', 'a')
})

test('attempts of ten thousand users are remembered, the latest ones', () => {
  const attempts = new Attempts({ monotonicMs: () => 0 })
  for (let failed = 0; failed < 10; failed += 1) attempts.begin('code', 'first', `${failed}`)
  for (let user = 0; user < 9_999; user += 1) attempts.begin('code', `user ${user}`, 'a')
  assert.throws(() => attempts.begin('code', 'first', 'a'))
  attempts.begin('code', 'one more', 'a')
  attempts.begin('code', 'first', 'a')
})

test('attempts that do not count push out nothing that is remembered', () => {
  const attempts = new Attempts({ monotonicMs: () => 0 })
  for (const kind of ['password', 'address'] as const) {
    for (let failed = 0; failed < 10; failed += 1) attempts.begin(kind, 'ada', `${failed}`)
    for (let user = 0; user < 10_001; user += 1) {
      attempts.begin(kind, `user ${user}`, 'a')
      attempts.takeBack(kind, `user ${user}`, 'a')
    }
    assert.equal(attempts.failures(kind, 'ada'), 10)
  }
})

test('passwords and codes are counted apart', () => {
  const attempts = new Attempts({ monotonicMs: () => 0 })
  for (let failed = 0; failed < 10; failed += 1) attempts.begin('code', 'ada', `${failed}`)
  attempts.begin('password', 'ada', 'a')
  attempts.takeBack('password', 'ada', 'a')
  assert.throws(() => attempts.begin('code', 'ada', 'b'), { code: 'ThrottlingException' })
})

test('an attempt is taken back once, however often its operation runs again', () => {
  const attempts = new Attempts({ monotonicMs: () => 0 })
  for (let failed = 0; failed < 9; failed += 1) attempts.begin('password', 'ada', `${failed}`)
  for (let run = 0; run < 5; run += 1) {
    attempts.begin('password', 'ada', 'again')
    attempts.takeBack('password', 'ada', 'again')
    attempts.takeBack('password', 'ada', 'again')
  }
  assert.equal(attempts.failures('password', 'ada'), 9)
  attempts.begin('password', 'ada', 'again')
  assert.throws(() => attempts.begin('password', 'ada', 'another'), { code: 'ThrottlingException' })
  assert.equal(attempts.failures('password', 'bob'), 0)
})
