import { boolean, list, optional, text } from '../../api/shapes.ts'
import { insert, remove, replace } from '../../store/records.ts'
import {
  deleteConflict,
  findByName,
  GROUPS,
  insertEntity,
  noSuchEntity,
  quotaExceeded,
  removeEntity,
  renameEntity,
  USERS,
} from '../entities/entities.ts'
import {
  GROUP_NAMED,
  onAll,
  refuseReservedPath,
  renaming,
  toBeMade,
  USER_NAMED,
} from '../entities/finders.ts'
import { newUniqueId } from '../entities/ids.ts'
import { LISTED_GROUP, LISTED_USER } from '../entities/listed.ts'
import { GROUP_ANSWER, USER_ANSWER } from '../iam-answers.ts'
import type { IamOperation } from '../iam-dependencies.ts'
import { iamOperation } from '../iam-operation.ts'
import { groupOutput, userInList } from '../iam-outputs.ts'
import { pageOf, summarySection, wholeSection } from '../iam-pages.ts'
import { pageBy } from '../iam-paging.ts'
import { GROUP, type GroupValue, MEMBER, read } from '../iam-records.ts'
import { NAME_128, PAGING, PATH, PATH_PREFIX } from '../iam-shapes.ts'

/** Source: IAM User Guide, "IAM and AWS STS quotas". */
const GROUPS_PER_USER_MAX = 10

const createGroup = iamOperation(
  {
    name: 'CreateGroup',
    readOnly: false,
    input: { Path: optional(PATH), GroupName: NAME_128 },
    output: { Group: GROUP_ANSWER },
    find: toBeMade<{ readonly GroupName: string; readonly Path?: string | undefined }>(
      'group',
      ({ GroupName }) => GroupName,
    ),
  },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const value: GroupValue = {
      format: 1,
      id: newUniqueId(dependencies.random, 'group'),
      name: input.GroupName,
      path: input.Path ?? '/',
      createdAt: call.now,
      tags: [],
      inline: [],
      attached: [],
      members: 0,
    }
    return {
      output: { Group: groupOutput(account, value) },
      changes: await insertEntity(dependencies, GROUPS, account, value),
    }
  },
)

const getGroup = iamOperation(
  {
    name: 'GetGroup',
    readOnly: true,
    input: { GroupName: NAME_128, ...PAGING },
    output: { Group: GROUP_ANSWER, IsTruncated: boolean(), Marker: text(), Users: list(USER_ANSWER) },
    find: GROUP_NAMED,
  },
  async ({ call, input, dependencies, entity }) => {
    const { account } = call.caller
    const members = wholeSection('members', MEMBER, {
      records: dependencies.records,
      partition: memberPartition(account, entity.value),
      show: async ({ name: id }) =>
        (await dependencies.records.getSummary(LISTED_USER, account, id))?.summary,
    })
    const { items, more } = await pageOf([members], input, dependencies.giveWay)
    return {
      output: {
        Group: groupOutput(account, entity.value),
        Users: items.map((user) => userInList(account, user)),
        ...more,
      },
    }
  },
)

function memberPartition(account: string, group: GroupValue): string {
  return `${account}/${group.id}`
}

const updateGroup = iamOperation(
  {
    name: 'UpdateGroup',
    readOnly: false,
    input: { GroupName: NAME_128, NewPath: optional(PATH), NewGroupName: optional(NAME_128) },
    find: GROUP_NAMED,
    checkInput: ({ NewPath }) => refuseReservedPath(NewPath),
    alsoNeeds: (invocation, subject) =>
      renaming(invocation, GROUPS, subject, {
        action: 'iam:UpdateGroup',
        name: invocation.input.NewGroupName,
        path: invocation.input.NewPath,
      }),
  },
  async ({ input, dependencies, entity }) => {
    const to = { name: input.NewGroupName, path: input.NewPath }
    return { changes: await renameEntity(dependencies.records, GROUPS, entity, to) }
  },
)

const deleteGroup = iamOperation(
  { name: 'DeleteGroup', readOnly: false, input: { GroupName: NAME_128 }, find: GROUP_NAMED },
  async ({ call, dependencies, entity }) => {
    const { members, attached, inline } = entity.value
    if (members > 0) throw deleteConflict('remove users from group')
    if (attached.length > 0) throw deleteConflict('detach all policies')
    if (inline.length > 0) throw deleteConflict('delete policies')
    return { changes: await removeEntity(dependencies.records, GROUPS, call.caller.account, entity) }
  },
)

const listGroups = iamOperation(
  {
    name: 'ListGroups',
    readOnly: true,
    input: { PathPrefix: optional(PATH_PREFIX), ...PAGING },
    output: { Groups: list(GROUP_ANSWER), IsTruncated: boolean(), Marker: text() },
    find: onAll('group'),
  },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const section = summarySection('groups', LISTED_GROUP, {
      records: dependencies.records,
      partition: account,
      show: ({ summary }) => (summary.path.startsWith(input.PathPrefix ?? '/') ? summary : undefined),
    })
    const { items, more } = await pageOf([section], input, dependencies.giveWay)
    return { output: { ...more, Groups: items.map((listed) => groupOutput(account, listed)) } }
  },
)

const addUserToGroup = iamOperation(
  {
    name: 'AddUserToGroup',
    readOnly: false,
    input: { GroupName: NAME_128, UserName: NAME_128 },
    find: GROUP_NAMED,
  },
  async ({ call, input, dependencies, entity }) => {
    const { account } = call.caller
    const { value: group } = entity
    const user = await findByName(dependencies.records, USERS, account, input.UserName)
    if (user === undefined) throw noSuchEntity('user', input.UserName)
    if (user.value.groups.includes(group.id)) return {}
    const groups = [...user.value.groups, group.id]
    if (groups.length > GROUPS_PER_USER_MAX) throw quotaExceeded('GroupsPerUser', GROUPS_PER_USER_MAX)
    return {
      changes: [
        replace(user, { ...user.value, groups }),
        replace(entity, { ...group, members: group.members + 1 }),
        insert(MEMBER, memberPartition(account, group), user.value.id, { format: 1 }),
      ],
    }
  },
)

const removeUserFromGroup = iamOperation(
  {
    name: 'RemoveUserFromGroup',
    readOnly: false,
    input: { GroupName: NAME_128, UserName: NAME_128 },
    find: GROUP_NAMED,
  },
  async ({ call, input, dependencies, entity }) => {
    const { account } = call.caller
    const { value: group } = entity
    const user = await findByName(dependencies.records, USERS, account, input.UserName)
    if (user === undefined) throw noSuchEntity('user', input.UserName)
    const member = await read(dependencies.records, MEMBER, memberPartition(account, group), user.value.id)
    if (member === undefined) return {}
    return {
      changes: [
        replace(user, { ...user.value, groups: user.value.groups.filter((id) => id !== group.id) }),
        replace(entity, { ...group, members: group.members - 1 }),
        remove(member),
      ],
    }
  },
)

const listGroupsForUser = iamOperation(
  {
    name: 'ListGroupsForUser',
    readOnly: true,
    input: { UserName: NAME_128, ...PAGING },
    output: { Groups: list(GROUP_ANSWER), IsTruncated: boolean(), Marker: text() },
    find: USER_NAMED,
  },
  async ({ call, input, dependencies, entity }) => {
    const { account } = call.caller
    const groups: GroupValue[] = []
    for (const id of entity.value.groups) {
      const group = await read(dependencies.records, GROUP, account, id)
      if (group !== undefined) groups.push(group.value)
    }
    const { items, more } = pageBy(groups, ({ path, name }) => `${path}${name}`, input)
    return { output: { ...more, Groups: items.map((group) => groupOutput(account, group)) } }
  },
)

/** Groups and their members. Source: IAM API Reference, "CreateGroup" and so on. */
export const GROUP_OPERATIONS: readonly IamOperation[] = [
  createGroup,
  getGroup,
  updateGroup,
  deleteGroup,
  listGroups,
  addUserToGroup,
  removeUserFromGroup,
  listGroupsForUser,
]
