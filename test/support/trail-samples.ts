/** For tests: a legal and a refused call of every CloudTrail operation. */

import type { ErrorCode } from '../../src/api/errors.ts'
import type { SampleInput } from './iam-samples.ts'
import type { SampleCaller } from './sample-bed.ts'

/** The resources for the inputs. */
export type TrailParts = {
  /** An existing trail that all calls share, and a trail name that only this call uses. */
  readonly name: string
  readonly arn: string
  readonly own: string
  readonly free: string
}

export type TrailSample = {
  readonly valid: (parts: TrailParts) => SampleInput
  /** CloudTrail calls to make before the valid one. */
  readonly before?: (parts: TrailParts) => readonly (readonly [operation: string, input: SampleInput])[]
  readonly refused: readonly [input: (parts: TrailParts) => SampleInput, code: ErrorCode, as?: SampleCaller]
}

const BUCKET = 'the-bucket'
const NO_TRAIL = 'no-such-trail'
const NO_ARN = `arn:aws:cloudtrail:eu-west-1:000000000000:trail/${NO_TRAIL}`
const TAGS = [{ Key: 'team', Value: 'a' }]
const SELECTORS = [
  {
    ReadWriteType: 'WriteOnly',
    IncludeManagementEvents: true,
    DataResources: [],
    ExcludeManagementEventSources: [],
  },
]
const INSIGHTS = [{ InsightType: 'ApiCallRateInsight' }]

const onTrail = (member: string, more: SampleInput = {}): TrailSample => ({
  valid: ({ name }) => ({ [member]: name, ...more }),
  refused: [() => ({ [member]: NO_TRAIL, ...more }), 'TrailNotFoundException'],
})

const onArn = (more: SampleInput): TrailSample => ({
  valid: ({ arn }) => ({ ResourceId: arn, ...more }),
  refused: [() => ({ ResourceId: NO_ARN, ...more }), 'ResourceNotFoundException'],
})

/** Samples by operation. A test fails if an operation has none. */
export const TRAIL_SAMPLES: Readonly<Record<string, TrailSample>> = {
  AddTags: onArn({ TagsList: TAGS }),
  CreateTrail: {
    valid: ({ free }) => ({ Name: free, S3BucketName: BUCKET, IsMultiRegionTrail: true, TagsList: TAGS }),
    refused: [({ name }) => ({ Name: name, S3BucketName: BUCKET }), 'TrailAlreadyExistsException'],
  },
  DeleteTrail: {
    valid: ({ own }) => ({ Name: own }),
    before: ({ own }) => [['CreateTrail', { Name: own, S3BucketName: BUCKET }]],
    refused: [() => ({ Name: NO_TRAIL }), 'TrailNotFoundException'],
  },
  DescribeTrails: {
    valid: ({ name }) => ({ trailNameList: [name], includeShadowTrails: true }),
    refused: [() => ({ trailNameList: ['a..b'] }), 'InvalidTrailNameException'],
  },
  GetEventSelectors: {
    ...onTrail('TrailName'),
    before: ({ name }) => [['PutEventSelectors', { TrailName: name, EventSelectors: SELECTORS }]],
  },
  GetInsightSelectors: {
    ...onTrail('TrailName'),
    before: ({ name }) => [['PutInsightSelectors', { TrailName: name, InsightSelectors: INSIGHTS }]],
  },
  GetTrail: onTrail('Name'),
  GetTrailStatus: {
    ...onTrail('Name'),
    before: ({ name }) => [
      ['StartLogging', { Name: name }],
      ['StopLogging', { Name: name }],
    ],
  },
  ListPublicKeys: {
    valid: () => ({}),
    refused: [() => ({ StartTime: 2000, EndTime: 1000 }), 'InvalidTimeRangeException'],
  },
  ListTags: {
    valid: ({ arn }) => ({ ResourceIdList: [arn] }),
    before: ({ arn }) => [['AddTags', { ResourceId: arn, TagsList: TAGS }]],
    refused: [() => ({ ResourceIdList: [NO_ARN] }), 'ResourceNotFoundException'],
  },
  ListTrails: {
    valid: () => ({}),
    refused: [() => ({}), 'InvalidSignatureException', 'forger'],
  },
  LookupEvents: {
    valid: () => ({
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'CreateTrail' }],
      StartTime: 1_700_000_000.5,
      MaxResults: 2,
    }),
    before: ({ name }) => [['GetTrail', { Name: name }]],
    refused: [() => ({ NextToken: 'x' }), 'InvalidNextTokenException'],
  },
  PutEventSelectors: onTrail('TrailName', { EventSelectors: SELECTORS }),
  PutInsightSelectors: onTrail('TrailName', { InsightSelectors: INSIGHTS }),
  RemoveTags: onArn({ TagsList: [{ Key: 'team' }] }),
  StartLogging: onTrail('Name'),
  StopLogging: onTrail('Name'),
  UpdateTrail: onTrail('Name', { S3KeyPrefix: 'logs', EnableLogFileValidation: true }),
}
