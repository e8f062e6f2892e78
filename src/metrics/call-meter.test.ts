import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CallMeter, OTHER } from './call-meter.ts'

const OPERATIONS = [
  { service: 'kms', name: 'Encrypt' },
  { service: 'sts', name: 'GetCallerIdentity' },
]

test('CallMeter counts a known operation by name, and its errors by code', () => {
  const meter = new CallMeter(OPERATIONS)
  meter.count({ service: 'kms', operation: 'Encrypt', code: undefined, durationMs: 1 })
  meter.count({ service: 'kms', operation: 'Encrypt', code: 'DisabledException', durationMs: 1 })
  const points = meter.points().filter(({ value }) => value !== 0 && typeof value === 'number')
  assert.deepEqual(points, [
    { metric: 'holdfast_calls', labels: ['kms', 'Encrypt'], value: 2 },
    { metric: 'holdfast_call_errors', labels: ['kms', 'Encrypt', 'DisabledException'], value: 1 },
    { metric: 'holdfast_refusals', labels: ['invalid'], value: 1 },
  ])
})

test('CallMeter makes one series of all that it does not know', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.string(), fc.string())), (calls) => {
      const meter = new CallMeter(OPERATIONS)
      for (const [service, operation, code] of calls) {
        meter.count({ service, operation, code: `${code}?`, durationMs: 1 })
        meter.count({ service: 'kms', operation: `${operation}?`, code: undefined, durationMs: 1 })
      }
      const labels = meter
        .points()
        .filter(({ metric }) => metric === 'holdfast_calls')
        .map((one) => one.labels)
      const expected =
        calls.length === 0
          ? []
          : [
              [OTHER, OTHER],
              ['kms', OTHER],
            ]
      assert.deepEqual(labels, expected)
      const errors = meter.points().filter(({ metric }) => metric === 'holdfast_call_errors')
      assert.deepEqual(
        errors.map((one) => one.labels),
        calls.length === 0 ? [] : [[OTHER, OTHER, OTHER]],
      )
    }),
  )
})

test('CallMeter does not take the names of object members for operations', () => {
  const meter = new CallMeter(OPERATIONS)
  for (const operation of ['constructor', '__proto__', 'toString']) {
    meter.count({ service: operation, operation, code: operation, durationMs: 1 })
  }
  const calls = meter.points().filter(({ metric }) => metric === 'holdfast_calls')
  assert.deepEqual(calls, [{ metric: 'holdfast_calls', labels: [OTHER, OTHER], value: 3 }])
})

for (const [code, kind] of [
  ['InvalidSignatureException', 'unauthenticated'],
  ['AccessDeniedException', 'denied'],
  ['ThrottlingException', 'throttled'],
  ['KMSInternalException', 'failed'],
  ['ValidationException', 'invalid'],
  ['constructor', 'invalid'],
] as const) {
  test(`CallMeter counts ${code} as ${kind}`, () => {
    const meter = new CallMeter(OPERATIONS)
    meter.count({ service: 'kms', operation: 'Encrypt', code, durationMs: 1 })
    const refusals = meter
      .points()
      .filter(({ metric, value }) => metric === 'holdfast_refusals' && value === 1)
    assert.deepEqual(
      refusals.map(({ labels }) => labels),
      [[kind]],
    )
  })
}
