import { boolean, list, numberMap, oneOf, optional, text, type ValueOf } from '../../api/shapes.ts'
import { LIST_MAX_RECORDS, type Records } from '../../store/records.ts'
import { ACCOUNT, ACCOUNTS, rootKeyIds } from '../accounts/account.ts'
import { entityArn, readCounts } from '../entities/entities.ts'
import { ON_ACCOUNT, parsePolicyArn } from '../entities/finders.ts'
import { LISTED_GROUP, LISTED_POLICY } from '../entities/listed.ts'
import {
  type ATTACHED_POLICY_ANSWER,
  GROUP_DETAIL_ANSWER,
  MANAGED_POLICY_DETAIL_ANSWER,
  type POLICY_DETAIL_ANSWER,
  ROLE_DETAIL_ANSWER,
  USER_DETAIL_ANSWER,
} from '../iam-answers.ts'
import type { IamDependencies, IamOperation } from '../iam-dependencies.ts'
import { iamOperation } from '../iam-operation.ts'
import { documentOutput, policyInList, roleOutput, timestamp, userOutput } from '../iam-outputs.ts'
import { fixedSection, pageOf, type Section, wholeSection } from '../iam-pages.ts'
import {
  type EntityValue,
  GROUP,
  type GroupValue,
  POLICY,
  POLICY_VERSION,
  type PolicyValue,
  ROLE,
  type RoleValue,
  read,
  readAll,
  USER,
  type UserValue,
} from '../iam-records.ts'
import { PAGING } from '../iam-shapes.ts'
import { shownRole } from '../policies/documents.ts'
import { AWS_VERSION_ID, allManagedByAws, type ManagedByAws } from '../policies/managed-by-aws.ts'
import { managedInList, versionPartition } from './managed-policies.ts'

/**
 * The quotas in GetAccountSummary that nobody can change. Source: IAM User Guide, "IAM and AWS STS quotas".
 */
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

/** The quotas in GetAccountSummary that the operator can change. */
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

/** Counts of things that no account has in Holdfast. */
const NONE_HERE = {
  AccountPasswordPresent: 0,
  AccountSigningCertificatesPresent: 0,
  ServerCertificates: 0,
} as const

async function adjustableQuotas({ quotas }: IamDependencies, account: string): Promise<[string, number][]> {
  const entries: [string, number][] = []
  for (const [name, quota] of Object.entries(ADJUSTABLE)) {
    entries.push([name, await quotas.limit(account, quota)])
  }
  return entries
}

const getAccountSummary = iamOperation(
  {
    name: 'GetAccountSummary',
    readOnly: true,
    input: {},
    output: { SummaryMap: numberMap() },
    find: ON_ACCOUNT,
  },
  async ({ call, dependencies }) => {
    const { account } = call.caller
    const counts = await readCounts(dependencies.records, account)
    const root = await read(dependencies.records, ACCOUNT, ACCOUNTS, account)
    const summary = new Map<string, number>([
      ...Object.entries(FIXED),
      ...(await adjustableQuotas(dependencies, account)),
      ['Users', counts.users],
      ['Groups', counts.groups],
      ['Roles', counts.roles],
      ['Policies', counts.policies],
      ['InstanceProfiles', counts.profiles],
      ['Providers', counts.providers],
      ['MFADevices', counts.mfaDevices ?? 0],
      ['MFADevicesInUse', counts.mfaDevicesInUse ?? 0],
      ['PolicyVersionsInUse', await countVersions(dependencies.records, account)],
      ['AccountAccessKeysPresent', root !== undefined && rootKeyIds(root.value).length > 0 ? 1 : 0],
      ['AccountMFAEnabled', (root?.value.rootMfaDevices ?? []).length > 0 ? 1 : 0],
      ['GlobalEndpointTokenVersion', root?.value.stsTokens ?? 2],
      ...Object.entries(NONE_HERE),
    ])
    return { output: { SummaryMap: summary } }
  },
)

const DETAILS = {
  Filter: optional(list(oneOf('User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy'))),
  ...PAGING,
}

/** The member of the answer that lists an item. */
type DetailList = 'UserDetailList' | 'GroupDetailList' | 'RoleDetailList' | 'Policies'

/** An item of the answer, and the characters of its documents. */
type Detail = {
  [L in DetailList]: { readonly list: L; readonly output: DetailOf[L]; readonly chars: number }
}[DetailList]

/** The items of each list. */
type DetailOf = {
  readonly UserDetailList: ValueOf<typeof USER_DETAIL_ANSWER>
  readonly GroupDetailList: ValueOf<typeof GROUP_DETAIL_ANSWER>
  readonly RoleDetailList: ValueOf<typeof ROLE_DETAIL_ANSWER>
  readonly Policies: ValueOf<typeof MANAGED_POLICY_DETAIL_ANSWER>
}

const getAccountAuthorizationDetails = iamOperation(
  {
    name: 'GetAccountAuthorizationDetails',
    readOnly: true,
    input: DETAILS,
    output: {
      GroupDetailList: list(GROUP_DETAIL_ANSWER),
      IsTruncated: boolean(),
      Marker: text(),
      Policies: list(MANAGED_POLICY_DETAIL_ANSWER),
      RoleDetailList: list(ROLE_DETAIL_ANSWER),
      UserDetailList: list(USER_DETAIL_ANSWER),
    },
    find: ON_ACCOUNT,
  },
  async ({ call, input, dependencies }) => {
    const wants = (name: string): boolean =>
      input.Filter === undefined || input.Filter.length === 0 || input.Filter.some((one) => one === name)
    const sections = detailSections(dependencies, call.caller.account).filter(({ name }) => wants(name))
    const { items, more } = await pageOf(sections, input, dependencies.giveWay, ({ chars }) => chars)
    return {
      output: {
        ...more,
        UserDetailList: items.flatMap((item) => (item.list === 'UserDetailList' ? [item.output] : [])),
        GroupDetailList: items.flatMap((item) => (item.list === 'GroupDetailList' ? [item.output] : [])),
        RoleDetailList: items.flatMap((item) => (item.list === 'RoleDetailList' ? [item.output] : [])),
        Policies: items.flatMap((item) => (item.list === 'Policies' ? [item.output] : [])),
      },
    }
  },
)

/** Everything in the account, by the names of `Filter`. */
function detailSections(dependencies: IamDependencies, account: string): readonly Section<Detail>[] {
  const { records } = dependencies
  const own = { records, partition: account }
  return [
    wholeSection('User', USER, { ...own, show: ({ value }) => userDetail(records, account, value) }),
    wholeSection('Group', GROUP, { ...own, show: ({ value }) => groupDetail(account, value) }),
    wholeSection('Role', ROLE, { ...own, show: ({ value }) => roleDetail(records, account, value) }),
    wholeSection('LocalManagedPolicy', POLICY, {
      ...own,
      show: ({ value }) => localDetail(records, account, value),
    }),
    fixedSection(
      'AWSManagedPolicy',
      allManagedByAws(),
      ({ arn }) => arn,
      (policy) => awsDetail(dependencies, account, policy),
    ),
  ]
}

function inlineDetails(value: EntityValue): readonly ValueOf<typeof POLICY_DETAIL_ANSWER>[] {
  return value.inline.map(({ name, document }) => ({
    PolicyName: name,
    PolicyDocument: documentOutput(document),
  }))
}

function inlineChars({ inline }: EntityValue): number {
  return inline.reduce((sum, { document }) => sum + document.length, 0)
}

function attachedDetails(value: EntityValue): readonly ValueOf<typeof ATTACHED_POLICY_ANSWER>[] {
  return value.attached.map((arn) => ({ PolicyName: parsePolicyArn(arn).name, PolicyArn: arn }))
}

async function userDetail(records: Records, account: string, value: UserValue): Promise<Detail> {
  const groups: string[] = []
  for (const id of value.groups) {
    const group = await records.getSummary(LISTED_GROUP, account, id)
    if (group !== undefined) groups.push(group.summary.name)
  }
  const output = {
    ...userOutput(account, value),
    UserPolicyList: inlineDetails(value),
    GroupList: groups,
    AttachedManagedPolicies: attachedDetails(value),
  }
  return { list: 'UserDetailList', output, chars: inlineChars(value) }
}

function groupDetail(account: string, value: GroupValue): Detail {
  const output = {
    Path: value.path,
    GroupName: value.name,
    GroupId: value.id,
    Arn: entityArn(account, 'group', value),
    CreateDate: timestamp(value.createdAt),
    GroupPolicyList: inlineDetails(value),
    AttachedManagedPolicies: attachedDetails(value),
  }
  return { list: 'GroupDetailList', output, chars: inlineChars(value) }
}

async function roleDetail(records: Records, account: string, value: RoleValue): Promise<Detail> {
  const shown = await shownRole(records, value)
  const { Description: _description, MaxSessionDuration: _duration, ...role } = roleOutput(account, shown)
  const output = {
    ...role,
    InstanceProfileList: [],
    RolePolicyList: inlineDetails(value),
    AttachedManagedPolicies: attachedDetails(value),
  }
  return { list: 'RoleDetailList', output, chars: inlineChars(value) + value.trust.length }
}

async function localDetail(records: Records, account: string, value: PolicyValue): Promise<Detail> {
  const versions = await readAll(records, POLICY_VERSION, versionPartition(account, value))
  const output = {
    ...policyInList(account, value),
    Description: value.description,
    PolicyVersionList: versions.map((version) => ({
      Document: documentOutput(version.value.document),
      VersionId: version.name,
      IsDefaultVersion: version.name === value.defaultVersion,
      CreateDate: timestamp(version.value.createdAt),
    })),
  }
  const chars = versions.reduce((sum, version) => sum + version.value.document.length, 0)
  return { list: 'Policies', output, chars }
}

/**
 * AWS's managed policies that the account uses. Source: IAM API Reference, "GetAccountAuthorizationDetails".
 */
async function awsDetail(
  dependencies: IamDependencies,
  account: string,
  policy: ManagedByAws,
): Promise<Detail | undefined> {
  const listed = await managedInList(dependencies, account, policy)
  if (listed.AttachmentCount === 0 && listed.PermissionsBoundaryUsageCount === 0) return undefined
  const version = {
    Document: documentOutput(policy.document),
    VersionId: AWS_VERSION_ID,
    IsDefaultVersion: true,
    CreateDate: timestamp(policy.createdAt),
  }
  const output = { ...listed, PolicyVersionList: [version] }
  return { list: 'Policies', output, chars: policy.document.length }
}

/** Versions of all managed policies of an account. */
async function countVersions(records: Records, account: string): Promise<number> {
  let count = 0
  let after: string | undefined
  do {
    const page = await records.listSummaries(LISTED_POLICY, {
      partition: account,
      after,
      limit: LIST_MAX_RECORDS,
    })
    for (const { summary } of page.records) count += summary.versionCount
    after = page.next
  } while (after !== undefined)
  return count
}

/** The account as a whole. Source: IAM API Reference, "GetAccountSummary" and so on. */
export const ACCOUNT_OPERATIONS: readonly IamOperation[] = [getAccountSummary, getAccountAuthorizationDetails]
