/** Written by `npm run docs` from the facts of the server's operations: do not edit. */

/** Bytes in base64. */
export type Base64 = string
/** Seconds since 1970. */
export type Seconds = number

/** Inputs and answers of the operations. */
export type IamOperations = {
  AddClientIDToOpenIDConnectProvider: {
    readonly input: { readonly OpenIDConnectProviderArn: string; readonly ClientID: string }
    readonly output: Record<string, never>
  }
  AddRoleToInstanceProfile: {
    readonly input: { readonly InstanceProfileName: string; readonly RoleName: string }
    readonly output: Record<string, never>
  }
  AddUserToGroup: {
    readonly input: { readonly GroupName: string; readonly UserName: string }
    readonly output: Record<string, never>
  }
  AssumeRole: {
    readonly input: { readonly RoleArn: string; readonly RoleSessionName: string; readonly PolicyArns?: readonly ({ readonly arn?: string })[]; readonly Policy?: string; readonly DurationSeconds?: number; readonly Tags?: readonly ({ readonly Key: string; readonly Value: string })[]; readonly TransitiveTagKeys?: readonly (string)[]; readonly ExternalId?: string; readonly SerialNumber?: string; readonly TokenCode?: string; readonly SourceIdentity?: string; readonly ProvidedContexts?: readonly ({ readonly ProviderArn?: string; readonly ContextAssertion?: string })[] }
    readonly output: { readonly AssumedRoleUser?: { readonly Arn?: string; readonly AssumedRoleId?: string }; readonly Credentials?: { readonly AccessKeyId?: string; readonly Expiration?: Seconds; readonly SecretAccessKey?: string; readonly SessionToken?: string }; readonly PackedPolicySize?: number; readonly SourceIdentity?: string }
  }
  AssumeRoleWithWebIdentity: {
    readonly input: { readonly RoleArn: string; readonly RoleSessionName: string; readonly WebIdentityToken: string; readonly ProviderId?: string; readonly PolicyArns?: readonly ({ readonly arn?: string })[]; readonly Policy?: string; readonly DurationSeconds?: number }
    readonly output: { readonly AssumedRoleUser?: { readonly Arn?: string; readonly AssumedRoleId?: string }; readonly Audience?: string; readonly Credentials?: { readonly AccessKeyId?: string; readonly Expiration?: Seconds; readonly SecretAccessKey?: string; readonly SessionToken?: string }; readonly PackedPolicySize?: number; readonly Provider?: string; readonly SourceIdentity?: string; readonly SubjectFromWebIdentityToken?: string }
  }
  AttachGroupPolicy: {
    readonly input: { readonly GroupName: string; readonly PolicyArn: string }
    readonly output: Record<string, never>
  }
  AttachRolePolicy: {
    readonly input: { readonly RoleName: string; readonly PolicyArn: string }
    readonly output: Record<string, never>
  }
  AttachUserPolicy: {
    readonly input: { readonly UserName: string; readonly PolicyArn: string }
    readonly output: Record<string, never>
  }
  ChangePassword: {
    readonly input: { readonly OldPassword: string; readonly NewPassword: string }
    readonly output: Record<string, never>
  }
  CreateAccessKey: {
    readonly input: { readonly UserName?: string }
    readonly output: { readonly AccessKey?: { readonly AccessKeyId?: string; readonly CreateDate?: Seconds; readonly SecretAccessKey?: string; readonly Status?: string; readonly UserName?: string } }
  }
  CreateAccountAlias: {
    readonly input: { readonly AccountAlias: string }
    readonly output: Record<string, never>
  }
  CreateGroup: {
    readonly input: { readonly Path?: string; readonly GroupName: string }
    readonly output: { readonly Group?: { readonly Arn?: string; readonly CreateDate?: Seconds; readonly GroupId?: string; readonly GroupName?: string; readonly Path?: string } }
  }
  CreateInstanceProfile: {
    readonly input: { readonly InstanceProfileName: string; readonly Path?: string; readonly Tags?: readonly ({ readonly Key: string; readonly Value: string })[] }
    readonly output: { readonly InstanceProfile?: { readonly Arn?: string; readonly CreateDate?: Seconds; readonly InstanceProfileId?: string; readonly InstanceProfileName?: string; readonly Path?: string; readonly Roles?: readonly ({ readonly Arn?: string; readonly AssumeRolePolicyDocument?: string; readonly CreateDate?: Seconds; readonly Description?: string; readonly MaxSessionDuration?: number; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly RoleId?: string; readonly RoleLastUsed?: { readonly LastUsedDate?: Seconds; readonly Region?: string }; readonly RoleName?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] })[]; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] } }
  }
  CreateLoginProfile: {
    readonly input: { readonly UserName?: string; readonly Password: string; readonly PasswordResetRequired?: boolean }
    readonly output: { readonly LoginProfile?: { readonly CreateDate?: Seconds; readonly PasswordResetRequired?: boolean; readonly UserName?: string } }
  }
  CreateOpenIDConnectProvider: {
    readonly input: { readonly Url: string; readonly ClientIDList?: readonly (string)[]; readonly ThumbprintList?: readonly (string)[]; readonly Tags?: readonly ({ readonly Key: string; readonly Value: string })[] }
    readonly output: { readonly OpenIDConnectProviderArn?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] }
  }
  CreatePolicy: {
    readonly input: { readonly PolicyName: string; readonly Path?: string; readonly PolicyDocument: string; readonly Description?: string; readonly Tags?: readonly ({ readonly Key: string; readonly Value: string })[] }
    readonly output: { readonly Policy?: { readonly Arn?: string; readonly AttachmentCount?: number; readonly CreateDate?: Seconds; readonly DefaultVersionId?: string; readonly Description?: string; readonly IsAttachable?: boolean; readonly Path?: string; readonly PermissionsBoundaryUsageCount?: number; readonly PolicyId?: string; readonly PolicyName?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[]; readonly UpdateDate?: Seconds } }
  }
  CreatePolicyVersion: {
    readonly input: { readonly PolicyArn: string; readonly PolicyDocument: string; readonly SetAsDefault?: boolean; readonly ExpectedPolicyDocument?: string }
    readonly output: { readonly PolicyVersion?: { readonly CreateDate?: Seconds; readonly Document?: string; readonly IsDefaultVersion?: boolean; readonly VersionId?: string } }
  }
  CreateRole: {
    readonly input: { readonly Path?: string; readonly RoleName: string; readonly AssumeRolePolicyDocument: string; readonly Description?: string; readonly MaxSessionDuration?: number; readonly PermissionsBoundary?: string; readonly Tags?: readonly ({ readonly Key: string; readonly Value: string })[] }
    readonly output: { readonly Role?: { readonly Arn?: string; readonly AssumeRolePolicyDocument?: string; readonly CreateDate?: Seconds; readonly Description?: string; readonly MaxSessionDuration?: number; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly RoleId?: string; readonly RoleLastUsed?: { readonly LastUsedDate?: Seconds; readonly Region?: string }; readonly RoleName?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] } }
  }
  CreateServiceLinkedRole: {
    readonly input: { readonly AWSServiceName: string; readonly Description?: string; readonly CustomSuffix?: string }
    readonly output: { readonly Role?: { readonly Arn?: string; readonly AssumeRolePolicyDocument?: string; readonly CreateDate?: Seconds; readonly Description?: string; readonly MaxSessionDuration?: number; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly RoleId?: string; readonly RoleLastUsed?: { readonly LastUsedDate?: Seconds; readonly Region?: string }; readonly RoleName?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] } }
  }
  CreateUser: {
    readonly input: { readonly Path?: string; readonly UserName: string; readonly PermissionsBoundary?: string; readonly Tags?: readonly ({ readonly Key: string; readonly Value: string })[] }
    readonly output: { readonly User?: { readonly Arn?: string; readonly CreateDate?: Seconds; readonly PasswordLastUsed?: Seconds; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[]; readonly UserId?: string; readonly UserName?: string } }
  }
  CreateVirtualMFADevice: {
    readonly input: { readonly Path?: string; readonly VirtualMFADeviceName: string; readonly Tags?: readonly ({ readonly Key: string; readonly Value: string })[] }
    readonly output: { readonly VirtualMFADevice?: { readonly Base32StringSeed?: Base64; readonly EnableDate?: Seconds; readonly QRCodePNG?: Base64; readonly SerialNumber?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[]; readonly User?: { readonly Arn?: string; readonly CreateDate?: Seconds; readonly PasswordLastUsed?: Seconds; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[]; readonly UserId?: string; readonly UserName?: string } } }
  }
  DeactivateMFADevice: {
    readonly input: { readonly UserName?: string; readonly SerialNumber: string }
    readonly output: Record<string, never>
  }
  DecodeAuthorizationMessage: {
    readonly input: { readonly EncodedMessage: string }
    readonly output: { readonly DecodedMessage?: string }
  }
  DeleteAccessKey: {
    readonly input: { readonly UserName?: string; readonly AccessKeyId: string }
    readonly output: Record<string, never>
  }
  DeleteAccountAlias: {
    readonly input: { readonly AccountAlias: string }
    readonly output: Record<string, never>
  }
  DeleteAccountPasswordPolicy: {
    readonly input: Record<string, never>
    readonly output: Record<string, never>
  }
  DeleteGroup: {
    readonly input: { readonly GroupName: string }
    readonly output: Record<string, never>
  }
  DeleteGroupPolicy: {
    readonly input: { readonly GroupName: string; readonly PolicyName: string }
    readonly output: Record<string, never>
  }
  DeleteInstanceProfile: {
    readonly input: { readonly InstanceProfileName: string }
    readonly output: Record<string, never>
  }
  DeleteLoginProfile: {
    readonly input: { readonly UserName?: string }
    readonly output: Record<string, never>
  }
  DeleteOpenIDConnectProvider: {
    readonly input: { readonly OpenIDConnectProviderArn: string }
    readonly output: Record<string, never>
  }
  DeletePolicy: {
    readonly input: { readonly PolicyArn: string }
    readonly output: Record<string, never>
  }
  DeletePolicyVersion: {
    readonly input: { readonly PolicyArn: string; readonly VersionId: string }
    readonly output: Record<string, never>
  }
  DeleteRole: {
    readonly input: { readonly RoleName: string }
    readonly output: Record<string, never>
  }
  DeleteRolePermissionsBoundary: {
    readonly input: { readonly RoleName: string }
    readonly output: Record<string, never>
  }
  DeleteRolePolicy: {
    readonly input: { readonly RoleName: string; readonly PolicyName: string }
    readonly output: Record<string, never>
  }
  DeleteServiceLinkedRole: {
    readonly input: { readonly RoleName: string }
    readonly output: { readonly DeletionTaskId?: string }
  }
  DeleteUser: {
    readonly input: { readonly UserName: string }
    readonly output: Record<string, never>
  }
  DeleteUserPermissionsBoundary: {
    readonly input: { readonly UserName: string }
    readonly output: Record<string, never>
  }
  DeleteUserPolicy: {
    readonly input: { readonly UserName: string; readonly PolicyName: string }
    readonly output: Record<string, never>
  }
  DeleteVirtualMFADevice: {
    readonly input: { readonly SerialNumber: string }
    readonly output: Record<string, never>
  }
  DetachGroupPolicy: {
    readonly input: { readonly GroupName: string; readonly PolicyArn: string }
    readonly output: Record<string, never>
  }
  DetachRolePolicy: {
    readonly input: { readonly RoleName: string; readonly PolicyArn: string }
    readonly output: Record<string, never>
  }
  DetachUserPolicy: {
    readonly input: { readonly UserName: string; readonly PolicyArn: string }
    readonly output: Record<string, never>
  }
  EnableMFADevice: {
    readonly input: { readonly UserName: string; readonly SerialNumber: string; readonly AuthenticationCode1: string; readonly AuthenticationCode2: string }
    readonly output: Record<string, never>
  }
  GenerateCredentialReport: {
    readonly input: Record<string, never>
    readonly output: { readonly State?: string }
  }
  GetAccessKeyInfo: {
    readonly input: { readonly AccessKeyId: string }
    readonly output: { readonly Account?: string }
  }
  GetAccessKeyLastUsed: {
    readonly input: { readonly AccessKeyId: string }
    readonly output: { readonly AccessKeyLastUsed?: { readonly LastUsedDate?: Seconds; readonly Region?: string; readonly ServiceName?: string }; readonly UserName?: string }
  }
  GetAccountAuthorizationDetails: {
    readonly input: { readonly Filter?: readonly ('User' | 'Role' | 'Group' | 'LocalManagedPolicy' | 'AWSManagedPolicy')[]; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly GroupDetailList?: readonly ({ readonly Arn?: string; readonly AttachedManagedPolicies?: readonly ({ readonly PolicyArn?: string; readonly PolicyName?: string })[]; readonly CreateDate?: Seconds; readonly GroupId?: string; readonly GroupName?: string; readonly GroupPolicyList?: readonly ({ readonly PolicyDocument?: string; readonly PolicyName?: string })[]; readonly Path?: string })[]; readonly IsTruncated?: boolean; readonly Marker?: string; readonly Policies?: readonly ({ readonly Arn?: string; readonly AttachmentCount?: number; readonly CreateDate?: Seconds; readonly DefaultVersionId?: string; readonly Description?: string; readonly IsAttachable?: boolean; readonly Path?: string; readonly PermissionsBoundaryUsageCount?: number; readonly PolicyId?: string; readonly PolicyName?: string; readonly PolicyVersionList?: readonly ({ readonly CreateDate?: Seconds; readonly Document?: string; readonly IsDefaultVersion?: boolean; readonly VersionId?: string })[]; readonly UpdateDate?: Seconds })[]; readonly RoleDetailList?: readonly ({ readonly Arn?: string; readonly AssumeRolePolicyDocument?: string; readonly AttachedManagedPolicies?: readonly ({ readonly PolicyArn?: string; readonly PolicyName?: string })[]; readonly CreateDate?: Seconds; readonly InstanceProfileList?: readonly ({ readonly Arn?: string; readonly CreateDate?: Seconds; readonly InstanceProfileId?: string; readonly InstanceProfileName?: string; readonly Path?: string; readonly Roles?: readonly ({ readonly Arn?: string; readonly AssumeRolePolicyDocument?: string; readonly CreateDate?: Seconds; readonly Description?: string; readonly MaxSessionDuration?: number; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly RoleId?: string; readonly RoleLastUsed?: { readonly LastUsedDate?: Seconds; readonly Region?: string }; readonly RoleName?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] })[]; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] })[]; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly RoleId?: string; readonly RoleLastUsed?: { readonly LastUsedDate?: Seconds; readonly Region?: string }; readonly RoleName?: string; readonly RolePolicyList?: readonly ({ readonly PolicyDocument?: string; readonly PolicyName?: string })[]; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] })[]; readonly UserDetailList?: readonly ({ readonly Arn?: string; readonly AttachedManagedPolicies?: readonly ({ readonly PolicyArn?: string; readonly PolicyName?: string })[]; readonly CreateDate?: Seconds; readonly GroupList?: readonly (string)[]; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[]; readonly UserId?: string; readonly UserName?: string; readonly UserPolicyList?: readonly ({ readonly PolicyDocument?: string; readonly PolicyName?: string })[] })[] }
  }
  GetAccountPasswordPolicy: {
    readonly input: Record<string, never>
    readonly output: { readonly PasswordPolicy?: { readonly MinimumPasswordLength?: number; readonly RequireSymbols?: boolean; readonly RequireNumbers?: boolean; readonly RequireUppercaseCharacters?: boolean; readonly RequireLowercaseCharacters?: boolean; readonly AllowUsersToChangePassword?: boolean; readonly ExpirePasswords?: boolean; readonly MaxPasswordAge?: number; readonly PasswordReusePrevention?: number; readonly HardExpiry?: boolean } }
  }
  GetAccountSummary: {
    readonly input: Record<string, never>
    readonly output: { readonly SummaryMap?: Readonly<Record<string, string>> }
  }
  GetCallerIdentity: {
    readonly input: Record<string, never>
    readonly output: { readonly Account?: string; readonly Arn?: string; readonly UserId?: string }
  }
  GetContextKeysForCustomPolicy: {
    readonly input: { readonly PolicyInputList: readonly (string)[] }
    readonly output: { readonly ContextKeyNames?: readonly (string)[] }
  }
  GetContextKeysForPrincipalPolicy: {
    readonly input: { readonly PolicySourceArn: string; readonly PolicyInputList?: readonly (string)[] }
    readonly output: { readonly ContextKeyNames?: readonly (string)[] }
  }
  GetCredentialReport: {
    readonly input: Record<string, never>
    readonly output: { readonly Content?: Base64; readonly ReportFormat?: string; readonly GeneratedTime?: Seconds }
  }
  GetFederationToken: {
    readonly input: { readonly Name: string; readonly Policy?: string; readonly PolicyArns?: readonly ({ readonly arn?: string })[]; readonly DurationSeconds?: number; readonly Tags?: readonly ({ readonly Key: string; readonly Value: string })[] }
    readonly output: { readonly Credentials?: { readonly AccessKeyId?: string; readonly Expiration?: Seconds; readonly SecretAccessKey?: string; readonly SessionToken?: string }; readonly FederatedUser?: { readonly Arn?: string; readonly FederatedUserId?: string }; readonly PackedPolicySize?: number }
  }
  GetGroup: {
    readonly input: { readonly GroupName: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly Group?: { readonly Arn?: string; readonly CreateDate?: Seconds; readonly GroupId?: string; readonly GroupName?: string; readonly Path?: string }; readonly IsTruncated?: boolean; readonly Marker?: string; readonly Users?: readonly ({ readonly Arn?: string; readonly CreateDate?: Seconds; readonly PasswordLastUsed?: Seconds; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[]; readonly UserId?: string; readonly UserName?: string })[] }
  }
  GetGroupPolicy: {
    readonly input: { readonly GroupName: string; readonly PolicyName: string }
    readonly output: { readonly UserName?: string; readonly GroupName?: string; readonly RoleName?: string; readonly PolicyName?: string; readonly PolicyDocument?: string }
  }
  GetInstanceProfile: {
    readonly input: { readonly InstanceProfileName: string }
    readonly output: { readonly InstanceProfile?: { readonly Arn?: string; readonly CreateDate?: Seconds; readonly InstanceProfileId?: string; readonly InstanceProfileName?: string; readonly Path?: string; readonly Roles?: readonly ({ readonly Arn?: string; readonly AssumeRolePolicyDocument?: string; readonly CreateDate?: Seconds; readonly Description?: string; readonly MaxSessionDuration?: number; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly RoleId?: string; readonly RoleLastUsed?: { readonly LastUsedDate?: Seconds; readonly Region?: string }; readonly RoleName?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] })[]; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] } }
  }
  GetLoginProfile: {
    readonly input: { readonly UserName?: string }
    readonly output: { readonly LoginProfile?: { readonly CreateDate?: Seconds; readonly PasswordResetRequired?: boolean; readonly UserName?: string } }
  }
  GetMFADevice: {
    readonly input: { readonly SerialNumber: string; readonly UserName?: string }
    readonly output: { readonly UserName?: string; readonly SerialNumber?: string; readonly EnableDate?: Seconds; readonly Certifications?: Readonly<Record<string, string>> }
  }
  GetOpenIDConnectProvider: {
    readonly input: { readonly OpenIDConnectProviderArn: string }
    readonly output: { readonly ClientIDList?: readonly (string)[]; readonly CreateDate?: Seconds; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[]; readonly ThumbprintList?: readonly (string)[]; readonly Url?: string }
  }
  GetPolicy: {
    readonly input: { readonly PolicyArn: string }
    readonly output: { readonly Policy?: { readonly Arn?: string; readonly AttachmentCount?: number; readonly CreateDate?: Seconds; readonly DefaultVersionId?: string; readonly Description?: string; readonly IsAttachable?: boolean; readonly Path?: string; readonly PermissionsBoundaryUsageCount?: number; readonly PolicyId?: string; readonly PolicyName?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[]; readonly UpdateDate?: Seconds } }
  }
  GetPolicyVersion: {
    readonly input: { readonly PolicyArn: string; readonly VersionId: string }
    readonly output: { readonly PolicyVersion?: { readonly CreateDate?: Seconds; readonly Document?: string; readonly IsDefaultVersion?: boolean; readonly VersionId?: string } }
  }
  GetRole: {
    readonly input: { readonly RoleName: string }
    readonly output: { readonly Role?: { readonly Arn?: string; readonly AssumeRolePolicyDocument?: string; readonly CreateDate?: Seconds; readonly Description?: string; readonly MaxSessionDuration?: number; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly RoleId?: string; readonly RoleLastUsed?: { readonly LastUsedDate?: Seconds; readonly Region?: string }; readonly RoleName?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] } }
  }
  GetRolePolicy: {
    readonly input: { readonly RoleName: string; readonly PolicyName: string }
    readonly output: { readonly UserName?: string; readonly GroupName?: string; readonly RoleName?: string; readonly PolicyName?: string; readonly PolicyDocument?: string }
  }
  GetSAMLProvider: {
    readonly input: { readonly SAMLProviderArn: string }
    readonly output: Record<string, never>
  }
  GetServerCertificate: {
    readonly input: { readonly ServerCertificateName: string }
    readonly output: Record<string, never>
  }
  GetServiceLinkedRoleDeletionStatus: {
    readonly input: { readonly DeletionTaskId: string }
    readonly output: { readonly Status?: string }
  }
  GetSessionToken: {
    readonly input: { readonly DurationSeconds?: number; readonly SerialNumber?: string; readonly TokenCode?: string }
    readonly output: { readonly Credentials?: { readonly AccessKeyId?: string; readonly Expiration?: Seconds; readonly SecretAccessKey?: string; readonly SessionToken?: string } }
  }
  GetUser: {
    readonly input: { readonly UserName?: string }
    readonly output: { readonly User?: { readonly Arn?: string; readonly CreateDate?: Seconds; readonly PasswordLastUsed?: Seconds; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[]; readonly UserId?: string; readonly UserName?: string } }
  }
  GetUserPolicy: {
    readonly input: { readonly UserName: string; readonly PolicyName: string }
    readonly output: { readonly UserName?: string; readonly GroupName?: string; readonly RoleName?: string; readonly PolicyName?: string; readonly PolicyDocument?: string }
  }
  ListAccessKeys: {
    readonly input: { readonly UserName?: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly UserName?: string; readonly AccessKeyMetadata?: readonly ({ readonly AccessKeyId?: string; readonly CreateDate?: Seconds; readonly Status?: string; readonly UserName?: string })[]; readonly IsTruncated?: boolean; readonly Marker?: string }
  }
  ListAccountAliases: {
    readonly input: { readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly AccountAliases?: readonly (string)[]; readonly IsTruncated?: boolean; readonly Marker?: string }
  }
  ListAttachedGroupPolicies: {
    readonly input: { readonly GroupName: string; readonly PathPrefix?: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly AttachedPolicies?: readonly ({ readonly PolicyArn?: string; readonly PolicyName?: string })[] }
  }
  ListAttachedRolePolicies: {
    readonly input: { readonly RoleName: string; readonly PathPrefix?: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly AttachedPolicies?: readonly ({ readonly PolicyArn?: string; readonly PolicyName?: string })[] }
  }
  ListAttachedUserPolicies: {
    readonly input: { readonly UserName: string; readonly PathPrefix?: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly AttachedPolicies?: readonly ({ readonly PolicyArn?: string; readonly PolicyName?: string })[] }
  }
  ListEntitiesForPolicy: {
    readonly input: { readonly PolicyArn: string; readonly EntityFilter?: 'User' | 'Role' | 'Group' | 'LocalManagedPolicy' | 'AWSManagedPolicy'; readonly PathPrefix?: string; readonly PolicyUsageFilter?: 'PermissionsPolicy' | 'PermissionsBoundary'; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly PolicyGroups?: readonly ({ readonly GroupId?: string; readonly GroupName?: string })[]; readonly PolicyRoles?: readonly ({ readonly RoleId?: string; readonly RoleName?: string })[]; readonly PolicyUsers?: readonly ({ readonly UserId?: string; readonly UserName?: string })[] }
  }
  ListGroupPolicies: {
    readonly input: { readonly GroupName: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly PolicyNames?: readonly (string)[] }
  }
  ListGroups: {
    readonly input: { readonly PathPrefix?: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly Groups?: readonly ({ readonly Arn?: string; readonly CreateDate?: Seconds; readonly GroupId?: string; readonly GroupName?: string; readonly Path?: string })[]; readonly IsTruncated?: boolean; readonly Marker?: string }
  }
  ListGroupsForUser: {
    readonly input: { readonly UserName: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly Groups?: readonly ({ readonly Arn?: string; readonly CreateDate?: Seconds; readonly GroupId?: string; readonly GroupName?: string; readonly Path?: string })[]; readonly IsTruncated?: boolean; readonly Marker?: string }
  }
  ListInstanceProfileTags: {
    readonly input: { readonly InstanceProfileName: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] }
  }
  ListInstanceProfiles: {
    readonly input: { readonly PathPrefix?: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly InstanceProfiles?: readonly ({ readonly Arn?: string; readonly CreateDate?: Seconds; readonly InstanceProfileId?: string; readonly InstanceProfileName?: string; readonly Path?: string; readonly Roles?: readonly ({ readonly Arn?: string; readonly AssumeRolePolicyDocument?: string; readonly CreateDate?: Seconds; readonly Description?: string; readonly MaxSessionDuration?: number; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly RoleId?: string; readonly RoleLastUsed?: { readonly LastUsedDate?: Seconds; readonly Region?: string }; readonly RoleName?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] })[]; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] })[]; readonly IsTruncated?: boolean; readonly Marker?: string }
  }
  ListInstanceProfilesForRole: {
    readonly input: { readonly RoleName: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly InstanceProfiles?: readonly ({ readonly Arn?: string; readonly CreateDate?: Seconds; readonly InstanceProfileId?: string; readonly InstanceProfileName?: string; readonly Path?: string; readonly Roles?: readonly ({ readonly Arn?: string; readonly AssumeRolePolicyDocument?: string; readonly CreateDate?: Seconds; readonly Description?: string; readonly MaxSessionDuration?: number; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly RoleId?: string; readonly RoleLastUsed?: { readonly LastUsedDate?: Seconds; readonly Region?: string }; readonly RoleName?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] })[]; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] })[]; readonly IsTruncated?: boolean; readonly Marker?: string }
  }
  ListMFADeviceTags: {
    readonly input: { readonly SerialNumber: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] }
  }
  ListMFADevices: {
    readonly input: { readonly UserName?: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly MFADevices?: readonly ({ readonly EnableDate?: Seconds; readonly SerialNumber?: string; readonly UserName?: string })[]; readonly IsTruncated?: boolean; readonly Marker?: string }
  }
  ListOpenIDConnectProviderTags: {
    readonly input: { readonly OpenIDConnectProviderArn: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] }
  }
  ListOpenIDConnectProviders: {
    readonly input: Record<string, never>
    readonly output: { readonly OpenIDConnectProviderList?: readonly ({ readonly Arn?: string })[] }
  }
  ListPolicies: {
    readonly input: { readonly Scope?: 'All' | 'AWS' | 'Local'; readonly OnlyAttached?: boolean; readonly PathPrefix?: string; readonly PolicyUsageFilter?: 'PermissionsPolicy' | 'PermissionsBoundary'; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly Policies?: readonly ({ readonly Arn?: string; readonly AttachmentCount?: number; readonly CreateDate?: Seconds; readonly DefaultVersionId?: string; readonly Description?: string; readonly IsAttachable?: boolean; readonly Path?: string; readonly PermissionsBoundaryUsageCount?: number; readonly PolicyId?: string; readonly PolicyName?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[]; readonly UpdateDate?: Seconds })[] }
  }
  ListPolicyTags: {
    readonly input: { readonly PolicyArn: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] }
  }
  ListPolicyVersions: {
    readonly input: { readonly PolicyArn: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly Versions?: readonly ({ readonly CreateDate?: Seconds; readonly Document?: string; readonly IsDefaultVersion?: boolean; readonly VersionId?: string })[] }
  }
  ListRolePolicies: {
    readonly input: { readonly RoleName: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly PolicyNames?: readonly (string)[] }
  }
  ListRoleTags: {
    readonly input: { readonly RoleName: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] }
  }
  ListRoles: {
    readonly input: { readonly PathPrefix?: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly Roles?: readonly ({ readonly Arn?: string; readonly AssumeRolePolicyDocument?: string; readonly CreateDate?: Seconds; readonly Description?: string; readonly MaxSessionDuration?: number; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly RoleId?: string; readonly RoleLastUsed?: { readonly LastUsedDate?: Seconds; readonly Region?: string }; readonly RoleName?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] })[] }
  }
  ListSAMLProviders: {
    readonly input: Record<string, never>
    readonly output: { readonly SAMLProviderList?: readonly (string)[] }
  }
  ListSSHPublicKeys: {
    readonly input: { readonly UserName?: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly SSHPublicKeys?: readonly (string)[]; readonly ServiceSpecificCredentials?: readonly (string)[]; readonly Certificates?: readonly (string)[]; readonly IsTruncated?: boolean; readonly Marker?: string }
  }
  ListServerCertificates: {
    readonly input: { readonly PathPrefix?: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly ServerCertificateMetadataList?: readonly (string)[]; readonly IsTruncated?: boolean; readonly Marker?: string }
  }
  ListServiceSpecificCredentials: {
    readonly input: { readonly UserName?: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly SSHPublicKeys?: readonly (string)[]; readonly ServiceSpecificCredentials?: readonly (string)[]; readonly Certificates?: readonly (string)[]; readonly IsTruncated?: boolean; readonly Marker?: string }
  }
  ListSigningCertificates: {
    readonly input: { readonly UserName?: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly SSHPublicKeys?: readonly (string)[]; readonly ServiceSpecificCredentials?: readonly (string)[]; readonly Certificates?: readonly (string)[]; readonly IsTruncated?: boolean; readonly Marker?: string }
  }
  ListUserPolicies: {
    readonly input: { readonly UserName: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly PolicyNames?: readonly (string)[] }
  }
  ListUserTags: {
    readonly input: { readonly UserName: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] }
  }
  ListUsers: {
    readonly input: { readonly PathPrefix?: string; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly IsTruncated?: boolean; readonly Marker?: string; readonly Users?: readonly ({ readonly Arn?: string; readonly CreateDate?: Seconds; readonly PasswordLastUsed?: Seconds; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[]; readonly UserId?: string; readonly UserName?: string })[] }
  }
  ListVirtualMFADevices: {
    readonly input: { readonly AssignmentStatus?: 'Assigned' | 'Unassigned' | 'Any'; readonly Marker?: string; readonly MaxItems?: number }
    readonly output: { readonly VirtualMFADevices?: readonly ({ readonly Base32StringSeed?: Base64; readonly EnableDate?: Seconds; readonly QRCodePNG?: Base64; readonly SerialNumber?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[]; readonly User?: { readonly Arn?: string; readonly CreateDate?: Seconds; readonly PasswordLastUsed?: Seconds; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[]; readonly UserId?: string; readonly UserName?: string } })[]; readonly IsTruncated?: boolean; readonly Marker?: string }
  }
  PutGroupPolicy: {
    readonly input: { readonly GroupName: string; readonly PolicyName: string; readonly PolicyDocument: string; readonly ExpectedPolicyDocument?: string }
    readonly output: Record<string, never>
  }
  PutRolePermissionsBoundary: {
    readonly input: { readonly RoleName: string; readonly PermissionsBoundary: string }
    readonly output: Record<string, never>
  }
  PutRolePolicy: {
    readonly input: { readonly RoleName: string; readonly PolicyName: string; readonly PolicyDocument: string; readonly ExpectedPolicyDocument?: string }
    readonly output: Record<string, never>
  }
  PutUserPermissionsBoundary: {
    readonly input: { readonly UserName: string; readonly PermissionsBoundary: string }
    readonly output: Record<string, never>
  }
  PutUserPolicy: {
    readonly input: { readonly UserName: string; readonly PolicyName: string; readonly PolicyDocument: string; readonly ExpectedPolicyDocument?: string }
    readonly output: Record<string, never>
  }
  RemoveClientIDFromOpenIDConnectProvider: {
    readonly input: { readonly OpenIDConnectProviderArn: string; readonly ClientID: string }
    readonly output: Record<string, never>
  }
  RemoveRoleFromInstanceProfile: {
    readonly input: { readonly InstanceProfileName: string; readonly RoleName: string }
    readonly output: Record<string, never>
  }
  RemoveUserFromGroup: {
    readonly input: { readonly GroupName: string; readonly UserName: string }
    readonly output: Record<string, never>
  }
  ResyncMFADevice: {
    readonly input: { readonly UserName: string; readonly SerialNumber: string; readonly AuthenticationCode1: string; readonly AuthenticationCode2: string }
    readonly output: Record<string, never>
  }
  SetDefaultPolicyVersion: {
    readonly input: { readonly PolicyArn: string; readonly VersionId: string }
    readonly output: Record<string, never>
  }
  SetSecurityTokenServicePreferences: {
    readonly input: { readonly GlobalEndpointTokenVersion: 'v1Token' | 'v2Token' }
    readonly output: Record<string, never>
  }
  SimulateCustomPolicy: {
    readonly input: { readonly ActionNames: readonly (string)[]; readonly ResourceArns?: readonly (string)[]; readonly ResourcePolicy?: string; readonly ResourceOwner?: string; readonly CallerArn?: string; readonly ContextEntries?: readonly ({ readonly ContextKeyName?: string; readonly ContextKeyValues?: readonly (string)[]; readonly ContextKeyType?: 'string' | 'stringList' | 'numeric' | 'numericList' | 'boolean' | 'booleanList' | 'ip' | 'ipList' | 'binary' | 'binaryList' | 'date' | 'dateList' })[]; readonly ResourceHandlingOption?: string; readonly PermissionsBoundaryPolicyInputList?: readonly (string)[]; readonly Marker?: string; readonly MaxItems?: number; readonly PolicyInputList: readonly (string)[]; readonly OrderedOrganizationPolicyInputList?: readonly ({ readonly ServiceControlPolicyInputList?: readonly (string)[] })[] }
    readonly output: { readonly EvaluationResults?: readonly ({ readonly EvalActionName?: string; readonly EvalDecision?: string; readonly EvalDecisionDetails?: Readonly<Record<string, string>>; readonly EvalResourceName?: string; readonly MatchedStatements?: readonly ({ readonly EndPosition?: { readonly Column?: number; readonly Line?: number }; readonly SourcePolicyId?: string; readonly SourcePolicyType?: string; readonly StartPosition?: { readonly Column?: number; readonly Line?: number } })[]; readonly MissingContextValues?: readonly (string)[]; readonly OrganizationsDecisionDetail?: { readonly AllowedByOrganizations?: boolean }; readonly PermissionsBoundaryDecisionDetail?: { readonly AllowedByPermissionsBoundary?: boolean }; readonly ResourceSpecificResults?: readonly ({ readonly EvalDecisionDetails?: Readonly<Record<string, string>>; readonly EvalResourceDecision?: string; readonly EvalResourceName?: string; readonly MatchedStatements?: readonly ({ readonly EndPosition?: { readonly Column?: number; readonly Line?: number }; readonly SourcePolicyId?: string; readonly SourcePolicyType?: string; readonly StartPosition?: { readonly Column?: number; readonly Line?: number } })[]; readonly MissingContextValues?: readonly (string)[]; readonly PermissionsBoundaryDecisionDetail?: { readonly AllowedByPermissionsBoundary?: boolean } })[] })[]; readonly IsTruncated?: boolean; readonly Marker?: string }
  }
  SimulatePrincipalPolicy: {
    readonly input: { readonly ActionNames: readonly (string)[]; readonly ResourceArns?: readonly (string)[]; readonly ResourcePolicy?: string; readonly ResourceOwner?: string; readonly CallerArn?: string; readonly ContextEntries?: readonly ({ readonly ContextKeyName?: string; readonly ContextKeyValues?: readonly (string)[]; readonly ContextKeyType?: 'string' | 'stringList' | 'numeric' | 'numericList' | 'boolean' | 'booleanList' | 'ip' | 'ipList' | 'binary' | 'binaryList' | 'date' | 'dateList' })[]; readonly ResourceHandlingOption?: string; readonly PermissionsBoundaryPolicyInputList?: readonly (string)[]; readonly Marker?: string; readonly MaxItems?: number; readonly PolicySourceArn: string; readonly PolicyInputList?: readonly (string)[]; readonly PolicyExclusionList?: readonly ({ readonly PolicyType?: 'inline' | 'aws-managed' | 'user-managed' | 'permission-boundary' | 'scp' | 'rcp'; readonly PolicyArn?: string; readonly InlinePolicyIdentifier?: { readonly PolicyName: string; readonly AttachmentType: 'user' | 'group' | 'role'; readonly AttachmentName: string } })[] }
    readonly output: { readonly EvaluationResults?: readonly ({ readonly EvalActionName?: string; readonly EvalDecision?: string; readonly EvalDecisionDetails?: Readonly<Record<string, string>>; readonly EvalResourceName?: string; readonly MatchedStatements?: readonly ({ readonly EndPosition?: { readonly Column?: number; readonly Line?: number }; readonly SourcePolicyId?: string; readonly SourcePolicyType?: string; readonly StartPosition?: { readonly Column?: number; readonly Line?: number } })[]; readonly MissingContextValues?: readonly (string)[]; readonly OrganizationsDecisionDetail?: { readonly AllowedByOrganizations?: boolean }; readonly PermissionsBoundaryDecisionDetail?: { readonly AllowedByPermissionsBoundary?: boolean }; readonly ResourceSpecificResults?: readonly ({ readonly EvalDecisionDetails?: Readonly<Record<string, string>>; readonly EvalResourceDecision?: string; readonly EvalResourceName?: string; readonly MatchedStatements?: readonly ({ readonly EndPosition?: { readonly Column?: number; readonly Line?: number }; readonly SourcePolicyId?: string; readonly SourcePolicyType?: string; readonly StartPosition?: { readonly Column?: number; readonly Line?: number } })[]; readonly MissingContextValues?: readonly (string)[]; readonly PermissionsBoundaryDecisionDetail?: { readonly AllowedByPermissionsBoundary?: boolean } })[] })[]; readonly IsTruncated?: boolean; readonly Marker?: string }
  }
  TagInstanceProfile: {
    readonly input: { readonly InstanceProfileName: string; readonly Tags: readonly ({ readonly Key: string; readonly Value: string })[] }
    readonly output: Record<string, never>
  }
  TagMFADevice: {
    readonly input: { readonly SerialNumber: string; readonly Tags: readonly ({ readonly Key: string; readonly Value: string })[] }
    readonly output: Record<string, never>
  }
  TagOpenIDConnectProvider: {
    readonly input: { readonly OpenIDConnectProviderArn: string; readonly Tags: readonly ({ readonly Key: string; readonly Value: string })[] }
    readonly output: Record<string, never>
  }
  TagPolicy: {
    readonly input: { readonly PolicyArn: string; readonly Tags: readonly ({ readonly Key: string; readonly Value: string })[] }
    readonly output: Record<string, never>
  }
  TagRole: {
    readonly input: { readonly RoleName: string; readonly Tags: readonly ({ readonly Key: string; readonly Value: string })[] }
    readonly output: Record<string, never>
  }
  TagUser: {
    readonly input: { readonly UserName: string; readonly Tags: readonly ({ readonly Key: string; readonly Value: string })[] }
    readonly output: Record<string, never>
  }
  UntagInstanceProfile: {
    readonly input: { readonly InstanceProfileName: string; readonly TagKeys: readonly (string)[] }
    readonly output: Record<string, never>
  }
  UntagMFADevice: {
    readonly input: { readonly SerialNumber: string; readonly TagKeys: readonly (string)[] }
    readonly output: Record<string, never>
  }
  UntagOpenIDConnectProvider: {
    readonly input: { readonly OpenIDConnectProviderArn: string; readonly TagKeys: readonly (string)[] }
    readonly output: Record<string, never>
  }
  UntagPolicy: {
    readonly input: { readonly PolicyArn: string; readonly TagKeys: readonly (string)[] }
    readonly output: Record<string, never>
  }
  UntagRole: {
    readonly input: { readonly RoleName: string; readonly TagKeys: readonly (string)[] }
    readonly output: Record<string, never>
  }
  UntagUser: {
    readonly input: { readonly UserName: string; readonly TagKeys: readonly (string)[] }
    readonly output: Record<string, never>
  }
  UpdateAccessKey: {
    readonly input: { readonly UserName?: string; readonly AccessKeyId: string; readonly Status: 'Active' | 'Inactive' | 'Expired' }
    readonly output: Record<string, never>
  }
  UpdateAccountPasswordPolicy: {
    readonly input: { readonly MinimumPasswordLength?: number; readonly RequireSymbols?: boolean; readonly RequireNumbers?: boolean; readonly RequireUppercaseCharacters?: boolean; readonly RequireLowercaseCharacters?: boolean; readonly AllowUsersToChangePassword?: boolean; readonly MaxPasswordAge?: number; readonly PasswordReusePrevention?: number; readonly HardExpiry?: boolean }
    readonly output: Record<string, never>
  }
  UpdateAssumeRolePolicy: {
    readonly input: { readonly RoleName: string; readonly PolicyDocument: string; readonly ExpectedPolicyDocument?: string }
    readonly output: Record<string, never>
  }
  UpdateGroup: {
    readonly input: { readonly GroupName: string; readonly NewPath?: string; readonly NewGroupName?: string }
    readonly output: Record<string, never>
  }
  UpdateLoginProfile: {
    readonly input: { readonly UserName: string; readonly Password?: string; readonly PasswordResetRequired?: boolean }
    readonly output: Record<string, never>
  }
  UpdateOpenIDConnectProviderThumbprint: {
    readonly input: { readonly OpenIDConnectProviderArn: string; readonly ThumbprintList: readonly (string)[] }
    readonly output: Record<string, never>
  }
  UpdateRole: {
    readonly input: { readonly RoleName: string; readonly Description?: string; readonly MaxSessionDuration?: number }
    readonly output: Record<string, never>
  }
  UpdateRoleDescription: {
    readonly input: { readonly RoleName: string; readonly Description: string }
    readonly output: { readonly Role?: { readonly Arn?: string; readonly AssumeRolePolicyDocument?: string; readonly CreateDate?: Seconds; readonly Description?: string; readonly MaxSessionDuration?: number; readonly Path?: string; readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string; readonly PermissionsBoundaryType?: string }; readonly RoleId?: string; readonly RoleLastUsed?: { readonly LastUsedDate?: Seconds; readonly Region?: string }; readonly RoleName?: string; readonly Tags?: readonly ({ readonly Key?: string; readonly Value?: string })[] } }
  }
  UpdateUser: {
    readonly input: { readonly UserName: string; readonly NewPath?: string; readonly NewUserName?: string }
    readonly output: Record<string, never>
  }
}

/** What an element of an answer is: text, a number, a truth value, a time, a map of texts, a list, or members by name. */
export type XmlShape = 's' | 'n' | 'b' | 't' | 'm' | readonly [XmlShape] | { readonly [name: string]: XmlShape }

/** The service of each operation, whether it changes nothing, and the members of its answer. */
export const IAM_OPERATIONS: {
  readonly [name in keyof IamOperations]: readonly ['iam' | 'sts', boolean, { readonly [name: string]: XmlShape }]
} = {
  AddClientIDToOpenIDConnectProvider: ["iam",false,{}],
  AddRoleToInstanceProfile: ["iam",false,{}],
  AddUserToGroup: ["iam",false,{}],
  AssumeRole: ["sts",true,{"AssumedRoleUser":{"Arn":"s","AssumedRoleId":"s"},"Credentials":{"AccessKeyId":"s","Expiration":"t","SecretAccessKey":"s","SessionToken":"s"},"PackedPolicySize":"n","SourceIdentity":"s"}],
  AssumeRoleWithWebIdentity: ["sts",true,{"AssumedRoleUser":{"Arn":"s","AssumedRoleId":"s"},"Audience":"s","Credentials":{"AccessKeyId":"s","Expiration":"t","SecretAccessKey":"s","SessionToken":"s"},"PackedPolicySize":"n","Provider":"s","SourceIdentity":"s","SubjectFromWebIdentityToken":"s"}],
  AttachGroupPolicy: ["iam",false,{}],
  AttachRolePolicy: ["iam",false,{}],
  AttachUserPolicy: ["iam",false,{}],
  ChangePassword: ["iam",false,{}],
  CreateAccessKey: ["iam",false,{"AccessKey":{"AccessKeyId":"s","CreateDate":"t","SecretAccessKey":"s","Status":"s","UserName":"s"}}],
  CreateAccountAlias: ["iam",false,{}],
  CreateGroup: ["iam",false,{"Group":{"Arn":"s","CreateDate":"t","GroupId":"s","GroupName":"s","Path":"s"}}],
  CreateInstanceProfile: ["iam",false,{"InstanceProfile":{"Arn":"s","CreateDate":"t","InstanceProfileId":"s","InstanceProfileName":"s","Path":"s","Roles":[{"Arn":"s","AssumeRolePolicyDocument":"s","CreateDate":"t","Description":"s","MaxSessionDuration":"n","Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"RoleId":"s","RoleLastUsed":{"LastUsedDate":"t","Region":"s"},"RoleName":"s","Tags":[{"Key":"s","Value":"s"}]}],"Tags":[{"Key":"s","Value":"s"}]}}],
  CreateLoginProfile: ["iam",false,{"LoginProfile":{"CreateDate":"t","PasswordResetRequired":"b","UserName":"s"}}],
  CreateOpenIDConnectProvider: ["iam",false,{"OpenIDConnectProviderArn":"s","Tags":[{"Key":"s","Value":"s"}]}],
  CreatePolicy: ["iam",false,{"Policy":{"Arn":"s","AttachmentCount":"n","CreateDate":"t","DefaultVersionId":"s","Description":"s","IsAttachable":"b","Path":"s","PermissionsBoundaryUsageCount":"n","PolicyId":"s","PolicyName":"s","Tags":[{"Key":"s","Value":"s"}],"UpdateDate":"t"}}],
  CreatePolicyVersion: ["iam",false,{"PolicyVersion":{"CreateDate":"t","Document":"s","IsDefaultVersion":"b","VersionId":"s"}}],
  CreateRole: ["iam",false,{"Role":{"Arn":"s","AssumeRolePolicyDocument":"s","CreateDate":"t","Description":"s","MaxSessionDuration":"n","Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"RoleId":"s","RoleLastUsed":{"LastUsedDate":"t","Region":"s"},"RoleName":"s","Tags":[{"Key":"s","Value":"s"}]}}],
  CreateServiceLinkedRole: ["iam",false,{"Role":{"Arn":"s","AssumeRolePolicyDocument":"s","CreateDate":"t","Description":"s","MaxSessionDuration":"n","Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"RoleId":"s","RoleLastUsed":{"LastUsedDate":"t","Region":"s"},"RoleName":"s","Tags":[{"Key":"s","Value":"s"}]}}],
  CreateUser: ["iam",false,{"User":{"Arn":"s","CreateDate":"t","PasswordLastUsed":"t","Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"Tags":[{"Key":"s","Value":"s"}],"UserId":"s","UserName":"s"}}],
  CreateVirtualMFADevice: ["iam",false,{"VirtualMFADevice":{"Base32StringSeed":"s","EnableDate":"t","QRCodePNG":"s","SerialNumber":"s","Tags":[{"Key":"s","Value":"s"}],"User":{"Arn":"s","CreateDate":"t","PasswordLastUsed":"t","Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"Tags":[{"Key":"s","Value":"s"}],"UserId":"s","UserName":"s"}}}],
  DeactivateMFADevice: ["iam",false,{}],
  DecodeAuthorizationMessage: ["sts",true,{"DecodedMessage":"s"}],
  DeleteAccessKey: ["iam",false,{}],
  DeleteAccountAlias: ["iam",false,{}],
  DeleteAccountPasswordPolicy: ["iam",false,{}],
  DeleteGroup: ["iam",false,{}],
  DeleteGroupPolicy: ["iam",false,{}],
  DeleteInstanceProfile: ["iam",false,{}],
  DeleteLoginProfile: ["iam",false,{}],
  DeleteOpenIDConnectProvider: ["iam",false,{}],
  DeletePolicy: ["iam",false,{}],
  DeletePolicyVersion: ["iam",false,{}],
  DeleteRole: ["iam",false,{}],
  DeleteRolePermissionsBoundary: ["iam",false,{}],
  DeleteRolePolicy: ["iam",false,{}],
  DeleteServiceLinkedRole: ["iam",false,{"DeletionTaskId":"s"}],
  DeleteUser: ["iam",false,{}],
  DeleteUserPermissionsBoundary: ["iam",false,{}],
  DeleteUserPolicy: ["iam",false,{}],
  DeleteVirtualMFADevice: ["iam",false,{}],
  DetachGroupPolicy: ["iam",false,{}],
  DetachRolePolicy: ["iam",false,{}],
  DetachUserPolicy: ["iam",false,{}],
  EnableMFADevice: ["iam",false,{}],
  GenerateCredentialReport: ["iam",true,{"State":"s"}],
  GetAccessKeyInfo: ["sts",true,{"Account":"s"}],
  GetAccessKeyLastUsed: ["iam",true,{"AccessKeyLastUsed":{"LastUsedDate":"t","Region":"s","ServiceName":"s"},"UserName":"s"}],
  GetAccountAuthorizationDetails: ["iam",true,{"GroupDetailList":[{"Arn":"s","AttachedManagedPolicies":[{"PolicyArn":"s","PolicyName":"s"}],"CreateDate":"t","GroupId":"s","GroupName":"s","GroupPolicyList":[{"PolicyDocument":"s","PolicyName":"s"}],"Path":"s"}],"IsTruncated":"b","Marker":"s","Policies":[{"Arn":"s","AttachmentCount":"n","CreateDate":"t","DefaultVersionId":"s","Description":"s","IsAttachable":"b","Path":"s","PermissionsBoundaryUsageCount":"n","PolicyId":"s","PolicyName":"s","PolicyVersionList":[{"CreateDate":"t","Document":"s","IsDefaultVersion":"b","VersionId":"s"}],"UpdateDate":"t"}],"RoleDetailList":[{"Arn":"s","AssumeRolePolicyDocument":"s","AttachedManagedPolicies":[{"PolicyArn":"s","PolicyName":"s"}],"CreateDate":"t","InstanceProfileList":[{"Arn":"s","CreateDate":"t","InstanceProfileId":"s","InstanceProfileName":"s","Path":"s","Roles":[{"Arn":"s","AssumeRolePolicyDocument":"s","CreateDate":"t","Description":"s","MaxSessionDuration":"n","Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"RoleId":"s","RoleLastUsed":{"LastUsedDate":"t","Region":"s"},"RoleName":"s","Tags":[{"Key":"s","Value":"s"}]}],"Tags":[{"Key":"s","Value":"s"}]}],"Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"RoleId":"s","RoleLastUsed":{"LastUsedDate":"t","Region":"s"},"RoleName":"s","RolePolicyList":[{"PolicyDocument":"s","PolicyName":"s"}],"Tags":[{"Key":"s","Value":"s"}]}],"UserDetailList":[{"Arn":"s","AttachedManagedPolicies":[{"PolicyArn":"s","PolicyName":"s"}],"CreateDate":"t","GroupList":["s"],"Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"Tags":[{"Key":"s","Value":"s"}],"UserId":"s","UserName":"s","UserPolicyList":[{"PolicyDocument":"s","PolicyName":"s"}]}]}],
  GetAccountPasswordPolicy: ["iam",true,{"PasswordPolicy":{"MinimumPasswordLength":"n","RequireSymbols":"b","RequireNumbers":"b","RequireUppercaseCharacters":"b","RequireLowercaseCharacters":"b","AllowUsersToChangePassword":"b","ExpirePasswords":"b","MaxPasswordAge":"n","PasswordReusePrevention":"n","HardExpiry":"b"}}],
  GetAccountSummary: ["iam",true,{"SummaryMap":"m"}],
  GetCallerIdentity: ["sts",true,{"Account":"s","Arn":"s","UserId":"s"}],
  GetContextKeysForCustomPolicy: ["iam",true,{"ContextKeyNames":["s"]}],
  GetContextKeysForPrincipalPolicy: ["iam",true,{"ContextKeyNames":["s"]}],
  GetCredentialReport: ["iam",true,{"Content":"s","ReportFormat":"s","GeneratedTime":"t"}],
  GetFederationToken: ["sts",true,{"Credentials":{"AccessKeyId":"s","Expiration":"t","SecretAccessKey":"s","SessionToken":"s"},"FederatedUser":{"Arn":"s","FederatedUserId":"s"},"PackedPolicySize":"n"}],
  GetGroup: ["iam",true,{"Group":{"Arn":"s","CreateDate":"t","GroupId":"s","GroupName":"s","Path":"s"},"IsTruncated":"b","Marker":"s","Users":[{"Arn":"s","CreateDate":"t","PasswordLastUsed":"t","Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"Tags":[{"Key":"s","Value":"s"}],"UserId":"s","UserName":"s"}]}],
  GetGroupPolicy: ["iam",true,{"UserName":"s","GroupName":"s","RoleName":"s","PolicyName":"s","PolicyDocument":"s"}],
  GetInstanceProfile: ["iam",true,{"InstanceProfile":{"Arn":"s","CreateDate":"t","InstanceProfileId":"s","InstanceProfileName":"s","Path":"s","Roles":[{"Arn":"s","AssumeRolePolicyDocument":"s","CreateDate":"t","Description":"s","MaxSessionDuration":"n","Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"RoleId":"s","RoleLastUsed":{"LastUsedDate":"t","Region":"s"},"RoleName":"s","Tags":[{"Key":"s","Value":"s"}]}],"Tags":[{"Key":"s","Value":"s"}]}}],
  GetLoginProfile: ["iam",true,{"LoginProfile":{"CreateDate":"t","PasswordResetRequired":"b","UserName":"s"}}],
  GetMFADevice: ["iam",true,{"UserName":"s","SerialNumber":"s","EnableDate":"t","Certifications":"m"}],
  GetOpenIDConnectProvider: ["iam",true,{"ClientIDList":["s"],"CreateDate":"t","Tags":[{"Key":"s","Value":"s"}],"ThumbprintList":["s"],"Url":"s"}],
  GetPolicy: ["iam",true,{"Policy":{"Arn":"s","AttachmentCount":"n","CreateDate":"t","DefaultVersionId":"s","Description":"s","IsAttachable":"b","Path":"s","PermissionsBoundaryUsageCount":"n","PolicyId":"s","PolicyName":"s","Tags":[{"Key":"s","Value":"s"}],"UpdateDate":"t"}}],
  GetPolicyVersion: ["iam",true,{"PolicyVersion":{"CreateDate":"t","Document":"s","IsDefaultVersion":"b","VersionId":"s"}}],
  GetRole: ["iam",true,{"Role":{"Arn":"s","AssumeRolePolicyDocument":"s","CreateDate":"t","Description":"s","MaxSessionDuration":"n","Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"RoleId":"s","RoleLastUsed":{"LastUsedDate":"t","Region":"s"},"RoleName":"s","Tags":[{"Key":"s","Value":"s"}]}}],
  GetRolePolicy: ["iam",true,{"UserName":"s","GroupName":"s","RoleName":"s","PolicyName":"s","PolicyDocument":"s"}],
  GetSAMLProvider: ["iam",true,{}],
  GetServerCertificate: ["iam",true,{}],
  GetServiceLinkedRoleDeletionStatus: ["iam",true,{"Status":"s"}],
  GetSessionToken: ["sts",true,{"Credentials":{"AccessKeyId":"s","Expiration":"t","SecretAccessKey":"s","SessionToken":"s"}}],
  GetUser: ["iam",true,{"User":{"Arn":"s","CreateDate":"t","PasswordLastUsed":"t","Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"Tags":[{"Key":"s","Value":"s"}],"UserId":"s","UserName":"s"}}],
  GetUserPolicy: ["iam",true,{"UserName":"s","GroupName":"s","RoleName":"s","PolicyName":"s","PolicyDocument":"s"}],
  ListAccessKeys: ["iam",true,{"UserName":"s","AccessKeyMetadata":[{"AccessKeyId":"s","CreateDate":"t","Status":"s","UserName":"s"}],"IsTruncated":"b","Marker":"s"}],
  ListAccountAliases: ["iam",true,{"AccountAliases":["s"],"IsTruncated":"b","Marker":"s"}],
  ListAttachedGroupPolicies: ["iam",true,{"IsTruncated":"b","Marker":"s","AttachedPolicies":[{"PolicyArn":"s","PolicyName":"s"}]}],
  ListAttachedRolePolicies: ["iam",true,{"IsTruncated":"b","Marker":"s","AttachedPolicies":[{"PolicyArn":"s","PolicyName":"s"}]}],
  ListAttachedUserPolicies: ["iam",true,{"IsTruncated":"b","Marker":"s","AttachedPolicies":[{"PolicyArn":"s","PolicyName":"s"}]}],
  ListEntitiesForPolicy: ["iam",true,{"IsTruncated":"b","Marker":"s","PolicyGroups":[{"GroupId":"s","GroupName":"s"}],"PolicyRoles":[{"RoleId":"s","RoleName":"s"}],"PolicyUsers":[{"UserId":"s","UserName":"s"}]}],
  ListGroupPolicies: ["iam",true,{"IsTruncated":"b","Marker":"s","PolicyNames":["s"]}],
  ListGroups: ["iam",true,{"Groups":[{"Arn":"s","CreateDate":"t","GroupId":"s","GroupName":"s","Path":"s"}],"IsTruncated":"b","Marker":"s"}],
  ListGroupsForUser: ["iam",true,{"Groups":[{"Arn":"s","CreateDate":"t","GroupId":"s","GroupName":"s","Path":"s"}],"IsTruncated":"b","Marker":"s"}],
  ListInstanceProfileTags: ["iam",true,{"IsTruncated":"b","Marker":"s","Tags":[{"Key":"s","Value":"s"}]}],
  ListInstanceProfiles: ["iam",true,{"InstanceProfiles":[{"Arn":"s","CreateDate":"t","InstanceProfileId":"s","InstanceProfileName":"s","Path":"s","Roles":[{"Arn":"s","AssumeRolePolicyDocument":"s","CreateDate":"t","Description":"s","MaxSessionDuration":"n","Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"RoleId":"s","RoleLastUsed":{"LastUsedDate":"t","Region":"s"},"RoleName":"s","Tags":[{"Key":"s","Value":"s"}]}],"Tags":[{"Key":"s","Value":"s"}]}],"IsTruncated":"b","Marker":"s"}],
  ListInstanceProfilesForRole: ["iam",true,{"InstanceProfiles":[{"Arn":"s","CreateDate":"t","InstanceProfileId":"s","InstanceProfileName":"s","Path":"s","Roles":[{"Arn":"s","AssumeRolePolicyDocument":"s","CreateDate":"t","Description":"s","MaxSessionDuration":"n","Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"RoleId":"s","RoleLastUsed":{"LastUsedDate":"t","Region":"s"},"RoleName":"s","Tags":[{"Key":"s","Value":"s"}]}],"Tags":[{"Key":"s","Value":"s"}]}],"IsTruncated":"b","Marker":"s"}],
  ListMFADeviceTags: ["iam",true,{"IsTruncated":"b","Marker":"s","Tags":[{"Key":"s","Value":"s"}]}],
  ListMFADevices: ["iam",true,{"MFADevices":[{"EnableDate":"t","SerialNumber":"s","UserName":"s"}],"IsTruncated":"b","Marker":"s"}],
  ListOpenIDConnectProviderTags: ["iam",true,{"IsTruncated":"b","Marker":"s","Tags":[{"Key":"s","Value":"s"}]}],
  ListOpenIDConnectProviders: ["iam",true,{"OpenIDConnectProviderList":[{"Arn":"s"}]}],
  ListPolicies: ["iam",true,{"IsTruncated":"b","Marker":"s","Policies":[{"Arn":"s","AttachmentCount":"n","CreateDate":"t","DefaultVersionId":"s","Description":"s","IsAttachable":"b","Path":"s","PermissionsBoundaryUsageCount":"n","PolicyId":"s","PolicyName":"s","Tags":[{"Key":"s","Value":"s"}],"UpdateDate":"t"}]}],
  ListPolicyTags: ["iam",true,{"IsTruncated":"b","Marker":"s","Tags":[{"Key":"s","Value":"s"}]}],
  ListPolicyVersions: ["iam",true,{"IsTruncated":"b","Marker":"s","Versions":[{"CreateDate":"t","Document":"s","IsDefaultVersion":"b","VersionId":"s"}]}],
  ListRolePolicies: ["iam",true,{"IsTruncated":"b","Marker":"s","PolicyNames":["s"]}],
  ListRoleTags: ["iam",true,{"IsTruncated":"b","Marker":"s","Tags":[{"Key":"s","Value":"s"}]}],
  ListRoles: ["iam",true,{"IsTruncated":"b","Marker":"s","Roles":[{"Arn":"s","AssumeRolePolicyDocument":"s","CreateDate":"t","Description":"s","MaxSessionDuration":"n","Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"RoleId":"s","RoleLastUsed":{"LastUsedDate":"t","Region":"s"},"RoleName":"s","Tags":[{"Key":"s","Value":"s"}]}]}],
  ListSAMLProviders: ["iam",true,{"SAMLProviderList":["s"]}],
  ListSSHPublicKeys: ["iam",true,{"SSHPublicKeys":["s"],"ServiceSpecificCredentials":["s"],"Certificates":["s"],"IsTruncated":"b","Marker":"s"}],
  ListServerCertificates: ["iam",true,{"ServerCertificateMetadataList":["s"],"IsTruncated":"b","Marker":"s"}],
  ListServiceSpecificCredentials: ["iam",true,{"SSHPublicKeys":["s"],"ServiceSpecificCredentials":["s"],"Certificates":["s"],"IsTruncated":"b","Marker":"s"}],
  ListSigningCertificates: ["iam",true,{"SSHPublicKeys":["s"],"ServiceSpecificCredentials":["s"],"Certificates":["s"],"IsTruncated":"b","Marker":"s"}],
  ListUserPolicies: ["iam",true,{"IsTruncated":"b","Marker":"s","PolicyNames":["s"]}],
  ListUserTags: ["iam",true,{"IsTruncated":"b","Marker":"s","Tags":[{"Key":"s","Value":"s"}]}],
  ListUsers: ["iam",true,{"IsTruncated":"b","Marker":"s","Users":[{"Arn":"s","CreateDate":"t","PasswordLastUsed":"t","Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"Tags":[{"Key":"s","Value":"s"}],"UserId":"s","UserName":"s"}]}],
  ListVirtualMFADevices: ["iam",true,{"VirtualMFADevices":[{"Base32StringSeed":"s","EnableDate":"t","QRCodePNG":"s","SerialNumber":"s","Tags":[{"Key":"s","Value":"s"}],"User":{"Arn":"s","CreateDate":"t","PasswordLastUsed":"t","Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"Tags":[{"Key":"s","Value":"s"}],"UserId":"s","UserName":"s"}}],"IsTruncated":"b","Marker":"s"}],
  PutGroupPolicy: ["iam",false,{}],
  PutRolePermissionsBoundary: ["iam",false,{}],
  PutRolePolicy: ["iam",false,{}],
  PutUserPermissionsBoundary: ["iam",false,{}],
  PutUserPolicy: ["iam",false,{}],
  RemoveClientIDFromOpenIDConnectProvider: ["iam",false,{}],
  RemoveRoleFromInstanceProfile: ["iam",false,{}],
  RemoveUserFromGroup: ["iam",false,{}],
  ResyncMFADevice: ["iam",false,{}],
  SetDefaultPolicyVersion: ["iam",false,{}],
  SetSecurityTokenServicePreferences: ["iam",false,{}],
  SimulateCustomPolicy: ["iam",true,{"EvaluationResults":[{"EvalActionName":"s","EvalDecision":"s","EvalDecisionDetails":"m","EvalResourceName":"s","MatchedStatements":[{"EndPosition":{"Column":"n","Line":"n"},"SourcePolicyId":"s","SourcePolicyType":"s","StartPosition":{"Column":"n","Line":"n"}}],"MissingContextValues":["s"],"OrganizationsDecisionDetail":{"AllowedByOrganizations":"b"},"PermissionsBoundaryDecisionDetail":{"AllowedByPermissionsBoundary":"b"},"ResourceSpecificResults":[{"EvalDecisionDetails":"m","EvalResourceDecision":"s","EvalResourceName":"s","MatchedStatements":[{"EndPosition":{"Column":"n","Line":"n"},"SourcePolicyId":"s","SourcePolicyType":"s","StartPosition":{"Column":"n","Line":"n"}}],"MissingContextValues":["s"],"PermissionsBoundaryDecisionDetail":{"AllowedByPermissionsBoundary":"b"}}]}],"IsTruncated":"b","Marker":"s"}],
  SimulatePrincipalPolicy: ["iam",true,{"EvaluationResults":[{"EvalActionName":"s","EvalDecision":"s","EvalDecisionDetails":"m","EvalResourceName":"s","MatchedStatements":[{"EndPosition":{"Column":"n","Line":"n"},"SourcePolicyId":"s","SourcePolicyType":"s","StartPosition":{"Column":"n","Line":"n"}}],"MissingContextValues":["s"],"OrganizationsDecisionDetail":{"AllowedByOrganizations":"b"},"PermissionsBoundaryDecisionDetail":{"AllowedByPermissionsBoundary":"b"},"ResourceSpecificResults":[{"EvalDecisionDetails":"m","EvalResourceDecision":"s","EvalResourceName":"s","MatchedStatements":[{"EndPosition":{"Column":"n","Line":"n"},"SourcePolicyId":"s","SourcePolicyType":"s","StartPosition":{"Column":"n","Line":"n"}}],"MissingContextValues":["s"],"PermissionsBoundaryDecisionDetail":{"AllowedByPermissionsBoundary":"b"}}]}],"IsTruncated":"b","Marker":"s"}],
  TagInstanceProfile: ["iam",false,{}],
  TagMFADevice: ["iam",false,{}],
  TagOpenIDConnectProvider: ["iam",false,{}],
  TagPolicy: ["iam",false,{}],
  TagRole: ["iam",false,{}],
  TagUser: ["iam",false,{}],
  UntagInstanceProfile: ["iam",false,{}],
  UntagMFADevice: ["iam",false,{}],
  UntagOpenIDConnectProvider: ["iam",false,{}],
  UntagPolicy: ["iam",false,{}],
  UntagRole: ["iam",false,{}],
  UntagUser: ["iam",false,{}],
  UpdateAccessKey: ["iam",false,{}],
  UpdateAccountPasswordPolicy: ["iam",false,{}],
  UpdateAssumeRolePolicy: ["iam",false,{}],
  UpdateGroup: ["iam",false,{}],
  UpdateLoginProfile: ["iam",false,{}],
  UpdateOpenIDConnectProviderThumbprint: ["iam",false,{}],
  UpdateRole: ["iam",false,{}],
  UpdateRoleDescription: ["iam",false,{"Role":{"Arn":"s","AssumeRolePolicyDocument":"s","CreateDate":"t","Description":"s","MaxSessionDuration":"n","Path":"s","PermissionsBoundary":{"PermissionsBoundaryArn":"s","PermissionsBoundaryType":"s"},"RoleId":"s","RoleLastUsed":{"LastUsedDate":"t","Region":"s"},"RoleName":"s","Tags":[{"Key":"s","Value":"s"}]}}],
  UpdateUser: ["iam",false,{}],
}
