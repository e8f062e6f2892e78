/** What users may do with keys, and that every change of it counts at once. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  AddUserToGroupCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteUserPermissionsBoundaryCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  GetAccessKeyLastUsedCommand,
  type IAMClient,
  ListUsersCommand,
  PutGroupPolicyCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  RemoveUserFromGroupCommand,
  TagUserCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import {
  CreateKeyCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  type KMSClient,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms'
import { eventOf } from '../support/audit.ts'
import { allow, iamClient, kmsAs, newKeyFor, newUser, outcomeOf, policyText } from '../support/iam.ts'
import { kmsClient } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const ALLOWED = 'allowed'

let server: TestServer
let iam: IAMClient
let kms: KMSClient
let keyId: string
let keyArn: string

before(async () => {
  // Two processes: what one of them acknowledges, the other has to know.
  server = await startServer({ environment: { HOLDFAST_WORKERS: '2' } })
  iam = iamClient(server)
  kms = kmsClient(server)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  keyId = KeyMetadata?.KeyId ?? ''
  keyArn = KeyMetadata?.Arn ?? ''
})

after(async () => {
  iam.destroy()
  kms.destroy()
  await server[Symbol.asyncDispose]()
})

function encrypt(client: KMSClient, key = keyId): Promise<string> {
  return outcomeOf(client.send(new EncryptCommand({ KeyId: key, Plaintext: Buffer.from('x') })))
}

function denied(
  user: string,
  why = 'because no identity-based policy allows the kms:Encrypt action',
): string {
  const arn = `arn:aws:iam::${ACCOUNT}:user/${user}`
  return `AccessDeniedException 400: User: ${arn} is not authorized to perform: kms:Encrypt on resource: ${keyArn} ${why}`
}

test('an action without a resource is refused on all, and a managed policy that denies is named', async () => {
  const arn = `arn:aws:iam::${ACCOUNT}:user/guarded`
  const who = kmsAs(server, await newUser(iam, 'guarded'))
  const create = (): Promise<string> => outcomeOf(who.send(new CreateKeyCommand({})))
  const beginning = `AccessDeniedException 400: User: ${arn} is not authorized to perform: kms:CreateKey on resource: *`
  assert.equal(
    await create(),
    `${beginning} because no identity-based policy allows the kms:CreateKey action`,
  )
  const document = policyText({ Effect: 'Deny', Action: '*', Resource: '*' })
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'guard', Path: '/team/', PolicyDocument: document }),
  )
  await iam.send(new AttachUserPolicyCommand({ UserName: 'guarded', PolicyArn: Policy?.Arn }))
  assert.equal(
    await create(),
    `${beginning} with an explicit deny in an identity-based policy: ${Policy?.Arn}`,
  )
})

test('a user without policies may do nothing, and an inline policy counts at once, both ways', async () => {
  const ada = kmsAs(server, await newUser(iam, 'ada'))
  assert.equal(await encrypt(ada), denied('ada'))
  for (let round = 0; round < 5; round += 1) {
    const policy = { UserName: 'ada', PolicyName: 'p', PolicyDocument: policyText(allow('kms:Encrypt')) }
    await iam.send(new PutUserPolicyCommand(policy))
    assert.equal(await encrypt(ada), ALLOWED)
    await iam.send(new DeleteUserPolicyCommand({ UserName: 'ada', PolicyName: 'p' }))
    assert.equal(await encrypt(ada), denied('ada'))
  }
})

test('a managed policy counts by its default version, and no longer once it is detached', async () => {
  const bob = kmsAs(server, await newUser(iam, 'bob'))
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'use', PolicyDocument: policyText(allow('kms:Encrypt')) }),
  )
  const PolicyArn = Policy?.Arn ?? ''
  await iam.send(new AttachUserPolicyCommand({ UserName: 'bob', PolicyArn }))
  assert.equal(await encrypt(bob), ALLOWED)
  const deny = { Effect: 'Deny', Action: 'kms:*', Resource: '*' }
  await iam.send(
    new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: policyText(deny), SetAsDefault: true }),
  )
  const named = `with an explicit deny in an identity-based policy: arn:aws:iam::${ACCOUNT}:policy/use`
  assert.equal(await encrypt(bob), denied('bob', named))
  await iam.send(new DetachUserPolicyCommand({ UserName: 'bob', PolicyArn }))
  assert.equal(await encrypt(bob), denied('bob'))
  await iam.send(
    new AttachUserPolicyCommand({
      UserName: 'bob',
      PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
    }),
  )
  assert.equal(await encrypt(bob), ALLOWED)
})

test("a group's policies count for those who are in it", async () => {
  const eve = kmsAs(server, await newUser(iam, 'eve'))
  await iam.send(new CreateGroupCommand({ GroupName: 'staff' }))
  const PolicyDocument = policyText(allow('kms:Encrypt'))
  await iam.send(new PutGroupPolicyCommand({ GroupName: 'staff', PolicyName: 'p', PolicyDocument }))
  assert.equal(await encrypt(eve), denied('eve'))
  await iam.send(new AddUserToGroupCommand({ GroupName: 'staff', UserName: 'eve' }))
  assert.equal(await encrypt(eve), ALLOWED)
  await iam.send(new RemoveUserFromGroupCommand({ GroupName: 'staff', UserName: 'eve' }))
  assert.equal(await encrypt(eve), denied('eve'))
})

test('a permissions boundary limits what policies allow', async () => {
  const fay = kmsAs(server, await newUser(iam, 'fay', policyText(allow('kms:*'))))
  assert.equal(await encrypt(fay), ALLOWED)
  const boundary = 'arn:aws:iam::aws:policy/IAMReadOnlyAccess'
  await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: 'fay', PermissionsBoundary: boundary }))
  assert.equal(
    await encrypt(fay),
    denied('fay', 'because no permissions boundary allows the kms:Encrypt action'),
  )
  await iam.send(new DeleteUserPermissionsBoundaryCommand({ UserName: 'fay' }))
  assert.equal(await encrypt(fay), ALLOWED)
})

test('an access key that is inactive, deleted or of a deleted user is none', async () => {
  const credentials = await newUser(iam, 'gil', policyText(allow('kms:*')))
  const gil = kmsAs(server, credentials)
  const { accessKeyId: AccessKeyId } = credentials
  const none = 'UnrecognizedClientException 400: The security token included in the request is invalid.'
  assert.equal(await encrypt(gil), ALLOWED)
  await iam.send(new UpdateAccessKeyCommand({ UserName: 'gil', AccessKeyId, Status: 'Inactive' }))
  assert.equal(await encrypt(gil), none)
  await iam.send(new UpdateAccessKeyCommand({ UserName: 'gil', AccessKeyId, Status: 'Active' }))
  assert.equal(await encrypt(gil), ALLOWED)
  const { AccessKeyLastUsed } = await iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId }))
  assert.ok(AccessKeyLastUsed?.ServiceName === 'kms' || AccessKeyLastUsed?.ServiceName === 'N/A')
  await iam.send(new DeleteAccessKeyCommand({ UserName: 'gil', AccessKeyId }))
  assert.equal(await encrypt(gil), none)
})

test('policies see tags, names and ids of users', async () => {
  const statement = {
    ...allow('kms:Encrypt'),
    Condition: { StringEquals: { 'aws:PrincipalTag/team': 'red', 'aws:username': 'hal' } },
  }
  const hal = kmsAs(server, await newUser(iam, 'hal', policyText(statement)))
  assert.equal(await encrypt(hal), denied('hal'))
  await iam.send(new TagUserCommand({ UserName: 'hal', Tags: [{ Key: 'Team', Value: 'red' }] }))
  assert.equal(await encrypt(hal), ALLOWED)
})

test('a user that a key policy names is gone for it when it is deleted, whoever comes after', async () => {
  const credentials = await newUser(iam, 'ida')
  const arn = `arn:aws:iam::${ACCOUNT}:user/ida`
  const root = { ...allow('kms:*'), Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }
  const policy = policyText(root, { ...allow('kms:Encrypt'), Principal: { AWS: [arn] } })
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy: policy }))
  const key = KeyMetadata?.KeyId ?? ''
  assert.equal(await encrypt(kmsAs(server, credentials), key), ALLOWED)
  const shown = async () => (await kms.send(new GetKeyPolicyCommand({ KeyId: key }))).Policy ?? ''
  assert.equal(await shown(), policy)
  const { accessKeyId: AccessKeyId } = credentials
  await iam.send(new DeleteAccessKeyCommand({ UserName: 'ida', AccessKeyId }))
  await iam.send(new DeleteUserCommand({ UserName: 'ida' }))
  assert.match(await shown(), /"Principal":\{"AWS":\["AIDA[A-Z2-7]{17}"\]\}/)
  await iam.send(new CreateUserCommand({ UserName: 'ida' }))
  const again = kmsAs(server, await newKeyFor(iam, 'ida'))
  assert.match(await encrypt(again, key), /no identity-based policy allows|no resource-based policy allows/)
  assert.match(await shown(), /AIDA/)
  const missing = outcomeOf(
    kms.send(new PutKeyPolicyCommand({ KeyId: key, Policy: policy.replace('user/ida', 'user/nobody') })),
  )
  assert.match(await missing, /^MalformedPolicyDocumentException 400: /)
})

test('what a user may do in IAM is decided by its policies, too', async () => {
  const jon = iamClient(server, await newUser(iam, 'jon', policyText(allow('iam:GetUser'))))
  const arn = `arn:aws:iam::${ACCOUNT}:user/jon`
  assert.equal(
    await outcomeOf(jon.send(new ListUsersCommand({}))),
    `AccessDenied 403: User: ${arn} is not authorized to perform: iam:ListUsers on resource: ` +
      `arn:aws:iam::${ACCOUNT}:user/ because no identity-based policy allows the iam:ListUsers action`,
  )
})

test('a refusal is recorded with the reason in full', async () => {
  const lee = kmsAs(
    server,
    await newUser(iam, 'lee', policyText({ ...allow('kms:*'), Effect: 'Deny', Sid: 'No' })),
  )
  const refused = lee.send(new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('x') }))
  const { $metadata } = await refused.catch((error) => error)
  const { additionalEventData } = await eventOf(server, $metadata.requestId)
  assert.match(
    String(additionalEventData?.['reason']),
    /^Denied by statement 1 \("No"\) of the identity-based policy "own"\.$/,
  )
})

test('a call of a user is recorded as that of a user', async () => {
  const credentials = await newUser(iam, 'kim', policyText(allow('kms:*')))
  const { $metadata } = await kmsAs(server, credentials).send(
    new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('x') }),
  )
  const { userIdentity, eventSource } = await eventOf(server, $metadata.requestId)
  assert.equal(eventSource, 'kms.amazonaws.com')
  assert.equal(userIdentity['type'], 'IAMUser')
  assert.equal(userIdentity['arn'], `arn:aws:iam::${ACCOUNT}:user/kim`)
})
