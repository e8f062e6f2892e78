import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import fc from 'fast-check'
import type { UsageRow } from '../store/index-port.ts'
import { PricesError, parsePrices, priceOfCall } from './prices.ts'
import { costOfKeys, formatUsage, sumOfAmounts, sumUsage } from './usage-report.ts'

const HOUR_MS = 3_600_000
const TABLE = parsePrices(
  JSON.stringify({
    currency: 'USD',
    keyMonth: 1,
    calls: [
      { operations: ['GenerateDataKeyPair*'], specs: ['RSA_*'], per10000Calls: 12 },
      { specs: ['ECC_*', 'RSA_4096'], per10000Calls: 0.15 },
      { per10000Calls: 0.03 },
    ],
  }),
)

function row(more: Partial<UsageRow>): UsageRow {
  return {
    hour: 490_000,
    account: '111122223333',
    region: 'eu-west-1',
    key: 'k1',
    principal: 'p',
    source: 'kms.amazonaws.com',
    operation: 'Encrypt',
    variant: '',
    calls: 1,
    failures: 0,
    ...more,
  }
}

test('sumUsage sums up by its columns, in their order', () => {
  const rows = [
    row({ key: 'k2', calls: 5, failures: 2 }),
    row({ hour: 490_001, calls: 2 }),
    row({ calls: 3, failures: 1 }),
    row({ hour: 490_023, calls: 7 }),
  ]
  const plain = (columns: Parameters<typeof sumUsage>[1]) =>
    sumUsage(rows, columns).map(({ values, calls, failures }) => [...values, calls, failures])
  assert.deepEqual(plain(['key']), [
    ['k1', 12, 1],
    ['k2', 5, 2],
  ])
  const day = new Date(490_000 * HOUR_MS).toISOString().slice(0, 10)
  assert.equal(plain(['day', 'key'])[0]?.[0], day)
  assert.equal(plain(['hour']).length, 3)
})

test('the first rule that fits is the price of a call', () => {
  const price = (operation: string, spec: string) =>
    Number((priceOfCall(TABLE, operation, spec) * 10_000).toFixed(6))
  assert.equal(price('GenerateDataKeyPairWithoutPlaintext', 'RSA_2048'), 12)
  assert.equal(price('GenerateDataKeyPair', 'ECC_NIST_P256'), 0.15)
  assert.equal(price('Sign', 'RSA_4096'), 0.15)
  assert.equal(price('Sign', 'RSA_2048'), 0.03)
  assert.equal(priceOfCall({ ...TABLE, calls: [] }, 'Sign', 'RSA_2048'), 0)
})

test('costs count calls of AWS KMS alone, by the spec of the key or of the pair that is made', () => {
  const specOf = (key: string) => (key === 'ecc' ? 'ECC_NIST_P256' : undefined)
  const rows = [
    row({ calls: 10_000 }),
    row({ key: 'ecc', operation: 'Sign', calls: 10_000 }),
    row({ operation: 'GenerateDataKeyPair', variant: 'RSA_2048', calls: 10_000 }),
    row({ source: 'iam.amazonaws.com', calls: 10_000 }),
  ]
  const [line] = sumUsage(rows, ['account'], { prices: TABLE, specOf })
  assert.equal(line?.cost.toFixed(6), '12.180000')
})

test('keys cost by the hour, from their creation on, and not while they wait for deletion', () => {
  const key = { arn: 'a', spec: 's', createdAt: 0, charged: true }
  const month = 730 * HOUR_MS
  let now = 9 * month
  const cost = (...keys: readonly Partial<typeof key>[]) =>
    costOfKeys(
      keys.map((one) => ({ ...key, ...one })),
      TABLE,
      { fromMs: month, toMs: 2 * month, now },
    )
  assert.equal(cost({}), 1)
  assert.equal(cost({ createdAt: 1.5 * month }), 0.5)
  assert.equal(cost({ createdAt: 3 * month }, { charged: false }), 0)
  now = 1.25 * month
  assert.equal(cost({}), 0.25)
  now = 0.5 * month
  assert.equal(cost({}), 0)
})

test('amounts are decimal: what floating point adds to them is taken away', () => {
  const prices = { ...TABLE, calls: [{ per10000Calls: 0.03 }] }
  const rows = Array.from({ length: 2368 }, () => row({}))
  const [line] = sumUsage(rows, ['account'], { prices, specOf: () => undefined })
  assert.equal(line?.cost, 0.007104)
  const one = sumUsage([row({ calls: 3 })], ['account'], { prices, specOf: () => undefined })
  assert.equal(one[0]?.cost, 0.000009)
  assert.equal(sumOfAmounts([0.1, 0.2, 0.0000001]), 0.3000001)
})

test('a sum of whole calls and prices is the exact decimal', () => {
  const prices = fc.integer({ min: 0, max: 20_000_000 })
  fc.assert(
    fc.property(fc.array(fc.nat(1_000_000), { maxLength: 20 }), prices, (counts, millionths) => {
      const table = { ...TABLE, calls: [{ per10000Calls: millionths / 100_000 }] }
      const rows = counts.map((calls) => row({ calls }))
      const [line] = sumUsage(rows, ['account'], { prices: table, specOf: () => undefined })
      const exact = counts.reduce((sum, calls) => sum + BigInt(calls) * BigInt(millionths), 0n)
      assert.equal(line?.cost ?? 0, Number(`${exact}e-9`))
    }),
  )
})

test('a report is a table, CSV or JSON', () => {
  const lines = [{ values: ['a "b",c', '=1+1'], calls: 12, failures: 3, cost: 0.00031 }]
  const write = (format: Parameters<typeof formatUsage>[2], currency?: string) =>
    formatUsage(lines, ['key', 'principal'], format, currency)
  assert.deepEqual(write('table', 'USD'), [
    'key      principal  calls  failures  cost USD',
    'a "b",c  =1+1          12         3  0.000310',
  ])
  assert.deepEqual(write('csv'), ['key,principal,calls,failures', `"a ""b"",c",'=1+1,12,3`])
  assert.deepEqual(JSON.parse(write('json', 'USD')[0] ?? ''), [
    { key: 'a "b",c', principal: '=1+1', calls: 12, failures: 3, cost: 0.00031, currency: 'USD' },
  ])
})

test('a price table that is not one is refused with what is wrong', () => {
  const right = { currency: 'EUR', keyMonth: 0, calls: [{ per10000Calls: 1 }] }
  for (const [wrong, message] of [
    ['{', /^not JSON/],
    ['[]', /^the table: an object required$/],
    [JSON.stringify({ ...right, currency: 'euro' }), /^currency: /],
    [JSON.stringify({ ...right, keyMonth: -1 }), /^keyMonth: a number of at least 0 required$/],
    [JSON.stringify({ ...right, calls: {} }), /^calls: /],
    [JSON.stringify({ ...right, calls: [{}] }), /^calls\[0\]\.per10000Calls: /],
    [JSON.stringify({ ...right, calls: [{ per10000Calls: 1, specs: 'RSA' }] }), /^calls\[0\]\.specs: /],
  ] as const) {
    assert.throws(
      () => parsePrices(wrong),
      (error: unknown) => error instanceof PricesError && message.test(error.message),
    )
  }
  assert.deepEqual(parsePrices(JSON.stringify(right)), right)
})

test('the price table of docs/reference/usage.md is one, and tells asymmetric calls apart', async () => {
  const page = await readFile(new URL('../../docs/reference/usage.md', import.meta.url), 'utf8')
  const table = parsePrices(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '')
  const price = (operation: string, spec: string) =>
    Number((priceOfCall(table, operation, spec) * 10_000).toFixed(6))
  assert.equal(price('Decrypt', 'SYMMETRIC_DEFAULT'), 0.03)
  assert.equal(price('Sign', 'RSA_2048'), 0.03)
  assert.equal(price('Sign', 'RSA_4096'), 0.15)
  assert.equal(price('Sign', 'ECC_NIST_P256'), 0.15)
  assert.equal(price('DescribeKey', 'RSA_4096'), 0.03)
  assert.equal(price('GenerateMac', 'HMAC_256'), 0.03)
  assert.equal(price('GenerateDataKeyPairWithoutPlaintext', 'RSA_2048'), 12)
  assert.equal(price('GenerateDataKeyPair', 'ECC_NIST_P256'), 0.1)
})
