import { KmsError } from '../../api/errors.ts'
import { integer, text } from '../../api/shapes.ts'
import type { EpochMs } from '../../base/ports.ts'
import { isoSeconds } from '../../base/ports.ts'
import type { OutcomeOf } from '../../dispatch/define-operation.ts'
import type {} from '../../dispatch/operation.ts'
import { countedChars, SESSION_POLICY_MAX_CHARS } from '../../policy/flavour.ts'
import type { Records, Stored } from '../../store/records.ts'
import { parseIamArn, pathedArn, sessionArn } from '../entities/arns.ts'
import { findByName, ROLES } from '../entities/entities.ts'
import { newSessionKey } from '../entities/ids.ts'
import type { RoleValue, Tag } from '../iam-records.ts'
import { checkAttachable } from '../policies/attachments.ts'
import { parseDocument } from '../policies/documents.ts'
import {
  type Federation,
  packedBytes,
  packedPercent,
  type RoleClaims,
  sealClaims,
} from '../sessions/session-token.ts'
import { ASSUMED_ROLE_USER_ANSWER, CREDENTIALS_ANSWER } from './sts-answers.ts'
import type { StsDependencies } from './sts-dependencies.ts'

/** A role that a request names. */
export type NamedRole = {
  readonly account: string
  readonly arn: string
  /** Nothing when it is not there. */
  readonly role: Stored<RoleValue> | undefined
}

/** The role that an ARN names. @throws ValidationException for what is no ARN of a role. */
export async function findRole(records: Records, arn: string): Promise<NamedRole> {
  const parsed = parseIamArn(arn)
  if (parsed?.kind !== 'role') throw new KmsError('ValidationException', `${arn} is invalid`)
  const { account, path, name } = parsed
  const role = await findByName(records, ROLES, account, name)
  const isIt = role?.value.path === path && role.value.name === name
  return { account, arn, role: isIt ? role : undefined }
}

const SECONDS_BY_DEFAULT = 3600
/** A session that another role's session makes. Source: IAM User Guide, "Roles terms and concepts", role chaining. */
const CHAINED_MAX_SECONDS = 3600

/** How long a session lasts. @throws ValidationException when that is longer than it may. */
export function sessionSeconds(wanted: number | undefined, role: RoleValue, chained: boolean): number {
  const seconds = wanted ?? SECONDS_BY_DEFAULT
  if (chained && seconds > CHAINED_MAX_SECONDS) throw new KmsError('ValidationException', TOO_LONG_CHAINED)
  if (seconds > role.maxSessionSeconds) throw new KmsError('ValidationException', TOO_LONG)
  return seconds
}

const TOO_LONG = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'
const TOO_LONG_CHAINED =
  'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.'

type PolicyInput = {
  readonly Policy?: string | undefined
  readonly PolicyArns?: readonly { readonly arn?: string | undefined }[] | undefined
}

/** What limits a session beside the role's own policies. */
export type SessionPolicies = Pick<RoleClaims, 'policy' | 'policyArns'>

/** Managed policies of one session. Source: STS API Reference, "AssumeRole". */
const POLICY_ARNS_MAX = 10

/** @throws MalformedPolicyDocumentException, PackedPolicyTooLargeException, ValidationException. */
export async function readSessionPolicies(
  records: Records,
  account: string,
  { Policy: policy, PolicyArns = [] }: PolicyInput,
): Promise<SessionPolicies> {
  if (policy !== undefined) {
    const percent = Math.ceil((100 * countedChars(policy)) / SESSION_POLICY_MAX_CHARS)
    if (percent > 100) throw policyTooLarge(percent)
    parseDocument(policy, 'session')
  }
  const policyArns = PolicyArns.flatMap(({ arn }) => (arn === undefined ? [] : [arn]))
  if (policyArns.length > POLICY_ARNS_MAX) {
    throw new KmsError('ValidationException', `A session takes at most ${POLICY_ARNS_MAX} managed policies.`)
  }
  for (const arn of policyArns) await checkAttachable(records, account, arn)
  return { policy, policyArns }
}

/** Source: recorded answers of STS, for this and for {@link tagsTooLarge}. */
function policyTooLarge(percent: number): KmsError {
  const text = `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`
  return new KmsError('PackedPolicyTooLargeException', text)
}

function tagsTooLarge(percent: number): KmsError {
  const text = `Packed size of session tags consumes ${percent}% of allotted space.`
  return new KmsError('PackedPolicyTooLargeException', text)
}

/**
 * How much of their room the policies and tags of a session take, in percent; nothing when it has none.
 *
 * @throws PackedPolicyTooLargeException.
 */
export function checkPackedSize(
  limits: Pick<RoleClaims, 'policy' | 'policyArns' | 'tags'>,
): number | undefined {
  const percent = packedPercent(limits)
  const byPolicy = limits.policy !== undefined || limits.policyArns.length > 0
  if (percent > 100) throw byPolicy ? policyTooLarge(percent) : tagsTooLarge(percent)
  return byPolicy || limits.tags.length > 0 ? percent : undefined
}

/** What a new session of a role is made from. */
export type NewSession = SessionPolicies &
  Pick<
    RoleClaims,
    'name' | 'tags' | 'transitive' | 'sourceIdentity' | 'provider' | 'federation' | 'mfaAt'
  > & {
    readonly role: RoleValue
    readonly account: string
    readonly seconds: number
    readonly now: EpochMs
  }

/** What answers say of a new session of a role. */
export const ROLE_SESSION = {
  AssumedRoleUser: ASSUMED_ROLE_USER_ANSWER,
  Credentials: CREDENTIALS_ANSWER,
  PackedPolicySize: integer(),
  SourceIdentity: text(),
}

/** Makes a session: its credentials, and what the answer says of it. @throws PackedPolicyTooLargeException. */
export function makeRoleSession(
  { random, sealer }: Pick<StsDependencies, 'random' | 'sealer'>,
  session: NewSession,
): OutcomeOf<typeof ROLE_SESSION> {
  const { role, account, seconds, now, ...said } = session
  const packedSize = checkPackedSize(said)
  const key = newSessionKey(random, account)
  const expiresAt = now + seconds * 1000
  checkFederation(said.federation)
  const claims: RoleClaims = {
    version: said.mfaAt !== undefined ? 3 : said.federation === undefined ? 1 : 2,
    type: 'role',
    account,
    ...key,
    issuedAt: now,
    expiresAt,
    roleId: role.id,
    ...said,
  }
  const user = {
    AssumedRoleId: `${role.id}:${said.name}`,
    Arn: sessionArn(account, role.name, said.name),
  }
  return {
    output: {
      Credentials: {
        AccessKeyId: key.accessKeyId,
        SecretAccessKey: key.secretAccessKey,
        SessionToken: sealClaims(sealer, claims),
        Expiration: new Date(expiresAt),
      },
      AssumedRoleUser: user,
      PackedPolicySize: packedSize,
      SourceIdentity: said.sourceIdentity,
    },
    event: {
      response: {
        credentials: { accessKeyId: key.accessKeyId, expiration: isoSeconds(expiresAt) },
        assumedRoleUser: { assumedRoleId: user.AssumedRoleId, arn: user.Arn },
        ...(said.sourceIdentity && { sourceIdentity: said.sourceIdentity }),
      },
    },
  }
}

/** Bytes of what a session keeps of its token, packed: a bound of ours, which keeps tokens in the headers of a request. */
const FEDERATION_MAX_BYTES = 1024

function checkFederation(federation: Federation | undefined): void {
  if (federation === undefined || packedBytes(federation) <= FEDERATION_MAX_BYTES) return
  throw new KmsError(
    'InvalidIdentityTokenException',
    'The sub, aud and amr claims of the token are too long.',
  )
}

/** Tags of one session. Source: STS API Reference, "AssumeRole". */
const TAGS_MAX = 50

/** Tags of a session, and which of them sessions inherit that are made from it. */
export type SessionTags = Pick<RoleClaims, 'tags' | 'transitive'>

/**
 * The tags of a new session: those that it inherits, and those that are given.
 *
 * @throws InvalidParameterValueException with recorded texts of STS.
 */
export function sessionTags(
  given: readonly { readonly Key: string; readonly Value: string }[],
  transitiveKeys: readonly string[],
  inherited: SessionTags | undefined,
): SessionTags {
  const keys = new Set(given.map(({ Key }) => Key.toLowerCase()))
  if (keys.size !== given.length) throw invalid(DUPLICATE)
  if ([...keys].some((key) => key.startsWith('aws:'))) throw invalid(RESERVED)
  const transitive = transitiveKeys.map((key) => key.toLowerCase())
  if (transitive.some((key) => !keys.has(key))) throw invalid(NOT_GIVEN)
  const kept = inherited?.tags.filter(({ key }) => inherited.transitive.includes(key.toLowerCase())) ?? []
  if (kept.some(({ key }) => keys.has(key.toLowerCase()))) throw invalid(CONFLICT)
  const tags: readonly Tag[] = [...kept, ...given.map(({ Key, Value }) => ({ key: Key, value: Value }))]
  if (tags.length > TAGS_MAX) throw invalid(`A session takes at most ${TAGS_MAX} tags.`)
  return { tags, transitive: [...kept.map(({ key }) => key.toLowerCase()), ...transitive] }
}

const DUPLICATE = 'Duplicate tag keys found. Please note that Tag keys are case insensitive.'
const RESERVED = 'Tag keys cannot begin with aws:, which is reserved.'
const NOT_GIVEN = 'The specified transitive tag key must be included in the requested tags.'
const CONFLICT =
  "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session."

function invalid(message: string): KmsError {
  return new KmsError('InvalidParameterValueException', message)
}

/** A role as the audit event of its session names it. */
export function roleResource(account: string, role: RoleValue) {
  return { account, arn: pathedArn(account, 'role', role), type: 'AWS::IAM::Role' }
}
