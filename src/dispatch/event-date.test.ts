import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { eventDate } from './event-date.ts'

test('an event has a time as CloudTrail writes it', () => {
  assert.equal(eventDate(Date.UTC(2025, 4, 21, 5, 47, 45)), 'May 21, 2025, 5:47:45 AM')
  assert.equal(eventDate(Date.UTC(2025, 0, 1, 0, 0, 0)), 'Jan 1, 2025, 12:00:00 AM')
  assert.equal(eventDate(Date.UTC(2024, 11, 31, 12, 5, 9)), 'Dec 31, 2024, 12:05:09 PM')
  assert.equal(eventDate(Date.UTC(2024, 1, 29, 23, 59, 59)), 'Feb 29, 2024, 11:59:59 PM')
})

test('every time of these centuries is written as Intl.DateTimeFormat writes it', () => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: 'UTC',
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    second: '2-digit',
  })
  const time = fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) })
  fc.assert(
    fc.property(time, (at) => {
      assert.equal(eventDate(at), format.format(at).replaceAll('\u202f', ' '))
    }),
  )
})
