import { accountRootArn } from '../api/arn.ts'
import type { Output } from '../api/json.ts'
import { isoSeconds } from '../base/dates.ts'
import type { EpochMs } from '../base/ports.ts'
import type { Stored } from '../store/records.ts'
import type { AccountValue } from './accounts/account.ts'
import { pathedArn } from './entities/arns.ts'
import type { ListedEntity, ListedPolicy, ListedRole } from './entities/listed.ts'
import type { EntityValue, PolicyValue, ProfileValue, RoleValue, Tag, UserValue } from './iam-records.ts'

/** A moment as IAM writes it. */
export function timestamp(at: EpochMs): string {
  return isoSeconds(at)
}

/** Tags as answers list them. */
export function tagsOutput(tags: readonly Tag[]): readonly Output[] {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }))
}

/** A policy's text as answers hold it: percent-encoded. Source: IAM API Reference, "GetPolicyVersion"; RFC 3986. */
export function documentOutput(document: string): string {
  return encodeURIComponent(document).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function boundaryOutput({ boundary }: EntityValue): Output | undefined {
  return boundary === undefined
    ? undefined
    : { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: boundary }
}

/** Tags as answers list them; left out when there are none. */
export function tagsIfAny(tags: readonly Tag[]): readonly Output[] | undefined {
  return tags.length === 0 ? undefined : tagsOutput(tags)
}

/** A user as lists show it: without tags and boundary. */
export function userInList(account: string, value: ListedEntity): Output {
  return {
    Path: value.path,
    UserName: value.name,
    UserId: value.id,
    Arn: pathedArn(account, 'user', value),
    CreateDate: timestamp(value.createdAt),
  }
}

/** A user with all that is known of it. */
export function userOutput(account: string, value: UserValue): Output {
  return {
    ...userInList(account, value),
    PermissionsBoundary: boundaryOutput(value),
    Tags: tagsIfAny(value.tags),
  }
}

/** The root user of an account, which has neither name nor path. */
export function rootOutput({ name: account, value }: Stored<AccountValue>): Output {
  return { UserId: account, Arn: accountRootArn(account), CreateDate: timestamp(value.createdAt) }
}

/** A group. */
export function groupOutput(account: string, value: ListedEntity): Output {
  return {
    Path: value.path,
    GroupName: value.name,
    GroupId: value.id,
    Arn: pathedArn(account, 'group', value),
    CreateDate: timestamp(value.createdAt),
  }
}

/** A role as lists show it: without tags and boundary. */
export function roleInList(account: string, value: ListedRole): Output {
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

/** A role with all that is known of it. */
export function roleOutput(account: string, value: RoleValue): Output {
  return {
    ...roleInList(account, value),
    PermissionsBoundary: boundaryOutput(value),
    Tags: tagsIfAny(value.tags),
    RoleLastUsed: {},
  }
}

/** A managed policy as lists show it: without description and tags. */
export function policyInList(account: string, value: Omit<ListedPolicy, 'versionCount'>): Output {
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

/** A managed policy with all that is known of it. */
export function policyOutput(account: string, value: PolicyValue): Output {
  return { ...policyInList(account, value), Description: value.description, Tags: tagsOutput(value.tags) }
}

/** An instance profile, with the roles that it holds. */
export function profileOutput(account: string, value: ProfileValue, roles: readonly ListedRole[]): Output {
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
