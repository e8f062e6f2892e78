import { KmsError } from '../../api/errors.ts'
import type { Output } from '../../api/json.ts'
import { oneOf, optional } from '../../api/shapes.ts'
import { insert, remove, replace, type Stored } from '../../store/records.ts'
import { ACCESS_KEY, ACCESS_KEYS, type AccessKeyValue } from '../access-key.ts'
import { pathedArn } from '../arns.ts'
import { quotaExceeded } from '../entities.ts'
import { USER_OR_CALLER } from '../finders.ts'
import { newAccessKey } from '../ids.ts'
import { KEY_USE } from '../key-uses.ts'
import { iamOperation } from '../operation.ts'
import { timestamp } from '../outputs.ts'
import { pageBy } from '../paging.ts'
import type { IamOperation, IamParts } from '../parts.ts'
import { read, USER, type UserValue } from '../records.ts'
import { ACCESS_KEY_ID, NAME_128, PAGING } from '../shapes.ts'

/** Source: IAM User Guide, "IAM and AWS STS quotas". */
const KEYS_PER_USER_MAX = 2

const createAccessKey = iamOperation(
  {
    name: 'CreateAccessKey',
    readOnly: false,
    input: { UserName: optional(NAME_128) },
    find: USER_OR_CALLER,
  },
  ({ call, parts, entity }) => {
    const { account } = call.caller
    const { value: user } = entity
    if (user.accessKeys.length >= KEYS_PER_USER_MAX) {
      throw quotaExceeded('AccessKeysPerUser', KEYS_PER_USER_MAX)
    }
    const { accessKeyId, secretAccessKey } = newAccessKey(parts.random, account)
    return {
      output: {
        AccessKey: {
          UserName: user.name,
          AccessKeyId: accessKeyId,
          Status: 'Active',
          SecretAccessKey: secretAccessKey,
          CreateDate: timestamp(call.now),
        },
      },
      changes: [
        insert(ACCESS_KEY, ACCESS_KEYS, accessKeyId, {
          format: 1,
          account,
          principal: { user: user.id },
          secretAccessKey,
          createdAt: call.now,
          status: 'Active',
        }),
        replace(entity, { ...user, accessKeys: [...user.accessKeys, accessKeyId] }),
      ],
    }
  },
)

const listAccessKeys = iamOperation(
  {
    name: 'ListAccessKeys',
    readOnly: true,
    input: { UserName: optional(NAME_128), ...PAGING },
    find: USER_OR_CALLER,
  },
  async ({ input, parts, entity }) => {
    const { value: user } = entity
    const keys: Output[] = []
    for (const id of user.accessKeys) {
      const { value } = await keyOf(parts, user, id)
      keys.push({
        UserName: user.name,
        AccessKeyId: id,
        Status: value.status,
        CreateDate: timestamp(value.createdAt),
      })
    }
    const { items, more } = pageBy(keys, (key) => String(key['AccessKeyId']), input)
    return { output: { ...more, UserName: user.name, AccessKeyMetadata: items } }
  },
)

/** @throws NoSuchEntityException for a key that is not the user's. */
async function keyOf(parts: IamParts, user: UserValue, id: string): Promise<Stored<AccessKeyValue>> {
  const key = user.accessKeys.includes(id)
    ? await read(parts.records, ACCESS_KEY, ACCESS_KEYS, id)
    : undefined
  if (key === undefined) throw noSuchKey(id)
  return key
}

function noSuchKey(id: string): KmsError {
  return new KmsError('NoSuchEntityException', `The Access Key with id ${id} cannot be found.`)
}

const updateAccessKey = iamOperation(
  {
    name: 'UpdateAccessKey',
    readOnly: false,
    input: {
      UserName: optional(NAME_128),
      AccessKeyId: ACCESS_KEY_ID,
      Status: oneOf('Active', 'Inactive', 'Expired'),
    },
    find: USER_OR_CALLER,
  },
  async ({ input, parts, entity }) => {
    const { Status: status } = input
    if (status === 'Expired')
      throw new KmsError('InvalidInputException', 'Only Active and Inactive can be set.')
    const key = await keyOf(parts, entity.value, input.AccessKeyId)
    return { changes: [replace(key, { ...key.value, status })] }
  },
)

const deleteAccessKey = iamOperation(
  {
    name: 'DeleteAccessKey',
    readOnly: false,
    input: { UserName: optional(NAME_128), AccessKeyId: ACCESS_KEY_ID },
    find: USER_OR_CALLER,
  },
  async ({ input, parts, entity }) => {
    const { value: user } = entity
    const key = await keyOf(parts, user, input.AccessKeyId)
    const use = await read(parts.records, KEY_USE, ACCESS_KEYS, input.AccessKeyId)
    return {
      changes: [
        remove(key),
        replace(entity, { ...user, accessKeys: user.accessKeys.filter((id) => id !== input.AccessKeyId) }),
        ...(use === undefined ? [] : [remove(use)]),
      ],
    }
  },
)

type OwnedKey = { readonly key: Stored<AccessKeyValue>; readonly owner: UserValue | undefined }

const getAccessKeyLastUsed = iamOperation(
  {
    name: 'GetAccessKeyLastUsed',
    readOnly: true,
    input: { AccessKeyId: ACCESS_KEY_ID },
    find: async ({ call, input, parts }) => {
      const { account } = call.caller
      const key = await read(parts.records, ACCESS_KEY, ACCESS_KEYS, input.AccessKeyId)
      const isOwn = key?.value.account === account
      const owner = isOwn ? await ownerOf(parts, key) : undefined
      const entity: OwnedKey | undefined = isOwn ? { key, owner } : undefined
      const missing = () => noSuchKey(input.AccessKeyId)
      return { arn: owner === undefined ? '*' : pathedArn(account, 'user', owner), entity, missing }
    },
  },
  async ({ parts, entity }) => {
    const { key, owner } = entity
    const use = await parts.keyUses.find(key.name)
    return {
      output: {
        UserName: owner?.name,
        AccessKeyLastUsed: {
          LastUsedDate: use && timestamp(use.at),
          ServiceName: use?.service ?? 'N/A',
          Region: use?.region ?? 'N/A',
        },
      },
    }
  },
)

async function ownerOf(parts: IamParts, { value }: Stored<AccessKeyValue>): Promise<UserValue | undefined> {
  const { principal, account } = value
  if (principal === 'root') return undefined
  return (await read(parts.records, USER, account, principal.user))?.value
}

/** Access keys of users. Source: IAM API Reference, "CreateAccessKey" and so on. */
export const ACCESS_KEY_OPERATIONS: readonly IamOperation[] = [
  createAccessKey,
  listAccessKeys,
  updateAccessKey,
  deleteAccessKey,
  getAccessKeyLastUsed,
]
