import { type Given, need, parseWithin, setting } from './setting.ts'

/** Whether insights are looked for, and what is unusual. */
export type InsightsConfig = {
  readonly sensitivity: 'off' | 'low' | 'normal' | 'high'
  readonly learningDays: number
}

const SENSITIVITIES = ['off', 'low', 'normal', 'high'] as const
/** A month is more than any baseline has. */
const LEARNING_DAYS_MAX = 31

/** The settings of insights. */
export const INSIGHTS_SETTINGS = {
  insights: setting({
    variable: 'HOLDFAST_INSIGHTS',
    flag: 'insights',
    byDefault: 'normal',
    about: 'how readily unusual calls are reported: off, low, normal or high',
    right: 'off, low, normal or high',
    parse: (text) => SENSITIVITIES.find((known) => known === text),
  }),
  insightsLearning: setting({
    variable: 'HOLDFAST_INSIGHTS_LEARNING_DAYS',
    flag: 'insights-learning-days',
    byDefault: '7',
    about: 'for how many days an account, principal or key is known before anything is unusual of it',
    right: `a number from 0 to ${LEARNING_DAYS_MAX}`,
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
