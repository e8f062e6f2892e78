import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LookupLimiter } from './lookup-limiter.ts'

const ACCOUNT = '111122223333'

function openLimiter() {
  const time = { nowMs: 0 }
  const limiter = new LookupLimiter({ now: () => time.nowMs, monotonicMs: () => time.nowMs })
  /** How many of so many calls are admitted, each in a region of its own by its index. */
  const admitted = (calls: number, regionOf: (index: number) => string | undefined, account = ACCOUNT) =>
    Array.from({ length: calls }, (_, index) => limiter.admit(account, regionOf(index))).filter(Boolean)
      .length
  return { time, admitted }
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
