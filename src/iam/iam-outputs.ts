import { accountRootArn } from '../api/arn.ts'
import type { ValueOf } from '../api/shapes.ts'
import type { EpochMs } from '../base/ports.ts'
import { isoSeconds } from '../base/ports.ts'
import type { Stored } from '../store/records.ts'
import type { AccountValue } from './accounts/account.ts'
import { pathedArn } from './entities/arns.ts'
import type { ListedEntity, ListedPolicy, ListedRole, ListedUser } from './entities/listed.ts'
import type {
  ATTACHED_PERMISSIONS_BOUNDARY_ANSWER,
  GROUP_ANSWER,
  INSTANCE_PROFILE_ANSWER,
  POLICY_ANSWER,
  ROLE_ANSWER,
  TAG_ANSWER,
  USER_ANSWER,
} from './iam-answers.ts'
import type { EntityValue, PolicyValue, ProfileValue, RoleValue, Tag, UserValue } from './iam-records.ts'

type TagAnswer = ValueOf<typeof TAG_ANSWER>
type UserAnswer = ValueOf<typeof USER_ANSWER>
type GroupAnswer = ValueOf<typeof GROUP_ANSWER>
type ProfileAnswer = ValueOf<typeof INSTANCE_PROFILE_ANSWER>

/** A role in an answer. */
export type RoleAnswer = ValueOf<typeof ROLE_ANSWER>

/** A managed policy in an answer. */
export type PolicyAnswer = ValueOf<typeof POLICY_ANSWER>

/** A time as IAM writes it. */
export function timestamp(at: EpochMs): string {
  return isoSeconds(at)
}

/** Tags as answers list them. */
export function tagsOutput(tags: readonly Tag[]): readonly TagAnswer[] {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }))
}

/** A policy's text in answers: percent-encoded. Source: IAM API Reference, "GetPolicyVersion"; RFC 3986. */
export function documentOutput(document: string): string {
  return encodeURIComponent(document).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function boundaryOutput({
  boundary,
}: EntityValue): ValueOf<typeof ATTACHED_PERMISSIONS_BOUNDARY_ANSWER> | undefined {
  return boundary === undefined
    ? undefined
    : { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: boundary }
}

/** Tags as answers list them; nothing when there are none. */
export function tagsIfAny(tags: readonly Tag[]): readonly TagAnswer[] | undefined {
  return tags.length === 0 ? undefined : tagsOutput(tags)
}

/** A user as lists show it: without tags and boundary. */
export function userInList(account: string, value: ListedEntity): UserAnswer {
  return {
    Path: value.path,
    UserName: value.name,
    UserId: value.id,
    Arn: pathedArn(account, 'user', value),
    CreateDate: timestamp(value.createdAt),
  }
}

/** A user as GetUser and ListUsers show it. Source: IAM API Reference, "User", `PasswordLastUsed`. */
export function userWithPasswordUse(account: string, value: ListedUser): UserAnswer {
  const { passwordLastUsed } = value
  const used = passwordLastUsed === undefined ? undefined : timestamp(passwordLastUsed)
  return { ...userInList(account, value), PasswordLastUsed: used }
}

/** A user with all its members. */
export function userOutput(account: string, value: UserValue): UserAnswer {
  return {
    ...userWithPasswordUse(account, value),
    PermissionsBoundary: boundaryOutput(value),
    Tags: tagsIfAny(value.tags),
  }
}

/** The root user of an account, which has neither name nor path. */
export function rootOutput({ name: account, value }: Stored<AccountValue>): UserAnswer {
  return { UserId: account, Arn: accountRootArn(account), CreateDate: timestamp(value.createdAt) }
}

/** A group. */
export function groupOutput(account: string, value: ListedEntity): GroupAnswer {
  return {
    Path: value.path,
    GroupName: value.name,
    GroupId: value.id,
    Arn: pathedArn(account, 'group', value),
    CreateDate: timestamp(value.createdAt),
  }
}

/** A role as lists show it: without tags and boundary. */
export function roleInList(account: string, value: ListedRole): RoleAnswer {
  return {
    Path: value.path,
    RoleName: value.name,
    RoleId: value.id,
    Arn: pathedArn(account, 'role', value),
    CreateDate: timestamp(value.createdAt),
    AssumeRolePolicyDocument: documentOutput(value.trust),
    Description: value.description,
    MaxSessionDuration: value.maxSessionSeconds,
  }
}

/** A role with all its members. */
export function roleOutput(account: string, value: RoleValue): RoleAnswer {
  return {
    ...roleInList(account, value),
    PermissionsBoundary: boundaryOutput(value),
    Tags: tagsIfAny(value.tags),
    RoleLastUsed: {},
  }
}

/** A managed policy as lists show it: without description and tags. */
export function policyInList(account: string, value: Omit<ListedPolicy, 'versionCount'>): PolicyAnswer {
  return {
    PolicyName: value.name,
    PolicyId: value.id,
    Arn: pathedArn(account, 'policy', value),
    Path: value.path,
    DefaultVersionId: value.defaultVersion,
    AttachmentCount: value.attachments,
    PermissionsBoundaryUsageCount: value.boundaries,
    IsAttachable: true,
    CreateDate: timestamp(value.createdAt),
    UpdateDate: timestamp(value.updatedAt),
  }
}

/** A managed policy with all its members. */
export function policyOutput(account: string, value: PolicyValue): PolicyAnswer {
  return { ...policyInList(account, value), Description: value.description, Tags: tagsOutput(value.tags) }
}

/** An instance profile, with the roles that it holds. */
export function profileOutput(
  account: string,
  value: ProfileValue,
  roles: readonly ListedRole[],
): ProfileAnswer {
  return {
    InstanceProfileName: value.name,
    InstanceProfileId: value.id,
    Arn: pathedArn(account, 'instance-profile', value),
    Path: value.path,
    CreateDate: timestamp(value.createdAt),
    Roles: roles.map((role) => roleInList(account, role)),
    Tags: tagsOutput(value.tags),
  }
}
