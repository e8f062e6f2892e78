import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from './setting.ts'
import { parseConfig } from './settings.ts'

const parse = (environment: Readonly<Record<string, string>>) =>
  parseConfig({ flags: {}, environment }).archive

test('the live audit log is bounded in days and in MiB', () => {
  assert.deepEqual(parse({ HOLDFAST_AUDIT_LIVE_DAYS: '90' }), { ageMs: 7_776_000_000, sizeBytes: undefined })
  assert.deepEqual(parse({ HOLDFAST_AUDIT_LIVE_MIB: '1' }), { ageMs: undefined, sizeBytes: 1_048_576 })
})

test('bounds of the live audit log beyond their limits are refused', () => {
  for (const [name, value] of [
    ['HOLDFAST_AUDIT_LIVE_DAYS', '0'],
    ['HOLDFAST_AUDIT_LIVE_DAYS', '36501'],
    ['HOLDFAST_AUDIT_LIVE_DAYS', 'a week'],
    ['HOLDFAST_AUDIT_LIVE_MIB', '0'],
    ['HOLDFAST_AUDIT_LIVE_MIB', '2147483649'],
  ] as const)
    assert.throws(() => parse({ [name]: value }), ConfigError)
  assert.equal(parse({ HOLDFAST_AUDIT_LIVE_DAYS: '36500' }).ageMs, 3_153_600_000_000)
})
