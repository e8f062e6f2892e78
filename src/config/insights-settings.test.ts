import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseInsights } from './insights-settings.ts'
import { ConfigError } from './setting.ts'

test('parseInsights takes each sensitivity, and days within their limits', () => {
  for (const sensitivity of ['off', 'low', 'normal', 'high']) {
    const given = { flags: { insights: sensitivity }, environment: {} }
    assert.deepEqual(parseInsights(given), { sensitivity, learningDays: 7 })
  }
  for (const days of ['0', '31']) {
    const given = { flags: { 'insights-learning-days': days }, environment: {} }
    assert.equal(parseInsights(given).learningDays, Number(days))
  }
})

test('parseInsights refuses other words and numbers, and says what would be right', () => {
  const refuse = (flags: Readonly<Record<string, string>>, message: RegExp): void => {
    assert.throws(
      () => parseInsights({ flags, environment: {} }),
      (error) => error instanceof ConfigError && message.test(error.message),
    )
  }
  refuse({ insights: 'on' }, /--insights: expected off, low, normal or high; got 'on'/)
  refuse(
    { 'insights-learning-days': '32' },
    /--insights-learning-days: expected a whole number from 0 to 31; got '32'/,
  )
})
