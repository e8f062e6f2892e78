import { integer, list, optional, pattern, structure, text } from '../../api/shapes.ts'
import { TAG_KEYS, TAGS } from '../iam-shapes.ts'

/** Shapes of STS. Source of all limits: the STS service model. */

const ARN_PATTERN = pattern(
  '[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u{10000}-\\u{10FFFF}]+',
)

/** An ARN. */
const STS_ARN = text({ min: 20, max: 2048, pattern: ARN_PATTERN })

const SESSION_WORD = pattern('[\\w+=,.@-]*')

/** The name of a role's session. */
const SESSION_NAME = text({ min: 2, max: 64, pattern: SESSION_WORD })

/** Who stands behind a session. */
const SOURCE_IDENTITY = text({ min: 2, max: 64, pattern: SESSION_WORD })

/** Managed policies that limit a session. */
const POLICY_ARNS = optional(list(structure({ arn: optional(STS_ARN) })))

const POLICY_PATTERN = pattern('[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+')

/** The policy that limits a session; its length is checked as quotas count it. */
const SESSION_POLICY = optional(text({ min: 1, pattern: POLICY_PATTERN }))

/** How long a role's session lasts, in seconds. */
const ROLE_SECONDS = optional(integer({ min: 900, max: 43_200 }))

/** An MFA device, and its code. */
export const SERIAL_NUMBER = optional(text({ min: 9, max: 256, pattern: pattern('[\\w+=/:,.@-]*') }))
/** @see SERIAL_NUMBER */
export const TOKEN_CODE = optional(text({ min: 6, max: 6, pattern: pattern('[\\d]*'), sensitive: true }))

/** The members of GetFederationToken. */
export const GET_FEDERATION_TOKEN = {
  Name: text({ min: 2, max: 32, pattern: SESSION_WORD }),
  Policy: optional(text({ min: 1, max: 2048, pattern: POLICY_PATTERN })),
  PolicyArns: POLICY_ARNS,
  DurationSeconds: optional(integer({ min: 900, max: 129_600 })),
  Tags: optional(TAGS),
}

/** The members of AssumeRole. */
export const ASSUME_ROLE = {
  RoleArn: STS_ARN,
  RoleSessionName: SESSION_NAME,
  PolicyArns: POLICY_ARNS,
  Policy: SESSION_POLICY,
  DurationSeconds: ROLE_SECONDS,
  Tags: optional(TAGS),
  TransitiveTagKeys: optional(TAG_KEYS),
  ExternalId: optional(text({ min: 2, max: 1224, pattern: pattern('[\\w+=,.@:\\/-]*') })),
  SerialNumber: SERIAL_NUMBER,
  TokenCode: TOKEN_CODE,
  SourceIdentity: optional(SOURCE_IDENTITY),
  ProvidedContexts: optional(
    list(
      structure({
        ProviderArn: optional(STS_ARN),
        ContextAssertion: optional(text({ min: 4, max: 2048 })),
      }),
      { min: 1, max: 5 },
    ),
  ),
}

/** The members of AssumeRoleWithWebIdentity. */
export const ASSUME_ROLE_WITH_WEB_IDENTITY = {
  RoleArn: STS_ARN,
  RoleSessionName: SESSION_NAME,
  WebIdentityToken: text({ min: 4, max: 20_000, sensitive: true }),
  ProviderId: optional(text({ min: 4, max: 2048 })),
  PolicyArns: POLICY_ARNS,
  Policy: SESSION_POLICY,
  DurationSeconds: ROLE_SECONDS,
}
