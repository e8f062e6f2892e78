import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Changes, GROUPS_MAX, TALLIES_MAX, Tallies } from './changes.ts'
import type { RecordedEvent } from './recorded-event.ts'

function event(eventID: string, eventTime = '2026-11-25T00:00:00Z'): RecordedEvent {
  return {
    eventID,
    eventTime,
    eventSource: 'kms.amazonaws.com',
    eventName: 'Encrypt',
    awsRegion: 'eu-west-1',
    sourceIPAddress: '127.0.0.1',
    recipientAccountId: '000000000000',
  }
}

const CHANGE = { becomes: 'refused', principal: 'ada', action: 'kms:Encrypt', reason: 'a' } as const

test('calls that change alike are one group, with its time and three of its events', () => {
  const changes = new Changes()
  for (const [id, day] of [
    ['1', '05'],
    ['2', '03'],
    ['3', '09'],
    ['4', '04'],
  ] as const) {
    changes.add({ ...CHANGE, event: event(id, `2026-11-${day}T00:00:00Z`) })
  }
  assert.deepEqual(changes.groups(), [
    {
      ...CHANGE,
      calls: 4,
      first: '2026-11-03T00:00:00Z',
      last: '2026-11-09T00:00:00Z',
      eventIds: ['1', '2', '3'],
    },
  ])
})

test('groups of what becomes refused come first, then those of more calls', () => {
  const changes = new Changes()
  changes.add({ ...CHANGE, becomes: 'allowed', principal: 'x', event: event('1') })
  changes.add({ ...CHANGE, becomes: 'allowed', principal: 'y', event: event('2') })
  changes.add({ ...CHANGE, becomes: 'allowed', principal: 'y', event: event('3') })
  changes.add({ ...CHANGE, principal: 'z', event: event('4') })
  assert.deepEqual(
    changes.groups().map(({ principal }) => principal),
    ['z', 'y', 'x'],
  )
})

test('so many groups are told apart, and calls of others are counted', () => {
  const changes = new Changes()
  for (let at = 0; at < GROUPS_MAX + 2; at += 1) {
    changes.add({ ...CHANGE, principal: String(at), event: event('1') })
  }
  changes.add({ ...CHANGE, principal: '0', event: event('2') })
  assert.equal(changes.groups().length, GROUPS_MAX)
  assert.equal(changes.others, 2)
  assert.equal(changes.groups()[0]?.calls, 2)
})

test('calls are counted by what is said of them, the most frequent first, and so many texts are kept', () => {
  const tallies = new Tallies()
  for (let at = 0; at < TALLIES_MAX + 3; at += 1) tallies.add(`reason ${at}`, String(at))
  for (const id of ['a', 'b', 'c', 'd']) tallies.add('reason 1', id)
  const [first, second] = tallies.list()
  assert.deepEqual(first, { what: 'reason 1', calls: 5, eventIds: ['1', 'a', 'b'] })
  assert.deepEqual(second, { what: 'other reasons', calls: 3, eventIds: ['100', '101', '102'] })
  assert.equal(tallies.list().length, TALLIES_MAX + 1)
})
