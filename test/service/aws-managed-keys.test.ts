/**
 * Keys of services: made when they are described, readable by their account, and changed by nobody.
 *
 * Source: AWS KMS Developer Guide, "AWS managed keys"; the key policies of such keys.
 */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { DescribeKeyCommand, EncryptCommand } from '@aws-sdk/client-kms'
import type { Output } from '../../src/api/json.ts'
import { AWS_SERVICES } from '../../src/kms/keys/aws-services.ts'
import type { KmsDependencies } from '../../src/kms/kms-dependencies.ts'
import { KMS_OPERATIONS } from '../../src/kms/kms-operations.ts'
import { eventOf, readEvents } from '../support/audit.ts'
import { type Answer, call, newKey, succeed } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { allow, iamClient, kmsAs, newUser, outcomeOf, policyText } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { SAMPLES } from '../support/samples.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const ROOT_ARN = `arn:aws:iam::${ACCOUNT}:root`

let server: TestServer
let keyId: string

before(async () => {
  server = await startServer()
  keyId = (await describe('alias/aws/ebs')).KeyId
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

type Metadata = Readonly<Record<string, unknown>> & { readonly KeyId: string }

async function describe(name: string, region = REGION): Promise<Metadata> {
  const { KeyMetadata } = await succeed(server, 'DescribeKey', { KeyId: name }, { region })
  return KeyMetadata as Metadata
}

async function newKeyIn(region: string): Promise<string> {
  const { KeyMetadata } = await succeed(server, 'CreateKey', {}, { region })
  return (KeyMetadata as Metadata).KeyId
}

const keyArn = (id: string): string => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`

/** What a call on the key answers: success, that the key policy does not allow it, or something else. */
type Cell = 'ok' | 'denied' | readonly [code: string, message: string | undefined]

const NO_GRANT = '0'.repeat(64)
const SYMMETRIC: Cell = ['UnsupportedOperationException', undefined]
const origin = (): Cell => [
  'UnsupportedOperationException',
  `${keyArn(keyId)} origin is AWS_KMS which is not valid for this operation.`,
]

/** Every operation on a key, called by the root user of the account. */
const CELLS: Readonly<Record<string, Cell | (() => Cell)>> = {
  CancelKeyDeletion: 'denied',
  CreateAlias: 'denied',
  CreateGrant: 'denied',
  Decapsulate: 'denied',
  Decrypt: 'denied',
  DeleteImportedKeyMaterial: 'denied',
  DeriveSharedSecret: 'denied',
  DescribeKey: 'ok',
  DisableKey: 'denied',
  DisableKeyRotation: 'denied',
  EnableKey: 'denied',
  EnableKeyRotation: 'denied',
  Encapsulate: 'denied',
  Encrypt: 'denied',
  GenerateDataKey: 'denied',
  GenerateDataKeyPair: 'denied',
  GenerateDataKeyPairWithoutPlaintext: 'denied',
  GenerateDataKeyWithoutPlaintext: 'denied',
  GenerateMac: 'denied',
  GetKeyLastUsage: 'ok',
  GetKeyPolicy: 'ok',
  GetKeyRotationStatus: 'ok',
  GetParametersForImport: origin,
  GetPublicKey: SYMMETRIC,
  ImportKeyMaterial: 'denied',
  ListAliases: 'ok',
  ListGrants: 'ok',
  ListKeyPolicies: 'ok',
  ListKeyRotations: 'ok',
  ListResourceTags: 'ok',
  PutKeyPolicy: 'denied',
  ReEncrypt: 'denied',
  ReplicateKey: 'denied',
  RetireGrant: ['NotFoundException', `Grant ID ${NO_GRANT} not found`],
  RevokeGrant: ['NotFoundException', `Grant ID ${NO_GRANT} not found`],
  RotateKeyOnDemand: 'denied',
  ScheduleKeyDeletion: 'denied',
  Sign: 'denied',
  TagResource: 'denied',
  UntagResource: 'denied',
  UpdateAlias: 'denied',
  UpdateKeyDescription: 'denied',
  UpdatePrimaryRegion: 'denied',
  Verify: 'denied',
  VerifyMac: 'denied',
}

/** Members of inputs that samples take from their key: nobody gets them of a service's key past the service. */
const MADE: Readonly<Record<string, Output>> = {
  Decapsulate: { SharedSecretCiphertextBlob: 'eA==' },
  Decrypt: { DryRun: true, DryRunModifiers: ['IGNORE_CIPHERTEXT'] },
  ImportKeyMaterial: { ImportToken: 'eA==', EncryptedKeyMaterial: 'eA==' },
  RetireGrant: { GrantId: NO_GRANT },
  RevokeGrant: { GrantId: NO_GRANT },
  Verify: { Signature: 'eA==' },
  VerifyMac: { Mac: 'eA==' },
}

/** The action that a denial names, where it is not the operation's. */
const ACTIONS: Readonly<Record<string, string>> = { ReEncrypt: 'ReEncryptTo' }

async function attempt(operation: string): Promise<Answer> {
  const own = await newKey(server)
  const alias = `alias/own-${operation}`
  await succeed(server, 'CreateAlias', { AliasName: alias, TargetKeyId: own })
  const sample = SAMPLES[operation]
  assert.ok(sample !== undefined, operation)
  const made = MADE[operation] ?? {}
  const input = sample.input({ keyId, made, alias, freeAlias: `alias/free-${operation}` })
  if (operation !== 'ReEncrypt') return call(server, operation, input)
  const { CiphertextBlob } = await succeed(server, 'Encrypt', { KeyId: own, Plaintext: 'eA==' })
  return call(server, operation, { ...input, SourceKeyId: own, CiphertextBlob: String(CiphertextBlob) })
}

test('every operation that names a key has its answer in the table', () => {
  const onKey = KMS_OPERATIONS.map((operation) => operation({} as KmsDependencies)).filter(
    ({ name }) => (SAMPLES[name]?.keys.length ?? 0) > 0,
  )
  assert.deepEqual(onKey.map(({ name }) => name).sort(), Object.keys(CELLS).sort())
})

for (const [operation, given] of Object.entries(CELLS)) {
  test(`${operation} on the key of a service`, async () => {
    const cell = typeof given === 'function' ? given() : given
    const { status, code, message } = await attempt(operation)
    if (cell === 'ok') {
      assert.deepEqual([status, code], [200, undefined])
      return
    }
    const action = `kms:${ACTIONS[operation] ?? operation}`
    const denial = `User: ${ROOT_ARN} is not authorized to perform: ${action} on resource: ${keyArn(keyId)} because no resource-based policy allows the ${action} action`
    const [expected, text] = cell === 'denied' ? ['AccessDeniedException', denial] : cell
    assert.deepEqual({ status, code, message }, { status: 400, code: expected, message: text })
  })
}

const RESERVED = 'The alias name for a customer managed CMK cannot begin with alias/aws/.'

test('aliases of services can be neither made nor moved nor deleted', async () => {
  const own = await newKey(server)
  for (const AliasName of ['alias/aws/ebs', 'alias/aws/glue', 'alias/aws/mine']) {
    for (const [operation, more] of [
      ['CreateAlias', { TargetKeyId: own }],
      ['UpdateAlias', { TargetKeyId: own }],
      ['DeleteAlias', {}],
    ] as const) {
      const { code, message } = await call(server, operation, { AliasName, ...more })
      const told = operation === 'CreateAlias' ? RESERVED : undefined
      assert.deepEqual({ code, message }, { code: 'NotAuthorizedException', message: told }, operation)
    }
  }
})

test('DescribeKey makes the key of every service once, in each region', async () => {
  for (const { name, data } of AWS_SERVICES) {
    const metadata = await describe(`alias/aws/${name}`)
    assert.equal(metadata['KeyManager'], 'AWS')
    assert.equal(metadata['KeyState'], 'Enabled')
    assert.equal(metadata['Description'], `Default key that protects my ${data} when no other key is defined`)
    assert.equal((await describe(`arn:aws:kms:${REGION}:${ACCOUNT}:alias/aws/${name}`)).KeyId, metadata.KeyId)
    assert.notEqual((await describe(`alias/aws/${name}`, 'us-east-1')).KeyId, metadata.KeyId)
  }
  const { KeyMetadata } = await succeed(server, 'DescribeKey', { KeyId: await newKey(server) })
  assert.equal((KeyMetadata as Metadata)['KeyManager'], 'CUSTOMER')
})

test('DescribeKey makes one key when many ask at once, and records what it has made', async () => {
  const region = 'ap-south-1'
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => call(server, 'DescribeKey', { KeyId: 'alias/aws/s3' }, { region })),
  )
  const ids = new Set(answers.map(({ json }) => (json['KeyMetadata'] as Metadata).KeyId))
  assert.equal(ids.size, 1)
  const [id] = ids
  for (const { requestId } of answers)
    assert.equal((await eventOf(server, requestId)).eventName, 'DescribeKey')
  const made = (await readEvents(server.data)).filter(
    ({ eventName, awsRegion }) => eventName === 'CreateKey' && awsRegion === region,
  )
  assert.equal(made.length, 1)
  assert.deepEqual(made[0]?.userIdentity, { accountId: ACCOUNT, invokedBy: 'AWS Internal' })
  assert.deepEqual(
    made[0]?.resources?.map(({ ARN }) => ARN),
    [`arn:aws:kms:${region}:${ACCOUNT}:key/${id}`],
  )
})

test('an alias of a service that has no key is found by DescribeKey alone', async () => {
  const region = 'eu-north-1'
  const input = { KeyId: 'alias/aws/s3', Plaintext: 'eA==' }
  assert.equal((await call(server, 'Encrypt', input, { region })).code, 'NotFoundException')
  const unknown = await call(server, 'DescribeKey', { KeyId: 'alias/aws/none' }, { region })
  assert.equal(unknown.code, 'NotFoundException')
  const other = `arn:aws:kms:${region}:111122223333:alias/aws/s3`
  assert.equal(
    (await call(server, 'DescribeKey', { KeyId: other }, { region })).code,
    'AccessDeniedException',
  )
  assert.deepEqual((await succeed(server, 'ListKeys', {}, { region }))['Keys'], [])
})

test('the identity policies of the account decide who describes the key of a service, and nobody uses it directly', async () => {
  const iam = iamClient(server)
  const closed = kmsAs(server, await newUser(iam, 'closed', policyText(allow('kms:Encrypt'))))
  const open = kmsAs(server, await newUser(iam, 'open', policyText(allow('kms:DescribeKey', 'kms:Encrypt'))))
  const KeyId = `arn:aws:kms:${REGION}:${ACCOUNT}:alias/aws/ebs`
  const denied = await outcomeOf(closed.send(new DescribeKeyCommand({ KeyId })))
  assert.match(
    denied,
    /^AccessDeniedException .* because no identity-based policy allows the kms:DescribeKey/,
  )
  assert.equal(await outcomeOf(open.send(new DescribeKeyCommand({ KeyId }))), 'allowed')
  const used = await outcomeOf(open.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('a') })))
  assert.match(used, /^AccessDeniedException .* because no resource-based policy allows the kms:Encrypt/)
})

test('the key of a service rotates every year by itself', async () => {
  const status = await succeed(server, 'GetKeyRotationStatus', { KeyId: keyId })
  const { CreationDate } = await describe('alias/aws/ebs')
  assert.deepEqual(status, {
    KeyId: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}`,
    KeyRotationEnabled: true,
    NextRotationDate: Number(CreationDate) + 365 * 86_400,
    RotationPeriodInDays: 365,
  })
})

test('the policy of the key of a service is shown', async () => {
  const { Policy } = await succeed(server, 'GetKeyPolicy', { KeyId: keyId })
  const { Id, Statement } = JSON.parse(String(Policy))
  assert.equal(Id, 'auto-ebs-2')
  assert.deepEqual(Statement[0].Condition, {
    StringEquals: { 'kms:ViaService': `ec2.${REGION}.amazonaws.com`, 'kms:CallerAccount': ACCOUNT },
  })
  assert.deepEqual(Statement[1].Principal, { AWS: ROOT_ARN })
  assert.deepEqual(Statement[1].Action, ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'])
})

test('keys of services do not count towards the quota on keys', async () => {
  const region = 'sa-east-1'
  const id = await newKeyIn(region)
  await describe('alias/aws/s3', region)
  const listed = (await succeed(server, 'ListKeys', {}, { region }))['Keys'] as { readonly KeyId: string }[]
  assert.equal(listed.length, 2)
  assert.ok(listed.some(({ KeyId }) => KeyId === id))
  const set = async (value: string): Promise<void> => {
    const args = [`--account=${ACCOUNT}`, '--name=kms.keys', `--value=${value}`]
    assert.equal((await runHoldfast(server.data, 'quota', 'set', ...args)).status, 0)
  }
  await set('2')
  await newKeyIn(region)
  assert.equal((await call(server, 'CreateKey', {}, { region })).code, 'LimitExceededException')
  await describe('alias/aws/sns', region)
  await set('default')
})

for (const Limit of [1, 4, 17, 100]) {
  test(`ListAliases in pages of ${Limit} gives every alias once, those of services without key at the end`, async () => {
    const region = `us-west-${Limit}`
    const target = await newKeyIn(region)
    for (const AliasName of ['alias/a', 'alias/b', 'alias/c']) {
      await succeed(server, 'CreateAlias', { AliasName, TargetKeyId: target }, { region })
    }
    const { KeyId } = await describe('alias/aws/s3', region)
    const entries: Readonly<Record<string, unknown>>[] = []
    let Marker: string | undefined
    do {
      const input = { Limit, ...(Marker !== undefined && { Marker }) }
      const page = await succeed(server, 'ListAliases', input, { region })
      const aliases = page['Aliases'] as Readonly<Record<string, unknown>>[]
      assert.ok(aliases.length <= Limit)
      entries.push(...aliases)
      Marker = page['NextMarker'] as string | undefined
      assert.equal(page['Truncated'], Marker !== undefined)
    } while (Marker !== undefined)
    const names = entries.map(({ AliasName }) => String(AliasName))
    assert.equal(new Set(names).size, names.length)
    assert.equal(names.length, AWS_SERVICES.length + 3)
    const targets = new Map(entries.map(({ AliasName, TargetKeyId }) => [AliasName, TargetKeyId]))
    assert.equal(targets.get('alias/a'), target)
    assert.equal(targets.get('alias/aws/s3'), KeyId)
    assert.deepEqual(entries.at(-1), {
      AliasName: 'alias/aws/ssm',
      AliasArn: `arn:aws:kms:${region}:${ACCOUNT}:alias/aws/ssm`,
    })
  })
}
