import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { present } from '../base/assert.ts'
import { compareDecimals, parseDecimal } from './decimal.ts'

function compare(a: string, b: string): number {
  return Math.sign(compareDecimals(present(parseDecimal(a), a), present(parseDecimal(b), b)))
}

const BIG = fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n })

const ORDERS: readonly (readonly [string, string, number])[] = [
  ['1', '1.0', 0],
  ['007', '7', 0],
  ['-0', '0', 0],
  ['+5', '5', 0],
  ['0.10', '0.1', 0],
  ['0.1', '0.09', 1],
  ['0.1', '0.11', -1],
  ['10', '9', 1],
  ['-10', '-9', -1],
  ['-1', '1', -1],
  ['1', '-1', 1],
  ['9007199254740993', '9007199254740992', 1],
]

for (const [a, b, order] of ORDERS) {
  test(`compareDecimals of ${a} and ${b} is ${order}`, () => {
    assert.equal(compare(a, b), order)
  })
}

test('compareDecimals orders integers as integers', () => {
  fc.assert(
    fc.property(BIG, BIG, (a, b) => {
      assert.equal(compare(String(a), String(b)), a < b ? -1 : Number(a > b))
    }),
  )
})

test('compareDecimals orders fractions as numbers', () => {
  const cents = fc.integer({ min: -100_000, max: 100_000 })
  fc.assert(
    fc.property(cents, cents, (a, b) => {
      assert.equal(compare((a / 100).toFixed(2), (b / 100).toFixed(2)), Math.sign(a - b) + 0)
    }),
  )
})

for (const text of ['', '-', '.5', '5.', '1e3', '0x10', ' 1', '1 ', '1,5', '--1', 'NaN', '9'.repeat(65)]) {
  test(`parseDecimal refuses ${JSON.stringify(text.slice(0, 10))}`, () => {
    assert.equal(parseDecimal(text), undefined)
  })
}

test('parseDecimal takes 64 characters', () => {
  assert.ok(parseDecimal('9'.repeat(64)))
})
