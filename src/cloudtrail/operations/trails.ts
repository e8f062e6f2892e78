import { KmsError } from '../../api/errors.ts'
import { boolean, list, optional, text } from '../../api/shapes.ts'
import type { Call } from '../../dispatch/operation.ts'
import { insert, remove, replace } from '../../store/records.ts'
import { checkTrailName, findOwnTrail, findTrail, parseTrailName, trailArn } from '../names.ts'
import { DEFAULT_SELECTORS, describedTrail, mergeTags, trailOutput } from '../outputs.ts'
import { TRAIL_ANSWER, TRAIL_INFO_ANSWER } from '../trail-answers.ts'
import { trailOperation } from '../trail-operation.ts'
import {
  DELIVERY,
  listTrails,
  TRAIL,
  TRAILS_MAX,
  type TrailValue,
  trailRecordName,
} from '../trail-records.ts'
import { TAGS, TEXT, TRAIL_NAME } from '../trail-shapes.ts'

const SETTINGS = {
  S3KeyPrefix: optional(TEXT),
  SnsTopicName: optional(TEXT),
  IncludeGlobalServiceEvents: optional(boolean()),
  IsMultiRegionTrail: optional(boolean()),
  EnableLogFileValidation: optional(boolean()),
  CloudWatchLogsLogGroupArn: optional(TEXT),
  CloudWatchLogsRoleArn: optional(TEXT),
  KmsKeyId: optional(TEXT),
  IsOrganizationTrail: optional(boolean()),
}

type Settings = {
  readonly SnsTopicName?: string | undefined
  readonly CloudWatchLogsLogGroupArn?: string | undefined
  readonly CloudWatchLogsRoleArn?: string | undefined
  readonly KmsKeyId?: string | undefined
  readonly IsOrganizationTrail?: boolean | undefined
}

/** Makes a trail; it delivers once its logging is started. */
const createTrail = trailOperation(
  {
    name: 'CreateTrail',
    readOnly: false,
    input: { Name: TRAIL_NAME, S3BucketName: TEXT, ...SETTINGS, TagsList: optional(TAGS) },
    output: {
      CloudWatchLogsLogGroupArn: text(),
      CloudWatchLogsRoleArn: text(),
      IncludeGlobalServiceEvents: boolean(),
      IsMultiRegionTrail: boolean(),
      IsOrganizationTrail: boolean(),
      KmsKeyId: text(),
      LogFileValidationEnabled: boolean(),
      Name: text(),
      S3BucketName: text(),
      S3KeyPrefix: text(),
      SnsTopicARN: text(),
      SnsTopicName: text(),
      TrailARN: text(),
    },
    resource: ({ call, input }) => trailArn(call.region, call.caller.account, input.Name),
  },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    checkTrailName(input.Name)
    refuseUnsupported(input)
    const trails = await listTrails(dependencies.records, account)
    const here = trails.filter(({ value }) => value.region === call.region || value.multiRegion)
    if (here.some(({ value }) => value.name === input.Name))
      throw new KmsError(
        'TrailAlreadyExistsException',
        `Trail ${input.Name} already exists for customer: ${account}`,
      )
    if (here.length >= TRAILS_MAX)
      throw new KmsError(
        'MaximumNumberOfTrailsExceededException',
        `User: ${account} already has ${TRAILS_MAX} trails in ${call.region}.`,
      )
    const prefix = checkPrefix(input.S3KeyPrefix)
    const value: TrailValue = {
      format: 1,
      name: input.Name,
      region: call.region,
      bucket: checkBucket(input.S3BucketName),
      ...(prefix === undefined ? {} : { prefix }),
      globalEvents: input.IncludeGlobalServiceEvents ?? true,
      multiRegion: input.IsMultiRegionTrail ?? false,
      validation: input.EnableLogFileValidation ?? false,
      selectors: DEFAULT_SELECTORS,
      insights: [],
      tags: mergeTags([], input.TagsList ?? []),
      periods: [],
    }
    const output = trailOutput(account, value)
    return { output, changes: [insert(TRAIL, account, trailRecordName(call.region, input.Name), value)] }
  },
)

const updateTrail = trailOperation(
  {
    name: 'UpdateTrail',
    readOnly: false,
    input: { Name: TRAIL_NAME, S3BucketName: optional(TEXT), ...SETTINGS },
    output: {
      CloudWatchLogsLogGroupArn: text(),
      CloudWatchLogsRoleArn: text(),
      IncludeGlobalServiceEvents: boolean(),
      IsMultiRegionTrail: boolean(),
      IsOrganizationTrail: boolean(),
      KmsKeyId: text(),
      LogFileValidationEnabled: boolean(),
      Name: text(),
      S3BucketName: text(),
      S3KeyPrefix: text(),
      SnsTopicARN: text(),
      SnsTopicName: text(),
      TrailARN: text(),
    },
    resource: ({ call, input }) => arnOf(call, input.Name),
  },
  async ({ call, input, dependencies }) => {
    const trail = await findOwnTrail(dependencies.records, call, input.Name)
    refuseUnsupported(input)
    const { prefix: present, ...rest } = trail.value
    const prefix = input.S3KeyPrefix === undefined ? present : checkPrefix(input.S3KeyPrefix)
    const value: TrailValue = {
      ...rest,
      ...(prefix === undefined ? {} : { prefix }),
      bucket: input.S3BucketName === undefined ? rest.bucket : checkBucket(input.S3BucketName),
      globalEvents: input.IncludeGlobalServiceEvents ?? rest.globalEvents,
      multiRegion: input.IsMultiRegionTrail ?? rest.multiRegion,
      validation: input.EnableLogFileValidation ?? rest.validation,
    }
    return { output: trailOutput(call.caller.account, value), changes: [replace(trail, value)] }
  },
)

const deleteTrail = trailOperation(
  {
    name: 'DeleteTrail',
    readOnly: false,
    input: { Name: TRAIL_NAME },
    resource: ({ call, input }) => arnOf(call, input.Name),
  },
  async ({ call, input, dependencies }) => {
    const trail = await findOwnTrail(dependencies.records, call, input.Name)
    const delivery = await dependencies.records.get(DELIVERY, trail.partition, trail.name)
    return { output: {}, changes: [remove(trail), ...(delivery === undefined ? [] : [remove(delivery)])] }
  },
)

const describeTrails = trailOperation(
  {
    name: 'DescribeTrails',
    readOnly: true,
    input: {
      trailNameList: optional(list(TRAIL_NAME, { max: 100 })),
      includeShadowTrails: optional(boolean()),
    },
    output: { trailList: list(TRAIL_ANSWER) },
  },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const names = input.trailNameList?.map((text) => parseTrailName(call, text))
    const shadows = input.includeShadowTrails ?? true
    const trails = (await listTrails(dependencies.records, account)).filter(({ value }) => {
      if (names === undefined) return value.region === call.region || (shadows && value.multiRegion)
      return names.some(
        ({ name, region }) =>
          name === value.name && (region === value.region || (shadows && value.multiRegion)),
      )
    })
    return { output: { trailList: trails.map(({ value }) => describedTrail(account, value)) } }
  },
)

const getTrail = trailOperation(
  {
    name: 'GetTrail',
    readOnly: true,
    input: { Name: TRAIL_NAME },
    output: { Trail: TRAIL_ANSWER },
    resource: ({ call, input }) => arnOf(call, input.Name),
  },
  async ({ call, input, dependencies }) => {
    const { value } = await findTrail(dependencies.records, call, input.Name)
    return { output: { Trail: describedTrail(call.caller.account, value) } }
  },
)

/** All trails of the account fit on one page. */
const listAllTrails = trailOperation(
  {
    name: 'ListTrails',
    readOnly: true,
    input: { NextToken: optional(TEXT) },
    output: { NextToken: text(), Trails: list(TRAIL_INFO_ANSWER) },
  },
  async ({ call, input, dependencies }) => {
    if (input.NextToken !== undefined) throw new KmsError('InvalidTokenException', 'The token is not valid.')
    const { account } = call.caller
    const trails = (await listTrails(dependencies.records, account)).map(({ value }) => ({
      TrailARN: trailArn(value.region, account, value.name),
      Name: value.name,
      HomeRegion: value.region,
    }))
    return { output: { Trails: trails } }
  },
)

/** Operations on trails as such. */
export const TRAIL_OPERATIONS = [
  createTrail,
  updateTrail,
  deleteTrail,
  describeTrails,
  getTrail,
  listAllTrails,
]

function arnOf(call: Call, text: string): string {
  const { region, account, name } = parseTrailName(call, text)
  return trailArn(region, account, name)
}

/** Refuses settings that would otherwise be silently ignored. @throws UnsupportedOperationException. */
function refuseUnsupported(input: Settings): void {
  const { SnsTopicName, CloudWatchLogsLogGroupArn, CloudWatchLogsRoleArn, KmsKeyId, IsOrganizationTrail } =
    input
  const given = [SnsTopicName, CloudWatchLogsLogGroupArn, CloudWatchLogsRoleArn, KmsKeyId]
  if (IsOrganizationTrail !== true && given.every((value) => value === undefined || value === '')) return
  const message =
    'Notifications, CloudWatch Logs, encryption under a KMS key and organization trails are not supported.'
  throw new KmsError('UnsupportedOperationException', message)
}

/** Source: Amazon S3 User Guide, "Bucket naming rules". */
const BUCKET = /^(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]$/
const PREFIX_MAX = 200
/** Characters that need no escape in a URL, so that every client writes the same key. */
const PREFIX = /^[A-Za-z0-9_-][A-Za-z0-9_./-]*$/

function checkBucket(name: string): string {
  if (BUCKET.test(name)) return name
  throw new KmsError('InvalidS3BucketNameException', `Bucket name ${name} is not valid.`)
}

function checkPrefix(prefix: string | undefined): string | undefined {
  if (prefix === undefined || prefix === '') return undefined
  const isPlain = PREFIX.test(prefix) && !prefix.split('/').some((part) => part === '' || /^\.+$/.test(part))
  if (isPlain && prefix.length <= PREFIX_MAX) return prefix
  throw new KmsError('InvalidS3PrefixException', `S3 prefix ${prefix} is not valid.`)
}
