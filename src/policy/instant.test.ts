import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { parseInstant } from './instant.ts'

const READ: readonly (readonly [string, number])[] = [
  ['2024', Date.UTC(2024, 0, 1)],
  ['2024-03', Date.UTC(2024, 2, 1)],
  ['2024-02-29', Date.UTC(2024, 1, 29)],
  ['2024-02-29T12:30Z', Date.UTC(2024, 1, 29, 12, 30)],
  ['2024-02-29T12:30:15Z', Date.UTC(2024, 1, 29, 12, 30, 15)],
  ['2024-02-29T12:30:15', Date.UTC(2024, 1, 29, 12, 30, 15)],
  ['2024-02-29T12:30:15.5Z', Date.UTC(2024, 1, 29, 12, 30, 15, 500)],
  ['2024-02-29T12:30:15.123999Z', Date.UTC(2024, 1, 29, 12, 30, 15, 123)],
  ['2024-02-29T12:30:15+02:30', Date.UTC(2024, 1, 29, 10, 0, 15)],
  ['2024-02-29T12:30:15-02:30', Date.UTC(2024, 1, 29, 15, 0, 15)],
  ['0', 0],
  ['1732419183', 1_732_419_183_000],
  ['1732419183.25', 1_732_419_183_250],
  ['-1', -1000],
]

for (const [text, instant] of READ) {
  test(`parseInstant reads ${text}`, () => {
    assert.equal(parseInstant(text), instant)
  })
}

const REFUSED = [
  ...[
    '',
    'now',
    '2024-13',
    '2024-00',
    '2023-02-29',
    '2024-01-00',
    '2024-01-32',
    '0099-01-01',
    '1'.repeat(13),
  ],
  ...['2024-01-01T24:00Z', '2024-01-01T00:60Z', '2024-01-01T00:00:60Z', '2024-01-01T00Z', '2024-1-1', '1e9'],
  ...['2024-01-01T00:00:00+24:00', '2024-01-01T00:00:00+00:60', '2024-01-01 00:00:00Z'],
]

for (const text of REFUSED) {
  test(`parseInstant refuses ${JSON.stringify(text)}`, () => {
    assert.equal(parseInstant(text), undefined)
  })
}

test('parseInstant reads what toISOString writes', () => {
  const date = fc.date({ noInvalidDate: true, min: new Date('1000-01-01'), max: new Date('9999-12-31') })
  fc.assert(fc.property(date, (value) => assert.equal(parseInstant(value.toISOString()), value.getTime())))
})
