/** Several accounts: each for itself, together where both agree, and under the organization's policies. */

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { CreateUserCommand, GetUserCommand, ListUsersCommand } from '@aws-sdk/client-iam'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  ReEncryptCommand,
} from '@aws-sdk/client-kms'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { readEvents } from '../support/audit.ts'
import { runHoldfast } from '../support/command.ts'
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
import { readCredentials, startServer, type TestServer } from '../support/server.ts'
import { newRole, stsClient, trust } from '../support/sts.ts'

const HOME = '000000000000'
const OTHER = '111122223333'

let server: TestServer
let other: TestCredentials

before(async () => {
  server = await startServer()
  const made = await runHoldfast(server.data, 'account', 'create', `--id=${OTHER}`)
  assert.equal(made.status, 0, made.errors)
  other = await readCredentials(server.data, OTHER)
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

async function operate(...args: readonly string[]): Promise<string> {
  const { status, output, errors } = await runHoldfast(server.data, ...args)
  assert.equal(status, 0, errors)
  return output
}

test('an account that a command has made is served at once, and is another than the first', async () => {
  const { Account } = await stsClient(server, other).send(new GetCallerIdentityCommand({}))
  assert.equal(Account, OTHER)
  await iamClient(server, other).send(new CreateUserCommand({ UserName: 'only-there' }))
  const here = iamClient(server)
  assert.deepEqual((await here.send(new ListUsersCommand({}))).Users, [])
  const missing = await outcomeOf(here.send(new GetUserCommand({ UserName: 'only-there' })))
  assert.equal(missing, 'NoSuchEntityException 404: The user with name only-there cannot be found.')
  const listed = await operate('account', 'list')
  assert.match(listed, new RegExp(`^${HOME}  .*FullAWSAccess\n${OTHER}  .*FullAWSAccess\n$`))
  const random = await operate('account', 'create')
  assert.match(random, /^account {6}[1-9][0-9]{11}$/m)
})

test('a command that cannot do what it is asked says why, and changes nothing', async () => {
  const refusals: readonly (readonly [readonly string[], RegExp])[] = [
    [['account', 'create', `--id=${OTHER}`], /there is an account 111122223333 already/],
    [['account', 'create', '--id=1'], /--id: expected an account ID of 12 digits; got '1'/],
    [['account', 'list', '--id=1'], /unknown option '--id'\. See holdfast account list --help/],
    [['scp', 'attach', '--name=none', `--id=${OTHER}`], /there is no service control policy none/],
    [['scp', 'attach', '--name=FullAWSAccess', '--id=999999999999'], /there is no account 999999999999/],
    [['scp', 'detach', '--name=FullAWSAccess', `--id=${OTHER}`], /at least one service control policy/],
    [['scp', 'put', '--name=FullAWSAccess', '--file=/dev/null'], /cannot be the name/],
    [['scp', 'put', '--file=/dev/null'], /--name: expected a name; got nothing/],
    [['scp', 'put', '--name=x', '--file=/dev/null'], /^holdfast: --file: invalid policy in '\/dev\/null': /],
    [['scp', 'put', '--name=x', '--file=/none'], /--file: cannot use '\/none': no such file\n$/],
    [['scp', 'put', '--name=x', '--file=/'], /--file: cannot use '\/': it is a folder\n$/],
    [['scp', 'delete', '--name=none'], /there is no service control policy none/],
  ]
  for (const [args, message] of refusals) {
    const { status, errors } = await runHoldfast(server.data, ...args)
    assert.equal(status, 2, args.join(' '))
    assert.match(errors, message)
  }
})

test('a key of another account is used where both accounts allow it', async () => {
  const kms = kmsClient(server)
  const bob = await newUser(
    iamClient(server, other),
    'bob',
    policyText(allow('kms:Encrypt', 'kms:DescribeKey')),
  )
  const root = { ...allow('kms:*'), Principal: { AWS: `arn:aws:iam::${HOME}:root` } }
  const theirs = { ...allow('kms:Encrypt', 'kms:Decrypt'), Principal: { AWS: `arn:aws:iam::${OTHER}:root` } }
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy: policyText(root, theirs) }))
  const keyArn = KeyMetadata?.Arn ?? ''
  const asBob = kmsAs(server, bob)
  const encrypt = new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('x') })
  assert.equal(await outcomeOf(asBob.send(encrypt)), 'allowed')
  const hidden = /does not exist in this Region, no resource-based policies allow access/
  assert.match(await outcomeOf(asBob.send(new DescribeKeyCommand({ KeyId: keyArn }))), hidden)
  const eve = kmsAs(server, await newUser(iamClient(server, other), 'eve'))
  assert.match(await outcomeOf(eve.send(encrypt)), hidden)
})

test('a role of another account is assumed where both accounts allow it', async () => {
  const role = await newRole(iamClient(server), 'guest', trust({ AWS: `arn:aws:iam::${OTHER}:root` }))
  const iam = iamClient(server, other)
  const [may, mayNot] = [await newUser(iam, 'may', policyText(allow('sts:*'))), await newUser(iam, 'may-not')]
  const assume = new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'session' })
  assert.equal(await outcomeOf(stsClient(server, may).send(assume)), 'allowed')
  assert.match(await outcomeOf(stsClient(server, mayNot).send(assume)), /^AccessDenied 403: .*role\/guest$/)
})

test('wrong session tags do not tell another account whether a role is there', async () => {
  const role = await newRole(iamClient(server), 'closed', trust({ AWS: `arn:aws:iam::${HOME}:root` }))
  const client = stsClient(
    server,
    await newUser(iamClient(server, other), 'curious', policyText(allow('sts:*'))),
  )
  const wrong = [
    {
      Tags: [
        { Key: 'a', Value: '' },
        { Key: 'A', Value: '' },
      ],
    },
    { Tags: [{ Key: 'aws:a', Value: '' }] },
    { TransitiveTagKeys: ['a'] },
  ]
  for (const parameters of wrong) {
    const ask = async (RoleArn: string): Promise<string> => {
      const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session', ...parameters })
      return (await outcomeOf(client.send(command))).replace(RoleArn, 'the role')
    }
    assert.equal(await ask(role), await ask(`${role}-that-is-not`))
  }
})

test('a call on a key of another account is in the log of both accounts, and counted once', async () => {
  const kms = kmsClient(server)
  const root = { ...allow('kms:*'), Principal: { AWS: `arn:aws:iam::${HOME}:root` } }
  const theirs = { ...allow('kms:Encrypt'), Principal: { AWS: `arn:aws:iam::${OTHER}:root` } }
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy: policyText(root, theirs) }))
  const keyArn = KeyMetadata?.Arn ?? ''
  const client = kmsAs(server, await newUser(iamClient(server, other), 'guest', policyText(allow('kms:*'))))
  const { $metadata } = await client.send(new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('x') }))
  const [own, copy, ...more] = (await readEvents(server.data)).filter(
    ({ requestID }) => requestID === $metadata.requestId,
  )
  assert.deepEqual(more, [])
  assert.deepEqual([own?.['recipientAccountId'], copy?.['recipientAccountId']], [OTHER, HOME])
  assert.equal(own?.userIdentity.arn, `arn:aws:iam::${OTHER}:user/guest`)
  const { type, accountId, arn } = copy?.userIdentity ?? {}
  assert.deepEqual({ type, accountId, arn }, { type: 'AWSAccount', accountId: OTHER, arn: undefined })
  assert.ok(own?.['sharedEventID'])
  assert.equal(copy?.['sharedEventID'], own?.['sharedEventID'])
  assert.notEqual(copy?.eventID, own?.eventID)
  const counted = await operate('usage', '--by=account,operation', `--key=${keyArn}`, '--format=csv')
  assert.match(counted, new RegExp(`^${OTHER},Encrypt,1\\b`, 'm'))
  assert.doesNotMatch(counted, new RegExp(`^${HOME},Encrypt`, 'm'))
})

test('a copy for the owner of a key lists no resource of the caller, and a denied call has no copy', async () => {
  const kms = kmsClient(server)
  const root = { ...allow('kms:*'), Principal: { AWS: `arn:aws:iam::${HOME}:root` } }
  const theirs = {
    ...allow('kms:Encrypt', 'kms:ReEncryptFrom'),
    Principal: { AWS: `arn:aws:iam::${OTHER}:root` },
  }
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy: policyText(root, theirs) }))
  const keyArn = KeyMetadata?.Arn ?? ''
  const client = kmsAs(server, await newUser(iamClient(server, other), 'mover', policyText(allow('kms:*'))))
  const destination = (await client.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
  const { CiphertextBlob } = await client.send(
    new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('x') }),
  )
  const { $metadata } = await client.send(
    new ReEncryptCommand({ CiphertextBlob, SourceKeyId: keyArn, DestinationKeyId: destination }),
  )
  await assert.rejects(client.send(new DecryptCommand({ CiphertextBlob, KeyId: keyArn })), {
    name: 'AccessDeniedException',
  })
  const events = await readEvents(server.data)
  const moves = events.filter(({ requestID }) => requestID === $metadata.requestId)
  const listed = moves.map((event) => [
    event['recipientAccountId'],
    event.resources?.map(({ ARN }) => ARN).sort(),
  ])
  assert.deepEqual(listed, [
    [OTHER, [keyArn, destination].sort()],
    [HOME, [keyArn]],
  ])
  const denied = events.filter(
    ({ eventName, errorCode, userIdentity }) =>
      eventName === 'Decrypt' && errorCode === 'AccessDenied' && userIdentity.accountId === OTHER,
  )
  assert.deepEqual(
    denied.map((event) => event['recipientAccountId']),
    [OTHER],
  )
})

test('the audit event of a refused call does not tell its account what another account has', async () => {
  const kms = kmsClient(server)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const keyArn = KeyMetadata?.Arn ?? ''
  const keyId = KeyMetadata?.KeyId ?? ''
  const aliasArn = keyArn.replace(/key\/.*/, 'alias/inner')
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/inner', TargetKeyId: keyId }))
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('x') }))
  const role = await newRole(iamClient(server), 'inner', trust({ AWS: `arn:aws:iam::${HOME}:root` }))
  const outsider = await newUser(iamClient(server, other), 'outsider', policyText(allow('*')))
  const client = kmsAs(server, outsider)
  for (const call of [
    client.send(new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('x') })),
    client.send(new EncryptCommand({ KeyId: aliasArn, Plaintext: Buffer.from('x') })),
    client.send(new DecryptCommand({ CiphertextBlob })),
    stsClient(server, outsider).send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'session' })),
  ]) {
    assert.notEqual(await outcomeOf(call), 'allowed')
  }
  const refused = (await readEvents(server.data)).filter(
    ({ userIdentity, errorCode }) => userIdentity.arn?.endsWith('user/outsider') && errorCode !== undefined,
  )
  assert.equal(refused.length, 4)
  for (const event of refused) {
    const { requestParameters, errorMessage, ...rest } = event
    assert.equal(event.resources, undefined, event.eventName)
    assert.ok(!JSON.stringify(rest).includes(keyId), event.eventName)
  }
})

test("a service control policy binds an account's root user and users at once, and no other account", async () => {
  const kms = kmsAs(server, other)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const encrypt = new EncryptCommand({ KeyId: KeyMetadata?.KeyId, Plaintext: Buffer.from('x') })
  assert.equal(await outcomeOf(kms.send(encrypt)), 'allowed')
  const file = join(server.data, 'scp.json')
  await writeFile(file, policyText({ Effect: 'Deny', Action: 'kms:Encrypt', Resource: '*' }))
  assert.equal(await operate('scp', 'put', '--name=no-encrypt', `--file=${file}`), 'put no-encrypt\n')
  await operate('scp', 'attach', '--name=no-encrypt', `--id=${OTHER}`)
  assert.match(
    await outcomeOf(kms.send(encrypt)),
    /^AccessDeniedException 400: .* with an explicit deny in a service control policy$/,
  )
  const { KeyMetadata: own } = await kmsClient(server).send(new CreateKeyCommand({}))
  const here = new EncryptCommand({ KeyId: own?.KeyId, Plaintext: Buffer.from('x') })
  assert.equal(await outcomeOf(kmsClient(server).send(here)), 'allowed')
  assert.match(await operate('scp', 'list'), new RegExp(`^no-encrypt  ${OTHER}$`, 'm'))
  const attached = await runHoldfast(server.data, 'scp', 'delete', '--name=no-encrypt')
  assert.match(attached.errors, /no-encrypt is attached to 111122223333/)
  await operate('scp', 'detach', '--name=no-encrypt', `--id=${OTHER}`)
  assert.equal(await outcomeOf(kms.send(encrypt)), 'allowed')
  await operate('scp', 'delete', '--name=no-encrypt')
})

test('what operators change is recorded, and the log stays whole', async () => {
  const events = await readEvents(server.data)
  const names = events.map(({ eventName }) => eventName)
  for (const name of ['CreateAccount', 'PutServiceControlPolicy', 'AttachServiceControlPolicy']) {
    assert.ok(names.includes(name), name)
  }
  const verified = await runHoldfast(server.data, 'audit', 'verify')
  assert.equal(verified.status, 0, verified.errors)
})
