import { LOGGING_OPERATIONS } from './operations/logging.ts'
import { lookupEvents } from './operations/lookup-events.ts'
import { listPublicKeys } from './operations/public-keys.ts'
import { SELECTOR_OPERATIONS } from './operations/selectors.ts'
import { TAG_OPERATIONS } from './operations/tags.ts'
import { TRAIL_OPERATIONS } from './operations/trails.ts'
import type { TrailOperation } from './trail-dependencies.ts'

/** Every operation of AWS CloudTrail that Holdfast implements. */
export const CLOUDTRAIL_OPERATIONS: readonly TrailOperation[] = [
  lookupEvents,
  ...TRAIL_OPERATIONS,
  ...LOGGING_OPERATIONS,
  ...SELECTOR_OPERATIONS,
  ...TAG_OPERATIONS,
  listPublicKeys,
]
