/** Sessions of GetFederationToken: who they are, what they may do, and that they end. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  type IAMClient,
  ListUsersCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import {
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  type KMSClient,
  ListKeysCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms'
import {
  AssumeRoleCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  type GetFederationTokenCommandInput,
  GetSessionTokenCommand,
  type STSClient,
} from '@aws-sdk/client-sts'
import { eventOf } from '../support/audit.ts'
import {
  allow,
  iamClient,
  kmsAs,
  newUser,
  outcomeOf,
  policyText,
  type TestCredentials,
} from '../support/iam.ts'
import { kmsClient } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { assume, given, newRole, stsClient, trust } from '../support/sts.ts'

const ACCOUNT = '000000000000'
const ROOT = `arn:aws:iam::${ACCOUNT}:root`
const BOB = `arn:aws:sts::${ACCOUNT}:federated-user/Bob`

let server: TestServer
let iam: IAMClient
let kms: KMSClient
let ada: TestCredentials
let sts: STSClient
let keyId: string

before(async () => {
  server = await startServer()
  iam = iamClient(server)
  kms = kmsClient(server)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  keyId = KeyMetadata?.KeyId ?? ''
  const POLICY = policyText(allow('sts:GetFederationToken', 'sts:TagSession', 'kms:Encrypt', 'kms:ListKeys'))
  ada = await newUser(iam, 'ada', POLICY)
  sts = stsClient(server, ada)
})

after(async () => {
  for (const client of [iam, kms, sts]) client.destroy()
  await server[Symbol.asyncDispose]()
})

async function federate(
  input: Partial<GetFederationTokenCommandInput> = {},
  client = sts,
): Promise<Required<TestCredentials>> {
  return given((await client.send(new GetFederationTokenCommand({ Name: 'Bob', ...input }))).Credentials)
}

const federating = (input: Partial<GetFederationTokenCommandInput> = {}, client = sts): Promise<string> =>
  outcomeOf(client.send(new GetFederationTokenCommand({ Name: 'Bob', ...input })))

const encrypt = (as: TestCredentials, key = keyId): Promise<string> =>
  outcomeOf(kmsAs(server, as).send(new EncryptCommand({ KeyId: key, Plaintext: Buffer.from('x') })))

const ALL = policyText(allow('*'))
const ENCRYPT = policyText(allow('kms:Encrypt'))

test('a federated session is its own name, in the answer, in GetCallerIdentity and in the audit log', async () => {
  const answer = await sts.send(new GetFederationTokenCommand({ Name: 'Bob', Policy: ALL }))
  assert.deepEqual(answer.FederatedUser, { FederatedUserId: `${ACCOUNT}:Bob`, Arn: BOB })
  assert.ok(answer.PackedPolicySize !== undefined && answer.PackedPolicySize > 0)
  const lasts = Number(answer.Credentials?.Expiration) - Date.now()
  assert.ok(lasts > 43_100_000 && lasts <= 43_201_000)
  const session = given(answer.Credentials)
  const { Account, Arn, UserId } = await stsClient(server, session).send(new GetCallerIdentityCommand({}))
  assert.deepEqual({ Account, Arn, UserId }, { Account: ACCOUNT, Arn: BOB, UserId: `${ACCOUNT}:Bob` })

  const made = await eventOf(server, answer.$metadata.requestId)
  assert.equal(made.eventName, 'GetFederationToken')
  assert.equal(made.requestParameters?.['name'], 'Bob')
  assert.deepEqual(made.responseElements?.['federatedUser'], { federatedUserId: `${ACCOUNT}:Bob`, arn: BOB })
  assert.ok(!JSON.stringify(made).includes(session.secretAccessKey))
  assert.ok(!JSON.stringify(made).includes(session.sessionToken))
  const { $metadata } = await kmsAs(server, session).send(new ListKeysCommand({}))
  const { userIdentity } = await eventOf(server, $metadata.requestId)
  const { sessionContext, ...identity } = userIdentity as Record<string, unknown>
  assert.deepEqual(identity, {
    type: 'FederatedUser',
    principalId: `${ACCOUNT}:Bob`,
    arn: BOB,
    accountId: ACCOUNT,
    accessKeyId: session.accessKeyId,
  })
  const issuer = Reflect.get(sessionContext as object, 'sessionIssuer')
  assert.equal(issuer.type, 'IAMUser')
  assert.equal(issuer.arn, `arn:aws:iam::${ACCOUNT}:user/ada`)
})

test('it may do what both its maker and its session policies allow, and nothing without them', async () => {
  assert.equal(await encrypt(await federate({ Policy: ALL })), 'allowed')
  assert.equal(
    await encrypt(await federate({ PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/AdministratorAccess' }] })),
    'allowed',
  )
  assert.match(
    await encrypt(await federate()),
    /^AccessDeniedException 400: User: \S+federated-user\/Bob is not .* because no session policy allows the kms:Encrypt action$/,
  )
  const other = await federate({ Policy: policyText(allow('kms:Decrypt', 'kms:ListKeys')) })
  assert.match(await encrypt(other), /because no session policy allows the kms:Encrypt/)
  const beyond = await federate({ Policy: policyText(allow('kms:CreateKey')) })
  assert.match(
    await outcomeOf(kmsAs(server, beyond).send(new CreateKeyCommand({}))),
    /because no identity-based policy allows the kms:CreateKey/,
  )
})

test('what its maker loses, it loses at once', async () => {
  const credentials = await newUser(iam, 'gil', policyText(allow('sts:*', 'kms:*')))
  const session = await federate({ Policy: ALL }, stsClient(server, credentials))
  assert.equal(await encrypt(session), 'allowed')
  const less = { UserName: 'gil', PolicyName: 'own', PolicyDocument: policyText(allow('sts:*')) }
  await iam.send(new PutUserPolicyCommand(less))
  assert.match(await encrypt(session), /because no identity-based policy/)
  await iam.send(new PutUserPolicyCommand({ ...less, PolicyDocument: ALL }))
  assert.equal(await encrypt(session), 'allowed')
  const key = { UserName: 'gil', AccessKeyId: credentials.accessKeyId, Status: 'Inactive' } as const
  await iam.send(new UpdateAccessKeyCommand(key))
  assert.match(await encrypt(session), /^UnrecognizedClientException 400/)
})

test('the root user makes them for an hour, and within the session policy they are as free', async () => {
  const root = stsClient(server)
  const { Credentials } = await root.send(new GetFederationTokenCommand({ Name: 'Bob', Policy: ENCRYPT }))
  assert.ok(Number(Credentials?.Expiration) - Date.now() <= 3_601_000)
  assert.equal(await encrypt(given(Credentials)), 'allowed')
  assert.match(
    await outcomeOf(kmsAs(server, given(Credentials)).send(new ListKeysCommand({}))),
    /because no session policy allows the kms:ListKeys/,
  )
})

test('it cannot call IAM, nor STS but for GetCallerIdentity, and makes no further sessions', async () => {
  const session = await federate({ Policy: ALL })
  assert.match(
    await outcomeOf(iamClient(server, session).send(new ListUsersCommand({}))),
    /^InvalidClientTokenId 403/,
  )
  const role = await newRole(iam, 'open', trust({ AWS: ROOT }))
  const as = stsClient(server, session)
  for (const call of [
    as.send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'session' })),
    as.send(new GetSessionTokenCommand({})),
    as.send(new GetFederationTokenCommand({ Name: 'Eve' })),
    as.send(new GetAccessKeyInfoCommand({ AccessKeyId: ada.accessKeyId })),
  ]) {
    assert.match(await outcomeOf(call), /^AccessDenied 403: Cannot call \w+ with federat/)
  }
})

test('sessions make none', async () => {
  const role = await newRole(iam, 'chain', trust({ AWS: ROOT }), policyText(allow('sts:*')))
  const caller = stsClient(server, await newUser(iam, 'chainer', policyText(allow('sts:*'))))
  const own = given((await caller.send(new GetSessionTokenCommand({}))).Credentials)
  const refused = 'AccessDenied 403: Cannot call GetFederationToken with session credentials'
  assert.equal(await federating({}, stsClient(server, own)), refused)
  assert.equal(await federating({}, stsClient(server, await assume(caller, role))), refused)
})

test('making one is permitted by its ARN, with its tags as conditions', async () => {
  const only = policyText(
    {
      Effect: 'Allow',
      Action: 'sts:GetFederationToken',
      Resource: `arn:aws:sts::${ACCOUNT}:federated-user/B*`,
    },
    {
      Effect: 'Allow',
      Action: 'sts:TagSession',
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestTag/team': 'blue' } },
    },
  )
  const client = stsClient(server, await newUser(iam, 'maker', only))
  assert.equal(await federating({}, client), 'allowed')
  assert.equal(
    await federating({ Name: 'Carl' }, client),
    `AccessDenied 403: User: arn:aws:iam::${ACCOUNT}:user/maker is not authorized to perform: sts:GetFederationToken on resource: arn:aws:sts::${ACCOUNT}:federated-user/Carl because no identity-based policy allows the sts:GetFederationToken action`,
  )
  assert.equal(await federating({ Tags: [{ Key: 'team', Value: 'blue' }] }, client), 'allowed')
  assert.match(
    await federating({ Tags: [{ Key: 'team', Value: 'red' }] }, client),
    /perform: sts:TagSession /,
  )
})

test('its condition keys are its own: ARN, user id, type, tags, and no user name', async () => {
  const tags = [{ Key: 'Team', Value: 'blue' }]
  const holds = async (condition: object, Tags = tags): Promise<string> => {
    const statement = { ...allow('kms:Encrypt'), Condition: condition }
    return encrypt(await federate({ Policy: policyText(statement), Tags }))
  }
  for (const condition of [
    { ArnEquals: { 'aws:PrincipalArn': BOB } },
    { StringEquals: { 'aws:userid': `${ACCOUNT}:Bob` } },
    { StringEquals: { 'aws:PrincipalType': 'FederatedUser' } },
    { StringEquals: { 'aws:PrincipalTag/team': 'blue' } },
    { Null: { 'aws:username': 'true' } },
    { Bool: { 'aws:MultiFactorAuthPresent': 'false' } },
    { Null: { 'aws:TokenIssueTime': 'false' } },
  ]) {
    assert.equal(await holds(condition), 'allowed', JSON.stringify(condition))
  }
  assert.match(await holds({ StringEquals: { 'aws:PrincipalTag/team': 'red' } }), /no session policy/)
})

test('a key policy and a grant name it, and let it in without a session policy', async () => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const key = KeyMetadata?.KeyId ?? ''
  const bare = await federate()
  assert.match(await encrypt(bare, key), /^AccessDeniedException/)
  const statements = [
    { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' },
    { Effect: 'Allow', Principal: { AWS: BOB }, Action: 'kms:Encrypt', Resource: '*' },
  ]
  await kms.send(new PutKeyPolicyCommand({ KeyId: key, Policy: policyText(...statements) }))
  assert.equal(await encrypt(bare, key), 'allowed')
  assert.match(await encrypt(await federate({ Name: 'Carl' }), key), /^AccessDeniedException/)
  const operations = { KeyId: key, GranteePrincipal: BOB, Operations: ['DescribeKey' as const] }
  await kms.send(new CreateGrantCommand(operations))
  assert.equal(await outcomeOf(kmsAs(server, bare).send(new DescribeKeyCommand({ KeyId: key }))), 'allowed')
  assert.match(
    await outcomeOf(
      kmsAs(server, bare).send(new DecryptCommand({ KeyId: key, CiphertextBlob: Buffer.alloc(200) })),
    ),
    /^(AccessDenied|InvalidCiphertext)Exception/,
  )
})

test('what names its maker, a key policy or a grant, lets it in within its session policy alone', async () => {
  const adas = `arn:aws:iam::${ACCOUNT}:user/ada`
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const key = KeyMetadata?.KeyId ?? ''
  const statements = [
    { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' },
    { Effect: 'Allow', Principal: { AWS: adas }, Action: 'kms:Encrypt', Resource: '*' },
  ]
  await kms.send(new PutKeyPolicyCommand({ KeyId: key, Policy: policyText(...statements) }))
  const operations = { KeyId: key, GranteePrincipal: adas, Operations: ['DescribeKey' as const] }
  await kms.send(new CreateGrantCommand(operations))
  const describe = (session: TestCredentials) =>
    outcomeOf(kmsAs(server, session).send(new DescribeKeyCommand({ KeyId: key })))
  for (const input of [{}, { Policy: policyText(allow('kms:ListKeys')) }]) {
    const session = await federate(input)
    assert.match(await encrypt(session, key), /because no session policy allows the kms:Encrypt action$/)
    assert.match(await describe(session), /because no session policy allows the kms:DescribeKey action$/)
  }
  const session = await federate({ Policy: ALL })
  assert.equal(await encrypt(session, key), 'allowed')
  assert.equal(await describe(session), 'allowed')
})

test('limits of name, duration, policy and tags are kept', async () => {
  for (const [input, text] of [
    [{ Name: 'B' }, /^ValidationError 400/],
    [{ Name: 'x'.repeat(33) }, /^ValidationError 400/],
    [{ Name: 'a b' }, /^ValidationError 400/],
    [{ DurationSeconds: 899 }, /^ValidationError 400/],
    [{ DurationSeconds: 129_601 }, /^ValidationError 400/],
    [{ Policy: '{' }, /^MalformedPolicyDocumentException 400/],
    [{ Policy: 'x'.repeat(2049) }, /^ValidationError 400/],
    [{ PolicyArns: [{ arn: `arn:aws:iam::${ACCOUNT}:policy/none` }] }, /does not exist or is not attachable/],
    [
      {
        Tags: [
          { Key: 'a', Value: 'b' },
          { Key: 'A', Value: 'b' },
        ],
      },
      /^InvalidParameterValue 400: Duplicate/,
    ],
  ] as const) {
    assert.match(
      await federating(input as Partial<GetFederationTokenCommandInput>),
      text,
      JSON.stringify(input),
    )
  }
})
