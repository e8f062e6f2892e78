/** For tests: facts with only the relevant members, and a detector that reads them. */

import { deserialize, serialize } from 'node:v8'
import type { Anomaly } from '../../src/insights/detector/anomaly.ts'
import { type DetectorState, newDetector, passTime, takeEvent } from '../../src/insights/detector/detector.ts'
import type { EventFact } from '../../src/insights/detector/fact.ts'
import { type InsightRules, insightRules } from '../../src/insights/detector/rules.ts'

/** The start of all tests: a full day, in seconds since 1970. */
export const TEST_START = 1_764_028_800
/** Seconds of a day. */
export const DAY = 86_400
/** The rules of all tests, with a learning period of one week. */
export const TEST_RULES: InsightRules = insightRules('normal', 7)

/** An event the given number of seconds after the start. */
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

/** The given number of events within one minute. */
export function minuteOf(second: number, count: number, rest: Partial<EventFact> = {}): EventFact[] {
  return Array.from({ length: count }, (_, index) => testFact(second + (index % 60), rest))
}

/** One call per minute for some days. */
export function quietDays(days: number, rest: Partial<EventFact> = {}): EventFact[] {
  return Array.from({ length: days * 1440 }, (_, minute) => testFact(minute * 60, rest))
}

/** The findings of a detector in events, optionally up to a time in seconds after the start. */
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

/** A detector restored from its saved state. */
export function restarted(state: DetectorState): DetectorState {
  return parseState(deserialize(serialize(state)))
}

function parseState(value: unknown): DetectorState {
  return value as DetectorState
}
