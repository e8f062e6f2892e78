/**
 * What the AWS provider of Terraform calls for `aws_iam_*` resources, in its order, with the reads by which it
 * decides that a resource is as it should be. Source: terraform-provider-aws, `internal/service/iam`.
 */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { allow, iamClient, outcomeOf, policyText } from '../support/iam.ts'
import { type Answer, callIam, inside } from '../support/sdk-by-name.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { stsClient, trust } from '../support/sts.ts'

const ACCOUNT = '000000000000'
const TRUST = trust({ AWS: `arn:aws:iam::${ACCOUNT}:root` })
const POLICY = policyText({ ...allow('kms:Decrypt', 'kms:Describe*'), Sid: 'Own' })

let server: TestServer
let client: IAMClient

before(async () => {
  server = await startServer()
  client = iamClient(server)
  // The provider's own start.
  const { Account } = await stsClient(server).send(new GetCallerIdentityCommand({}))
  assert.equal(Account, ACCOUNT)
})

after(async () => {
  client.destroy()
  await server[Symbol.asyncDispose]()
})

const iam = (name: string, input: object = {}): Promise<Answer> => callIam(client, name, input)
const failing = (name: string, input: object = {}): Promise<string> => outcomeOf(callIam(client, name, input))
const decoded = (text: unknown): string => decodeURIComponent(String(text))

test('aws_iam_user: create, read, update, destroy with force', async () => {
  const user = { UserName: 'tf-user' }
  const Tags = [{ Key: 'env', Value: 'test' }]
  const boundary = 'arn:aws:iam::aws:policy/AdministratorAccess'
  const created = await iam('CreateUser', { ...user, Path: '/team/', Tags, PermissionsBoundary: boundary })
  assert.equal(inside(created, 'User', 'Arn'), `arn:aws:iam::${ACCOUNT}:user/team/tf-user`)
  const read = await iam('GetUser', user)
  assert.equal(inside(read, 'User', 'UserId'), inside(created, 'User', 'UserId'))
  assert.deepEqual(inside(read, 'User', 'Tags'), Tags)
  assert.deepEqual(inside(read, 'User', 'PermissionsBoundary'), {
    PermissionsBoundaryType: 'Policy',
    PermissionsBoundaryArn: boundary,
  })
  await iam('UpdateUser', { ...user, NewUserName: 'tf-renamed', NewPath: '/' })
  const renamed = { UserName: 'tf-renamed' }
  assert.match(await failing('GetUser', user), /^NoSuchEntityException 404/)
  assert.equal(
    inside(await iam('GetUser', renamed), 'User', 'Arn'),
    `arn:aws:iam::${ACCOUNT}:user/tf-renamed`,
  )
  await iam('DeleteUserPermissionsBoundary', renamed)
  await iam('PutUserPermissionsBoundary', { ...renamed, PermissionsBoundary: boundary })
  await iam('TagUser', { ...renamed, Tags: [{ Key: 'Env', Value: 'prod' }] })
  assert.deepEqual(inside(await iam('ListUserTags', renamed), 'Tags'), [{ Key: 'Env', Value: 'prod' }])
  await iam('UntagUser', { ...renamed, TagKeys: ['env'] })
  const key = await iam('CreateAccessKey', renamed)
  const AccessKeyId = inside(key, 'AccessKey', 'AccessKeyId')
  assert.match(
    await failing('DeleteUser', renamed),
    /^DeleteConflictException 409: Cannot delete entity, must /,
  )
  // force_destroy
  assert.deepEqual(inside(await iam('ListGroupsForUser', renamed), 'Groups'), [])
  const keys = inside(await iam('ListAccessKeys', renamed), 'AccessKeyMetadata')
  assert.equal(inside(keys, 0, 'AccessKeyId'), AccessKeyId)
  await iam('DeleteAccessKey', { ...renamed, AccessKeyId })
  for (const [name, list] of [
    ['ListSSHPublicKeys', 'SSHPublicKeys'],
    ['ListVirtualMFADevices', 'VirtualMFADevices'],
    ['ListMFADevices', 'MFADevices'],
    ['ListSigningCertificates', 'Certificates'],
    ['ListServiceSpecificCredentials', 'ServiceSpecificCredentials'],
  ] as const) {
    const input = name === 'ListVirtualMFADevices' ? {} : renamed
    assert.deepEqual(inside(await iam(name, input), list), [], name)
  }
  assert.match(await failing('DeleteLoginProfile', renamed), /^NoSuchEntityException 404/)
  await iam('DeleteUser', renamed)
  assert.match(await failing('GetUser', renamed), /^NoSuchEntityException 404/)
  assert.match(await failing('DeleteUser', renamed), /^NoSuchEntityException 404/)
})

test('aws_iam_user_login_profile, aws_iam_virtual_mfa_device: create, read, destroy', async () => {
  const UserName = 'tf-person'
  await iam('CreateUser', { UserName })
  await iam('UpdateAccountPasswordPolicy', { MinimumPasswordLength: 20, RequireSymbols: true })
  const Password = 'generated-by-TF-20-chars'
  await iam('CreateLoginProfile', { UserName, Password, PasswordResetRequired: true })
  const profile = inside(await iam('GetLoginProfile', { UserName }), 'LoginProfile')
  assert.deepEqual([inside(profile, 'UserName'), inside(profile, 'PasswordResetRequired')], [UserName, true])
  const Tags = [{ Key: 'env', Value: 'test' }]
  const device = { VirtualMFADeviceName: 'tf-device', Path: '/', Tags }
  const SerialNumber = inside(await iam('CreateVirtualMFADevice', device), 'VirtualMFADevice', 'SerialNumber')
  const listed = inside(await iam('ListVirtualMFADevices'), 'VirtualMFADevices')
  assert.equal(inside(listed, 0, 'SerialNumber'), SerialNumber)
  assert.deepEqual(inside(await iam('ListMFADeviceTags', { SerialNumber }), 'Tags'), Tags)
  await iam('UntagMFADevice', { SerialNumber, TagKeys: ['env'] })
  await iam('DeleteVirtualMFADevice', { SerialNumber })
  assert.match(await failing('DeleteVirtualMFADevice', { SerialNumber }), /^NoSuchEntityException 404/)
  await iam('DeleteLoginProfile', { UserName })
  assert.match(await failing('GetLoginProfile', { UserName }), /^NoSuchEntityException 404/)
  await iam('DeleteAccountPasswordPolicy')
  await iam('DeleteUser', { UserName })
})

test('aws_iam_policy: create, read, updates beyond five versions, destroy', async () => {
  const created = await iam('CreatePolicy', {
    PolicyName: 'tf-policy',
    Path: '/team/',
    Description: 'what it is for',
    PolicyDocument: POLICY,
    Tags: [{ Key: 'a', Value: 'b' }],
  })
  const PolicyArn = String(inside(created, 'Policy', 'Arn'))
  assert.equal(PolicyArn, `arn:aws:iam::${ACCOUNT}:policy/team/tf-policy`)
  assert.equal(inside(await iam('GetPolicy', { PolicyArn }), 'Policy', 'Description'), 'what it is for')
  const first = await iam('GetPolicyVersion', { PolicyArn, VersionId: 'v1' })
  assert.equal(decoded(inside(first, 'PolicyVersion', 'Document')), POLICY)
  for (let update = 2; update <= 8; update += 1) {
    const versions = inside(await iam('ListPolicyVersions', { PolicyArn }), 'Versions')
    assert.ok(Array.isArray(versions))
    if (versions.length >= 5) {
      const oldest = versions.filter((version) => inside(version, 'IsDefaultVersion') === false).at(-1)
      await iam('DeletePolicyVersion', { PolicyArn, VersionId: inside(oldest, 'VersionId') })
    }
    const PolicyDocument = policyText(allow(`kms:Update${update}*`))
    const version = await iam('CreatePolicyVersion', { PolicyArn, PolicyDocument, SetAsDefault: false })
    const VersionId = inside(version, 'PolicyVersion', 'VersionId')
    assert.equal(VersionId, `v${update}`)
    await iam('SetDefaultPolicyVersion', { PolicyArn, VersionId })
    const read = await iam('GetPolicy', { PolicyArn })
    assert.equal(inside(read, 'Policy', 'DefaultVersionId'), VersionId)
    const document = await iam('GetPolicyVersion', { PolicyArn, VersionId })
    assert.equal(decoded(inside(document, 'PolicyVersion', 'Document')), PolicyDocument)
  }
  const sixth = { PolicyArn, PolicyDocument: POLICY }
  assert.match(await failing('CreatePolicyVersion', sixth), /^LimitExceededException 409/)
  assert.match(await failing('DeletePolicy', { PolicyArn }), /^DeleteConflictException 409/)
  assert.match(
    await failing('DeletePolicyVersion', { PolicyArn, VersionId: 'v8' }),
    /^DeleteConflictException 409/,
  )
  for (const version of inside(await iam('ListPolicyVersions', { PolicyArn }), 'Versions') as Answer[]) {
    if (version['IsDefaultVersion'] === true) continue
    await iam('DeletePolicyVersion', { PolicyArn, VersionId: version['VersionId'] })
  }
  await iam('DeletePolicy', { PolicyArn })
  assert.match(
    await failing('GetPolicy', { PolicyArn }),
    /^NoSuchEntityException 404: Policy .* was not found\.$/,
  )
})

test('aws_iam_role with attachments, inline policies and an instance profile', async () => {
  const role = { RoleName: 'tf-role' }
  const created = await iam('CreateRole', {
    ...role,
    Path: '/svc/',
    AssumeRolePolicyDocument: TRUST,
    Description: 'a role',
    MaxSessionDuration: 7200,
    Tags: [{ Key: 'a', Value: 'b' }],
  })
  assert.equal(inside(created, 'Role', 'Arn'), `arn:aws:iam::${ACCOUNT}:role/svc/tf-role`)
  assert.equal(decoded(inside(created, 'Role', 'AssumeRolePolicyDocument')), TRUST)
  const policy = await iam('CreatePolicy', { PolicyName: 'tf-role-policy', PolicyDocument: POLICY })
  const PolicyArn = inside(policy, 'Policy', 'Arn')
  await iam('AttachRolePolicy', { ...role, PolicyArn })
  await iam('AttachRolePolicy', { ...role, PolicyArn })
  await iam('PutRolePolicy', { ...role, PolicyName: 'inline', PolicyDocument: POLICY })
  assert.deepEqual(inside(await iam('ListAttachedRolePolicies', role), 'AttachedPolicies'), [
    { PolicyName: 'tf-role-policy', PolicyArn },
  ])
  assert.deepEqual(inside(await iam('ListRolePolicies', role), 'PolicyNames'), ['inline'])
  const inline = await iam('GetRolePolicy', { ...role, PolicyName: 'inline' })
  assert.equal(decoded(inside(inline, 'PolicyDocument')), POLICY)
  const profile = { InstanceProfileName: 'tf-profile' }
  await iam('CreateInstanceProfile', profile)
  await iam('AddRoleToInstanceProfile', { ...profile, ...role })
  assert.equal(
    inside(await iam('GetInstanceProfile', profile), 'InstanceProfile', 'Roles', 0, 'RoleName'),
    'tf-role',
  )
  await iam('UpdateAssumeRolePolicy', { ...role, PolicyDocument: TRUST })
  await iam('UpdateRole', { ...role, Description: 'another', MaxSessionDuration: 3600 })
  const read = await iam('GetRole', role)
  assert.equal(inside(read, 'Role', 'Description'), 'another')
  assert.equal(inside(read, 'Role', 'MaxSessionDuration'), 3600)
  assert.equal(inside(await iam('GetPolicy', { PolicyArn }), 'Policy', 'AttachmentCount'), 1)
  const entities = await iam('ListEntitiesForPolicy', { PolicyArn })
  assert.equal(inside(entities, 'PolicyRoles', 0, 'RoleName'), 'tf-role')
  assert.match(await failing('DeletePolicy', { PolicyArn }), /^DeleteConflictException 409/)
  assert.match(await failing('DeleteRole', role), /^DeleteConflictException 409/)
  const profiles = await iam('ListInstanceProfilesForRole', role)
  assert.equal(inside(profiles, 'InstanceProfiles', 0, 'InstanceProfileName'), 'tf-profile')
  await iam('RemoveRoleFromInstanceProfile', { ...profile, ...role })
  await iam('DeleteInstanceProfile', profile)
  await iam('DetachRolePolicy', { ...role, PolicyArn })
  assert.match(await failing('DetachRolePolicy', { ...role, PolicyArn }), /^NoSuchEntityException 404/)
  await iam('DeleteRolePolicy', { ...role, PolicyName: 'inline' })
  await iam('DeleteRole', role)
  await iam('DeletePolicy', { PolicyArn })
})

test('a role whose trust policy names nobody that exists is refused in the words that the provider waits on', async () => {
  const nobody = trust({ AWS: `arn:aws:iam::${ACCOUNT}:user/not-yet` })
  assert.match(
    await failing('CreateRole', { RoleName: 'tf-early', AssumeRolePolicyDocument: nobody }),
    /^MalformedPolicyDocumentException 400: Invalid principal in policy: "AWS":/,
  )
})

test('aws_iam_group, its policy and its membership', async () => {
  const group = { GroupName: 'tf-group' }
  await iam('CreateGroup', { ...group, Path: '/' })
  await iam('CreateUser', { UserName: 'tf-member' })
  await iam('AddUserToGroup', { ...group, UserName: 'tf-member' })
  await iam('PutGroupPolicy', { ...group, PolicyName: 'p', PolicyDocument: POLICY })
  const arn = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
  await iam('AttachGroupPolicy', { ...group, PolicyArn: arn })
  assert.equal(inside(await iam('GetGroup', group), 'Users', 0, 'UserName'), 'tf-member')
  const groups = await iam('ListGroupsForUser', { UserName: 'tf-member' })
  assert.equal(inside(groups, 'Groups', 0, 'GroupName'), 'tf-group')
  await iam('UpdateGroup', { ...group, NewGroupName: 'tf-renamed-group' })
  const renamed = { GroupName: 'tf-renamed-group' }
  assert.equal(inside(await iam('GetGroup', renamed), 'Users', 0, 'UserName'), 'tf-member')
  assert.match(await failing('DeleteGroup', renamed), /^DeleteConflictException 409/)
  assert.match(await failing('DeleteUser', { UserName: 'tf-member' }), /^DeleteConflictException 409/)
  await iam('RemoveUserFromGroup', { ...renamed, UserName: 'tf-member' })
  await iam('DetachGroupPolicy', { ...renamed, PolicyArn: arn })
  await iam('DeleteGroupPolicy', { ...renamed, PolicyName: 'p' })
  await iam('DeleteGroup', renamed)
  await iam('DeleteUser', { UserName: 'tf-member' })
})

test('aws_iam_openid_connect_provider', async () => {
  const created = await iam('CreateOpenIDConnectProvider', {
    Url: 'https://forge.example.com/path/',
    ClientIDList: ['sts.amazonaws.com'],
    ThumbprintList: ['a'.repeat(40)],
  })
  const OpenIDConnectProviderArn = inside(created, 'OpenIDConnectProviderArn')
  assert.equal(OpenIDConnectProviderArn, `arn:aws:iam::${ACCOUNT}:oidc-provider/forge.example.com/path`)
  const provider = { OpenIDConnectProviderArn }
  await iam('UpdateOpenIDConnectProviderThumbprint', { ...provider, ThumbprintList: ['b'.repeat(40)] })
  await iam('AddClientIDToOpenIDConnectProvider', { ...provider, ClientID: 'other' })
  await iam('RemoveClientIDFromOpenIDConnectProvider', { ...provider, ClientID: 'sts.amazonaws.com' })
  const read = await iam('GetOpenIDConnectProvider', provider)
  assert.equal(read['Url'], 'forge.example.com/path')
  assert.deepEqual(read['ClientIDList'], ['other'])
  assert.deepEqual(read['ThumbprintList'], ['b'.repeat(40)])
  const again = { Url: 'https://forge.example.com/path' }
  assert.match(await failing('CreateOpenIDConnectProvider', again), /^EntityAlreadyExistsException 409/)
  await iam('DeleteOpenIDConnectProvider', provider)
  assert.match(await failing('GetOpenIDConnectProvider', provider), /^NoSuchEntityException 404/)
})

test('lists come in pages that fit together: nothing is missing and nothing comes twice', async () => {
  const names = Array.from({ length: 25 }, (_, at) => `page-${String(at).padStart(2, '0')}`)
  await Promise.all(names.map((UserName) => iam('CreateUser', { UserName, Path: '/pages/' })))
  const found: unknown[] = []
  let Marker: unknown
  do {
    const page = await iam('ListUsers', {
      PathPrefix: '/pages/',
      MaxItems: 10,
      ...(Marker ? { Marker } : {}),
    })
    for (const user of page['Users'] as Answer[]) found.push(user['UserName'])
    Marker = page['IsTruncated'] === true ? page['Marker'] : undefined
  } while (Marker !== undefined)
  assert.deepEqual(found.toSorted(), names)
  assert.match(await failing('ListUsers', { Marker: '%' }), /^ValidationError 400/)
})

test('names are one name whatever their case, and keep their case', async () => {
  await iam('CreateUser', { UserName: 'MixedCase' })
  assert.match(
    await failing('CreateUser', { UserName: 'mixedcase' }),
    /^EntityAlreadyExistsException 409: User with name mixedcase already exists\.$/,
  )
  assert.equal(inside(await iam('GetUser', { UserName: 'MIXEDCASE' }), 'User', 'UserName'), 'MixedCase')
})

test('quotas are kept, and white space does not count', async () => {
  const user = { UserName: 'tf-quota' }
  await iam('CreateUser', user)
  await iam('CreateAccessKey', user)
  await iam('CreateAccessKey', user)
  assert.equal(
    await failing('CreateAccessKey', user),
    'LimitExceededException 409: Cannot exceed quota for AccessKeysPerUser: 2',
  )
  const bare = policyText({ ...allow('kms:Decrypt'), Sid: 'x' })
  const filled = (chars: number): string => bare.replace('"x"', `"${'x'.repeat(chars - bare.length + 1)}"`)
  const put = { ...user, PolicyName: 'p' }
  await iam('PutUserPolicy', { ...put, PolicyDocument: `${' '.repeat(5000)}${filled(2048)}` })
  assert.match(
    await failing('PutUserPolicy', { ...put, PolicyDocument: filled(2049) }),
    /^LimitExceededException 409: Maximum policy size of 2048 bytes exceeded for user tf-quota$/,
  )
  const policy = { PolicyName: 'tf-quota' }
  assert.match(
    await failing('CreatePolicy', { ...policy, PolicyDocument: filled(6145) }),
    /^LimitExceededException 409: Cannot exceed quota for PolicySize: 6144$/,
  )
  await iam('CreatePolicy', { ...policy, PolicyDocument: filled(6144) })
})

test('the account as a whole is told', async () => {
  const summary = inside(await iam('GetAccountSummary'), 'SummaryMap')
  assert.equal(inside(summary, 'UsersQuota'), 5000)
  assert.ok(Number(inside(summary, 'Users')) >= 26)
  assert.deepEqual(inside(await iam('ListAccountAliases'), 'AccountAliases'), [])
  const details = await iam('GetAccountAuthorizationDetails', { Filter: ['User', 'LocalManagedPolicy'] })
  assert.ok((details['UserDetailList'] as Answer[]).some((user) => user['UserName'] === 'tf-quota'))
  assert.ok((details['Policies'] as Answer[]).some((policy) => policy['PolicyName'] === 'tf-quota'))
  assert.deepEqual(details['RoleDetailList'], [])
})
