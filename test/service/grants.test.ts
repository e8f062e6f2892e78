/** Grants, by the real SDK, with users who have nothing but them. */

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import {
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  type IAMClient,
} from '@aws-sdk/client-iam'
import {
  CreateGrantCommand,
  type CreateGrantCommandInput,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DryRunOperationException,
  EncryptCommand,
  InvalidArnException,
  InvalidGrantIdException,
  InvalidGrantTokenException,
  type KMSClient,
  ListGrantsCommand,
  ListRetirableGrantsCommand,
  NotFoundException,
  paginateListGrants,
  paginateListRetirableGrants,
  RetireGrantCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms'
import { type Event, eventOf } from '../support/audit.ts'
import { allow, iamClient, kmsAs, newKeyFor, newUser, outcomeOf, policyText } from '../support/iam.ts'
import { failureOf, kmsClient } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const ALLOWED = 'allowed'
const UNKNOWN = 'ab'.repeat(32)

let server: TestServer
let iam: IAMClient
let kms: KMSClient
let ada: KMSClient
let KeyId: string

const userArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:user/${name}`

before(async () => {
  // Two processes: what one of them acknowledges, the other has to know.
  server = await startServer({ environment: { HOLDFAST_WORKERS: '2' } })
  iam = iamClient(server)
  kms = kmsClient(server)
  ada = kmsAs(server, await newUser(iam, 'ada'))
})

after(async () => {
  for (const client of [iam, kms, ada]) client.destroy()
  await server[Symbol.asyncDispose]()
})

beforeEach(async () => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  KeyId = KeyMetadata?.Arn ?? ''
})

type Made = { readonly GrantId: string; readonly GrantToken: string; readonly requestId: string | undefined }

async function grant(input: Partial<CreateGrantCommandInput> = {}): Promise<Made> {
  const made = await kms.send(
    new CreateGrantCommand({ KeyId, GranteePrincipal: userArn('ada'), Operations: ['Encrypt'], ...input }),
  )
  const { GrantId = '', GrantToken = '', $metadata } = made
  return { GrantId, GrantToken, requestId: $metadata.requestId }
}

function encrypt(
  client: KMSClient,
  more: { EncryptionContext?: Record<string, string>; GrantTokens?: string[] } = {},
) {
  return outcomeOf(client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x'), ...more })))
}

async function grants(): Promise<readonly (string | undefined)[]> {
  const { Grants = [] } = await kms.send(new ListGrantsCommand({ KeyId }))
  return Grants.map(({ GrantId }) => GrantId)
}

test('a grant works as soon as CreateGrant has answered, and no longer once RevokeGrant has', async () => {
  for (let round = 0; round < 10; round += 1) {
    assert.match(await encrypt(ada), /^AccessDeniedException 400/)
    const { GrantId } = await grant()
    assert.equal(await encrypt(ada), ALLOWED)
    await kms.send(new RevokeGrantCommand({ KeyId, GrantId }))
  }
  assert.match(
    await encrypt(ada),
    /^AccessDeniedException 400: User: .*user\/ada is not authorized .*kms:Encrypt/,
  )
})

test('a grantee decrypts within the encryption context of the grant, with a key that the ciphertext names', async () => {
  const EncryptionContext = { tenant: 'a', file: '1' }
  const { CiphertextBlob } = await kms.send(
    new EncryptCommand({ KeyId, Plaintext: Buffer.from('x'), EncryptionContext }),
  )
  await grant({ Operations: ['Decrypt'], Constraints: { EncryptionContextSubset: { tenant: 'a' } } })
  const { Plaintext } = await ada.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
  assert.equal(Buffer.from(Plaintext ?? []).toString(), 'x')
  const other = ada.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { tenant: 'b' } }))
  assert.match(await outcomeOf(other), /^AccessDeniedException/)
})

test('a token is taken by every operation that has grant tokens, and opens nothing to others', async () => {
  const bob = kmsAs(server, await newUser(iam, 'bob'))
  const { GrantToken } = await grant({ Operations: ['Encrypt', 'DescribeKey'] })
  assert.equal(await encrypt(ada, { GrantTokens: [GrantToken] }), ALLOWED)
  const described = ada.send(new DescribeKeyCommand({ KeyId, GrantTokens: [GrantToken] }))
  assert.equal(await outcomeOf(described), ALLOWED)
  assert.match(await encrypt(bob, { GrantTokens: [GrantToken] }), /^AccessDeniedException/)
  bob.destroy()
})

test('a grant of a user who is deleted does not go to the next one of that name', async () => {
  const first = await newUser(iam, 'carol')
  const { GrantId } = await grant({ GranteePrincipal: userArn('carol') })
  await iam.send(new DeleteAccessKeyCommand({ UserName: 'carol', AccessKeyId: first.accessKeyId }))
  await iam.send(new DeleteUserCommand({ UserName: 'carol' }))
  const { Grants = [] } = await kms.send(new ListGrantsCommand({ KeyId, GrantId }))
  assert.match(Grants[0]?.GranteePrincipal ?? '', /^AIDA[A-Z0-9]+$/)
  await iam.send(new CreateUserCommand({ UserName: 'carol' }))
  const second = kmsAs(server, await newKeyFor(iam, 'carol'))
  assert.match(await encrypt(second), /^AccessDeniedException/)
  await grant({ GranteePrincipal: userArn('carol') })
  assert.equal(await encrypt(second), ALLOWED)
  second.destroy()
})

test('a grant for the account is for users whose identity policies allow', async () => {
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({
      BypassPolicyLockoutSafetyCheck: true,
      Policy: policyText({ ...allow('kms:CreateGrant'), Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }),
    }),
  )
  KeyId = KeyMetadata?.Arn ?? ''
  const dan = kmsAs(server, await newUser(iam, 'dan', policyText(allow('kms:Encrypt'))))
  assert.match(await encrypt(dan), /^AccessDeniedException/)
  await grant({ GranteePrincipal: `arn:aws:iam::${ACCOUNT}:root` })
  assert.equal(await encrypt(dan), ALLOWED)
  assert.match(await encrypt(ada), /^AccessDeniedException/)
  dan.destroy()
})

test('a user retires grants of the account with an identity policy that says so', async () => {
  const { GrantId } = await grant()
  const retire = (client: KMSClient) => outcomeOf(client.send(new RetireGrantCommand({ KeyId, GrantId })))
  assert.match(await retire(ada), /^AccessDeniedException/)
  const eve = kmsAs(server, await newUser(iam, 'eve', policyText(allow('kms:RetireGrant'))))
  assert.equal(await retire(eve), ALLOWED)
  assert.deepEqual(await grants(), [])
  eve.destroy()
})

test('the retiring principal finds the grant and retires it by its token', async () => {
  const policy = policyText(allow('kms:ListRetirableGrants'))
  const frank = kmsAs(server, await newUser(iam, 'frank', policy))
  const RetiringPrincipal = userArn('frank')
  const { GrantId, GrantToken } = await grant({ RetiringPrincipal })
  const { Grants = [] } = await frank.send(new ListRetirableGrantsCommand({ RetiringPrincipal }))
  assert.deepEqual(
    Grants.map((entry) => [entry.KeyId, entry.GrantId]),
    [[KeyId, GrantId]],
  )
  assert.equal(await outcomeOf(frank.send(new RetireGrantCommand({ GrantToken }))), ALLOWED)
  assert.deepEqual(await grants(), [])
  assert.match(await encrypt(ada), /^AccessDeniedException/)
  const again = await failureOf(frank.send(new RetireGrantCommand({ GrantToken })))
  assert.ok(again instanceof NotFoundException)
  assert.equal(again.message, `Grant ID ${GrantId} not found`)
  frank.destroy()
})

test("the SDK's paginators give every grant once", async () => {
  const RetiringPrincipal = userArn('ada')
  const made: string[] = []
  for (let count = 0; count < 5; count += 1) made.push((await grant({ RetiringPrincipal })).GrantId)
  const listed: unknown[] = []
  for await (const { Grants = [] } of paginateListGrants({ client: kms, pageSize: 2 }, { KeyId })) {
    listed.push(...Grants.map(({ GrantId }) => GrantId))
  }
  assert.deepEqual(listed.toSorted(), made.toSorted())
  const retirable: unknown[] = []
  const query = { RetiringPrincipal }
  for await (const { Grants = [] } of paginateListRetirableGrants({ client: kms, pageSize: 2 }, query)) {
    retirable.push(...Grants.filter((entry) => entry.KeyId === KeyId).map(({ GrantId }) => GrantId))
  }
  assert.deepEqual(retirable.toSorted(), made.toSorted())
})

test('mistakes have the error classes of the SDK', async () => {
  const { GrantId } = await grant()
  const failures: readonly (readonly [() => Promise<unknown>, new (...args: never[]) => Error])[] = [
    [() => kms.send(new RevokeGrantCommand({ KeyId, GrantId: UNKNOWN })), NotFoundException],
    [() => kms.send(new RevokeGrantCommand({ KeyId, GrantId: 'x' })), InvalidGrantIdException],
    [() => kms.send(new RevokeGrantCommand({ KeyId, GrantId, DryRun: true })), DryRunOperationException],
    [() => kms.send(new RetireGrantCommand({ GrantToken: 'x' })), InvalidGrantTokenException],
    [() => kms.send(new ListGrantsCommand({ KeyId, GrantId: 'x' })), InvalidGrantIdException],
    [() => grant({ GranteePrincipal: userArn('nobody') }), InvalidArnException],
    [() => grant({ GranteePrincipal: KeyId }), InvalidArnException],
    [() => grant({ RetiringPrincipal: KeyId }), InvalidArnException],
    [() => grant({ DryRun: true }), DryRunOperationException],
  ]
  for (const [call, expected] of failures) assert.ok((await failureOf(call())) instanceof expected)
  assert.deepEqual(await grants(), [GrantId])
})

async function eventFor(
  call: Promise<{ readonly $metadata: { readonly requestId?: string } }>,
): Promise<Event> {
  return eventOf(server, (await call).$metadata.requestId)
}

test('events of grants say who gave what to whom, and hold no token', async () => {
  const Constraints = { EncryptionContextEquals: { tenant: 'a' } }
  const { GrantId, GrantToken, requestId } = await grant({ Constraints, Name: 'name' })
  const created = await eventOf(server, requestId)
  assert.deepEqual(created.requestParameters, {
    keyId: KeyId,
    granteePrincipal: userArn('ada'),
    operations: ['Encrypt'],
    constraints: { encryptionContextEquals: { tenant: 'a' } },
    name: 'name',
  })
  assert.deepEqual(created.responseElements, { grantId: GrantId, keyId: KeyId })
  assert.equal(created.readOnly, false)
  assert.deepEqual(
    created.resources?.map(({ ARN }) => ARN),
    [KeyId],
  )
  const retired = await eventFor(kms.send(new RetireGrantCommand({ GrantToken })))
  assert.equal(retired.requestParameters, null)
  assert.deepEqual(retired.responseElements, { keyId: KeyId })
  assert.deepEqual(retired.additionalEventData, { grantId: GrantId })
  assert.deepEqual(
    retired.resources?.map(({ ARN }) => ARN),
    [KeyId],
  )
  const other = await grant()
  const revoked = await eventFor(kms.send(new RevokeGrantCommand({ KeyId, GrantId: other.GrantId })))
  assert.deepEqual(revoked.requestParameters, { keyId: KeyId, grantId: other.GrantId })
  assert.deepEqual(revoked.responseElements, { keyId: KeyId })
  const text = (await segments()) + server.output() + server.errors()
  assert.ok(text.includes(GrantId))
  for (const token of [GrantToken, other.GrantToken]) assert.ok(!text.includes(token))
})

/** All that the audit log holds, as text. */
async function segments(): Promise<string> {
  const folder = join(server.data, 'audit')
  const files = await readdir(folder, { recursive: true })
  const logs = files.filter((name) => name.endsWith('.jsonl'))
  assert.ok(logs.length > 0)
  return (await Promise.all(logs.map((name) => readFile(join(folder, name), 'utf8')))).join('')
}

test('grants that are made at once for one key are all there, and counted', async () => {
  const made = await Promise.all(Array.from({ length: 12 }, () => grant()))
  assert.deepEqual((await grants()).toSorted(), made.map(({ GrantId }) => GrantId).toSorted())
  await Promise.all(made.map(({ GrantId }) => kms.send(new RevokeGrantCommand({ KeyId, GrantId }))))
  assert.deepEqual(await grants(), [])
  assert.match(await encrypt(ada), /^AccessDeniedException/)
})

test('one name at once is one grant', async () => {
  const made = await Promise.all(Array.from({ length: 8 }, () => grant({ Name: 'one' })))
  assert.equal(new Set(made.map(({ GrantId }) => GrantId)).size, 1)
  assert.equal((await grants()).length, 1)
})

test('grants and their tokens outlive a restart', async () => {
  await using first = await startServer()
  const root = kmsClient(first)
  const users = iamClient(first)
  const credentials = await newUser(users, 'ada')
  const { KeyMetadata } = await root.send(new CreateKeyCommand({}))
  const key = KeyMetadata?.KeyId ?? ''
  const input = { KeyId: key, GranteePrincipal: userArn('ada'), Operations: ['Encrypt' as const] }
  const { GrantToken = '' } = await root.send(new CreateGrantCommand(input))
  await first.stop()
  await using second = await startServer({ data: first.data })
  const user = kmsAs(second, credentials)
  const use = { KeyId: key, Plaintext: Buffer.from('x'), GrantTokens: [GrantToken] }
  assert.equal(await outcomeOf(user.send(new EncryptCommand(use))), ALLOWED)
  for (const client of [root, users, user]) client.destroy()
})
