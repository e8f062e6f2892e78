/** A principal uses a key for the first time: it is in the log and in LookupEvents, and the command finds it too. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { callRaw, newKey, succeed } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const LOOKUP = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents'
const LEARNING = 'HOLDFAST_INSIGHTS_LEARNING_DAYS'

let server: TestServer
let keyId: string

before(async () => {
  server = await startServer({ environment: { [LEARNING]: '0' } })
  keyId = await newKey(server)
  await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA' })
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

type Found = {
  readonly Events: readonly {
    readonly EventId: string
    readonly EventName: string
    readonly EventSource: string
    readonly ReadOnly?: string
    readonly CloudTrailEvent: string
  }[]
}

/** Insights with this name; nothing while there are none or the rate limit holds. */
async function lookup(input: object): Promise<Found['Events'] | undefined> {
  const answer = await callRaw(server, LOOKUP, JSON.stringify(input), { service: 'cloudtrail' })
  if (answer.code === 'ThrottlingException') return undefined
  assert.equal(answer.status, 200, answer.text)
  const { Events } = answer.json as Found
  return Events.length > 0 ? Events : undefined
}

const OF_ENCRYPT = [{ AttributeKey: 'EventName', AttributeValue: 'Encrypt' }]

test('LookupEvents finds the insight of a first use, once, and not among the calls', async () => {
  const insights = await until('the insight is found', () =>
    lookup({ EventCategory: 'insight', LookupAttributes: OF_ENCRYPT }),
  )
  const [first, ...more] = insights.filter(({ CloudTrailEvent }) =>
    CloudTrailEvent.includes('"KeyFirstUseInsight"'),
  )
  assert.deepEqual(more, [])
  assert.equal(first?.EventName, 'Encrypt')
  assert.equal(first?.EventSource, 'kms.amazonaws.com')
  assert.equal(first?.ReadOnly, undefined)
  const record = JSON.parse(first?.CloudTrailEvent ?? '')
  assert.equal(record.eventID, first?.EventId)
  assert.equal(record.eventCategory, 'Insight')
  assert.match(record.insightDetails.insightSubject.key, new RegExp(`key/${keyId}$`))
  const calls = await until('the call is found', () => lookup({ LookupAttributes: OF_ENCRYPT }))
  assert.equal(calls.length, 1)
  const byId = [{ AttributeKey: 'EventId', AttributeValue: record.eventID }]
  const same = await until('it is found by its id', () =>
    lookup({ EventCategory: 'insight', LookupAttributes: byId }),
  )
  assert.equal(same.length, 1)
})

test('ListInsights of our own service shows the same', async () => {
  const ask = (operation: string, input: object) =>
    callRaw(server, `Holdfast_20261101.${operation}`, JSON.stringify(input), { service: 'holdfast' })
  const Insights = await until('the insight is listed', async () => {
    const { json } = await ask('ListInsights', {})
    const listed = (json['Insights'] ?? []) as readonly Readonly<Record<string, unknown>>[]
    const found = listed.filter(({ Type }) => Type === 'KeyFirstUseInsight')
    return found.length > 0 ? found : undefined
  })
  const [first] = Insights
  assert.deepEqual([first?.['State'], first?.['EventName']], ['Start', 'Encrypt'])
  assert.match(JSON.stringify(first?.['Subject']), new RegExp(`"Key":"[^"]+:key/${keyId}"`))
  assert.equal(JSON.parse(String(first?.['Event'])).eventID, first?.['EventId'])
  const wrong = await until('the range is looked at', async () => {
    const answer = await ask('ListInsights', { StartTime: 2, EndTime: 1 })
    return answer.code === 'ThrottlingException' ? undefined : answer
  })
  assert.equal(wrong.code, 'InvalidTimeRangeException')
})

test('holdfast insights finds the same beside the server, as a table and as JSON', async () => {
  const options = ['--insights-learning-days=0'] as const
  const table = await runHoldfast(server.data, 'insights', '--days', '1', ...options)
  assert.equal(table.status, 0, table.errors)
  assert.match(table.output, /^time +state +insight +what +whose/)
  assert.match(table.output, /Start +KeyFirstUse +Encrypt /)
  const json = await runHoldfast(server.data, 'insights', '--format', 'json', ...options)
  const types = json.output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).insightDetails.insightType)
  assert.ok(types.includes('KeyFirstUseInsight'))
})

test('holdfast insights says that nothing is unusual: everything is new while it learns', async () => {
  const { status, output, errors } = await runHoldfast(server.data, 'insights', '--days', '1')
  assert.equal(status, 0)
  assert.match(output, /^time .*\n$/)
  assert.equal(errors, 'no unusual calls in the last 1 day\n')
})

test('holdfast insights refuses days and formats that it has not', async () => {
  for (const days of ['0', '3651', 'x']) {
    const { status, errors } = await runHoldfast(server.data, 'insights', '--days', days)
    assert.equal(status, 2)
    assert.match(errors, /--days: expected a whole number from 1 to 3650; got '.*'/)
  }
  const { status, errors } = await runHoldfast(server.data, 'insights', '--format', 'csv')
  assert.equal(status, 2)
  assert.match(errors, /--format: expected table or json; got /)
})

test('with HOLDFAST_INSIGHTS=off nothing is looked for, and the server serves', async () => {
  await using silent = await startServer({ environment: { HOLDFAST_INSIGHTS: 'off', [LEARNING]: '0' } })
  await newKey(silent)
})
