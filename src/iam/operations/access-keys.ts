import { KmsError } from '../../api/errors.ts'
import { boolean, list, oneOf, optional, text, type ValueOf } from '../../api/shapes.ts'
import { insert, remove, replace, type Stored } from '../../store/records.ts'
import { ACCESS_KEY, ACCESS_KEYS, type AccessKeyValue } from '../credentials/access-key.ts'
import { KEY_HOLDER, type KeyHolder } from '../credentials/key-holders.ts'
import { KEY_USE } from '../credentials/key-uses.ts'
import { pathedArn } from '../entities/arns.ts'
import { quotaExceeded } from '../entities/entities.ts'
import { newAccessKey } from '../entities/ids.ts'
import { ACCESS_KEY_ANSWER, ACCESS_KEY_LAST_USED_ANSWER, ACCESS_KEY_METADATA_ANSWER } from '../iam-answers.ts'
import type { IamDependencies, IamOperation } from '../iam-dependencies.ts'
import { iamOperation } from '../iam-operation.ts'
import { timestamp } from '../iam-outputs.ts'
import { pageBy } from '../iam-paging.ts'
import { read, USER, type UserValue } from '../iam-records.ts'
import { ACCESS_KEY_ID, NAME_128, PAGING } from '../iam-shapes.ts'

/** Source: IAM User Guide, "IAM and AWS STS quotas". */
const KEYS_PER_USER_MAX = 2

const createAccessKey = iamOperation(
  {
    name: 'CreateAccessKey',
    readOnly: false,
    input: { UserName: optional(NAME_128) },
    output: { AccessKey: ACCESS_KEY_ANSWER },
    find: KEY_HOLDER,
  },
  ({ call, dependencies, entity }) => {
    const { account } = call.caller
    const { user, keyIds, owner } = entity
    if (keyIds.length >= KEYS_PER_USER_MAX) {
      throw quotaExceeded('AccessKeysPerUser', KEYS_PER_USER_MAX)
    }
    const { accessKeyId, secretAccessKey } = newAccessKey(dependencies.random, account)
    return {
      output: {
        AccessKey: {
          UserName: user?.value.name,
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
          principal: owner,
          secretAccessKey,
          createdAt: call.now,
          status: 'Active',
        }),
        entity.withKeys([...keyIds, accessKeyId]),
      ],
    }
  },
)

const listAccessKeys = iamOperation(
  {
    name: 'ListAccessKeys',
    readOnly: true,
    input: { UserName: optional(NAME_128), ...PAGING },
    output: {
      UserName: text(),
      AccessKeyMetadata: list(ACCESS_KEY_METADATA_ANSWER),
      IsTruncated: boolean(),
      Marker: text(),
    },
    find: KEY_HOLDER,
  },
  async ({ input, dependencies, entity }) => {
    const userName = entity.user?.value.name
    const keys: ValueOf<typeof ACCESS_KEY_METADATA_ANSWER>[] = []
    for (const id of entity.keyIds) {
      const { value } = await keyOf(dependencies, entity, id)
      keys.push({
        UserName: userName,
        AccessKeyId: id,
        Status: value.status,
        CreateDate: timestamp(value.createdAt),
      })
    }
    const { items, more } = pageBy(keys, (key) => String(key.AccessKeyId), input)
    return { output: { ...more, UserName: userName, AccessKeyMetadata: items } }
  },
)

/** @throws NoSuchEntityException for a key of another user. */
async function keyOf(
  dependencies: IamDependencies,
  { keyIds }: KeyHolder,
  id: string,
): Promise<Stored<AccessKeyValue>> {
  const key = keyIds.includes(id) ? await read(dependencies.records, ACCESS_KEY, ACCESS_KEYS, id) : undefined
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
    find: KEY_HOLDER,
  },
  async ({ input, dependencies, entity }) => {
    const { Status: status } = input
    if (status === 'Expired')
      throw new KmsError('InvalidInputException', 'Only Active and Inactive can be set.')
    const key = await keyOf(dependencies, entity, input.AccessKeyId)
    return { changes: [replace(key, { ...key.value, status })] }
  },
)

const deleteAccessKey = iamOperation(
  {
    name: 'DeleteAccessKey',
    readOnly: false,
    input: { UserName: optional(NAME_128), AccessKeyId: ACCESS_KEY_ID },
    find: KEY_HOLDER,
  },
  async ({ input, dependencies, entity }) => {
    const key = await keyOf(dependencies, entity, input.AccessKeyId)
    const use = await read(dependencies.records, KEY_USE, ACCESS_KEYS, input.AccessKeyId)
    return {
      changes: [
        remove(key),
        entity.withKeys(entity.keyIds.filter((id) => id !== input.AccessKeyId)),
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
    output: { AccessKeyLastUsed: ACCESS_KEY_LAST_USED_ANSWER, UserName: text() },
    find: async ({ call, input, dependencies }) => {
      const { account } = call.caller
      const key = await read(dependencies.records, ACCESS_KEY, ACCESS_KEYS, input.AccessKeyId)
      const isOwn = key?.value.account === account
      const owner = isOwn ? await ownerOf(dependencies, key) : undefined
      const entity: OwnedKey | undefined = isOwn ? { key, owner } : undefined
      const missing = () => noSuchKey(input.AccessKeyId)
      const subject = owner && { arn: pathedArn(account, 'user', owner), shown: `user ${owner.name}` }
      return { arn: '*', ...subject, entity, missing }
    },
  },
  async ({ dependencies, entity }) => {
    const { key, owner } = entity
    const use = await dependencies.keyUses.find(key.name)
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

async function ownerOf(
  dependencies: IamDependencies,
  { value }: Stored<AccessKeyValue>,
): Promise<UserValue | undefined> {
  const { principal, account } = value
  if (principal === 'root') return undefined
  return (await read(dependencies.records, USER, account, principal.user))?.value
}

/** Access keys of users and root users. Source: IAM API Reference, "CreateAccessKey" and so on. */
export const ACCESS_KEY_OPERATIONS: readonly IamOperation[] = [
  createAccessKey,
  listAccessKeys,
  updateAccessKey,
  deleteAccessKey,
  getAccessKeyLastUsed,
]
