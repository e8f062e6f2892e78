/** A part of a synthetic month, so that what the detector finds does not get worse unnoticed. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { INSIGHT_TYPES, type InsightType } from '../../src/insights/detector/anomaly.ts'
import type { EventFact } from '../../src/insights/detector/fact.ts'
import { insightRules } from '../../src/insights/detector/rules.ts'
import { drawMonth } from './month.ts'
import { noScores, scoreMonth } from './score.ts'

/** No number was chosen by it. */
const SEED = 109
const DAYS = 13

/** Lower bounds of recall and precision: what was measured, less one or two of the ten incidents. */
const BOUNDS: Readonly<Record<InsightType, { readonly recall: number; readonly precision: number }>> = {
  ApiCallRateInsight: { recall: 0.8, precision: 0.9 },
  ApiErrorRateInsight: { recall: 0.8, precision: 0.9 },
  KeyFirstUseInsight: { recall: 1, precision: 1 },
  DormantKeyUseInsight: { recall: 1, precision: 1 },
  BulkDecryptInsight: { recall: 0.7, precision: 0.85 },
  NewNetworkInsight: { recall: 0.6, precision: 0.7 },
}

test('the detector finds in a synthetic fortnight at least as much as it did, and not much else', () => {
  const scores = noScores()
  scoreMonth({ seed: SEED, days: DAYS }, insightRules('normal', 7), scores)
  for (const type of INSIGHT_TYPES) {
    const { incidents, found, insights, right } = scores[type]
    const { recall, precision } = BOUNDS[type]
    assert.ok(incidents >= 10, `${type}: ${incidents} incidents`)
    assert.ok(found / incidents >= recall, `${type}: ${found} of ${incidents} found`)
    assert.ok(right / insights >= precision, `${type}: ${right} of ${insights} right`)
  }
})

test('a seed gives the same month again, and another one another', () => {
  const hours = (seed: number): readonly EventFact[] => {
    const facts: EventFact[] = []
    for (const minute of drawMonth(seed).minutes()) {
      facts.push(...minute)
      if (facts.length > 10_000) break
    }
    return facts
  }
  assert.deepEqual(hours(SEED), hours(SEED))
  assert.notDeepEqual(hours(SEED), hours(SEED + 1))
})
