/** For tests: facts that say only what matters, and a detector that is fed with them. */

import { deserialize, serialize } from 'node:v8'
import type { Anomaly } from '../../src/insights/detector/anomaly.ts'
import { type DetectorState, newDetector, passTime, takeEvent } from '../../src/insights/detector/detector.ts'
import type { EventFact } from '../../src/insights/detector/fact.ts'
import { type InsightRules, insightRules } from '../../src/insights/detector/rules.ts'

/** The second in which all tests begin: a whole day. */
export const TEST_START = 1_764_028_800
/** Seconds of a day. */
export const DAY = 86_400
/** The rules of all tests: a week is learned. */
export const TEST_RULES: InsightRules = insightRules('normal', 7)

/** An event so many seconds after the start. */
export function testFact(second: number, rest: Partial<EventFact> = {}): EventFact {
  return {
    second: TEST_START + second,
    account: '111122223333',
    region: 'eu-west-1',
    source: 'kms.amazonaws.com',
    operation: 'Decrypt',
    principal: 'alice',
    agent: 'test',
    network: '192.0.2.0/24',
    keys: ['key-1'],
    error: '',
    context: '',
    isUse: true,
    ...rest,
  }
}

/** So many events in one minute. */
export function minuteOf(second: number, count: number, rest: Partial<EventFact> = {}): EventFact[] {
  return Array.from({ length: count }, (_, index) => testFact(second + (index % 60), rest))
}

/** A call a minute for some days. */
export function quietDays(days: number, rest: Partial<EventFact> = {}): EventFact[] {
  return Array.from({ length: days * 1440 }, (_, minute) => testFact(minute * 60, rest))
}

/** What a detector finds in events, and up to a second after the start if that is given. */
export function detect(
  facts: readonly EventFact[],
  { until, rules = TEST_RULES, state = newDetector() }: DetectOptions = {},
): readonly Anomaly[] {
  const found = facts.flatMap((fact) => takeEvent(state, rules, fact))
  return until === undefined ? found : [...found, ...passTime(state, rules, TEST_START + until)]
}

type DetectOptions = {
  readonly until?: number
  readonly rules?: InsightRules
  readonly state?: DetectorState
}

/** A detector that was written and read again. */
export function restarted(state: DetectorState): DetectorState {
  return parseState(deserialize(serialize(state)))
}

function parseState(value: unknown): DetectorState {
  return value as DetectorState
}
