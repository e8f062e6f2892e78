/** A slice of `npm run test:audit`: audit logs that are spoiled in every way, and verified. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCampaign } from '../audit/cases.ts'
import { SPOILS } from '../audit/spoil.ts'
import { testFolder } from '../support/test-folder.ts'

/** Every way to spoil a log, in ten places. */
const CASES = 420
const SEED = 20_261_125

test('verifyLog finds every way to spoil a log, and nothing in logs that are as they may be', async () => {
  using folder = testFolder()
  const { spoiled, undamaged, missed, falseAlarms } = await runCampaign(folder.path, SEED, CASES)
  assert.deepEqual([missed, falseAlarms], [[], []])
  assert.ok(undamaged > CASES / 20)
  for (const name of Object.keys(SPOILS)) assert.ok((spoiled[name]?.cases ?? 0) > 0, name)
})
