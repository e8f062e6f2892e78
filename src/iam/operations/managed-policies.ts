import { KmsError } from '../../api/errors.ts'
import type { Output } from '../../api/json.ts'
import { oneOf, optional, text } from '../../api/shapes.ts'
import { countedChars, MANAGED_POLICY_MAX_CHARS } from '../../policy/flavour.ts'
import { insert, remove } from '../../store/records.ts'
import { attachmentPartition } from '../attachments.ts'
import { parseDocument } from '../documents.ts'
import { type CountQuota, countLess, countMore, deleteConflict, quotaExceeded } from '../entities.ts'
import { ANY_POLICY, onAll, POLICY_TO_CHANGE, toBeMade } from '../finders.ts'
import { newUniqueId } from '../ids.ts'
import { AWS_VERSION_ID, allManagedByAws, type ManagedByAws } from '../managed-by-aws.ts'
import { iamOperation, tagging } from '../operation.ts'
import { policyInList, policyOutput, tagsIfAny, timestamp } from '../outputs.ts'
import { pageBy } from '../paging.ts'
import type { IamOperation, IamParts } from '../parts.ts'
import {
  ATTACHMENT,
  GROUP,
  POLICY,
  POLICY_VERSION,
  type PolicyValue,
  ROLE,
  read,
  readAll,
  USER,
} from '../records.ts'
import { ARN, DOCUMENT, FLAG, NAME_128, PAGING, PATH, POLICY_PATH, TAGS } from '../shapes.ts'
import { parseTags } from '../tags.ts'

/** Source: IAM User Guide, "IAM and AWS STS quotas". */
const QUOTA: CountQuota = { name: 'iam.policies', title: 'PoliciesPerAccount' }

/** @throws MalformedPolicyDocumentException, LimitExceededException. */
export function checkManagedDocument(document: string): void {
  parseDocument(document, 'identity')
  if (countedChars(document) > MANAGED_POLICY_MAX_CHARS)
    throw quotaExceeded('PolicySize', MANAGED_POLICY_MAX_CHARS)
}

/** Where the versions of a managed policy are kept. */
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
    find: toBeMade<{ readonly PolicyName: string; readonly Path?: string | undefined }>(
      'policy',
      ({ PolicyName }) => PolicyName,
    ),
    tags: ({ Tags }) => Tags,
    alsoNeeds: tagging('iam:TagPolicy'),
  },
  async ({ call, input, parts }) => {
    const { account } = call.caller
    const { PolicyName: name, PolicyDocument: document, Description: description } = input
    checkManagedDocument(document)
    if ((await read(parts.records, POLICY, account, name.toLowerCase())) !== undefined) {
      throw new KmsError(
        'EntityAlreadyExistsException',
        `A policy called ${name} already exists. Duplicate names are not allowed.`,
      )
    }
    const value: PolicyValue = {
      format: 1,
      id: newUniqueId(parts.random, 'policy'),
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
        await countMore(parts, account, 'policies', QUOTA),
      ],
    }
  },
)

const getPolicy = iamOperation(
  { name: 'GetPolicy', readOnly: true, input: { PolicyArn: ARN }, find: ANY_POLICY },
  async ({ call, parts, entity }) => {
    const { account } = call.caller
    if ('value' in entity) return { output: { Policy: policyOutput(account, entity.value) } }
    const policy = await managedInList(parts, account, entity)
    return { output: { Policy: { ...policy, Description: entity.description, Tags: [] } } }
  },
)

async function managedInList(parts: IamParts, account: string, policy: ManagedByAws): Promise<Output> {
  const uses = await readAll(parts.records, ATTACHMENT, attachmentPartition(account, policy.arn))
  const attached = uses.filter(({ value }) => value.use === 'attached').length
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: AWS_VERSION_ID,
    AttachmentCount: attached,
    PermissionsBoundaryUsageCount: uses.length - attached,
    IsAttachable: true,
    CreateDate: timestamp(policy.createdAt),
    UpdateDate: timestamp(policy.createdAt),
  }
}

const deletePolicy = iamOperation(
  { name: 'DeletePolicy', readOnly: false, input: { PolicyArn: ARN }, find: POLICY_TO_CHANGE },
  async ({ call, parts, entity }) => {
    const { account } = call.caller
    const { value } = entity
    if (value.attachments + value.boundaries > 0) {
      throw new KmsError('DeleteConflictException', 'Cannot delete a policy attached to entities.')
    }
    if (value.versions.length > 1)
      throw deleteConflict('delete all policy versions except the default version')
    const versions = await readAll(parts.records, POLICY_VERSION, versionPartition(account, value))
    return {
      changes: [
        remove(entity),
        ...versions.map((version) => remove(version)),
        await countLess(parts.records, account, 'policies'),
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
  { name: 'ListPolicies', readOnly: true, input: LISTING, find: onAll('policy') },
  async ({ call, input, parts }) => {
    const { account } = call.caller
    const policies: Output[] = []
    if (input.Scope !== 'AWS') {
      for (const { value } of await readAll(parts.records, POLICY, account)) {
        policies.push(policyInList(account, value))
      }
    }
    if (input.Scope !== 'Local') {
      for (const policy of allManagedByAws()) policies.push(await managedInList(parts, account, policy))
    }
    const counted =
      input.PolicyUsageFilter === 'PermissionsBoundary' ? 'PermissionsBoundaryUsageCount' : 'AttachmentCount'
    const onlyUsed = input.OnlyAttached === true || input.PolicyUsageFilter !== undefined
    const wanted = policies.filter(
      (policy) =>
        String(policy['Path']).startsWith(input.PathPrefix ?? '/') && (!onlyUsed || policy[counted] !== 0),
    )
    const { items, more } = pageBy(wanted, (policy) => String(policy['Arn']), input)
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
const KINDS = { user: USER, group: GROUP, role: ROLE } as const
const USES = { PermissionsPolicy: 'attached', PermissionsBoundary: 'boundary' } as const

const listEntitiesForPolicy = iamOperation(
  { name: 'ListEntitiesForPolicy', readOnly: true, input: ENTITIES, find: ANY_POLICY },
  async ({ call, input, parts, arn }) => {
    const { account } = call.caller
    const use = input.PolicyUsageFilter && USES[input.PolicyUsageFilter]
    const found: { kind: keyof typeof KINDS; id: string; name: string }[] = []
    for (const { value } of await readAll(parts.records, ATTACHMENT, attachmentPartition(account, arn))) {
      const { entity: kind, id } = value
      if (use !== undefined && value.use !== use) continue
      if (input.EntityFilter !== undefined && input.EntityFilter !== LABELS[kind]) continue
      const entity = await parts.records.get<{ readonly name: string; readonly path: string }>(
        KINDS[kind],
        account,
        id,
      )
      if (entity?.value.path.startsWith(input.PathPrefix ?? '/'))
        found.push({ kind, id, name: entity.value.name })
    }
    const unique = [...new Map(found.map((item) => [item.id, item])).values()]
    const { items, more } = pageBy(unique, ({ kind, name }) => `${kind}/${name}`, input)
    const of = (wanted: keyof typeof KINDS): readonly Output[] =>
      items
        .filter(({ kind }) => kind === wanted)
        .map(({ id, name }) => ({ [`${LABELS[wanted]}Name`]: name, [`${LABELS[wanted]}Id`]: id }))
    return {
      output: { ...more, PolicyGroups: of('group'), PolicyUsers: of('user'), PolicyRoles: of('role') },
    }
  },
)

/** Managed policies. Source: IAM API Reference, "CreatePolicy" and so on. */
export const MANAGED_POLICY_OPERATIONS: readonly IamOperation[] = [
  createPolicy,
  getPolicy,
  deletePolicy,
  listPolicies,
  listEntitiesForPolicy,
]
