/** A slice of the soak test. `npm run soak` runs for the requested time. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSoak } from '../soak/soak.ts'

const SECONDS = 30

test('a server under every flood at once serves its clients, keeps revocations and records all', async () => {
  const { failures } = await runSoak({ seconds: SECONDS, seed: 1, workers: 2, progress: () => {} })
  assert.deepEqual(failures, [])
})
