import type { Output } from '../../api/json.ts'
import { list, oneOf, optional } from '../../api/shapes.ts'
import { ACCOUNT, ACCOUNTS, rootKeyIds } from '../account.ts'
import { attachmentPartition } from '../attachments.ts'
import { shownRole } from '../documents.ts'
import { entityArn, readCounts } from '../entities.ts'
import { ON_ACCOUNT, parsePolicyArn } from '../finders.ts'
import { AWS_VERSION_ID, allManagedByAws } from '../managed-by-aws.ts'
import { iamOperation } from '../operation.ts'
import { documentOutput, policyInList, roleOutput, timestamp, userOutput } from '../outputs.ts'
import { pageBy } from '../paging.ts'
import type { IamOperation, IamParts } from '../parts.ts'
import {
  ATTACHMENT,
  type EntityValue,
  GROUP,
  POLICY,
  POLICY_VERSION,
  type PolicyValue,
  ROLE,
  read,
  readAll,
  USER,
} from '../records.ts'
import { PAGING } from '../shapes.ts'
import { versionPartition } from './managed-policies.ts'

/** What GetAccountSummary says of quotas that nobody can change. Source: IAM User Guide, "IAM and AWS STS quotas". */
const FIXED = {
  AccessKeysPerUserQuota: 2,
  AssumeRolePolicySizeQuota: 2048,
  GroupPolicySizeQuota: 5120,
  GroupsPerUserQuota: 10,
  PolicySizeQuota: 6144,
  RolePolicySizeQuota: 10_240,
  PolicyVersionsInUseQuota: 10_000,
  ServerCertificatesQuota: 20,
  SigningCertificatesPerUserQuota: 2,
  UserPolicySizeQuota: 2048,
  VersionsPerPolicyQuota: 5,
} as const

/** What it says of those that the operator can. */
const ADJUSTABLE = {
  AttachedPoliciesPerGroupQuota: 'iam.policies-per-group',
  AttachedPoliciesPerRoleQuota: 'iam.policies-per-role',
  AttachedPoliciesPerUserQuota: 'iam.policies-per-user',
  GroupsQuota: 'iam.groups',
  InstanceProfilesQuota: 'iam.instance-profiles',
  PoliciesQuota: 'iam.policies',
  RolesQuota: 'iam.roles',
  UsersQuota: 'iam.users',
} as const

/** What no account has here. Tokens of sessions are good in every region, as those of version 2 at AWS. */
const NONE_HERE = {
  AccountMFAEnabled: 0,
  AccountPasswordPresent: 0,
  AccountSigningCertificatesPresent: 0,
  GlobalEndpointTokenVersion: 2,
  MFADevices: 0,
  MFADevicesInUse: 0,
  ServerCertificates: 0,
} as const

async function adjustableQuotas({ quotas }: IamParts, account: string): Promise<[string, number][]> {
  const entries: [string, number][] = []
  for (const [name, quota] of Object.entries(ADJUSTABLE)) {
    entries.push([name, await quotas.limit(account, quota)])
  }
  return entries
}

const getAccountSummary = iamOperation(
  { name: 'GetAccountSummary', readOnly: true, input: {}, find: ON_ACCOUNT },
  async ({ call, parts }) => {
    const { account } = call.caller
    const counts = await readCounts(parts.records, account)
    const policies = await readAll(parts.records, POLICY, account)
    const root = await read(parts.records, ACCOUNT, ACCOUNTS, account)
    const summary = new Map<string, number>([
      ...Object.entries(FIXED),
      ...(await adjustableQuotas(parts, account)),
      ['Users', counts.users],
      ['Groups', counts.groups],
      ['Roles', counts.roles],
      ['Policies', counts.policies],
      ['InstanceProfiles', counts.profiles],
      ['Providers', counts.providers],
      ['PolicyVersionsInUse', policies.reduce((sum, { value }) => sum + value.versions.length, 0)],
      ['AccountAccessKeysPresent', root !== undefined && rootKeyIds(root.value).length > 0 ? 1 : 0],
      ...Object.entries(NONE_HERE),
    ])
    return { output: { SummaryMap: summary } }
  },
)

const DETAILS = {
  Filter: optional(list(oneOf('User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy'))),
  ...PAGING,
}

type Detail = { readonly type: Section; readonly key: string; readonly output: Output }
type Section = 'UserDetailList' | 'GroupDetailList' | 'RoleDetailList' | 'Policies'

const getAccountAuthorizationDetails = iamOperation(
  { name: 'GetAccountAuthorizationDetails', readOnly: true, input: DETAILS, find: ON_ACCOUNT },
  async ({ call, input, parts }) => {
    const { account } = call.caller
    const wants = (name: string): boolean =>
      input.Filter === undefined || input.Filter.length === 0 || input.Filter.some((one) => one === name)
    const details: Detail[] = []
    if (wants('User')) details.push(...(await userDetails(parts, account)))
    if (wants('Group')) details.push(...(await groupDetails(parts, account)))
    if (wants('Role')) details.push(...(await roleDetails(parts, account)))
    if (wants('LocalManagedPolicy')) details.push(...(await localDetails(parts, account)))
    if (wants('AWSManagedPolicy')) details.push(...(await awsDetails(parts, account)))
    const { items, more } = pageBy(details, ({ type, key }) => `${type} ${key}`, input)
    const of = (type: Section): readonly Output[] =>
      items.filter((item) => item.type === type).map(({ output }) => output)
    return {
      output: {
        ...more,
        UserDetailList: of('UserDetailList'),
        GroupDetailList: of('GroupDetailList'),
        RoleDetailList: of('RoleDetailList'),
        Policies: of('Policies'),
      },
    }
  },
)

function inlineDetails(value: EntityValue): readonly Output[] {
  return value.inline.map(({ name, document }) => ({
    PolicyName: name,
    PolicyDocument: documentOutput(document),
  }))
}

function attachedDetails(value: EntityValue): readonly Output[] {
  return value.attached.map((arn) => ({ PolicyName: parsePolicyArn(arn).name, PolicyArn: arn }))
}

async function userDetails(parts: IamParts, account: string): Promise<readonly Detail[]> {
  const details: Detail[] = []
  for (const { value } of await readAll(parts.records, USER, account)) {
    const groups: string[] = []
    for (const id of value.groups) {
      const group = await read(parts.records, GROUP, account, id)
      if (group !== undefined) groups.push(group.value.name)
    }
    const output = {
      ...userOutput(account, value),
      UserPolicyList: inlineDetails(value),
      GroupList: groups,
      AttachedManagedPolicies: attachedDetails(value),
    }
    details.push({ type: 'UserDetailList', key: value.name, output })
  }
  return details
}

async function groupDetails(parts: IamParts, account: string): Promise<readonly Detail[]> {
  return (await readAll(parts.records, GROUP, account)).map(({ value }) => ({
    type: 'GroupDetailList',
    key: value.name,
    output: {
      Path: value.path,
      GroupName: value.name,
      GroupId: value.id,
      Arn: entityArn(account, 'group', value),
      CreateDate: timestamp(value.createdAt),
      GroupPolicyList: inlineDetails(value),
      AttachedManagedPolicies: attachedDetails(value),
    },
  }))
}

async function roleDetails(parts: IamParts, account: string): Promise<readonly Detail[]> {
  const details: Detail[] = []
  for (const { value } of await readAll(parts.records, ROLE, account)) {
    const shown = await shownRole(parts.records, value)
    const { Description: _description, MaxSessionDuration: _duration, ...role } = roleOutput(account, shown)
    const output = {
      ...role,
      InstanceProfileList: [],
      RolePolicyList: inlineDetails(value),
      AttachedManagedPolicies: attachedDetails(value),
    }
    details.push({ type: 'RoleDetailList', key: value.name, output })
  }
  return details
}

async function localDetails(parts: IamParts, account: string): Promise<readonly Detail[]> {
  const details: Detail[] = []
  for (const { value } of await readAll(parts.records, POLICY, account)) {
    details.push({
      type: 'Policies',
      key: value.name,
      output: {
        ...policyInList(account, value),
        Description: value.description,
        PolicyVersionList: await versionDetails(parts, account, value),
      },
    })
  }
  return details
}

async function versionDetails(
  parts: IamParts,
  account: string,
  value: PolicyValue,
): Promise<readonly Output[]> {
  const versions = await readAll(parts.records, POLICY_VERSION, versionPartition(account, value))
  return versions.map((version) => ({
    Document: documentOutput(version.value.document),
    VersionId: version.name,
    IsDefaultVersion: version.name === value.defaultVersion,
    CreateDate: timestamp(version.value.createdAt),
  }))
}

/** Of AWS's managed policies, those that the account uses. Source: IAM API Reference, "GetAccountAuthorizationDetails". */
async function awsDetails(parts: IamParts, account: string): Promise<readonly Detail[]> {
  const details: Detail[] = []
  for (const policy of allManagedByAws()) {
    const uses = await readAll(parts.records, ATTACHMENT, attachmentPartition(account, policy.arn))
    if (uses.length === 0) continue
    const date = timestamp(policy.createdAt)
    const attached = uses.filter(({ value }) => value.use === 'attached').length
    const version = {
      Document: documentOutput(policy.document),
      VersionId: AWS_VERSION_ID,
      IsDefaultVersion: true,
      CreateDate: date,
    }
    const output = {
      PolicyName: policy.name,
      PolicyId: policy.id,
      Arn: policy.arn,
      Path: policy.path,
      DefaultVersionId: AWS_VERSION_ID,
      AttachmentCount: attached,
      PermissionsBoundaryUsageCount: uses.length - attached,
      IsAttachable: true,
      CreateDate: date,
      UpdateDate: date,
      PolicyVersionList: [version],
    }
    details.push({ type: 'Policies', key: policy.name, output })
  }
  return details
}

/** The account as a whole. Source: IAM API Reference, "GetAccountSummary" and so on. */
export const ACCOUNT_OPERATIONS: readonly IamOperation[] = [getAccountSummary, getAccountAuthorizationDetails]
