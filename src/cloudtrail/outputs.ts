import { KmsError } from '../api/errors.ts'
import type { ValueOf } from '../api/shapes.ts'
import type { EventSelector } from '../audit-index/collect.ts'
import { trailArn } from './names.ts'
import type { EVENT_SELECTOR_ANSWER, TRAIL_ANSWER } from './trail-answers.ts'
import type { TrailTag, TrailValue } from './trail-records.ts'

type TrailAnswer = ValueOf<typeof TRAIL_ANSWER>

/** A trail in the answers of changes to it. */
type ChangedTrail = Omit<TrailAnswer, 'HomeRegion' | 'HasCustomEventSelectors' | 'HasInsightSelectors'>

/** A trail as the answers of changes to it show it. */
export function trailOutput(account: string, trail: TrailValue): ChangedTrail {
  return {
    Name: trail.name,
    S3BucketName: trail.bucket,
    S3KeyPrefix: trail.prefix,
    IncludeGlobalServiceEvents: trail.globalEvents,
    IsMultiRegionTrail: trail.multiRegion,
    TrailARN: trailArn(trail.region, account, trail.name),
    LogFileValidationEnabled: trail.validation,
    IsOrganizationTrail: false,
  }
}

/** The same as descriptions show it. */
export function describedTrail(account: string, trail: TrailValue): TrailAnswer {
  return {
    ...trailOutput(account, trail),
    HomeRegion: trail.region,
    HasCustomEventSelectors: !isDefault(trail.selectors),
    HasInsightSelectors: trail.insights.length > 0,
  }
}

/** The default selectors of a trail: all management events. */
export const DEFAULT_SELECTORS: readonly EventSelector[] = [
  { readWrite: 'All', management: true, exclude: [] },
]

function isDefault(selectors: readonly EventSelector[]): boolean {
  const [only, ...others] = selectors
  return others.length === 0 && only?.readWrite === 'All' && only.management && only.exclude.length === 0
}

/** Event selectors as answers show them. */
export function selectorOutputs(
  selectors: readonly EventSelector[],
): readonly ValueOf<typeof EVENT_SELECTOR_ANSWER>[] {
  return selectors.map(({ readWrite, management, exclude }) => ({
    ReadWriteType: readWrite,
    IncludeManagementEvents: management,
    DataResources: [],
    ExcludeManagementEventSources: exclude,
  }))
}

/** Source: AWS CloudTrail User Guide, "Quotas". */
const TAGS_MAX = 50

type GivenTag = { readonly Key: string; readonly Value?: string | undefined }

/** Merges tags. @throws InvalidTagParameterException, TagsLimitExceededException. */
export function mergeTags(present: readonly TrailTag[], given: readonly GivenTag[]): readonly TrailTag[] {
  const merged = new Map(present.map((tag) => [tag.key, tag]))
  const seen = new Set<string>()
  for (const { Key, Value = '' } of given) {
    if (seen.has(Key) || Key.toLowerCase().startsWith('aws:'))
      throw new KmsError('InvalidTagParameterException', `The tag key ${Key} is duplicated or reserved.`)
    seen.add(Key)
    merged.set(Key, { key: Key, value: Value })
  }
  if (merged.size > TAGS_MAX)
    throw new KmsError('TagsLimitExceededException', `A trail has at most ${TAGS_MAX} tags.`)
  return [...merged.values()]
}
