/** CloudTrail's API on the wire: looking events up, and trails. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Output } from '../../src/api/json.ts'
import { eventOf } from '../support/audit.ts'
import {
  type Answer,
  assertError,
  type CallOptions,
  call,
  callRaw,
  newKey,
  succeed,
} from '../support/calls.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const ACCOUNT = '000000000000'
const TARGET = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.'

let server: TestServer

before(async () => {
  server = await startServer()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

function ask(operation: string, input: Output, options: CallOptions = {}): Promise<Answer> {
  return callRaw(server, TARGET + operation, JSON.stringify(input), { service: 'cloudtrail', ...options })
}

async function give(operation: string, input: Output, options?: CallOptions): Promise<Answer['json']> {
  const answer = await ask(operation, input, options)
  assert.equal(answer.status, 200, answer.text)
  return answer.json
}

type Found = {
  readonly Events: readonly {
    readonly EventId: string
    readonly EventName: string
    readonly CloudTrailEvent: string
  }[]
  readonly NextToken?: string
}

/** A lookup, as often as the rate limit wants it to be tried again. */
async function lookup(input: Output, options?: CallOptions): Promise<Found> {
  let answer = await ask('LookupEvents', input, options)
  await until('a lookup is admitted', async () => {
    if (answer.code === 'ThrottlingException') answer = await ask('LookupEvents', input, options)
    return answer.code !== 'ThrottlingException' || undefined
  })
  assert.equal(answer.status, 200, answer.text)
  return answer.json as Found
}

const by = (AttributeKey: string, AttributeValue: string): Output => ({
  LookupAttributes: [{ AttributeKey, AttributeValue }],
})

test('LookupEvents finds a call as soon as it is answered, with everything that was recorded', async () => {
  const keyId = await newKey(server)
  const answer = await call(server, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA' })
  const event = await eventOf(server, answer.requestId)
  const { Events } = await lookup(by('ResourceName', keyId))
  assert.deepEqual(
    Events.map(({ EventName }) => EventName),
    ['Encrypt', 'CreateKey'],
  )
  const { CloudTrailEvent = '', ...shown } = Events[0] ?? {}
  assert.deepEqual(JSON.parse(CloudTrailEvent), event)
  assert.deepEqual(shown, {
    EventId: event.eventID,
    EventName: 'Encrypt',
    ReadOnly: 'true',
    AccessKeyId: server.credentials.accessKeyId,
    EventTime: Date.parse(String(event['eventTime'])) / 1000,
    EventSource: 'kms.amazonaws.com',
    Username: 'root',
    Resources: [
      { ResourceType: 'AWS::KMS::Key', ResourceName: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}` },
    ],
  })
})

test('LookupEvents goes on page by page, with the same parameters only', async () => {
  const keyId = await newKey(server)
  for (let index = 0; index < 4; index += 1) await succeed(server, 'DescribeKey', { KeyId: keyId })
  const first = await lookup({ ...by('ResourceName', keyId), MaxResults: 3 })
  const second = await lookup({
    ...by('ResourceName', keyId),
    MaxResults: 3,
    NextToken: String(first.NextToken),
  })
  assert.deepEqual([first.Events.length, second.Events.length, second.NextToken], [3, 2, undefined])
  const ids = [...first.Events, ...second.Events].map(({ EventId }) => EventId)
  assert.equal(new Set(ids).size, 5)
  const other = await ask('LookupEvents', {
    ...by('ResourceName', 'other'),
    NextToken: String(first.NextToken),
  })
  assertError(other, 'InvalidNextTokenException', /not valid/)
})

test('LookupEvents keeps to its region', async () => {
  await succeed(server, 'ListKeys', {}, { region: 'us-west-2' })
  const { Events } = await lookup({}, { region: 'us-west-2' })
  assert.equal(Events.filter(({ EventName }) => EventName === 'ListKeys').length, 1)
  assert.ok(Events.every(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent).awsRegion === 'us-west-2'))
})

test('LookupEvents refuses what it cannot look up', async () => {
  const [one, two] = [
    { AttributeKey: 'EventName', AttributeValue: 'a' },
    { AttributeKey: 'Username', AttributeValue: 'b' },
  ]
  for (const [input, code] of [
    [{ LookupAttributes: [one, two] }, 'InvalidLookupAttributesException'],
    [{ StartTime: 2000, EndTime: 1000 }, 'InvalidTimeRangeException'],
    [{ MaxResults: 0 }, 'InvalidMaxResultsException'],
    [{ MaxResults: 51 }, 'InvalidMaxResultsException'],
    [{ NextToken: 'x' }, 'InvalidNextTokenException'],
    [{ EventCategory: 'management' }, 'InvalidEventCategoryException'],
    [{ LookupAttributes: [{ AttributeKey: 'Colour', AttributeValue: 'a' }] }, 'ValidationException'],
  ] as const)
    assertError(await ask('LookupEvents', input), code, /./)
  // In a region of its own: the calls above have used up the rate.
  const elsewhere = { region: 'eu-west-3' }
  assert.deepEqual(await give('LookupEvents', { EventCategory: 'insight' }, elsewhere), { Events: [] })
})

test('LookupEvents is limited to two calls a second for an account in a region', async () => {
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => ask('LookupEvents', { MaxResults: 1 }, { region: 'eu-north-1' })),
  )
  assert.ok(answers.some(({ status }) => status === 200))
  const refused = answers.filter(({ code }) => code === 'ThrottlingException')
  assert.ok(refused.length > 0)
  assert.equal(refused[0]?.message, 'Rate exceeded')
})

test('a trail is created, described, changed, started, stopped and deleted', async () => {
  const region = 'ap-south-1'
  const arn = `arn:aws:cloudtrail:${region}:${ACCOUNT}:trail/first-trail`
  const made = await give('CreateTrail', { Name: 'first-trail', S3BucketName: 'the-bucket' }, { region })
  const shown = {
    Name: 'first-trail',
    S3BucketName: 'the-bucket',
    IncludeGlobalServiceEvents: true,
    IsMultiRegionTrail: false,
    TrailARN: arn,
    LogFileValidationEnabled: false,
    IsOrganizationTrail: false,
  }
  assert.deepEqual(made, shown)
  assertError(
    await ask('CreateTrail', { Name: 'first-trail', S3BucketName: 'the-bucket' }, { region }),
    'TrailAlreadyExistsException',
    /first-trail/,
  )
  const described = {
    ...shown,
    HomeRegion: region,
    HasCustomEventSelectors: false,
    HasInsightSelectors: false,
  }
  assert.deepEqual(await give('GetTrail', { Name: arn }, { region }), { Trail: described })
  assert.deepEqual(await give('DescribeTrails', {}, { region }), { trailList: [described] })
  const change = {
    Name: 'first-trail',
    S3KeyPrefix: 'logs',
    IsMultiRegionTrail: true,
    EnableLogFileValidation: true,
  }
  await give('UpdateTrail', change, { region })
  const elsewhere = await give('DescribeTrails', { trailNameList: ['first-trail'] }, { region: 'eu-west-3' })
  assert.deepEqual((elsewhere['trailList'] as Output[])[0]?.['S3KeyPrefix'], 'logs')
  assert.deepEqual(await give('DescribeTrails', { includeShadowTrails: false }, { region: 'eu-west-3' }), {
    trailList: [],
  })
  assertError(
    await ask('StartLogging', { Name: 'first-trail' }, { region: 'eu-west-3' }),
    'InvalidHomeRegionException',
    /ap-south-1/,
  )
  assert.equal((await give('GetTrailStatus', { Name: arn }, { region }))['IsLogging'], false)
  assert.deepEqual(await give('StartLogging', { Name: arn }, { region }), {})
  assert.equal((await give('GetTrailStatus', { Name: arn }, { region }))['IsLogging'], true)
  await give('StopLogging', { Name: arn }, { region })
  const status = await give('GetTrailStatus', { Name: arn }, { region })
  assert.equal(status['IsLogging'], false)
  assert.equal(typeof status['StopLoggingTime'], 'number')
  assert.deepEqual(await give('ListTrails', {}, { region }), {
    Trails: [{ TrailARN: arn, Name: 'first-trail', HomeRegion: region }],
  })
  await give('DeleteTrail', { Name: arn }, { region })
  assertError(await ask('GetTrail', { Name: arn }, { region }), 'TrailNotFoundException', /Unknown trail/)
})

test('selectors and tags of a trail are put and got', async () => {
  const Name = 'tagged-trail'
  const { TrailARN } = await give('CreateTrail', {
    Name,
    S3BucketName: 'the-bucket',
    TagsList: [{ Key: 'a', Value: '1' }],
  })
  const ResourceId = String(TrailARN)
  await give('AddTags', {
    ResourceId,
    TagsList: [
      { Key: 'b', Value: '2' },
      { Key: 'a', Value: '3' },
    ],
  })
  await give('RemoveTags', { ResourceId, TagsList: [{ Key: 'b' }] })
  assert.deepEqual(await give('ListTags', { ResourceIdList: [ResourceId] }), {
    ResourceTagList: [{ ResourceId, TagsList: [{ Key: 'a', Value: '3' }] }],
  })
  const selector = {
    ReadWriteType: 'WriteOnly',
    IncludeManagementEvents: true,
    DataResources: [],
    ExcludeManagementEventSources: ['kms.amazonaws.com'],
  }
  const put = { TrailARN: ResourceId, EventSelectors: [selector] }
  assert.deepEqual(await give('PutEventSelectors', { TrailName: Name, EventSelectors: [selector] }), put)
  assert.deepEqual(await give('GetEventSelectors', { TrailName: Name }), put)
  assertError(await ask('GetInsightSelectors', { TrailName: Name }), 'InsightNotEnabledException', /./)
  const insights = { InsightSelectors: [{ InsightType: 'ApiCallRateInsight' }] }
  await give('PutInsightSelectors', { TrailName: Name, ...insights })
  assert.deepEqual(await give('GetInsightSelectors', { TrailName: Name }), {
    TrailARN: ResourceId,
    ...insights,
  })
  const { Trail } = await give('GetTrail', { Name })
  assert.deepEqual(
    [(Trail as Output)['HasCustomEventSelectors'], (Trail as Output)['HasInsightSelectors']],
    [true, true],
  )
})

test('trails refuse what they cannot do, each with its code', async () => {
  const region = 'sa-east-1'
  const bucket = { S3BucketName: 'the-bucket' }
  const absent = `arn:aws:cloudtrail:${region}:${ACCOUNT}:trail/absent`
  await give('CreateTrail', { Name: 'present', ...bucket }, { region })
  for (const [operation, input, code] of [
    ['CreateTrail', { Name: 'a', ...bucket }, 'InvalidTrailNameException'],
    ['CreateTrail', { Name: 'a..b', ...bucket }, 'InvalidTrailNameException'],
    ['CreateTrail', { Name: '10.0.0.1', ...bucket }, 'InvalidTrailNameException'],
    ['CreateTrail', { Name: 'abc', S3BucketName: 'A' }, 'InvalidS3BucketNameException'],
    ['CreateTrail', { Name: 'abc', ...bucket, S3KeyPrefix: '../x' }, 'InvalidS3PrefixException'],
    ['CreateTrail', { Name: 'abc', ...bucket, KmsKeyId: 'alias/x' }, 'UnsupportedOperationException'],
    ['CreateTrail', { Name: 'abc', ...bucket, IsOrganizationTrail: true }, 'UnsupportedOperationException'],
    ['CreateTrail', { Name: 'abc', ...bucket, TagsList: [{ Key: 'aws:a' }] }, 'InvalidTagParameterException'],
    ['GetTrail', { Name: 'arn:aws:s3:::x' }, 'CloudTrailARNInvalidException'],
    ['GetTrail', { Name: absent }, 'TrailNotFoundException'],
    ['AddTags', { ResourceId: 'present', TagsList: [] }, 'CloudTrailARNInvalidException'],
    ['AddTags', { ResourceId: absent, TagsList: [] }, 'ResourceNotFoundException'],
    ['PutEventSelectors', { TrailName: 'present', EventSelectors: [] }, 'InvalidEventSelectorsException'],
    [
      'PutEventSelectors',
      { TrailName: 'present', EventSelectors: [{ ExcludeManagementEventSources: ['iam.amazonaws.com'] }] },
      'InvalidEventSelectorsException',
    ],
    [
      'PutEventSelectors',
      { TrailName: 'present', AdvancedEventSelectors: [{}] },
      'UnsupportedOperationException',
    ],
    [
      'PutInsightSelectors',
      { TrailName: 'present', InsightSelectors: [{}] },
      'InvalidInsightSelectorsException',
    ],
    ['PutInsightSelectors', { InsightSelectors: [] }, 'InvalidParameterCombinationException'],
    ['ListTrails', { NextToken: 'x' }, 'InvalidTokenException'],
    ['ListPublicKeys', { StartTime: 2, EndTime: 1 }, 'InvalidTimeRangeException'],
  ] as const)
    assertError(await ask(operation, input, { region }), code, /./)
  for (let index = 1; index < 5; index += 1)
    await give('CreateTrail', { Name: `present-${index}`, ...bucket }, { region })
  assertError(
    await ask('CreateTrail', { Name: 'sixth', ...bucket }, { region }),
    'MaximumNumberOfTrailsExceededException',
    /5/,
  )
  const tags = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}` }))
  const present = `arn:aws:cloudtrail:${region}:${ACCOUNT}:trail/present`
  assertError(
    await ask('AddTags', { ResourceId: present, TagsList: tags }, { region }),
    'TagsLimitExceededException',
    /50/,
  )
})

test('calls of CloudTrail are recorded as its own', async () => {
  const answer = await ask('ListTrails', {})
  const event = await eventOf(server, answer.requestId)
  assert.deepEqual(
    [event.eventName, event['eventSource'], event.readOnly],
    ['ListTrails', 'cloudtrail.amazonaws.com', true],
  )
})
