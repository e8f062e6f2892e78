import { KmsError } from '../../api/errors.ts'
import { boolean, list, optional, text } from '../../api/shapes.ts'
import { insert, remove, replace, type Stored } from '../../store/records.ts'
import { iamArn, pathedArn } from '../entities/arns.ts'
import {
  alreadyExists,
  type CountQuota,
  countLess,
  countMore,
  deleteConflict,
  findByName,
  noSuchEntity,
  ROLES,
} from '../entities/entities.ts'
import { parseTags } from '../entities/entity-tags.ts'
import { onAll, parseName, ROLE_NAMED, toBeMade } from '../entities/finders.ts'
import { newUniqueId } from '../entities/ids.ts'
import { LISTED_ROLE, type ListedRole } from '../entities/listed.ts'
import { refuseServiceLinked } from '../entities/service-linked.ts'
import { INSTANCE_PROFILE_ANSWER } from '../iam-answers.ts'
import type { IamDependencies, IamOperation } from '../iam-dependencies.ts'
import { type Finder, type Invocation, iamOperation, type Need, tagging } from '../iam-operation.ts'
import { profileOutput, tagsIfAny } from '../iam-outputs.ts'
import { pageOf, wholeSection } from '../iam-pages.ts'
import { pageBy } from '../iam-paging.ts'
import { PROFILE, type ProfileValue, read } from '../iam-records.ts'
import { NAME_64, NAME_128, PAGE, PAGING, PATH, PATH_PREFIX, TAGS } from '../iam-shapes.ts'
import { shownRole } from '../policies/documents.ts'

/** Source: IAM User Guide, "IAM and AWS STS quotas". */
const QUOTA: CountQuota = { name: 'iam.instance-profiles', title: 'InstanceProfilesPerAccount' }

/** The instance profile that `InstanceProfileName` names. */
export const PROFILE_NAMED: Finder<unknown, Stored<ProfileValue>> = async ({ call, input, dependencies }) => {
  const { account } = call.caller
  const name = parseName(input, 'InstanceProfileName')
  const entity = await read(dependencies.records, PROFILE, account, name.toLowerCase())
  const missing = () => new KmsError('NoSuchEntityException', `Instance Profile ${name} cannot be found.`)
  const arn =
    entity === undefined
      ? iamArn(account, `instance-profile/${name}`)
      : pathedArn(account, 'instance-profile', entity.value)
  return { arn, shown: `instance profile ${name}`, tags: entity?.value.tags ?? [], entity, missing }
}

async function rolesOf(
  dependencies: IamDependencies,
  account: string,
  profile: ProfileValue,
): Promise<readonly ListedRole[]> {
  const roles: ListedRole[] = []
  for (const id of profile.roles) {
    const role = await dependencies.records.getSummary(LISTED_ROLE, account, id)
    if (role !== undefined) roles.push(await shownRole(dependencies.records, role.summary))
  }
  return roles
}

const createInstanceProfile = iamOperation(
  {
    name: 'CreateInstanceProfile',
    readOnly: false,
    input: { InstanceProfileName: NAME_128, Path: optional(PATH), Tags: optional(TAGS) },
    output: { InstanceProfile: INSTANCE_PROFILE_ANSWER },
    find: toBeMade<{ readonly InstanceProfileName: string; readonly Path?: string | undefined }>(
      'instance-profile',
      ({ InstanceProfileName }) => InstanceProfileName,
    ),
    tags: ({ Tags }) => Tags,
    alsoNeeds: tagging('iam:TagInstanceProfile'),
  },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const { InstanceProfileName: name } = input
    if ((await read(dependencies.records, PROFILE, account, name.toLowerCase())) !== undefined) {
      throw alreadyExists('instance Profile', name)
    }
    const value: ProfileValue = {
      format: 1,
      id: newUniqueId(dependencies.random, 'instanceProfile'),
      name,
      path: input.Path ?? '/',
      createdAt: call.now,
      tags: parseTags(input.Tags),
      roles: [],
    }
    return {
      output: { InstanceProfile: { ...profileOutput(account, value, []), Tags: tagsIfAny(value.tags) } },
      changes: [
        insert(PROFILE, account, name.toLowerCase(), value),
        await countMore(dependencies, account, 'profiles', QUOTA),
      ],
    }
  },
)

const getInstanceProfile = iamOperation(
  {
    name: 'GetInstanceProfile',
    readOnly: true,
    input: { InstanceProfileName: NAME_128 },
    output: { InstanceProfile: INSTANCE_PROFILE_ANSWER },
    find: PROFILE_NAMED,
  },
  async ({ call, dependencies, entity }) => {
    const { account } = call.caller
    const roles = await rolesOf(dependencies, account, entity.value)
    return { output: { InstanceProfile: profileOutput(account, entity.value, roles) } }
  },
)

const deleteInstanceProfile = iamOperation(
  {
    name: 'DeleteInstanceProfile',
    readOnly: false,
    input: { InstanceProfileName: NAME_128 },
    find: PROFILE_NAMED,
  },
  async ({ call, dependencies, entity }) => {
    if (entity.value.roles.length > 0) throw deleteConflict('remove roles from instance profile')
    const counted = await countLess(dependencies.records, call.caller.account, 'profiles')
    return { changes: [remove(entity), counted] }
  },
)

const WITH_ROLE = { InstanceProfileName: NAME_128, RoleName: NAME_64 }

/**
 * Putting a role into a profile passes it to the instances. Source: IAM API Reference,
 * "AddRoleToInstanceProfile"; IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
 */
async function passing(invocation: Invocation<{ readonly RoleName: string }>): Promise<Need> {
  const { arn, tags = [] } = await ROLE_NAMED(invocation)
  return { action: 'iam:PassRole', arn, other: { tags, context: { 'iam:passedtoservice': PASSED_TO } } }
}

const PASSED_TO = 'ec2.amazonaws.com'

const addRoleToInstanceProfile = iamOperation(
  {
    name: 'AddRoleToInstanceProfile',
    readOnly: false,
    input: WITH_ROLE,
    find: PROFILE_NAMED,
    alsoNeeds: async (invocation) => [await passing(invocation)],
  },
  async ({ call, input, dependencies, entity }) => {
    const role = await findByName(dependencies.records, ROLES, call.caller.account, input.RoleName)
    if (role === undefined) throw noSuchEntity('role', input.RoleName)
    refuseServiceLinked(role)
    if (entity.value.roles.length > 0) {
      throw new KmsError(
        'LimitExceededException',
        'Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1',
      )
    }
    return {
      changes: [
        replace(entity, { ...entity.value, roles: [role.value.id] }),
        replace(role, { ...role.value, profiles: [...role.value.profiles, entity.name] }),
      ],
    }
  },
)

const removeRoleFromInstanceProfile = iamOperation(
  { name: 'RemoveRoleFromInstanceProfile', readOnly: false, input: WITH_ROLE, find: PROFILE_NAMED },
  async ({ call, input, dependencies, entity }) => {
    const role = await findByName(dependencies.records, ROLES, call.caller.account, input.RoleName)
    if (role === undefined || !entity.value.roles.includes(role.value.id)) {
      throw noSuchEntity('role', input.RoleName)
    }
    return {
      changes: [
        replace(entity, { ...entity.value, roles: [] }),
        replace(role, {
          ...role.value,
          profiles: role.value.profiles.filter((name) => name !== entity.name),
        }),
      ],
    }
  },
)

const listInstanceProfiles = iamOperation(
  {
    name: 'ListInstanceProfiles',
    readOnly: true,
    input: { PathPrefix: optional(PATH_PREFIX), ...PAGING },
    output: { InstanceProfiles: list(INSTANCE_PROFILE_ANSWER), ...PAGE },
    find: onAll('instance-profile'),
  },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const section = wholeSection('profiles', PROFILE, {
      records: dependencies.records,
      partition: account,
      show: async ({ value: profile }) => {
        if (!profile.path.startsWith(input.PathPrefix ?? '/')) return undefined
        return { profile, roles: await rolesOf(dependencies, account, profile) }
      },
    })
    const charsOf = ({ roles }: { readonly roles: readonly ListedRole[] }): number =>
      roles.reduce((sum, { trust }) => sum + trust.length, 0)
    const { items, more } = await pageOf([section], input, dependencies.giveWay, charsOf)
    const InstanceProfiles = items.map(({ profile, roles }) => profileOutput(account, profile, roles))
    return { output: { ...more, InstanceProfiles } }
  },
)

const listInstanceProfilesForRole = iamOperation(
  {
    name: 'ListInstanceProfilesForRole',
    readOnly: true,
    input: { RoleName: NAME_64, ...PAGING },
    output: { InstanceProfiles: list(INSTANCE_PROFILE_ANSWER), IsTruncated: boolean(), Marker: text() },
    find: ROLE_NAMED,
  },
  async ({ call, input, dependencies, entity }) => {
    const { account } = call.caller
    const { items, more } = pageBy(entity.value.profiles, (name) => name, input)
    const role = await shownRole(dependencies.records, entity.value)
    const InstanceProfiles: ReturnType<typeof profileOutput>[] = []
    for (const name of items) {
      const profile = await read(dependencies.records, PROFILE, account, name)
      if (profile !== undefined) InstanceProfiles.push(profileOutput(account, profile.value, [role]))
    }
    return { output: { ...more, InstanceProfiles } }
  },
)

/** Instance profiles. Source: IAM API Reference, "CreateInstanceProfile" and so on. */
export const INSTANCE_PROFILE_OPERATIONS: readonly IamOperation[] = [
  createInstanceProfile,
  getInstanceProfile,
  deleteInstanceProfile,
  addRoleToInstanceProfile,
  removeRoleFromInstanceProfile,
  listInstanceProfiles,
  listInstanceProfilesForRole,
]
