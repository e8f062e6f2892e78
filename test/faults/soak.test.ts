/** A slice of the soak: `npm run soak` runs as long as it is told to. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSoak } from '../soak/soak.ts'

const SECONDS = 30

test('a server under every flood at once serves its clients, keeps revocations and records all', async () => {
  const { failures } = await runSoak({ seconds: SECONDS, seed: 1, workers: 2, progress: () => {} })
  assert.deepEqual(failures, [])
})
