import { boolean, list, optional, text } from '../../api/shapes.ts'
import { KEY_HOLDER } from '../credentials/key-holders.ts'
import { deleteConflict, insertEntity, removeEntity, renameEntity, USERS } from '../entities/entities.ts'
import { parseTags } from '../entities/entity-tags.ts'
import { onAll, refuseReservedPath, renaming, toBeMade, USER_NAMED } from '../entities/finders.ts'
import { newUniqueId } from '../entities/ids.ts'
import { LISTED_USER } from '../entities/listed.ts'
import { USER_ANSWER } from '../iam-answers.ts'
import type { IamOperation } from '../iam-dependencies.ts'
import { iamOperation, tagging } from '../iam-operation.ts'
import { rootOutput, userOutput, userWithPasswordUse } from '../iam-outputs.ts'
import { pageOf, summarySection } from '../iam-pages.ts'
import type { UserValue } from '../iam-records.ts'
import { ARN, NAME_64, NAME_128, PAGING, PATH, PATH_PREFIX, TAGS } from '../iam-shapes.ts'
import { boundaryChanges, checkBoundary } from '../policies/boundaries.ts'

const createUser = iamOperation(
  {
    name: 'CreateUser',
    readOnly: false,
    input: {
      Path: optional(PATH),
      UserName: NAME_64,
      PermissionsBoundary: optional(ARN),
      Tags: optional(TAGS),
    },
    output: { User: USER_ANSWER },
    find: toBeMade<{ readonly UserName: string; readonly Path?: string | undefined }>(
      'user',
      ({ UserName }) => UserName,
    ),
    tags: ({ Tags }) => Tags,
    alsoNeeds: tagging('iam:TagUser'),
    context: ({ PermissionsBoundary }) => ({ 'iam:permissionsboundary': PermissionsBoundary }),
  },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const { PermissionsBoundary: boundary } = input
    if (boundary !== undefined) await checkBoundary(dependencies.records, account, boundary)
    const value: UserValue = {
      format: 1,
      id: newUniqueId(dependencies.random, 'user'),
      name: input.UserName,
      path: input.Path ?? '/',
      createdAt: call.now,
      tags: parseTags(input.Tags),
      inline: [],
      attached: [],
      groups: [],
      accessKeys: [],
      ...(boundary && { boundary }),
    }
    return {
      output: { User: userOutput(account, value) },
      changes: [
        ...(await insertEntity(dependencies, USERS, account, value)),
        ...(await boundaryChanges(
          dependencies.records,
          { account, entity: 'user', id: value.id },
          { to: boundary },
        )),
      ],
    }
  },
)

const getUser = iamOperation(
  {
    name: 'GetUser',
    readOnly: true,
    input: { UserName: optional(NAME_128) },
    output: { User: USER_ANSWER },
    find: KEY_HOLDER,
  },
  ({ call, entity: { user, account } }) => ({
    output: { User: user ? userOutput(call.caller.account, user.value) : account && rootOutput(account) },
  }),
)

const updateUser = iamOperation(
  {
    name: 'UpdateUser',
    readOnly: false,
    input: { UserName: NAME_128, NewPath: optional(PATH), NewUserName: optional(NAME_64) },
    find: USER_NAMED,
    checkInput: ({ NewPath }) => refuseReservedPath(NewPath),
    alsoNeeds: (invocation, subject) =>
      renaming(invocation, USERS, subject, {
        action: 'iam:UpdateUser',
        name: invocation.input.NewUserName,
        path: invocation.input.NewPath,
      }),
  },
  async ({ input, dependencies, entity }) => {
    const to = { name: input.NewUserName, path: input.NewPath }
    return { changes: await renameEntity(dependencies.records, USERS, entity, to) }
  },
)

const deleteUser = iamOperation(
  { name: 'DeleteUser', readOnly: false, input: { UserName: NAME_128 }, find: USER_NAMED },
  async ({ call, dependencies, entity }) => {
    const { account } = call.caller
    const { id, boundary, accessKeys, attached, inline, groups, hasPassword, mfaDevices = [] } = entity.value
    if (hasPassword) throw deleteConflict('delete login profile')
    if (mfaDevices.length > 0) throw deleteConflict('delete MFA device')
    if (accessKeys.length > 0) throw deleteConflict('delete access keys')
    if (attached.length > 0) throw deleteConflict('detach all policies')
    if (inline.length > 0) throw deleteConflict('delete policies')
    if (groups.length > 0) throw deleteConflict('remove users from group')
    return {
      changes: [
        ...(await removeEntity(dependencies.records, USERS, account, entity)),
        ...(await boundaryChanges(dependencies.records, { account, entity: 'user', id }, { from: boundary })),
      ],
    }
  },
)

const listUsers = iamOperation(
  {
    name: 'ListUsers',
    readOnly: true,
    input: { PathPrefix: optional(PATH_PREFIX), ...PAGING },
    output: { IsTruncated: boolean(), Marker: text(), Users: list(USER_ANSWER) },
    find: onAll('user'),
  },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const section = summarySection('users', LISTED_USER, {
      records: dependencies.records,
      partition: account,
      show: ({ summary }) => (summary.path.startsWith(input.PathPrefix ?? '/') ? summary : undefined),
    })
    const { items, more } = await pageOf([section], input, dependencies.giveWay)
    return { output: { ...more, Users: items.map((listed) => userWithPasswordUse(account, listed)) } }
  },
)

/** Users. Source: IAM API Reference, "CreateUser" and so on. */
export const USER_OPERATIONS: readonly IamOperation[] = [
  createUser,
  getUser,
  updateUser,
  deleteUser,
  listUsers,
]
