import { KmsError } from '../../api/errors.ts'
import { boolean, list, oneOf, optional, text } from '../../api/shapes.ts'
import { countedChars, MANAGED_POLICY_MAX_CHARS } from '../../policy/flavour.ts'
import { insert, type Records, remove } from '../../store/records.ts'
import {
  type CountQuota,
  countLess,
  countMore,
  deleteConflict,
  type EntityKind,
  quotaExceeded,
} from '../entities/entities.ts'
import { parseTags } from '../entities/entity-tags.ts'
import { ANY_POLICY, onAll, POLICY_TO_CHANGE, toBeMade } from '../entities/finders.ts'
import { newUniqueId } from '../entities/ids.ts'
import {
  LISTED_ATTACHMENT,
  LISTED_GROUP,
  LISTED_POLICY,
  LISTED_ROLE,
  LISTED_USER,
  type ListedEntity,
} from '../entities/listed.ts'
import { POLICY_ANSWER, POLICY_GROUP_ANSWER, POLICY_ROLE_ANSWER, POLICY_USER_ANSWER } from '../iam-answers.ts'
import type { IamDependencies, IamOperation } from '../iam-dependencies.ts'
import { iamOperation, tagging } from '../iam-operation.ts'
import { type PolicyAnswer, policyInList, policyOutput, tagsIfAny, timestamp } from '../iam-outputs.ts'
import { fixedSection, pageOf, summarySection } from '../iam-pages.ts'
import { POLICY, POLICY_VERSION, type PolicyValue, read, readAll } from '../iam-records.ts'
import { ARN, DOCUMENT, FLAG, NAME_128, PAGING, PATH, POLICY_PATH, TAGS } from '../iam-shapes.ts'
import { attachmentPartition, countUses } from '../policies/attachments.ts'
import { parseDocument } from '../policies/documents.ts'
import { AWS_VERSION_ID, allManagedByAws, type ManagedByAws } from '../policies/managed-by-aws.ts'

/** Source: IAM User Guide, "IAM and AWS STS quotas". */
const QUOTA: CountQuota = { name: 'iam.policies', title: 'PoliciesPerAccount' }

/** @throws MalformedPolicyDocumentException, LimitExceededException. */
export function checkManagedDocument(document: string): void {
  parseDocument(document, 'identity')
  if (countedChars(document) > MANAGED_POLICY_MAX_CHARS)
    throw quotaExceeded('PolicySize', MANAGED_POLICY_MAX_CHARS)
}

/** The partition of a managed policy's versions. */
export function versionPartition(account: string, value: PolicyValue): string {
  return `${account}/${value.id}`
}

const createPolicy = iamOperation(
  {
    name: 'CreatePolicy',
    readOnly: false,
    input: {
      PolicyName: NAME_128,
      Path: optional(POLICY_PATH),
      PolicyDocument: DOCUMENT,
      Description: optional(text({ max: 1000 })),
      Tags: optional(TAGS),
    },
    output: { Policy: POLICY_ANSWER },
    find: toBeMade<{ readonly PolicyName: string; readonly Path?: string | undefined }>(
      'policy',
      ({ PolicyName }) => PolicyName,
    ),
    tags: ({ Tags }) => Tags,
    alsoNeeds: tagging('iam:TagPolicy'),
  },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const { PolicyName: name, PolicyDocument: document, Description: description } = input
    checkManagedDocument(document)
    if ((await read(dependencies.records, POLICY, account, name.toLowerCase())) !== undefined) {
      throw new KmsError(
        'EntityAlreadyExistsException',
        `A policy called ${name} already exists. Duplicate names are not allowed.`,
      )
    }
    const value: PolicyValue = {
      format: 1,
      id: newUniqueId(dependencies.random, 'policy'),
      name,
      path: input.Path ?? '/',
      ...(description !== undefined && { description }),
      createdAt: call.now,
      updatedAt: call.now,
      document,
      versions: [{ id: 'v1', createdAt: call.now }],
      defaultVersion: 'v1',
      nextVersion: 2,
      tags: parseTags(input.Tags),
      attachments: 0,
      boundaries: 0,
    }
    return {
      output: { Policy: { ...policyInList(account, value), Tags: tagsIfAny(value.tags) } },
      changes: [
        insert(POLICY, account, name.toLowerCase(), value),
        insert(POLICY_VERSION, versionPartition(account, value), 'v1', {
          format: 1,
          document,
          createdAt: call.now,
        }),
        await countMore(dependencies, account, 'policies', QUOTA),
      ],
    }
  },
)

const getPolicy = iamOperation(
  {
    name: 'GetPolicy',
    readOnly: true,
    input: { PolicyArn: ARN },
    output: { Policy: POLICY_ANSWER },
    find: ANY_POLICY,
  },
  async ({ call, dependencies, entity }) => {
    const { account } = call.caller
    if ('value' in entity) return { output: { Policy: policyOutput(account, entity.value) } }
    const policy = await managedInList(dependencies, account, entity)
    return { output: { Policy: { ...policy, Description: entity.description, Tags: [] } } }
  },
)

/** A policy of AWS as lists show it: with the account's number of uses. */
export async function managedInList(
  dependencies: IamDependencies,
  account: string,
  policy: ManagedByAws,
): Promise<PolicyAnswer> {
  const uses = await countUses(dependencies.records, account, policy.arn)
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: AWS_VERSION_ID,
    AttachmentCount: uses.attached,
    PermissionsBoundaryUsageCount: uses.boundary,
    IsAttachable: true,
    CreateDate: timestamp(policy.createdAt),
    UpdateDate: timestamp(policy.createdAt),
  }
}

const deletePolicy = iamOperation(
  { name: 'DeletePolicy', readOnly: false, input: { PolicyArn: ARN }, find: POLICY_TO_CHANGE },
  async ({ call, dependencies, entity }) => {
    const { account } = call.caller
    const { value } = entity
    if (value.attachments + value.boundaries > 0) {
      throw new KmsError('DeleteConflictException', 'Cannot delete a policy attached to entities.')
    }
    if (value.versions.length > 1)
      throw deleteConflict('delete all policy versions except the default version')
    const versions = await readAll(dependencies.records, POLICY_VERSION, versionPartition(account, value))
    return {
      changes: [
        remove(entity),
        ...versions.map((version) => remove(version)),
        await countLess(dependencies.records, account, 'policies'),
      ],
    }
  },
)

const LISTING = {
  Scope: optional(oneOf('All', 'AWS', 'Local')),
  OnlyAttached: FLAG,
  PathPrefix: optional(POLICY_PATH),
  PolicyUsageFilter: optional(oneOf('PermissionsPolicy', 'PermissionsBoundary')),
  ...PAGING,
}

const listPolicies = iamOperation(
  {
    name: 'ListPolicies',
    readOnly: true,
    input: LISTING,
    output: { IsTruncated: boolean(), Marker: text(), Policies: list(POLICY_ANSWER) },
    find: onAll('policy'),
  },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const { records, giveWay } = dependencies
    const counted =
      input.PolicyUsageFilter === 'PermissionsBoundary' ? 'PermissionsBoundaryUsageCount' : 'AttachmentCount'
    const onlyUsed = input.OnlyAttached === true || input.PolicyUsageFilter !== undefined
    const wanted = (policy: PolicyAnswer): PolicyAnswer | undefined =>
      String(policy.Path).startsWith(input.PathPrefix ?? '/') && (!onlyUsed || policy[counted] !== 0)
        ? policy
        : undefined
    const own = summarySection('own', LISTED_POLICY, {
      records,
      partition: account,
      show: ({ summary }) => wanted(policyInList(account, summary)),
    })
    const managed = fixedSection(
      'managed',
      allManagedByAws(),
      ({ arn }) => arn,
      async (policy) => wanted(await managedInList(dependencies, account, policy)),
    )
    const sections = { All: [own, managed], Local: [own], AWS: [managed] }[input.Scope ?? 'All']
    const { items, more } = await pageOf(sections, input, giveWay)
    return { output: { ...more, Policies: items } }
  },
)

const ENTITIES = {
  PolicyArn: ARN,
  EntityFilter: optional(oneOf('User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy')),
  PathPrefix: optional(PATH),
  PolicyUsageFilter: optional(oneOf('PermissionsPolicy', 'PermissionsBoundary')),
  ...PAGING,
}

const LABELS = { user: 'User', group: 'Group', role: 'Role' } as const
const USES = { PermissionsPolicy: 'attached', PermissionsBoundary: 'boundary' } as const

const listEntitiesForPolicy = iamOperation(
  {
    name: 'ListEntitiesForPolicy',
    readOnly: true,
    input: ENTITIES,
    output: {
      IsTruncated: boolean(),
      Marker: text(),
      PolicyGroups: list(POLICY_GROUP_ANSWER),
      PolicyRoles: list(POLICY_ROLE_ANSWER),
      PolicyUsers: list(POLICY_USER_ANSWER),
    },
    find: ANY_POLICY,
  },
  async ({ call, input, dependencies, arn }) => {
    const { account } = call.caller
    const { records, giveWay } = dependencies
    const use = input.PolicyUsageFilter && USES[input.PolicyUsageFilter]
    const partition = attachmentPartition(account, arn)
    const entities = summarySection('entities', LISTED_ATTACHMENT, {
      records,
      partition,
      show: async ({ summary: { use: by, entity: kind, id } }) => {
        if (use !== undefined && by !== use) return undefined
        if (input.EntityFilter !== undefined && input.EntityFilter !== LABELS[kind]) return undefined
        // An entity that uses a policy in both ways is listed once.
        const again = use === undefined && by === 'boundary'
        if (again && (await records.getSummary(LISTED_ATTACHMENT, partition, `attached/${id}`)))
          return undefined
        const listed = await listedEntity(records, account, kind, id)
        if (listed === undefined || !listed.path.startsWith(input.PathPrefix ?? '/')) return undefined
        return { kind, id, name: listed.name }
      },
    })
    const { items, more } = await pageOf([entities], input, giveWay)
    const of = (wanted: EntityKind): typeof items => items.filter(({ kind }) => kind === wanted)
    return {
      output: {
        ...more,
        PolicyGroups: of('group').map(({ id, name }) => ({ GroupName: name, GroupId: id })),
        PolicyUsers: of('user').map(({ id, name }) => ({ UserName: name, UserId: id })),
        PolicyRoles: of('role').map(({ id, name }) => ({ RoleName: name, RoleId: id })),
      },
    }
  },
)

async function listedEntity(
  records: Records,
  account: string,
  kind: EntityKind,
  id: string,
): Promise<ListedEntity | undefined> {
  switch (kind) {
    case 'user':
      return (await records.getSummary(LISTED_USER, account, id))?.summary
    case 'group':
      return (await records.getSummary(LISTED_GROUP, account, id))?.summary
    case 'role':
      return (await records.getSummary(LISTED_ROLE, account, id))?.summary
  }
}

/** Managed policies. Source: IAM API Reference, "CreatePolicy" and so on. */
export const MANAGED_POLICY_OPERATIONS: readonly IamOperation[] = [
  createPolicy,
  getPolicy,
  deletePolicy,
  listPolicies,
  listEntitiesForPolicy,
]
