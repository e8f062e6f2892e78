import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LookupLimiter, REMEMBERED_MAX } from './lookup-limiter.ts'

const ACCOUNT = '111122223333'

function openLimiter() {
  const time = { nowMs: 0 }
  const limiter = new LookupLimiter({ now: () => time.nowMs, monotonicMs: () => time.nowMs })
  const admit = (requestId: string, region?: string, account = ACCOUNT) =>
    limiter.admit({ requestId, account, region })
  let made = 0
  /** How many of so many calls are admitted, each in a region of its own by its index. */
  const admitted = (calls: number, regionOf: (index: number) => string | undefined, account = ACCOUNT) =>
    Array.from({ length: calls }, (_, index) => {
      made += 1
      return admit(`call ${made}`, regionOf(index), account)
    }).filter(Boolean).length
  return { time, admit, admitted }
}

test('LookupLimiter admits two calls at once in a region, and one more as each half second passes', () => {
  const { time, admitted } = openLimiter()
  const here = () => 'eu-west-1'
  assert.equal(admitted(5, here), 2)
  assert.equal(
    admitted(5, () => 'us-east-1'),
    2,
  )
  time.nowMs = 500
  assert.equal(admitted(5, here), 1)
})

test('LookupLimiter admits ten calls a second of an account, whatever regions they name', () => {
  const { time, admitted } = openLimiter()
  for (const round of [0, 1, 2]) {
    time.nowMs = round * 1000
    assert.equal(
      admitted(500, (index) => `made-up-${round}-${index}`),
      10,
    )
  }
  assert.equal(
    admitted(3, () => 'eu-west-1', '444455556666'),
    2,
  )
})

test('LookupLimiter takes calls about all regions for one region', () => {
  const { admitted } = openLimiter()
  assert.equal(
    admitted(5, () => undefined),
    2,
  )
})

test('LookupLimiter charges a call that runs again once', () => {
  const { admit, admitted } = openLimiter()
  for (const run of [1, 2, 3, 4]) assert.equal(admit('a call', 'eu-west-1'), true, `run ${run}`)
  assert.equal(
    admitted(5, () => 'eu-west-1'),
    1,
  )
  assert.equal(admit('a call', 'eu-west-1'), true)
})

test('LookupLimiter admits a refused call that runs again when there is room', () => {
  const { time, admit, admitted } = openLimiter()
  assert.equal(
    admitted(5, () => 'eu-west-1'),
    2,
  )
  assert.equal(admit('a call', 'eu-west-1'), false)
  time.nowMs = 500
  assert.equal(admit('a call', 'eu-west-1'), true)
})

test('LookupLimiter forgets the call that it admitted first when it remembers too many', () => {
  const { time, admit } = openLimiter()
  for (let call = 0; call <= REMEMBERED_MAX; call += 1) {
    time.nowMs = call * 1000
    assert.equal(admit(`call ${call}`, 'eu-west-1'), true)
  }
  assert.equal(admit('call 1', 'eu-west-1'), true)
  assert.equal(admit('more', 'eu-west-1'), true)
  assert.equal(admit('call 0', 'eu-west-1'), false)
})
