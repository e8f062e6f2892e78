/** Answers of IAM whose exact form clients look at: what is there, what is left out, and texts of refusals. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { allow, iamClient, newUser, policyText, type TestCredentials } from '../support/iam.ts'
import { callQuery, type FormValue, type QueryAnswer } from '../support/query.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { trust } from '../support/sts.ts'

const ACCOUNT = '000000000000'
const ROOT = `arn:aws:iam::${ACCOUNT}:root`
const TRUST = trust({ AWS: ROOT })
const POLICY = policyText(allow('kms:Decrypt'))
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess'

let server: TestServer
let administrator: TestCredentials

before(async () => {
  server = await startServer()
  const client = iamClient(server)
  administrator = await newUser(client, 'administrator', policyText(allow('*')))
  client.destroy()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

const iam = (
  action: string,
  input: FormValue = {},
  credentials: TestCredentials = server.credentials,
): Promise<QueryAnswer> => callQuery(server, { service: 'iam', action }, input, { credentials })

async function answered(action: string, input: FormValue = {}): Promise<string> {
  const answer = await iam(action, input)
  assert.equal(answer.status, 200, answer.text)
  return answer.text
}

async function refused(action: string, input: FormValue = {}): Promise<string> {
  const { code, status, message } = await iam(action, input)
  return `${code} ${status}: ${message}`
}

const has = (text: string, element: string): boolean =>
  text.includes(`<${element}>`) || text.includes(`<${element}/>`)

test('the type of a permissions boundary is Policy', async () => {
  const boundary = { PermissionsBoundary: ADMINISTRATOR }
  await answered('CreateUser', { UserName: 'bounded', ...boundary })
  await answered('CreateRole', { RoleName: 'bounded', AssumeRolePolicyDocument: TRUST, ...boundary })
  for (const [action, input] of [
    ['GetUser', { UserName: 'bounded' }],
    ['GetRole', { RoleName: 'bounded' }],
    ['GetAccountAuthorizationDetails', {}],
  ] as const) {
    const text = await answered(action, input)
    assert.match(text, /<PermissionsBoundaryType>Policy<\/PermissionsBoundaryType>/, action)
  }
})

test('CreateRole answers without RoleLastUsed, and with MaxSessionDuration, Description and Tags when they were given', async () => {
  const bare = { RoleName: 'bare', AssumeRolePolicyDocument: TRUST }
  const plain = await answered('CreateRole', bare)
  for (const element of [
    'RoleLastUsed',
    'MaxSessionDuration',
    'Description',
    'Tags',
    'PermissionsBoundary',
  ]) {
    assert.ok(!has(plain, element), element)
  }
  const read = await answered('GetRole', { RoleName: 'bare' })
  assert.ok(has(read, 'RoleLastUsed'))
  assert.match(read, /<MaxSessionDuration>3600</)
  const whole = await answered('CreateRole', {
    ...bare,
    RoleName: 'whole',
    Description: 'd',
    MaxSessionDuration: 3600,
    Tags: [{ Key: 'a', Value: 'b' }],
  })
  for (const element of ['MaxSessionDuration', 'Description', 'Tags']) assert.ok(has(whole, element), element)
  assert.ok(!has(whole, 'RoleLastUsed'))
})

test('CreatePolicy answers without Description, and with Tags when they were given', async () => {
  const policy = { PolicyDocument: POLICY, Description: 'd' }
  const plain = await answered('CreatePolicy', { ...policy, PolicyName: 'plain' })
  assert.ok(!has(plain, 'Description'))
  assert.ok(!has(plain, 'Tags'))
  const tagged = await answered('CreatePolicy', {
    ...policy,
    PolicyName: 'tagged',
    Tags: [{ Key: 'a', Value: 'b' }],
  })
  assert.ok(has(tagged, 'Tags'))
  const PolicyArn = `arn:aws:iam::${ACCOUNT}:policy/plain`
  const read = await answered('GetPolicy', { PolicyArn })
  assert.match(read, /<Description>d</)
  assert.ok(has(read, 'Tags'))
})

test('instance profiles and OIDC providers are made without Tags unless they were given', async () => {
  const profile = await answered('CreateInstanceProfile', { InstanceProfileName: 'plain' })
  assert.ok(!has(profile, 'Tags'))
  const provider = await answered('CreateOpenIDConnectProvider', { Url: 'https://plain.example.com' })
  assert.ok(!has(provider, 'Tags'))
})

test('a boundary that is not there is called Scope ARN', async () => {
  const arn = `arn:aws:iam::${ACCOUNT}:policy/absent`
  const expected = `NoSuchEntity 404: Scope ARN: ${arn} does not exist or is not attachable.`
  const boundary = { PermissionsBoundary: arn }
  assert.equal(await refused('CreateUser', { UserName: 'unbound', ...boundary }), expected)
  const role = { RoleName: 'unbound', AssumeRolePolicyDocument: TRUST }
  assert.equal(await refused('CreateRole', { ...role, ...boundary }), expected)
  await answered('CreateUser', { UserName: 'unbound' })
  await answered('CreateRole', role)
  assert.equal(await refused('PutUserPermissionsBoundary', { UserName: 'unbound', ...boundary }), expected)
  assert.equal(await refused('PutRolePermissionsBoundary', { RoleName: 'unbound', ...boundary }), expected)
  assert.equal(
    await refused('AttachUserPolicy', { UserName: 'unbound', PolicyArn: arn }),
    `NoSuchEntity 404: Policy ${arn} does not exist or is not attachable.`,
  )
})

/** Source: the IAM service model, `summaryKeyType`. */
const SUMMARY_KEYS = [
  ...['Users', 'UsersQuota', 'Groups', 'GroupsQuota', 'ServerCertificates', 'ServerCertificatesQuota'],
  ...['UserPolicySizeQuota', 'GroupPolicySizeQuota', 'GroupsPerUserQuota', 'SigningCertificatesPerUserQuota'],
  ...[
    'AccessKeysPerUserQuota',
    'MFADevices',
    'MFADevicesInUse',
    'AccountMFAEnabled',
    'AccountAccessKeysPresent',
  ],
  ...['AccountPasswordPresent', 'AccountSigningCertificatesPresent', 'AttachedPoliciesPerGroupQuota'],
  ...['AttachedPoliciesPerRoleQuota', 'AttachedPoliciesPerUserQuota', 'Policies', 'PoliciesQuota'],
  ...['PolicySizeQuota', 'PolicyVersionsInUse', 'PolicyVersionsInUseQuota', 'VersionsPerPolicyQuota'],
  ...['GlobalEndpointTokenVersion', 'AssumeRolePolicySizeQuota', 'InstanceProfiles', 'InstanceProfilesQuota'],
  ...['Providers', 'RolePolicySizeQuota', 'Roles', 'RolesQuota'],
]

test('GetAccountSummary has every key of its map, and counts versions of policies', async () => {
  const versions = (text: string): number =>
    Number(/<key>PolicyVersionsInUse<\/key>\s*<value>(\d+)</.exec(text)?.[1])
  const text = await answered('GetAccountSummary')
  const keys = [...text.matchAll(/<key>(\w+)<\/key>/g)].map(([, key]) => key)
  assert.deepEqual(keys.toSorted(), SUMMARY_KEYS.toSorted())
  await answered('CreatePolicy', { PolicyName: 'counted', PolicyDocument: POLICY })
  const PolicyArn = `arn:aws:iam::${ACCOUNT}:policy/counted`
  await answered('CreatePolicyVersion', { PolicyArn, PolicyDocument: POLICY })
  assert.equal(versions(await answered('GetAccountSummary')), versions(text) + 2)
})

test('the URL of an OIDC provider begins with https://', async () => {
  for (const Url of [
    'issuer.example.com',
    'http://issuer.example.com',
    'HTTPS//issuer.example.com',
    'https://',
  ]) {
    assert.match(await refused('CreateOpenIDConnectProvider', { Url }), /^InvalidInput 400: /, Url)
  }
})

test('what would change a managed policy of AWS is denied, to the root user too', async () => {
  for (const PolicyArn of [ADMINISTRATOR, 'arn:aws:iam::aws:policy/job-function/NotHere']) {
    for (const [action, input] of [
      ['CreatePolicyVersion', { PolicyDocument: POLICY }],
      ['DeletePolicy', {}],
      ['DeletePolicyVersion', { VersionId: 'v1' }],
      ['SetDefaultPolicyVersion', { VersionId: 'v1' }],
      ['TagPolicy', { Tags: [{ Key: 'a', Value: 'b' }] }],
      ['UntagPolicy', { TagKeys: ['a'] }],
    ] as const) {
      assert.equal(
        await refused(action, { PolicyArn, ...input }),
        `AccessDenied 403: User: ${ROOT} is not authorized to perform: iam:${action} on resource: policy ${PolicyArn}`,
      )
    }
  }
  assert.ok(has(await answered('GetPolicy', { PolicyArn: ADMINISTRATOR }), 'Policy'))
  assert.ok(has(await answered('ListPolicyTags', { PolicyArn: ADMINISTRATOR }), 'Tags'))
})

test('paths of AWS are refused wherever a path is given', async () => {
  const create = { AssumeRolePolicyDocument: TRUST, PolicyDocument: POLICY }
  await answered('CreateUser', { UserName: 'path' })
  await answered('CreateGroup', { GroupName: 'path' })
  for (const [path, text] of [
    [
      '/aws-service-role/x.amazonaws.com/',
      "Paths beginning with '/aws-service-role' are reserved for AWS Service Linked Roles",
    ],
    ['/aws-reserved/sso.amazonaws.com/', "Paths beginning with '/aws-reserved' are reserved for AWS"],
  ] as const) {
    for (const [action, input] of [
      ['CreateUser', { UserName: 'x', Path: path }],
      ['CreateGroup', { GroupName: 'x', Path: path }],
      [
        'CreateRole',
        { RoleName: 'x', Path: path, AssumeRolePolicyDocument: create.AssumeRolePolicyDocument },
      ],
      ['CreatePolicy', { PolicyName: 'x', Path: path, PolicyDocument: create.PolicyDocument }],
      ['CreateInstanceProfile', { InstanceProfileName: 'x', Path: path }],
      ['UpdateUser', { UserName: 'path', NewPath: path }],
      ['UpdateGroup', { GroupName: 'path', NewPath: path }],
    ] as const) {
      assert.equal(await refused(action, input), `InvalidInput 400: ${text}`, action)
    }
  }
  await answered('CreateUser', { UserName: 'near', Path: '/aws-service-roles/' })
})

test('a policy of another partition has an invalid ARN partition', async () => {
  await answered('CreateUser', { UserName: 'partition' })
  await answered('CreateRole', { RoleName: 'partition', AssumeRolePolicyDocument: TRUST })
  const PolicyArn = 'arn:aws-cn:iam::aws:policy/AdministratorAccess'
  for (const [action, input] of [
    ['AttachRolePolicy', { RoleName: 'partition', PolicyArn }],
    ['DetachUserPolicy', { UserName: 'partition', PolicyArn }],
    ['GetPolicy', { PolicyArn }],
    ['DeletePolicy', { PolicyArn }],
    ['PutUserPermissionsBoundary', { UserName: 'partition', PermissionsBoundary: PolicyArn }],
  ] as const) {
    assert.equal(await refused(action, input), 'ValidationError 400: Invalid ARN partition', action)
  }
})

test('without UserName a user, and the root user, mean themselves', async () => {
  const own = async (action: string, input: FormValue = {}): Promise<string> => {
    const answer = await iam(action, input, administrator)
    assert.equal(answer.status, 200, answer.text)
    return answer.text
  }
  assert.match(await own('GetUser'), /<UserName>administrator</)
  assert.match(await own('ListAccessKeys'), new RegExp(administrator.accessKeyId))
  assert.ok(has(await own('ListMFADevices'), 'MFADevices'))

  const root = await answered('GetUser')
  assert.match(root, new RegExp(`<Arn>${ROOT}</Arn>`))
  assert.match(root, new RegExp(`<UserId>${ACCOUNT}</UserId>`))
  assert.ok(!has(root, 'UserName'))
  for (const list of ['MFADevices', 'SSHPublicKeys', 'ServiceSpecificCredentials', 'SigningCertificates']) {
    await answered(`List${list}`)
  }
})

test('the root user makes, lists, sets and deletes its own access keys', async () => {
  const listed = async (): Promise<readonly (string | undefined)[]> => {
    const text = await answered('ListAccessKeys')
    return [...text.matchAll(/<AccessKeyId>(\w+)</g)].map(([, id]) => id)
  }
  const first = server.credentials.accessKeyId
  assert.deepEqual(await listed(), [first])
  const created = await answered('CreateAccessKey')
  const accessKeyId = /<AccessKeyId>(\w+)</.exec(created)?.[1] ?? ''
  const secretAccessKey = /<SecretAccessKey>([^<]+)</.exec(created)?.[1] ?? ''
  assert.deepEqual((await listed()).toSorted(), [first, accessKeyId].toSorted())
  assert.equal(
    await refused('CreateAccessKey'),
    'LimitExceeded 409: Cannot exceed quota for AccessKeysPerUser: 2',
  )
  const second = { accessKeyId, secretAccessKey }
  assert.match((await iam('GetUser', {}, second)).text, new RegExp(`<Arn>${ROOT}</Arn>`))
  await answered('UpdateAccessKey', { AccessKeyId: accessKeyId, Status: 'Inactive' })
  assert.equal((await iam('GetUser', {}, second)).code, 'InvalidClientTokenId')
  await answered('DeleteAccessKey', { AccessKeyId: accessKeyId })
  assert.deepEqual(await listed(), [first])
  assert.equal(
    await refused('DeleteAccessKey', { AccessKeyId: accessKeyId }),
    `NoSuchEntity 404: The Access Key with id ${accessKeyId} cannot be found.`,
  )
  assert.match(
    await refused('DeleteAccessKey', { AccessKeyId: administrator.accessKeyId }),
    /^NoSuchEntity 404/,
    'a key of a user is not one of the root user',
  )
})
