import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../base/ports.ts'
import { eventIdFor } from './event-id.ts'

test('an event id is a UUID that begins with 48 bits of its request, and is another one each time', () => {
  const requestId = systemRandom.uuid()
  const ids = [eventIdFor(requestId, systemRandom), eventIdFor(requestId, systemRandom)]
  for (const id of ids) {
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.equal(id.slice(0, 13), requestId.slice(0, 13))
    assert.notEqual(id, requestId)
  }
  assert.notEqual(ids[0], ids[1])
})
