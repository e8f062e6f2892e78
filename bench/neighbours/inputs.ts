import type { Members } from '../../src/api/shapes.ts'
import { GRANT_OPERATIONS } from '../../src/kms/grants/grant-record.ts'
import type { SampleInput } from '../../test/support/iam-samples.ts'
import { CROWD_ACCOUNT, CROWD_POLICY_ARN, CROWD_ROLE, CROWD_ROLE_ARN } from './names.ts'
import { keyPolicy, paddedPolicy, sessionPolicy, trustPolicy } from './policies.ts'
import { widestValue } from './widest.ts'

/** Members at the maximum size that their declaration allows, in every operation. */
const WIDEST: ReadonlySet<string> = new Set([
  ...['Description', 'EncryptionContext', 'KeyMaterialDescription', 'NumberOfBytes', 'Plaintext'],
  ...['Limit', 'MaxItems', 'ContextEntries', 'TransitiveTagKeys', 'BypassPolicyLockoutSafetyCheck'],
  ...['ExternalId', 'SourceIdentity', 'RequireLowercaseCharacters', 'RequireNumbers', 'RequireSymbols'],
  ...['RequireUppercaseCharacters', 'MinimumPasswordLength', 'MaxPasswordAge', 'PasswordReusePrevention'],
  ...['AllowUsersToChangePassword', 'SetAsDefault', 'includeShadowTrails'],
  ...['Algorithm', 'AuthenticatorData', 'ClientData'],
])

/** A password of the maximum length, with a character of each kind that a password policy can require. */
const LONGEST_PASSWORD = 'aA1!'.repeat(32)

/** Members with one most expensive value in every operation: a policy must be valid, and a list must match others. */
const VALUES: SampleInput = {
  ActionNames: numbered(100, (index) => `kms:Action${index}`),
  AssumeRolePolicyDocument: trustPolicy(),
  ClientIDList: numbered(100, (index) => `client-${index}`.padEnd(255, 'x')),
  GroupBy: ['hour', 'key', 'principal', 'operation'],
  MaxResults: 50,
  OrderedOrganizationPolicyInputList: numbered(7, () => ({
    ServiceControlPolicyInputList: [paddedPolicy(5000, 5000)],
  })),
  NewPassword: LONGEST_PASSWORD,
  Password: LONGEST_PASSWORD,
  Path: `/${'x'.repeat(510)}/`,
  PathPrefix: '/',
  PermissionsBoundaryPolicyInputList: [paddedPolicy(100_000, 100_000)],
  PolicyDocument: paddedPolicy(2000, 100_000),
  PolicyInputList: numbered(5, () => paddedPolicy(100_000, 100_000)),
  ResourceArns: numbered(100, (index) => `arn:aws:kms:us-east-1:${CROWD_ACCOUNT}:key/${index}`),
  ResourcePolicy: keyPolicy(400),
  S3KeyPrefix: 'x'.repeat(200),
  TagKeys: numbered(50, tagKey),
  Tags: numbered(50, (index) => ({ Key: tagKey(index), Value: 'v'.repeat(256) })),
  TagsList: numbered(50, (index) => ({ Key: tagKey(index), Value: 'v'.repeat(256) })),
  ThumbprintList: numbered(5, (index) => String(index).repeat(40)),
}

/**
 * Members that keep the value from the operation's sample or stay absent: names, modes, tokens, and members that only
 * some keys have.
 */
const AS_IN_SAMPLE: ReadonlySet<string> = new Set([
  ...[
    'AWSServiceName',
    'AssignmentStatus',
    'AuthenticationCode1',
    'AuthenticationCode2',
    'OldPassword',
    'PasswordResetRequired',
    'VirtualMFADeviceName',
    'AccessKeyId',
    'AccountAlias',
    'AccountId',
    'FederatedBy',
    'PolicyType',
    'TargetId',
    'Value',
    'Content',
    'PrincipalArn',
    'AdvancedEventSelectors',
    'AliasName',
    'CallerArn',
    'DestinationParentId',
    'ExpectedContent',
    'ExpectedPolicy',
    'ExpectedPolicyDocument',
    'OrganizationalUnitId',
    'ParentId',
  ],
  ...[
    'CiphertextBlob',
    'ClientID',
    'CloudHsmClusterId',
    'CloudWatchLogsLogGroupArn',
    'CloudWatchLogsRoleArn',
  ],
  ...['Constraints', 'CustomKeyStoreId', 'CustomKeyStoreName', 'CustomKeyStoreType', 'CustomSuffix'],
  ...['CustomerMasterKeySpec', 'DeletionTaskId', 'DestinationEncryptionAlgorithm', 'DestinationKeyId'],
  ...['DestinationEncryptionContext', 'SourceEncryptionContext', 'DryRun', 'DryRunModifiers'],
  ...['DurationSeconds', 'EnableLogFileValidation', 'EncapsulationAlgorithm', 'EncodedMessage', 'EndTime'],
  ...['EncryptedKeyMaterial', 'EncryptionAlgorithm', 'EntityFilter', 'EventCategory', 'EventDataStore'],
  ...['EventSelectors', 'ExpirationModel', 'Filter', 'GlobalEndpointTokenVersion', 'GrantId', 'GrantToken'],
  ...['GrantTokens', 'GranteePrincipal', 'GranteeServicePrincipal', 'GroupName', 'HardExpiry', 'ImportToken'],
  ...['ImportType', 'IncludeGlobalServiceEvents', 'IncludeKeyMaterial', 'InsightSelectors', 'KeyArn'],
  ...['InsightsDestination', 'InstanceProfileName', 'IsMultiRegionTrail', 'IsOrganizationTrail', 'KeyId'],
  ...['KeyAgreementAlgorithm', 'KeyMaterialId', 'KeyPairSpec', 'KeySpec', 'KeyStorePassword', 'KeyUsage'],
  ...['KmsKeyId', 'LookupAttributes', 'Mac', 'MacAlgorithm', 'Marker', 'MaxSessionDuration', 'Message'],
  ...['MessageType', 'MultiRegion', 'Name', 'NewCustomKeyStoreName', 'NewGroupName', 'NewPath', 'NextToken'],
  ...['NewUserName', 'OnlyAttached', 'OpenIDConnectProviderArn', 'Operations', 'Origin', 'Policy'],
  ...['PendingWindowInDays', 'PermissionsBoundary', 'PolicyArn', 'PolicyArns', 'PolicyExclusionList'],
  ...[
    'PolicyName',
    'PolicySourceArn',
    'PolicyUsageFilter',
    'PrimaryRegion',
    'ProvidedContexts',
    'ProviderId',
  ],
  ...['PublicKey', 'Recipient', 'ReplicaRegion', 'ResourceHandlingOption', 'ResourceId', 'ResourceIdList'],
  ...['ResourceOwner', 'RetiringPrincipal', 'RetiringServicePrincipal', 'RoleArn', 'RoleName', 'Status'],
  ...['RoleSessionName', 'RotationPeriodInDays', 'S3BucketName', 'SAMLProviderArn', 'Scope', 'SerialNumber'],
  ...['ServerCertificateName', 'SharedSecretCiphertextBlob', 'Signature', 'SigningAlgorithm', 'SnsTopicName'],
  ...['SourceEncryptionAlgorithm', 'SourceKeyId', 'StartTime', 'TargetKeyId', 'TokenCode', 'TrailName'],
  ...['TrustAnchorCertificate', 'Url', 'UserName', 'ValidTo', 'VersionId', 'WebIdentityToken', 'XksKeyId'],
  ...['WrappingAlgorithm', 'WrappingKeySpec', 'XksProxyAuthenticationCredential', 'XksProxyConnectivity'],
  ...['XksProxyUriEndpoint', 'XksProxyUriPath', 'XksProxyVpcEndpointServiceName', 'trailNameList'],
  ...['XksProxyVpcEndpointServiceOwner'],
])

/** The resources of the suite's account that inputs name. */
export type Named = {
  /** The key with all the grants, and a key whose policy is as expensive as possible. */
  readonly crowdedKey: string
  /** A ciphertext under {@link crowdedKey} with the largest encryption context. */
  readonly ciphertext: string
  /** The request ID of a refused call by a user with the maximum number of policies. */
  readonly refusedCall: string
}

const ON_CROWDED = ({ crowdedKey }: Named): SampleInput => ({ KeyId: crowdedKey })
/** The given number of encryption context pairs. One body can hold the largest context and one more. */
function pairs(count: number): SampleInput {
  return Object.fromEntries(numbered(count, (index) => [`p${index}`, 'v']))
}

const LARGEST_CONTEXT = widestValue({ type: 'map' }, 'EncryptionContext')

/** Members of one operation that differ from those of other operations. `undefined` omits a member. */
const OWN: Readonly<Record<string, (named: Named) => SampleInput>> = {
  'kms CreateGrant': () => ({
    GranteePrincipal: CROWD_ROLE_ARN,
    RetiringPrincipal: CROWD_ROLE_ARN,
    Operations: GRANT_OPERATIONS.filter((name) => OF_SYMMETRIC_KEYS.has(name)),
    Constraints: { EncryptionContextSubset: pairs(8), EncryptionContextEquals: pairs(8) },
  }),
  'kms CreateKey': () => ({ Policy: keyPolicy(220), Tags: kmsTags() }),
  'kms CreateCustomKeyStore': () => ({}),
  'kms Decrypt': ({ crowdedKey, ciphertext }) => ({ KeyId: crowdedKey, CiphertextBlob: ciphertext }),
  'kms DescribeCustomKeyStores': () => ({}),
  'kms GenerateDataKey': () => ({ KeySpec: undefined }),
  'kms GetKeyPolicy': ON_CROWDED,
  'kms GetKeyLastUsage': ON_CROWDED,
  'kms ListAliases': () => ({ Limit: 100 }),
  'kms ListGrants': ({ crowdedKey }) => ({ KeyId: crowdedKey, Limit: 100 }),
  'kms ListResourceTags': () => ({ Limit: 50 }),
  'kms ListRetirableGrants': () => ({ RetiringPrincipal: CROWD_ROLE_ARN, Limit: 100 }),
  'kms PutKeyPolicy': () => ({ Policy: keyPolicy(220) }),
  'kms ReEncrypt': ({ crowdedKey, ciphertext }) => ({
    ...{ SourceKeyId: crowdedKey, DestinationKeyId: crowdedKey, CiphertextBlob: ciphertext },
    ...{ SourceEncryptionContext: LARGEST_CONTEXT, DestinationEncryptionContext: pairs(1000) },
  }),
  'kms ReplicateKey': () => ({ Policy: keyPolicy(220), Tags: kmsTags() }),
  'kms TagResource': () => ({ Tags: kmsTags() }),
  'kms UntagResource': () => ({ TagKeys: numbered(50, tagKey) }),
  'kms Sign': () => ({ Message: Buffer.alloc(4096).toString('base64') }),
  'kms GenerateMac': () => ({ Message: Buffer.alloc(4096).toString('base64') }),
  'iam CreatePolicy': () => ({ PolicyDocument: paddedPolicy(6000, 100_000) }),
  'iam CreatePolicyVersion': () => ({ PolicyDocument: paddedPolicy(6000, 100_000) }),
  'iam CreateServiceLinkedRole': () => ({}),
  // The serial number, of at most 256 characters, includes the path.
  'iam CreateVirtualMFADevice': () => ({ Path: `/${'x'.repeat(60)}/` }),
  'iam PutGroupPolicy': () => ({ PolicyDocument: paddedPolicy(5000, 100_000) }),
  'iam PutRolePolicy': () => ({ PolicyDocument: paddedPolicy(10_000, 100_000) }),
  'iam UpdateAssumeRolePolicy': () => ({ PolicyDocument: trustPolicy() }),
  'iam ListPolicies': () => ({ Scope: 'All', MaxItems: 1000 }),
  'iam SimulateCustomPolicy': () => ({ ContextEntries: contextEntries(), ...SIMULATED }),
  'iam SimulatePrincipalPolicy': () => ({
    ...{ PolicySourceArn: CROWD_ROLE_ARN, ContextEntries: contextEntries(), ...SIMULATED },
  }),
  'iam GetContextKeysForPrincipalPolicy': () => ({ PolicySourceArn: CROWD_ROLE_ARN }),
  'sts AssumeRole': () => ({ Policy: sessionPolicy(), ...SESSION_TAGS, ExternalId: undefined }),
  'sts AssumeRoleWithWebIdentity': () => ({ Policy: sessionPolicy() }),
  'sts GetFederationToken': () => ({ Policy: sessionPolicy(), Tags: SESSION_TAGS.Tags }),
  'cloudtrail CreateTrail': () => ({ TagsList: VALUES['TagsList'] }),
  'cloudtrail LookupEvents': () => ({ LookupAttributes: undefined, StartTime: undefined }),
  'cloudtrail RemoveTags': () => ({ TagsList: numbered(50, (index) => ({ Key: tagKey(index) })) }),
  'holdfast ExplainCall': ({ refusedCall }) => ({ Id: refusedCall }),
  'holdfast GetKeyImpact': ON_CROWDED,
  'holdfast GetMaterialUsage': ON_CROWDED,
  'holdfast ListKeyAccess': ({ crowdedKey }) => ({ KeyId: crowdedKey, MaxResults: 1000 }),
  'holdfast CountEvents': () => ({
    ...{ LookupAttributes: undefined, StartTime: undefined, EndTime: undefined, Period: 600 },
  }),
  'holdfast ValidatePolicy': () => ({
    ...{ PolicyDocument: keyPolicy(220), PolicyType: 'RESOURCE_POLICY' },
    ValidatePolicyResourceType: undefined,
  }),
  'holdfast ListReports': () => ({ NextToken: undefined }),
  'holdfast StartReport': () => ({ UnusedDays: 1 }),
  'holdfast GetReport': () => ({ Day: '2026-11-25', FileType: 'HTML', NextToken: undefined }),
  'holdfast CreateAccount': () => ({ AccountId: undefined }),
  'holdfast ListKeySummaries': () => ({
    ...{ Filters: keyFilters(), Search: 'x'.repeat(512), CreatedAfter: 1, CreatedBefore: 4_000_000_000 },
    ...{ LastUsedAfter: undefined, LastUsedBefore: 4_000_000_000, MaxResults: 1000 },
    ...{ SortBy: 'Alias', SortOrder: 'DESCENDING' },
  }),
  'holdfast ListRefusals': () => ({ MaxResults: 1000 }),
  'holdfast SimulateCall': ({ crowdedKey }) => ({
    ...{ PrincipalArn: CROWD_ROLE_ARN, Action: 'kms:Encrypt', Context: simulatedContext() },
    ...{ Resource: crowdedKey, SessionPolicy: sessionPolicy() },
  }),
  'holdfast WhatIfIdentityPolicy': () => ({
    ...{ PolicyArn: CROWD_POLICY_ARN, PolicyDocument: paddedPolicy(6000, 100_000), MaxResults: 1000 },
    ...{ PolicyName: undefined, UserName: undefined, GroupName: undefined, RoleName: undefined },
  }),
  'holdfast WhatIfTrustPolicy': () => ({
    ...{ RoleName: CROWD_ROLE, PolicyDocument: trustPolicy(), MaxResults: 1000 },
  }),
  'holdfast WhatIfControlPolicy': () => ({
    ...{ PolicyType: 'SERVICE_CONTROL_POLICY', Name: 'own', MaxResults: 1000 },
    Content: paddedPolicy(5000, 5000),
  }),
  'holdfast WhatIfPolicy': ({ crowdedKey }) => ({
    ...{ KeyId: crowdedKey, Policy: keyPolicy(220), MaxResults: 1000 },
  }),
  // One day of calls. At this call rate, a longer period has more counts than one response may sum up.
  'holdfast GetUsage': () => ({ StartTime: Math.floor(Date.now() / 1000) - 86_400, MaxResults: 1000 }),
}

const OF_SYMMETRIC_KEYS: ReadonlySet<string> = new Set([
  ...['Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'ReEncryptFrom'],
  ...['ReEncryptTo', 'CreateGrant', 'RetireGrant', 'DescribeKey', 'GenerateDataKeyPair'],
  ...['GenerateDataKeyPairWithoutPlaintext'],
])

/**
 * A simulation has at most 10,000 pairs, and a form 1 MiB and 2,000 parameters. These values leave room for the other
 * members.
 */
const SIMULATED: SampleInput = { PolicyInputList: numbered(5, () => paddedPolicy(60_000, 60_000)) }

/** The size limit of a session token applies after packing. Tags of this size fit. */
const SESSION_TAGS = {
  Tags: numbered(10, (index) => ({ Key: tagKey(index).slice(-20), Value: 'v'.repeat(20) })),
  TransitiveTagKeys: numbered(10, (index) => tagKey(index).slice(-20)),
}

/** The name by which the table finds an operation's own values. */
type OperationName = { readonly service: string; readonly operation: string }

/**
 * The most expensive legal input of an operation: the sample's values, and every other member at its maximum size.
 * @throws Error for a member without a rule.
 */
export function expensiveInput(
  { service, operation }: OperationName,
  members: Members,
  sample: SampleInput,
  named: Named,
): SampleInput {
  const own = OWN[`${service} ${operation}`]?.(named) ?? {}
  const input: Record<string, unknown> = {}
  for (const [name, { data }] of Object.entries(members)) {
    if (Object.hasOwn(own, name)) input[name] = own[name]
    else if (Object.hasOwn(VALUES, name)) input[name] = VALUES[name]
    else if (WIDEST.has(name)) input[name] = widestValue(data, name)
    else if (AS_IN_SAMPLE.has(name)) input[name] = sample[name]
    else throw new Error(`bench/neighbours/inputs.ts has no value for ${name} of ${operation}`)
  }
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
}

/** Entries of {@link OWN} that match no operation. */
export function unknownOwn(known: readonly OperationName[]): readonly string[] {
  const names = new Set(known.map(({ service, operation }) => `${service} ${operation}`))
  return Object.keys(OWN).filter((name) => !names.has(name))
}

function numbered<T>(count: number, itemOf: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => itemOf(index))
}

function tagKey(index: number): string {
  return `tag-${index}`.padStart(128, 'k')
}

/** Filters that examine every text of every key and exclude none. */
function keyFilters(): readonly object[] {
  const Values = numbered(10, (index) => `!${index}`.padEnd(512, 'y'))
  return numbered(10, () => ({ Name: 'Description', Values }))
}

function kmsTags(): readonly object[] {
  return numbered(50, (index) => ({ TagKey: tagKey(index), TagValue: 'v'.repeat(256) }))
}

function simulatedContext(): readonly object[] {
  return numbered(100, (index) => ({
    Key: `kms:EncryptionContext:${index}`,
    Values: numbered(10, (value) => `value-${value}`),
  }))
}

function contextEntries(): readonly object[] {
  return numbered(100, (index) => ({
    ContextKeyName: `kms:EncryptionContext:${index}`,
    ContextKeyValues: numbered(10, (value) => `value-${value}`),
    ContextKeyType: 'stringList',
  }))
}
