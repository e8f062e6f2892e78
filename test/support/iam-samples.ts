/** For tests: a legal and a refused call of every IAM operation. */

import type { ErrorCode } from '../../src/api/errors.ts'
import { policyText } from './iam.ts'
import { codeAt, enableDevice, newDevice } from './mfa.ts'
import { type Answer, inside } from './sdk-by-name.ts'

/** The members of a call: texts, numbers, lists and structures. */
export type SampleInput = { readonly [name: string]: unknown }

/**
 * The cause of the refusal: `absent`, a named resource does not exist; `again`, the call repeats; `denied`, the caller
 * has no permission. Otherwise, the changed input and the error code.
 */
type Refusal = 'absent' | 'again' | 'denied' | { readonly input: SampleInput; readonly code: ErrorCode }

/** The sample of one operation. */
export type IamSample = {
  /** Optional members that the call also has, with values of {@link MADE} or {@link GIVEN}. */
  readonly with?: readonly string[]
  /** Members with specific values. */
  readonly input?: SampleInput
  /** Whether the call creates the resource that its required members name. Their names are then unused. */
  readonly makes?: boolean
  /** Makers that replace those of {@link MADE} for some members. */
  readonly making?: Readonly<Record<string, Maker>>
  /** Operations to call first, each with the members of the input that it accepts. */
  readonly before?: readonly string[]
  /** The default is `absent`. */
  readonly refused?: Refusal
  /** The reason why no call can succeed. Then there is only a refused call. */
  readonly never?: string
}

const POLICY = policyText({ Effect: 'Allow', Action: 'kms:*', Resource: '*' })
const ACCOUNT = '000000000000'
const TRUST = policyText({
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: 'sts:AssumeRole',
})

/** Values of members that do not refer to a created resource. */
const GIVEN: SampleInput = {
  ActionNames: ['kms:Encrypt', 'kms:Decrypt'],
  AssumeRolePolicyDocument: TRUST,
  ClientID: 'client.example.com',
  Description: 'a description: <&> \u00e9',
  NewPassword: 'Sample-pass-2',
  Password: 'Sample-pass-1',
  PermissionsBoundary: 'arn:aws:iam::aws:policy/ReadOnlyAccess',
  PolicyDocument: POLICY,
  PolicyInputList: [POLICY],
  PolicyName: 'inline',
  Status: 'Inactive',
  TagKeys: ['team'],
  Tags: [{ Key: 'team', Value: 'a b: \u6f22\u00e9+' }],
  ThumbprintList: ['a'.repeat(40)],
  VersionId: 'v1',
}

/** Makes an IAM call with the root user's credentials. The call must succeed. */
export type AskIam = (operation: string, input: SampleInput) => Promise<Answer>

/** Creates the resource that a member refers to, under an unused name. Returns the member's value. */
type Maker = (ask: AskIam, name: string, input: SampleInput) => Promise<string>

const SERVICE = 'autoscaling.amazonaws.com'

const makeServiceRole: Maker = async (ask, name) => {
  const input = { AWSServiceName: SERVICE, CustomSuffix: name }
  return String(inside(await ask('CreateServiceLinkedRole', input), 'Role', 'RoleName'))
}

const MADE: Readonly<Record<string, Maker>> = {
  AuthenticationCode1: async (_ask, _name, { SerialNumber }) => codeAt(SerialNumber, -1),
  AuthenticationCode2: async (_ask, _name, { SerialNumber }) => codeAt(SerialNumber, 0),
  AccountAlias: async (ask, name) => {
    await ask('CreateAccountAlias', { AccountAlias: name })
    return name
  },
  DeletionTaskId: async (ask, name, input) => {
    const RoleName = await makeServiceRole(ask, name, input)
    return String((await ask('DeleteServiceLinkedRole', { RoleName }))['DeletionTaskId'])
  },
  AccessKeyId: async (ask, _name, { UserName }) =>
    String(inside(await ask('CreateAccessKey', { UserName }), 'AccessKey', 'AccessKeyId')),
  GroupName: async (ask, name) => {
    await ask('CreateGroup', { GroupName: name })
    return name
  },
  InstanceProfileName: async (ask, name) => {
    await ask('CreateInstanceProfile', { InstanceProfileName: name })
    return name
  },
  OpenIDConnectProviderArn: async (ask, name) => {
    const answer = await ask('CreateOpenIDConnectProvider', { Url: `https://${name}.example.com` })
    return String(inside(answer, 'OpenIDConnectProviderArn'))
  },
  PolicyArn: async (ask, name) => {
    const answer = await ask('CreatePolicy', { PolicyName: name, PolicyDocument: POLICY })
    return String(inside(answer, 'Policy', 'Arn'))
  },
  PolicySourceArn: async (ask, name) =>
    String(inside(await ask('CreateUser', { UserName: name }), 'User', 'Arn')),
  SerialNumber: newDevice,
  RoleName: async (ask, name) => {
    await ask('CreateRole', { RoleName: name, AssumeRolePolicyDocument: TRUST })
    return name
  },
  UserName: async (ask, name) => {
    await ask('CreateUser', { UserName: name })
    return name
  },
}

/** Values of the same members that refer to nothing. */
const NOT_MADE: Readonly<Record<string, (name: string) => string>> = {
  AuthenticationCode1: () => '123456',
  AuthenticationCode2: () => '654321',
  SerialNumber: (name) => `arn:aws:iam::${ACCOUNT}:mfa/${name}`,
  AccessKeyId: () => 'AKIAAAAAAAAAAAAAAAAA',
  DeletionTaskId: (name) => `task/aws-service-role/${SERVICE}/${name}/1`,
  OpenIDConnectProviderArn: (name) => `arn:aws:iam::${ACCOUNT}:oidc-provider/${name}.example.com`,
  PolicyArn: (name) => `arn:aws:iam::${ACCOUNT}:policy/${name}`,
  SAMLProviderArn: (name) => `arn:aws:iam::${ACCOUNT}:saml-provider/${name}`,
  PolicySourceArn: (name) => `arn:aws:iam::${ACCOUNT}:user/${name}`,
  Url: (name) => `https://${name}.example.com`,
}

/** The purpose of an input: its members, and whether the resources that they name exist. */
export type IamInputParts = {
  readonly members: readonly string[]
  readonly name: string
  readonly made: boolean
}

/** The input of a sample's call, and the inputs of the calls before it. */
export async function iamInput(
  ask: AskIam,
  { with: also = [], makes = false, input: own = {}, making = {} }: IamSample,
  { members, name, made }: IamInputParts,
): Promise<SampleInput> {
  const input: Record<string, unknown> = {}
  for (const member of [...new Set([...also, ...members])].sort(lastOfAll)) {
    const given = makes && member === 'PolicyName' ? undefined : (own[member] ?? GIVEN[member])
    if (given !== undefined) input[member] = given
    else if (made && !makes) {
      const maker = making[member] ?? makerOf(member)
      input[member] = await maker(ask, name, input)
    } else input[member] = NOT_MADE[member]?.(name) ?? name
  }
  return { ...input, ...own }
}

/** Sorts access keys last, because they need their user. */
function lastOfAll(one: string, other: string): number {
  return Number(one === 'AccessKeyId') - Number(other === 'AccessKeyId')
}

function makerOf(member: string): Maker {
  const maker = MADE[member]
  if (maker === undefined) {
    throw new Error(`test/support/iam-samples.ts does not know a value of ${member}: add it to GIVEN or MADE`)
  }
  return maker
}

const NAMED: IamSample = {}
const LIST: IamSample = { refused: 'denied' }
const CREATE: IamSample = { makes: true, refused: 'again' }
const OF_USER: IamSample = { with: ['UserName'] }
const WITH_DEVICE: IamSample = { with: ['UserName'], before: ['EnableMFADevice'] }
const WITH_PASSWORD: IamSample = { with: ['UserName'], before: ['CreateLoginProfile'] }

/** Gives the samples' caller a password, whether or not it already has one. */
const makeOwnPassword: Maker = async (ask) => {
  const input = { UserName: 'admin', Password: 'Sample-pass-1' }
  try {
    await ask('CreateLoginProfile', input)
  } catch {
    await ask('UpdateLoginProfile', input)
  }
  return input.Password
}

/** Samples by operation. A test fails if an operation has none. */
export const IAM_SAMPLES: Readonly<Record<string, IamSample>> = {
  AddClientIDToOpenIDConnectProvider: NAMED,
  AddRoleToInstanceProfile: NAMED,
  AddUserToGroup: NAMED,
  AttachGroupPolicy: NAMED,
  AttachRolePolicy: NAMED,
  AttachUserPolicy: NAMED,
  ChangePassword: { making: { OldPassword: makeOwnPassword }, refused: 'denied' },
  CreateAccessKey: OF_USER,
  CreateAccountAlias: CREATE,
  CreateGroup: { ...CREATE, input: { Path: '/a/b/' } },
  CreateInstanceProfile: { ...CREATE, with: ['Tags'] },
  CreateLoginProfile: { with: ['UserName'], input: { PasswordResetRequired: true }, refused: 'again' },
  CreateOpenIDConnectProvider: {
    ...CREATE,
    with: ['ThumbprintList', 'Tags'],
    input: { ClientIDList: ['a', 'b'] },
  },
  CreatePolicy: { ...CREATE, with: ['Description', 'Tags'] },
  CreatePolicyVersion: { input: { SetAsDefault: true } },
  CreateRole: {
    ...CREATE,
    with: ['Description', 'PermissionsBoundary', 'Tags'],
    input: { MaxSessionDuration: 7200 },
  },
  CreateServiceLinkedRole: {
    makes: true,
    with: ['CustomSuffix', 'Description'],
    input: { AWSServiceName: SERVICE },
    refused: { input: { AWSServiceName: 'es.amazonaws.com' }, code: 'InvalidInputException' },
  },
  CreateUser: { ...CREATE, with: ['PermissionsBoundary', 'Tags'], input: { Path: '/a/' } },
  CreateVirtualMFADevice: { ...CREATE, with: ['Tags'], input: { Path: '/a/' } },
  DeactivateMFADevice: WITH_DEVICE,
  DeleteAccessKey: OF_USER,
  DeleteAccountAlias: NAMED,
  DeleteAccountPasswordPolicy: { before: ['UpdateAccountPasswordPolicy'], refused: 'denied' },
  DeleteGroup: NAMED,
  DeleteGroupPolicy: { before: ['PutGroupPolicy'] },
  DeleteInstanceProfile: NAMED,
  DeleteLoginProfile: WITH_PASSWORD,
  DeleteOpenIDConnectProvider: { refused: 'denied' },
  DeletePolicy: NAMED,
  DeletePolicyVersion: { before: ['CreatePolicyVersion'], input: { VersionId: 'v2' } },
  DeleteRole: NAMED,
  DeleteRolePermissionsBoundary: { before: ['PutRolePermissionsBoundary'] },
  DeleteRolePolicy: { before: ['PutRolePolicy'] },
  DeleteServiceLinkedRole: { making: { RoleName: makeServiceRole } },
  DeleteUser: NAMED,
  DeleteUserPermissionsBoundary: { before: ['PutUserPermissionsBoundary'] },
  DeleteUserPolicy: { before: ['PutUserPolicy'] },
  DeleteVirtualMFADevice: NAMED,
  DetachGroupPolicy: { before: ['AttachGroupPolicy'] },
  DetachRolePolicy: { before: ['AttachRolePolicy'] },
  DetachUserPolicy: { before: ['AttachUserPolicy'] },
  EnableMFADevice: NAMED,
  GenerateCredentialReport: LIST,
  GetAccessKeyLastUsed: OF_USER,
  GetAccountAuthorizationDetails: LIST,
  GetAccountPasswordPolicy: { before: ['UpdateAccountPasswordPolicy'], refused: 'denied' },
  GetAccountSummary: LIST,
  GetContextKeysForCustomPolicy: {
    refused: { input: { PolicyInputList: ['{'] }, code: 'InvalidInputException' },
  },
  GetContextKeysForPrincipalPolicy: NAMED,
  GetCredentialReport: LIST,
  GetGroup: { before: ['AddUserToGroup'] },
  GetGroupPolicy: { before: ['PutGroupPolicy'] },
  GetInstanceProfile: { before: ['AddRoleToInstanceProfile'] },
  GetLoginProfile: WITH_PASSWORD,
  GetMFADevice: WITH_DEVICE,
  GetOpenIDConnectProvider: NAMED,
  GetPolicy: NAMED,
  GetPolicyVersion: NAMED,
  GetRole: NAMED,
  GetRolePolicy: { before: ['PutRolePolicy'] },
  GetSAMLProvider: { never: 'there are no SAML providers here' },
  GetServerCertificate: { never: 'there are no server certificates here' },
  GetServiceLinkedRoleDeletionStatus: NAMED,
  GetUser: { with: ['UserName'], before: ['TagUser'] },
  GetUserPolicy: { before: ['PutUserPolicy'] },
  ListAccessKeys: { with: ['UserName'], before: ['CreateAccessKey'] },
  ListAccountAliases: LIST,
  ListAttachedGroupPolicies: { before: ['AttachGroupPolicy'] },
  ListAttachedRolePolicies: { before: ['AttachRolePolicy'] },
  ListAttachedUserPolicies: { before: ['AttachUserPolicy'] },
  ListEntitiesForPolicy: { before: ['AttachUserPolicy', 'AttachRolePolicy'] },
  ListGroupPolicies: { before: ['PutGroupPolicy'] },
  ListGroups: LIST,
  ListGroupsForUser: { before: ['AddUserToGroup'] },
  ListInstanceProfileTags: { before: ['TagInstanceProfile'] },
  ListInstanceProfiles: LIST,
  ListInstanceProfilesForRole: { before: ['AddRoleToInstanceProfile'] },
  ListMFADeviceTags: { before: ['TagMFADevice'] },
  ListMFADevices: WITH_DEVICE,
  ListOpenIDConnectProviderTags: { before: ['TagOpenIDConnectProvider'] },
  ListOpenIDConnectProviders: LIST,
  ListPolicies: { input: { Scope: 'AWS', MaxItems: 2 }, refused: 'denied' },
  ListPolicyTags: { before: ['TagPolicy'] },
  ListPolicyVersions: { before: ['CreatePolicyVersion'] },
  ListRolePolicies: { before: ['PutRolePolicy'] },
  ListRoleTags: { before: ['TagRole'] },
  ListRoles: LIST,
  ListSAMLProviders: LIST,
  ListSSHPublicKeys: OF_USER,
  ListServerCertificates: LIST,
  ListServiceSpecificCredentials: OF_USER,
  ListSigningCertificates: OF_USER,
  ListUserPolicies: { before: ['PutUserPolicy'] },
  ListUserTags: { before: ['TagUser'] },
  ListUsers: LIST,
  ListVirtualMFADevices: LIST,
  PutGroupPolicy: NAMED,
  PutRolePermissionsBoundary: NAMED,
  PutRolePolicy: NAMED,
  PutUserPermissionsBoundary: NAMED,
  PutUserPolicy: NAMED,
  RemoveClientIDFromOpenIDConnectProvider: { before: ['AddClientIDToOpenIDConnectProvider'] },
  RemoveRoleFromInstanceProfile: { before: ['AddRoleToInstanceProfile'] },
  RemoveUserFromGroup: { before: ['AddUserToGroup'] },
  ResyncMFADevice: {
    making: {
      SerialNumber: enableDevice,
      AuthenticationCode1: async (_ask, _name, { SerialNumber }) => codeAt(SerialNumber, 1),
      AuthenticationCode2: async (_ask, _name, { SerialNumber }) => codeAt(SerialNumber, 2),
    },
  },
  SetDefaultPolicyVersion: NAMED,
  SetSecurityTokenServicePreferences: {
    input: { GlobalEndpointTokenVersion: 'v2Token' },
    refused: 'denied',
  },
  SimulateCustomPolicy: { refused: 'denied' },
  SimulatePrincipalPolicy: NAMED,
  TagInstanceProfile: NAMED,
  TagMFADevice: NAMED,
  TagOpenIDConnectProvider: NAMED,
  TagPolicy: NAMED,
  TagRole: NAMED,
  TagUser: NAMED,
  UntagInstanceProfile: { before: ['TagInstanceProfile'] },
  UntagMFADevice: { before: ['TagMFADevice'] },
  UntagOpenIDConnectProvider: { before: ['TagOpenIDConnectProvider'] },
  UntagPolicy: { before: ['TagPolicy'] },
  UntagRole: { before: ['TagRole'] },
  UntagUser: { before: ['TagUser'] },
  UpdateAccessKey: OF_USER,
  UpdateAccountPasswordPolicy: {
    input: {
      MinimumPasswordLength: 14,
      RequireSymbols: true,
      MaxPasswordAge: 90,
      PasswordReusePrevention: 24,
    },
    refused: 'denied',
  },
  UpdateAssumeRolePolicy: { input: { PolicyDocument: TRUST } },
  UpdateGroup: { input: { NewPath: '/new/' } },
  UpdateLoginProfile: { with: ['Password'], before: ['CreateLoginProfile'] },
  UpdateOpenIDConnectProviderThumbprint: NAMED,
  UpdateRole: { with: ['Description'], input: { MaxSessionDuration: 3600 } },
  UpdateRoleDescription: NAMED,
  UpdateUser: { input: { NewPath: '/new/' } },
}
