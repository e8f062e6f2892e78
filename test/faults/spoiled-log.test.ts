/** A slice of `npm run test:audit`: damages audit logs in every way and verifies them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCampaign } from '../audit/cases.ts'
import { SPOILS } from '../audit/spoil.ts'
import { testFolder } from '../support/test-folder.ts'

/** Every kind of damage, in ten places each. */
const CASES = 420
const SEED = 20_261_125

test('verifyLog detects every kind of damage to a log, and accepts intact logs', async () => {
  using folder = testFolder()
  const { spoiled, undamaged, missed, falseAlarms } = await runCampaign(folder.path, SEED, CASES)
  assert.deepEqual([missed, falseAlarms], [[], []])
  assert.ok(undamaged > CASES / 20)
  for (const name of Object.keys(SPOILS)) assert.ok((spoiled[name]?.cases ?? 0) > 0, name)
})
