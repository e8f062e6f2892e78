import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { present } from '../base/assert.ts'
import { compareDecimals, parseDecimal } from './decimal.ts'

function compare(a: string, b: string): number {
  return Math.sign(compareDecimals(present(parseDecimal(a), a), present(parseDecimal(b), b))) + 0
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
  ['1e3', '1000', 0],
  ['1E+3', '1000.0', 0],
  ['-1.5e2', '-150', 0],
  ['1.25e1', '12.5', 0],
  ['25e-1', '2.5', 0],
  ['1e-3', '0.001', 0],
  ['120e-2', '1.2', 0],
  ['0e5', '0', 0],
  ['1e308', '9e307', 1],
  ['1e-308', '0', 1],
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

for (const text of [
  '',
  '-',
  '.5',
  '5.',
  '1e',
  'e3',
  '1e3.5',
  '1e309',
  '1e-309',
  '1e0308',
  '0x10',
  ' 1',
  '1 ',
  '1,5',
  '--1',
  'NaN',
  '9'.repeat(65),
]) {
  test(`parseDecimal refuses ${JSON.stringify(text.slice(0, 10))}`, () => {
    assert.equal(parseDecimal(text), undefined)
  })
}

test('parseDecimal reads exponents as JavaScript does, where a double is exact', () => {
  const small = fc.integer({ min: -(2 ** 40), max: 2 ** 40 })
  fc.assert(
    fc.property(small, fc.integer({ min: 0, max: 3 }), small, (a, places, b) => {
      assert.equal(compare(`${a}e${places}`, `${b}`), Math.sign(Number(`${a}e${places}`) - b) + 0)
      assert.equal(compare(`${a}e-${places}`, `${b}e-${places}`), Math.sign(a - b) + 0)
    }),
  )
})

test('parseDecimal takes 64 characters', () => {
  assert.ok(parseDecimal('9'.repeat(64)))
})
