import type { SummaryKind } from '../../store/records.ts'
import {
  ATTACHMENT,
  type AttachmentValue,
  type EntityValue,
  GROUP,
  type GroupValue,
  POLICY,
  type PolicyValue,
  ROLE,
  type RoleValue,
  USER,
  type UserValue,
} from '../iam-records.ts'

/** What lists show of a group, and of every entity: see `SummaryKind`. */
export type ListedEntity = Pick<EntityValue, 'id' | 'name' | 'path' | 'createdAt'>

/** What lists show of a user. */
export type ListedUser = ListedEntity & Pick<UserValue, 'passwordLastUsed'>

/** What lists show of a role. */
export type ListedRole = ListedEntity &
  Pick<RoleValue, 'description' | 'maxSessionSeconds' | 'trust' | 'bindings'>

/** What lists show of a managed policy, and how many versions it has. */
export type ListedPolicy = Pick<
  PolicyValue,
  'id' | 'name' | 'path' | 'createdAt' | 'updatedAt' | 'defaultVersion' | 'attachments' | 'boundaries'
> & { readonly versionCount: number }

function entityOf({ id, name, path, createdAt }: EntityValue): ListedEntity {
  return { id, name, path, createdAt }
}

/** @see ListedUser */
export const LISTED_USER: SummaryKind<UserValue, ListedUser> = {
  kind: USER,
  of: (user) => {
    const { passwordLastUsed } = user
    return { ...entityOf(user), ...(passwordLastUsed !== undefined && { passwordLastUsed }) }
  },
}

/** @see ListedEntity */
export const LISTED_GROUP: SummaryKind<GroupValue, ListedEntity> = { kind: GROUP, of: entityOf }

/** @see ListedRole */
export const LISTED_ROLE: SummaryKind<RoleValue, ListedRole> = {
  kind: ROLE,
  of: (role) => {
    const { description, maxSessionSeconds, trust, bindings } = role
    return {
      ...entityOf(role),
      ...(description !== undefined && { description }),
      ...{ maxSessionSeconds, trust, bindings },
    }
  },
}

/** @see ListedPolicy */
export const LISTED_POLICY: SummaryKind<PolicyValue, ListedPolicy> = {
  kind: POLICY,
  of: ({ id, name, path, createdAt, updatedAt, defaultVersion, attachments, boundaries, versions }) => ({
    ...{ id, name, path, createdAt, updatedAt, defaultVersion, attachments, boundaries },
    versionCount: versions.length,
  }),
}

/** Where a managed policy is used. */
export const LISTED_ATTACHMENT: SummaryKind<AttachmentValue, Omit<AttachmentValue, 'format'>> = {
  kind: ATTACHMENT,
  of: ({ use, entity, id }) => ({ use, entity, id }),
}
