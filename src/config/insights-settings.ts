import { type Given, need, parseWithin, setting } from './setting.ts'

/** Whether insights are detected, and their thresholds. */
export type InsightsConfig = {
  readonly sensitivity: 'off' | 'low' | 'normal' | 'high'
  readonly learningDays: number
}

const SENSITIVITIES = ['off', 'low', 'normal', 'high'] as const
/** A month: longer than any baseline. */
const LEARNING_DAYS_MAX = 31

/** The settings of insights. */
export const INSIGHTS_SETTINGS = {
  insights: setting({
    variable: 'HOLDFAST_INSIGHTS',
    flag: 'insights',
    byDefault: 'normal',
    about: 'how sensitive the detection of unusual calls is: off, low, normal or high',
    expected: 'off, low, normal or high',
    parse: (text) => SENSITIVITIES.find((known) => known === text),
  }),
  insightsLearning: setting({
    variable: 'HOLDFAST_INSIGHTS_LEARNING_DAYS',
    flag: 'insights-learning-days',
    byDefault: '7',
    about: 'days before calls of a new account, principal or key can be unusual',
    expected: `a whole number from 0 to ${LEARNING_DAYS_MAX}`,
    parse: (text) => parseWithin(text, 0, LEARNING_DAYS_MAX),
  }),
}

/** @throws ConfigError. */
export function parseInsights(given: Given): InsightsConfig {
  return {
    sensitivity: need(INSIGHTS_SETTINGS.insights, given),
    learningDays: need(INSIGHTS_SETTINGS.insightsLearning, given),
  }
}
