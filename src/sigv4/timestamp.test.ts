import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatAmzDate, parseAmzDate, parseHttpDate } from './timestamp.ts'

const AUGUST_30 = Date.UTC(2015, 7, 30, 12, 36, 0)

test('formatAmzDate gives the basic form and cuts off fractions', () => {
  assert.equal(formatAmzDate(AUGUST_30), '20150830T123600Z')
  assert.equal(formatAmzDate(AUGUST_30 + 999), '20150830T123600Z')
})

test('parseAmzDate gives back every second that formatAmzDate has written', () => {
  const seconds = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31, 23, 59, 59) / 1000 })
  fc.assert(
    fc.property(seconds, (second) => {
      assert.equal(parseAmzDate(formatAmzDate(second * 1000)), second * 1000)
    }),
  )
})

test('parseAmzDate knows leap days', () => {
  assert.equal(parseAmzDate('20240229T000000Z'), Date.UTC(2024, 1, 29))
  assert.equal(parseAmzDate('20000229T000000Z'), Date.UTC(2000, 1, 29))
  assert.equal(parseAmzDate('20230229T000000Z'), undefined)
  assert.equal(parseAmzDate('21000229T000000Z'), undefined)
  assert.equal(parseAmzDate('20240230T000000Z'), undefined)
})

test('parseAmzDate refuses what is not a timestamp', () => {
  const texts = [
    ...['', '20150830', '2015-08-30T12:36:00Z', '20150830T123600', '20150830t123600Z', '20150830T123600+'],
    ...['20150030T123600Z', '20151330T123600Z', '20150800T123600Z', '20150832T123600Z', '20150431T123600Z'],
    ...['20150830T243600Z', '20150830T126000Z', '20150830T123660Z', '2015083 T123600Z', '19691231T235959Z'],
    ...['00150830T123600Z', '2015083٠T123600Z', '20150830T123600Z '],
  ]
  for (const text of texts) assert.equal(parseAmzDate(text), undefined, text)
})

test('parseHttpDate reads an IMF-fixdate and nothing else', () => {
  assert.equal(parseHttpDate('Sun, 30 Aug 2015 12:36:00 GMT'), AUGUST_30)
  const texts = [
    '',
    'Mon, 30 Aug 2015 12:36:00 GMT',
    'Sun, 30 Aug 2015 12:36:00 CET',
    'Sunday, 30-Aug-15 12:36:00 GMT',
  ]
  for (const text of texts) assert.equal(parseHttpDate(text), undefined, text)
  assert.equal(parseHttpDate('xxxxxxxxxxxxxxxxxxxxxxxxxxxxx'), undefined)
})
