import { answer, blob, boolean, instant, integer, list, text, textMap } from '../api/shapes.ts'

/** AccessKeyLastUsed. Source: the service model. */
export const ACCESS_KEY_LAST_USED_ANSWER = answer({
  LastUsedDate: instant(),
  Region: text(),
  ServiceName: text(),
})

/** AccessKeyMetadata. Source: the service model. */
export const ACCESS_KEY_METADATA_ANSWER = answer({
  AccessKeyId: text(),
  CreateDate: instant(),
  Status: text(),
  UserName: text(),
})

/** AccessKey. Source: the service model. */
export const ACCESS_KEY_ANSWER = answer({
  AccessKeyId: text(),
  CreateDate: instant(),
  SecretAccessKey: text(),
  Status: text(),
  UserName: text(),
})

/** AttachedPolicy. Source: the service model. */
export const ATTACHED_POLICY_ANSWER = answer({ PolicyArn: text(), PolicyName: text() })

/** PolicyDetail. Source: the service model. */
export const POLICY_DETAIL_ANSWER = answer({ PolicyDocument: text(), PolicyName: text() })

/** GroupDetail. Source: the service model. */
export const GROUP_DETAIL_ANSWER = answer({
  Arn: text(),
  AttachedManagedPolicies: list(ATTACHED_POLICY_ANSWER),
  CreateDate: instant(),
  GroupId: text(),
  GroupName: text(),
  GroupPolicyList: list(POLICY_DETAIL_ANSWER),
  Path: text(),
})

/** PolicyVersion. Source: the service model. */
export const POLICY_VERSION_ANSWER = answer({
  CreateDate: instant(),
  Document: text(),
  IsDefaultVersion: boolean(),
  VersionId: text(),
})

/** ManagedPolicyDetail. Source: the service model. */
export const MANAGED_POLICY_DETAIL_ANSWER = answer({
  Arn: text(),
  AttachmentCount: integer(),
  CreateDate: instant(),
  DefaultVersionId: text(),
  Description: text(),
  IsAttachable: boolean(),
  Path: text(),
  PermissionsBoundaryUsageCount: integer(),
  PolicyId: text(),
  PolicyName: text(),
  PolicyVersionList: list(POLICY_VERSION_ANSWER),
  UpdateDate: instant(),
})

/** AttachedPermissionsBoundary. Source: the service model. */
export const ATTACHED_PERMISSIONS_BOUNDARY_ANSWER = answer({
  PermissionsBoundaryArn: text(),
  PermissionsBoundaryType: text(),
})

/** RoleLastUsed. Source: the service model. */
const ROLE_LAST_USED_ANSWER = answer({ LastUsedDate: instant(), Region: text() })

/** Tag. Source: the service model. */
export const TAG_ANSWER = answer({ Key: text(), Value: text() })

/** Role. Source: the service model. */
export const ROLE_ANSWER = answer({
  Arn: text(),
  AssumeRolePolicyDocument: text(),
  CreateDate: instant(),
  Description: text(),
  MaxSessionDuration: integer(),
  Path: text(),
  PermissionsBoundary: ATTACHED_PERMISSIONS_BOUNDARY_ANSWER,
  RoleId: text(),
  RoleLastUsed: ROLE_LAST_USED_ANSWER,
  RoleName: text(),
  Tags: list(TAG_ANSWER),
})

/** InstanceProfile. Source: the service model. */
export const INSTANCE_PROFILE_ANSWER = answer({
  Arn: text(),
  CreateDate: instant(),
  InstanceProfileId: text(),
  InstanceProfileName: text(),
  Path: text(),
  Roles: list(ROLE_ANSWER),
  Tags: list(TAG_ANSWER),
})

/** RoleDetail. Source: the service model. */
export const ROLE_DETAIL_ANSWER = answer({
  Arn: text(),
  AssumeRolePolicyDocument: text(),
  AttachedManagedPolicies: list(ATTACHED_POLICY_ANSWER),
  CreateDate: instant(),
  InstanceProfileList: list(INSTANCE_PROFILE_ANSWER),
  Path: text(),
  PermissionsBoundary: ATTACHED_PERMISSIONS_BOUNDARY_ANSWER,
  RoleId: text(),
  RoleLastUsed: ROLE_LAST_USED_ANSWER,
  RoleName: text(),
  RolePolicyList: list(POLICY_DETAIL_ANSWER),
  Tags: list(TAG_ANSWER),
})

/** UserDetail. Source: the service model. */
export const USER_DETAIL_ANSWER = answer({
  Arn: text(),
  AttachedManagedPolicies: list(ATTACHED_POLICY_ANSWER),
  CreateDate: instant(),
  GroupList: list(text()),
  Path: text(),
  PermissionsBoundary: ATTACHED_PERMISSIONS_BOUNDARY_ANSWER,
  Tags: list(TAG_ANSWER),
  UserId: text(),
  UserName: text(),
  UserPolicyList: list(POLICY_DETAIL_ANSWER),
})

/** Group. Source: the service model. */
export const GROUP_ANSWER = answer({
  Arn: text(),
  CreateDate: instant(),
  GroupId: text(),
  GroupName: text(),
  Path: text(),
})

/** User. Source: the service model. */
export const USER_ANSWER = answer({
  Arn: text(),
  CreateDate: instant(),
  PasswordLastUsed: instant(),
  Path: text(),
  PermissionsBoundary: ATTACHED_PERMISSIONS_BOUNDARY_ANSWER,
  Tags: list(TAG_ANSWER),
  UserId: text(),
  UserName: text(),
})

/** PolicyGroup. Source: the service model. */
export const POLICY_GROUP_ANSWER = answer({ GroupId: text(), GroupName: text() })

/** PolicyRole. Source: the service model. */
export const POLICY_ROLE_ANSWER = answer({ RoleId: text(), RoleName: text() })

/** PolicyUser. Source: the service model. */
export const POLICY_USER_ANSWER = answer({ UserId: text(), UserName: text() })

/** Policy. Source: the service model. */
export const POLICY_ANSWER = answer({
  Arn: text(),
  AttachmentCount: integer(),
  CreateDate: instant(),
  DefaultVersionId: text(),
  Description: text(),
  IsAttachable: boolean(),
  Path: text(),
  PermissionsBoundaryUsageCount: integer(),
  PolicyId: text(),
  PolicyName: text(),
  Tags: list(TAG_ANSWER),
  UpdateDate: instant(),
})

/** OpenIDConnectProviderListEntry. Source: the service model. */
export const OPEN_ID_CONNECT_PROVIDER_LIST_ENTRY_ANSWER = answer({ Arn: text() })

/** Position. Source: the service model. */
const POSITION_ANSWER = answer({ Column: integer(), Line: integer() })

/** Statement. Source: the service model. */
const STATEMENT_ANSWER = answer({
  EndPosition: POSITION_ANSWER,
  SourcePolicyId: text(),
  SourcePolicyType: text(),
  StartPosition: POSITION_ANSWER,
})

/** OrganizationsDecisionDetail. Source: the service model. */
const ORGANIZATIONS_DECISION_DETAIL_ANSWER = answer({ AllowedByOrganizations: boolean() })

/** PermissionsBoundaryDecisionDetail. Source: the service model. */
const PERMISSIONS_BOUNDARY_DECISION_DETAIL_ANSWER = answer({ AllowedByPermissionsBoundary: boolean() })

/** ResourceSpecificResult. Source: the service model. */
const RESOURCE_SPECIFIC_RESULT_ANSWER = answer({
  EvalDecisionDetails: textMap(),
  EvalResourceDecision: text(),
  EvalResourceName: text(),
  MatchedStatements: list(STATEMENT_ANSWER),
  MissingContextValues: list(text()),
  PermissionsBoundaryDecisionDetail: PERMISSIONS_BOUNDARY_DECISION_DETAIL_ANSWER,
})

/** EvaluationResult. Source: the service model. */
export const EVALUATION_RESULT_ANSWER = answer({
  EvalActionName: text(),
  EvalDecision: text(),
  EvalDecisionDetails: textMap(),
  EvalResourceName: text(),
  MatchedStatements: list(STATEMENT_ANSWER),
  MissingContextValues: list(text()),
  OrganizationsDecisionDetail: ORGANIZATIONS_DECISION_DETAIL_ANSWER,
  PermissionsBoundaryDecisionDetail: PERMISSIONS_BOUNDARY_DECISION_DETAIL_ANSWER,
  ResourceSpecificResults: list(RESOURCE_SPECIFIC_RESULT_ANSWER),
})

/** LoginProfile. Source: the service model. */
export const LOGIN_PROFILE_ANSWER = answer({
  CreateDate: instant(),
  PasswordResetRequired: boolean(),
  UserName: text(),
})

/** MFADevice. Source: the service model. */
export const MFA_DEVICE_ANSWER = answer({ EnableDate: instant(), SerialNumber: text(), UserName: text() })

/** VirtualMFADevice. Source: the service model. */
export const VIRTUAL_MFA_DEVICE_ANSWER = answer({
  Base32StringSeed: blob(),
  EnableDate: instant(),
  QRCodePNG: blob(),
  SerialNumber: text(),
  Tags: list(TAG_ANSWER),
  User: USER_ANSWER,
})
