import type { Members } from '../../api/shapes.ts'
import type { Stored } from '../../store/records.ts'
import type { Finder } from '../iam-operation.ts'
import type { EntityValue, GroupValue, RoleValue, UserValue } from '../iam-records.ts'
import { NAME_64, NAME_128 } from '../iam-shapes.ts'
import { type EntityFacts, GROUPS, ROLES, USERS } from './entities.ts'
import { namedBy } from './finders.ts'

/**
 * The facts for making operations that users, groups and roles have alike, such as `PutUserPolicy`,
 * `PutGroupPolicy` and `PutRolePolicy`.
 */
export type Family<V extends EntityValue> = {
  readonly facts: EntityFacts<V>
  /** As in names of operations and members. */
  readonly label: 'User' | 'Group' | 'Role'
  /** The member that names the entity. */
  readonly named: Members
  readonly find: Finder<unknown, Stored<V>>
}

/** Operations on users. */
export const USER_FAMILY: Family<UserValue> = {
  facts: USERS,
  label: 'User',
  named: { UserName: NAME_128 },
  find: namedBy(USERS, 'UserName'),
}

/** Operations on groups. */
export const GROUP_FAMILY: Family<GroupValue> = {
  facts: GROUPS,
  label: 'Group',
  named: { GroupName: NAME_128 },
  find: namedBy(GROUPS, 'GroupName'),
}

/** Operations on roles. */
export const ROLE_FAMILY: Family<RoleValue> = {
  facts: ROLES,
  label: 'Role',
  named: { RoleName: NAME_64 },
  find: namedBy(ROLES, 'RoleName'),
}
