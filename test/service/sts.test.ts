/** Sessions: how they are made, what they may do, and that they end when they have to. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  type IAMClient,
  ListUsersCommand,
  PutRolePolicyCommand,
  UpdateAccessKeyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam'
import { CreateKeyCommand, EncryptCommand, type KMSClient } from '@aws-sdk/client-kms'
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  DecodeAuthorizationMessageCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
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
const ROOT = { AWS: `arn:aws:iam::${ACCOUNT}:root` }
const INVALID = 'UnrecognizedClientException 400: The security token included in the request is invalid.'

let server: TestServer
let iam: IAMClient
let kms: KMSClient
let sts: STSClient
let keyId: string
let ada: TestCredentials

before(async () => {
  server = await startServer({ environment: { HOLDFAST_WORKERS: '2' } })
  iam = iamClient(server)
  kms = kmsClient(server)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  keyId = KeyMetadata?.KeyId ?? ''
  ada = await newUser(iam, 'ada', policyText(allow('sts:*')))
  sts = stsClient(server, ada)
})

after(async () => {
  for (const client of [iam, kms, sts]) client.destroy()
  await server[Symbol.asyncDispose]()
})

function encrypt(credentials: TestCredentials): Promise<string> {
  const client = kmsAs(server, credentials)
  return outcomeOf(client.send(new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('x') })))
}

function assuming(client: STSClient, arn: string, more: Partial<AssumeRoleCommandInput> = {}) {
  return outcomeOf(client.send(new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: 'session', ...more })))
}

test('GetCallerIdentity names root users, users and sessions, and needs no permission', async () => {
  const identity = async (credentials: TestCredentials): Promise<string> => {
    const { Arn, UserId, Account } = await stsClient(server, credentials).send(
      new GetCallerIdentityCommand({}),
    )
    assert.equal(Account, ACCOUNT)
    return `${Arn} ${UserId}`
  }
  assert.equal(await identity(server.credentials), `arn:aws:iam::${ACCOUNT}:root ${ACCOUNT}`)
  const nobody = await newUser(iam, 'nobody')
  assert.match(await identity(nobody), /^arn:aws:iam::000000000000:user\/nobody AIDA[A-Z2-7]{17}$/)
  const role = await newRole(iam, 'named', trust(ROOT))
  assert.match(
    await identity(await assume(sts, role)),
    /^arn:aws:sts::000000000000:assumed-role\/named\/session AROA[A-Z2-7]{17}:session$/,
  )
})

test('a role is assumed by whom its trust policy and, where it names the account, its own policies let', async () => {
  const nobody = stsClient(server, await newUser(iam, 'bob'))
  const byAccount = await newRole(iam, 'by-account', trust(ROOT))
  const byName = await newRole(iam, 'by-name', trust({ AWS: `arn:aws:iam::${ACCOUNT}:user/bob` }))
  assert.equal(await assuming(sts, byAccount), 'allowed')
  assert.equal(
    await assuming(nobody, byAccount),
    `AccessDenied 403: User: arn:aws:iam::${ACCOUNT}:user/bob is not authorized to perform: sts:AssumeRole on resource: ` +
      `${byAccount} because no identity-based policy allows the sts:AssumeRole action`,
  )
  assert.equal(await assuming(nobody, byName), 'allowed')
  assert.match(await assuming(sts, byName), /because no role trust policy allows the sts:AssumeRole action$/)
  assert.match(await assuming(sts, `arn:aws:iam::${ACCOUNT}:role/none`), /^AccessDenied 403: .*role\/none$/)
  assert.match(
    await assuming(sts, `arn:aws:iam::${ACCOUNT}:user/none`),
    /^ValidationError 400: .* is invalid$/,
  )
  assert.match(
    await assuming(stsClient(server), byAccount),
    /^AccessDenied 403: Roles may not be assumed by root/,
  )
})

test('an external id has to be the one that the trust policy asks for', async () => {
  const condition = { Condition: { StringEquals: { 'sts:ExternalId': 'one-two' } } }
  const role = await newRole(iam, 'external', trust(ROOT, condition))
  assert.match(await assuming(sts, role), /^AccessDenied 403/)
  assert.match(await assuming(sts, role, { ExternalId: 'three' }), /^AccessDenied 403/)
  assert.equal(await assuming(sts, role, { ExternalId: 'one-two' }), 'allowed')
})

test('a session may do what its role may, within its session policy, as things are now', async () => {
  const role = await newRole(iam, 'worker', trust(ROOT), policyText(allow('kms:*')))
  const whole = await assume(sts, role)
  const narrow = await assume(sts, role, { Policy: policyText(allow('kms:Decrypt')) })
  assert.equal(await encrypt(whole), 'allowed')
  assert.match(await encrypt(narrow), /because no session policy allows the kms:Encrypt action$/)
  await iam.send(new DeleteRolePolicyCommand({ RoleName: 'worker', PolicyName: 'own' }))
  assert.match(await encrypt(whole), /because no identity-based policy allows the kms:Encrypt action$/)
  const policy = { RoleName: 'worker', PolicyName: 'own', PolicyDocument: policyText(allow('kms:*')) }
  await iam.send(new PutRolePolicyCommand(policy))
  assert.equal(await encrypt(whole), 'allowed')
})

test('sessions issued before a moment are revoked by a policy, and all by the deletion of the role', async () => {
  const role = await newRole(iam, 'revoked', trust(ROOT), policyText(allow('kms:*')))
  const session = await assume(sts, role)
  assert.equal(await encrypt(session), 'allowed')
  const before = new Date(Date.now() + 5000).toISOString()
  const revoke = {
    Effect: 'Deny',
    Action: '*',
    Resource: '*',
    Condition: { DateLessThan: { 'aws:TokenIssueTime': before } },
  }
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'revoked',
      PolicyName: 'AWSRevokeOlderSessions',
      PolicyDocument: policyText(revoke),
    }),
  )
  assert.match(await encrypt(session), /with an explicit deny in an identity-based policy$/)
  for (const PolicyName of ['own', 'AWSRevokeOlderSessions']) {
    await iam.send(new DeleteRolePolicyCommand({ RoleName: 'revoked', PolicyName }))
  }
  await iam.send(new DeleteRoleCommand({ RoleName: 'revoked' }))
  assert.equal(await encrypt(session), INVALID)
  await newRole(iam, 'revoked', trust(ROOT), policyText(allow('kms:*')))
  assert.equal(await encrypt(session), INVALID)
})

test('session tags and the source identity are seen by policies, and inherited through a chain', async () => {
  const conditions = { 'aws:PrincipalTag/team': 'red', 'aws:SourceIdentity': 'ada' }
  const tagged = { ...allow('kms:Encrypt'), Condition: { StringEquals: conditions } }
  const policy = policyText(tagged, allow('sts:*'))
  const first = await newRole(iam, 'chain-1', trust(ROOT), policy)
  const second = await newRole(iam, 'chain-2', trust(ROOT), policy)
  assert.match(await encrypt(await assume(sts, first)), /no identity-based policy/)
  const more = { Tags: [{ Key: 'Team', Value: 'red' }], TransitiveTagKeys: ['team'], SourceIdentity: 'ada' }
  const session = await assume(sts, first, more)
  assert.equal(await encrypt(session), 'allowed')
  const chaining = stsClient(server, session)
  assert.equal(await encrypt(await assume(chaining, second)), 'allowed')
  assert.match(
    await assuming(chaining, second, { Tags: [{ Key: 'team', Value: 'blue' }] }),
    /^InvalidParameterValue 400: .*conflicts with a transitive tag key from the calling session\.$/,
  )
  assert.match(await assuming(chaining, second, { SourceIdentity: 'eve' }), /^AccessDenied 403/)
  assert.match(
    await assuming(chaining, second, { DurationSeconds: 3601 }),
    /^ValidationError 400: .*1 hour session limit for roles assumed by role chaining\.$/,
  )
  assert.match(
    await assuming(sts, first, { TransitiveTagKeys: ['x'] }),
    /^InvalidParameterValue 400: .*must be included in the requested tags\.$/,
  )
  const twice = [
    { Key: 'a', Value: '1' },
    { Key: 'A', Value: '2' },
  ]
  assert.match(
    await assuming(sts, first, { Tags: twice }),
    /^InvalidParameterValue 400: Duplicate tag keys found/,
  )
})

test('a session lasts as long as its role allows', async () => {
  const role = await newRole(iam, 'lasting', trust(ROOT))
  assert.match(
    await assuming(sts, role, { DurationSeconds: 3601 }),
    /exceeds the MaxSessionDuration set for this role\.$/,
  )
  await iam.send(new UpdateRoleCommand({ RoleName: 'lasting', MaxSessionDuration: 7200 }))
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'session', DurationSeconds: 7200 }),
  )
  const seconds = (Number(Credentials?.Expiration) - Date.now()) / 1000
  assert.ok(seconds > 7100 && seconds <= 7200, String(seconds))
  assert.match(
    await assuming(sts, role, { DurationSeconds: 899 }),
    /^ValidationError 400: 1 validation error/,
  )
})

test('session policies are checked, and have a size that they must not exceed', async () => {
  const role = await newRole(iam, 'packed', trust(ROOT))
  assert.match(await assuming(sts, role, { Policy: '{"a":1}' }), /^MalformedPolicyDocumentException 400/)
  const long = policyText(allow('kms:*'), { ...allow('a:b'), Sid: 'x'.repeat(2048) })
  assert.match(
    await assuming(sts, role, { Policy: long }),
    /^PackedPolicyTooLargeException 400: Packed policy consumes \d{3}% of allotted space, please use smaller policy\.$/,
  )
  const { PackedPolicySize } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: role,
      RoleSessionName: 'session',
      PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }],
    }),
  )
  assert.ok(PackedPolicySize !== undefined && PackedPolicySize > 0 && PackedPolicySize <= 100)
  const Tags = Array.from({ length: 50 }, (_, at) => ({
    Key: `k${at}${'äöüß'.repeat(30)}`.slice(0, 128),
    Value: randomText(256),
  }))
  assert.match(
    await assuming(sts, role, { Tags }),
    /^PackedPolicyTooLargeException 400: Packed size of session tags consumes \d{3}% of allotted space\.$/,
  )
  const many = Array.from({ length: 51 }, (_, at) => ({ Key: `k${at}`, Value: 'v' }))
  assert.match(
    await assuming(sts, role, { Tags: many }),
    /: 1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50$/,
  )
})

function randomText(length: number): string {
  return Array.from({ length }, () => Math.floor(Math.random() * 36).toString(36)).join('')
}

test("GetSessionToken's session is the user, may not call IAM, and ends with the user's access key", async () => {
  const credentials = await newUser(iam, 'gus', policyText(allow('kms:*', 'iam:*')))
  const own = stsClient(server, credentials)
  const session = given((await own.send(new GetSessionTokenCommand({}))).Credentials)
  assert.equal(await encrypt(session), 'allowed')
  assert.match(
    await outcomeOf(iamClient(server, session).send(new ListUsersCommand({}))),
    /^InvalidClientTokenId 403/,
  )
  assert.match(
    await outcomeOf(stsClient(server, session).send(new GetSessionTokenCommand({}))),
    /^AccessDenied 403: Cannot call GetSessionToken with session credentials$/,
  )
  const AccessKeyId = credentials.accessKeyId
  await iam.send(new UpdateAccessKeyCommand({ UserName: 'gus', AccessKeyId, Status: 'Inactive' }))
  assert.equal(await encrypt(session), INVALID)
  const ofRoot = given((await stsClient(server).send(new GetSessionTokenCommand({}))).Credentials)
  assert.equal(await encrypt(ofRoot), 'allowed')
})

test('tokens that are forged, cut, swapped or missing are invalid, on both protocols', async () => {
  const role = await newRole(iam, 'hostile', trust(ROOT), policyText(allow('kms:*')))
  const [one, other] = [await assume(sts, role), await assume(sts, role)]
  assert.equal(await encrypt(one), 'allowed')
  const { sessionToken } = one
  const flip = (at: number): string => {
    const bytes = Buffer.from(sessionToken, 'base64')
    bytes[at] = (bytes[at] ?? 0) ^ 1
    return bytes.toString('base64')
  }
  const { length } = Buffer.from(sessionToken, 'base64')
  const tokens = [
    ...[0, 1, 17, 29, 60, length - 1].map(flip),
    ...[other.sessionToken, sessionToken.slice(0, -4), `${sessionToken}AAAA`],
    ...['x', 'AQ==', '%%%', Buffer.alloc(300).toString('base64')],
  ]
  for (const token of tokens) assert.equal(await encrypt({ ...one, sessionToken: token }), INVALID, token)
  const { accessKeyId, secretAccessKey } = one
  assert.equal(await encrypt({ accessKeyId, secretAccessKey }), INVALID)
  assert.equal(await encrypt({ ...server.credentials, sessionToken }), INVALID)
  const asSts = stsClient(server, { ...one, sessionToken: 'x' }).send(new GetCallerIdentityCommand({}))
  assert.match(await outcomeOf(asSts), /^InvalidClientTokenId 403/)
})

test('a token of another deployment is invalid', async () => {
  await using elsewhere = await startServer()
  const foreign = given((await stsClient(elsewhere).send(new GetSessionTokenCommand({}))).Credentials)
  assert.equal(await encrypt(foreign), INVALID)
})

test('an access key names its account, and messages that nobody has encoded cannot be decoded', async () => {
  const { Account } = await sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: ada.accessKeyId }))
  assert.equal(Account, ACCOUNT)
  const decoding = sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage: 'abc' }))
  assert.match(await outcomeOf(decoding), /^InvalidAuthorizationMessageException 400/)
})

test('sessions are recorded with their role, and their secrets nowhere', async () => {
  const role = await newRole(iam, 'recorded', trust(ROOT), policyText(allow('kms:*')))
  const { Credentials, $metadata } = await sts.send(
    new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'session', SourceIdentity: 'ada' }),
  )
  const event = await eventOf(server, $metadata.requestId)
  assert.equal(event['eventSource'], 'sts.amazonaws.com')
  assert.deepEqual(event.resources, [{ accountId: ACCOUNT, type: 'AWS::IAM::Role', ARN: role }])
  const text = JSON.stringify(event)
  for (const secret of [Credentials?.SecretAccessKey, Credentials?.SessionToken]) {
    assert.ok(secret !== undefined && !text.includes(secret))
  }
  const answer = await kmsAs(server, given(Credentials)).send(
    new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('x') }),
  )
  const { userIdentity } = await eventOf(server, answer.$metadata.requestId)
  assert.equal(userIdentity['type'], 'AssumedRole')
  const context = Reflect.get(userIdentity, 'sessionContext')
  assert.equal(context.sessionIssuer.arn, role)
  assert.equal(context.sourceIdentity, 'ada')
})
