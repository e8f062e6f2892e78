import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addMinute, noHours, peaksBefore, sumBefore } from './hours.ts'

const NOW = 500_000
const WEEK = 168
const EIGHT_DAYS = 192

test('what is counted in any hour of the week before is found, whatever the order of the hours', () => {
  const orders = [
    [0, 1, 2, 167],
    [167, 2, 1, 0],
    [40, 167, 0, 90, 1],
  ]
  for (const backs of orders) {
    const hours = noHours(NOW - (backs[0] ?? 0))
    for (const back of backs) addMinute(hours, NOW - back, 10 + back)
    assert.equal(
      sumBefore(hours, NOW),
      backs.reduce((sum, back) => sum + 10 + back, 0),
    )
    assert.equal(peaksBefore(hours, NOW).week, 177 - Math.max(0, 167 - Math.max(...backs)))
  }
})

test('the numbers are those of a table of all hours', () => {
  const hours = noHours(NOW)
  const table = new Map<number, { sum: number; peak: number }>()
  let seed = 1
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  let newest = NOW
  for (let step = 0; step < 3000; step += 1) {
    const hour = newest - random(30) + random(40)
    newest = Math.max(newest, hour)
    const count = 1 + random(50)
    addMinute(hours, hour, count)
    const { sum, peak } = table.get(hour) ?? { sum: 0, peak: 0 }
    table.set(hour, { sum: sum + count, peak: Math.max(peak, count) })
    const week = Array.from({ length: WEEK }, (_, back) => table.get(newest - back) ?? { sum: 0, peak: 0 })
    assert.equal(
      sumBefore(hours, newest),
      week.reduce((total, one) => total + one.sum, 0),
    )
    assert.equal(peaksBefore(hours, newest).week, Math.max(...week.map((one) => one.peak)))
    assert.ok(hours.cells.length <= 2 * EIGHT_DAYS)
  }
})

test('a series of one hour has few cells, one of a gap longer than eight days forgets what was before', () => {
  const hours = noHours(NOW)
  addMinute(hours, NOW, 3)
  assert.equal(hours.cells.length, 2)
  addMinute(hours, NOW + EIGHT_DAYS, 4)
  assert.equal(sumBefore(hours, NOW + EIGHT_DAYS), 4)
  assert.equal(hours.cells.length, 2)
  addMinute(hours, NOW, 100)
  assert.equal(sumBefore(hours, NOW + EIGHT_DAYS), 4)
})
