import { boolean, integer, list, type Members, optional, pattern, structure, text } from '../api/shapes.ts'

/** Shapes that several operations share. Source of all limits: the IAM service model. */

const NAME = pattern('[\\w+=,.@-]+')

/** The name of a new user, a role, a group, a policy or an instance profile. */
export const NAME_64 = text({ min: 1, max: 64, pattern: NAME })
/** @see NAME_64 */
export const NAME_128 = text({ min: 1, max: 128, pattern: NAME })

/** A path. */
export const PATH = text({
  min: 1,
  max: 512,
  pattern: pattern('(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)'),
})
/** The beginning of paths. */
export const PATH_PREFIX = text({ min: 1, max: 512, pattern: pattern('\\u002F[\\u0021-\\u007F]*') })
/** A path of a managed policy. */
export const POLICY_PATH = text({ min: 1, max: 512, pattern: pattern('((/[A-Za-z0-9\\.,\\+@=_-]+)*)/') })

/** An ARN. */
export const ARN = text({ min: 20, max: 2048 })

/** The text of a policy. */
export const DOCUMENT = text({
  min: 1,
  max: 131_072,
  pattern: pattern('[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+'),
})

/** A password. */
export const PASSWORD = text({
  min: 1,
  max: 128,
  pattern: pattern('[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+'),
  sensitive: true,
})

/** The serial number of an MFA device: the ARN of a virtual one. */
export const SERIAL_NUMBER = text({ min: 9, max: 256, pattern: pattern('[\\w+=/:,.@-]+') })

/** A code of an MFA device. */
export const AUTHENTICATION_CODE = text({ min: 6, max: 6, pattern: pattern('[\\d]+'), sensitive: true })

/** The name of a virtual MFA device. The service model has no limit; its ARN has one. */
export const MFA_DEVICE_NAME = text({ min: 1, max: 226, pattern: NAME })

/** An access key id. */
export const ACCESS_KEY_ID = text({ min: 16, max: 128, pattern: pattern('[\\w]+') })

/** The description of a role. */
export const ROLE_DESCRIPTION = text({
  max: 1000,
  pattern: pattern('[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*'),
})

/** The longest session of a role, in seconds. */
export const MAX_SESSION_SECONDS = integer({ min: 3600, max: 43_200 })

/** The name of a version of a managed policy. */
export const VERSION_ID = text({ pattern: pattern('v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?') })

const TAG_KEY = text({ min: 1, max: 128, pattern: pattern('[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+') })
const TAG_VALUE = text({ max: 256, pattern: pattern('[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*') })

/** Tags; keys of tags. */
export const TAGS = list(structure({ Key: TAG_KEY, Value: TAG_VALUE }), { max: 50 })
/** @see TAGS */
export const TAG_KEYS = list(TAG_KEY, { max: 50 })

/** `Marker` and `MaxItems` of an operation that answers in pages. */
export const PAGING = {
  Marker: optional(text({ min: 1, max: 320, pattern: pattern('[\\u0020-\\u00FF]+') })),
  MaxItems: optional(integer({ min: 1, max: 1000 })),
}

/** Names of actions to simulate. */
export const ACTION_NAMES = list(text({ min: 3, max: 128 }))

/** An optional flag. */
export const FLAG = optional(boolean())

/** The members of a list's answer beside the list. */
export const PAGE = { IsTruncated: boolean(), Marker: text() }

/** The members of an operation beside the one that names its subject. */
export function withNamed<M extends Members>(named: Members, own: M): M {
  return { ...named, ...own }
}
