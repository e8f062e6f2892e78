import { list, optional, structure, text } from '../api/shapes.ts'

/** The service model has no limit on most texts; every text from outside has one. */
const TEXT_MAX = 2048

/** A text without a limit of its own. */
export const TEXT = text({ max: TEXT_MAX })

/** A trail's name or ARN. */
export const TRAIL_NAME = text({ max: TEXT_MAX })

/** Tags of a request. Source: AWS CloudTrail API Reference, "Tag". */
export const TAGS = list(
  structure({ Key: text({ min: 1, max: 128 }), Value: optional(text({ min: 0, max: 256 })) }),
  { max: 200 },
)
