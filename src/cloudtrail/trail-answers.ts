import { answer, blob, boolean, instant, list, text } from '../api/shapes.ts'

/** Resource. Source: the service model. */
const RESOURCE_ANSWER = answer({ ResourceName: text(), ResourceType: text() })

/** Event. Source: the service model. */
export const EVENT_ANSWER = answer({
  AccessKeyId: text(),
  CloudTrailEvent: text(),
  EventId: text(),
  EventName: text(),
  EventSource: text(),
  EventTime: instant(),
  ReadOnly: text(),
  Resources: list(RESOURCE_ANSWER),
  Username: text(),
})

/** PublicKey. Source: the service model. */
export const PUBLIC_KEY_ANSWER = answer({
  Fingerprint: text(),
  ValidityEndTime: instant(),
  ValidityStartTime: instant(),
  Value: blob(),
})

/** InsightSelector. Source: the service model. */
export const INSIGHT_SELECTOR_ANSWER = answer({ EventCategories: list(text()), InsightType: text() })

/** AdvancedFieldSelector. Source: the service model. */
const ADVANCED_FIELD_SELECTOR_ANSWER = answer({
  EndsWith: list(text()),
  Equals: list(text()),
  Field: text(),
  NotEndsWith: list(text()),
  NotEquals: list(text()),
  NotStartsWith: list(text()),
  StartsWith: list(text()),
})

/** AdvancedEventSelector. Source: the service model. */
export const ADVANCED_EVENT_SELECTOR_ANSWER = answer({
  FieldSelectors: list(ADVANCED_FIELD_SELECTOR_ANSWER),
  Name: text(),
})

/** DataResource. Source: the service model. */
const DATA_RESOURCE_ANSWER = answer({ Type: text(), Values: list(text()) })

/** EventSelector. Source: the service model. */
export const EVENT_SELECTOR_ANSWER = answer({
  DataResources: list(DATA_RESOURCE_ANSWER),
  ExcludeManagementEventSources: list(text()),
  IncludeManagementEvents: boolean(),
  ReadWriteType: text(),
})

/** Tag. Source: the service model. */
const TAG_ANSWER = answer({ Key: text(), Value: text() })

/** ResourceTag. Source: the service model. */
export const RESOURCE_TAG_ANSWER = answer({ ResourceId: text(), TagsList: list(TAG_ANSWER) })

/** TrailInfo. Source: the service model. */
export const TRAIL_INFO_ANSWER = answer({ HomeRegion: text(), Name: text(), TrailARN: text() })

/** Trail. Source: the service model. */
export const TRAIL_ANSWER = answer({
  CloudWatchLogsLogGroupArn: text(),
  CloudWatchLogsRoleArn: text(),
  HasCustomEventSelectors: boolean(),
  HasInsightSelectors: boolean(),
  HomeRegion: text(),
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
})
