import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bedKey, type KmsBed, openKmsBed } from '../../../test/support/kms-bed.ts'
import {
  ACCOUNT,
  FOREIGN_ROOT,
  OTHER,
  ROLE_ARN,
  ROOT,
  USER,
  USER_ARN,
} from '../../../test/support/policies.ts'
import { ANY_NUMBER, NO_FULL_DISK } from '../../../test/support/unbounded-calls.ts'
import type { Output } from '../../api/json.ts'
import { silentLog } from '../../base/log.ts'
import { systemAfterThisTurn, systemClock, systemRandom } from '../../base/ports.ts'
import { neverGiveWay } from '../../base/slices.ts'
import type { Caller } from '../../dispatch/caller.ts'
import { createDispatcher, type Dispatcher } from '../../dispatch/dispatcher.ts'
import type { ForwardedCall } from '../../dispatch/forward.ts'
import { Freshness } from '../../dispatch/freshness.ts'
import { RecordQueues } from '../../dispatch/record-queues.ts'
import { createRouting } from '../../dispatch/routing.ts'
import type { Principal } from '../../policy/decide.ts'
import { SigningKeys } from '../../sigv4/signing-key.ts'
import { KMS_OPERATIONS } from '../kms-operations.ts'
import { DUE, dueDay } from '../lifecycle/due.ts'
import { planDue } from '../lifecycle/due-plan.ts'
import { ALIAS, partitionOf } from './key-record.ts'
import { callForService } from './service-calls.ts'

const REGION = 'eu-west-1'

type Event = Readonly<Record<string, unknown>>

let bed: KmsBed
let dispatcher: Dispatcher
let admits = true
const events: Event[] = []

before(async () => {
  bed = await openKmsBed()
  const { records } = bed.dependencies
  const append = async (json: string): Promise<void> => void events.push(JSON.parse(json))
  const journal: Parameters<typeof createDispatcher>[0]['journal'] = {
    append,
    commit: async (changes, recorded) => {
      await records.commit(changes)
      for (const { json } of recorded) await append(json)
    },
  }
  dispatcher = createDispatcher({
    routing: createRouting(KMS_OPERATIONS.map((operation) => operation(bed.dependencies))),
    findCredential: async () => undefined,
    signingKeys: new SigningKeys(),
    freshness: new Freshness(records, systemAfterThisTurn),
    findPlace: () => ({}),
    inFlight: ANY_NUMBER,
    queues: new RecordQueues(),
    urgentCalls: NO_FULL_DISK,
    journal,
    refusals: { admit: () => true, journal, random: systemRandom, account: ACCOUNT },
    quotas: { admit: () => admits, chargeAudit: () => {} },
    admitThrottled: () => true,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    giveWay: neverGiveWay,
  })
})

after(async () => {
  await bed[Symbol.asyncDispose]()
})

/** A caller of no policies of its own, whom a service has authenticated. */
function callerOf(principal: Principal): Caller {
  const account = 'account' in principal ? principal.account : ''
  return {
    account,
    arn: principal.arn,
    accessKeyId: 'AKIA',
    principal,
    identityJson: JSON.stringify({ type: 'IAMUser', arn: principal.arn }),
    keys: () => undefined,
    policies: () => ({ identity: [] }),
  }
}

async function callVia(
  via: string,
  principal: Principal,
  operation: string,
  input: ForwardedCall['input'],
): Promise<Output> {
  const call = { caller: callerOf(principal), via, region: REGION, operation, input }
  const dependencies = { records: bed.dependencies.records, forward: dispatcher.forward }
  return (await callForService(dependencies, call)).output ?? {}
}

function takeEvents(): readonly Event[] {
  return events.splice(0)
}

function base64(bytes: unknown): string {
  assert.ok(bytes instanceof Uint8Array)
  return Buffer.from(bytes).toString('base64')
}

test('a service has its key made at first use, by describing it for its caller', async () => {
  takeEvents()
  const first = await callVia('s3', USER, 'GenerateDataKey', { KeyId: 'alias/aws/s3', KeySpec: 'AES_256' })
  const named = takeEvents().map(({ eventName, userIdentity, sourceIPAddress, userAgent }) => ({
    eventName,
    userIdentity,
    sourceIPAddress,
    userAgent,
  }))
  const principal = 's3.amazonaws.com'
  const by = {
    userIdentity: { type: 'IAMUser', arn: USER_ARN, invokedBy: principal },
    sourceIPAddress: principal,
    userAgent: principal,
  }
  const internal = 'AWS Internal'
  assert.deepEqual(named, [
    { eventName: 'DescribeKey', ...by },
    {
      eventName: 'CreateKey',
      userIdentity: { accountId: ACCOUNT, invokedBy: internal },
      sourceIPAddress: internal,
      userAgent: internal,
    },
    { eventName: 'GenerateDataKey', ...by },
  ])
  const input = { CiphertextBlob: base64(first['CiphertextBlob']) }
  const { Plaintext, KeyId } = await callVia('s3', USER, 'Decrypt', input)
  assert.equal(base64(Plaintext), base64(first['Plaintext']))
  assert.equal(KeyId, first['KeyId'])
  const second = await callVia('s3', ROOT, 'GenerateDataKey', { KeyId: 'alias/aws/s3', KeySpec: 'AES_256' })
  assert.equal(second['KeyId'], KeyId)
  assert.deepEqual(
    takeEvents().map(({ eventName }) => eventName),
    ['Decrypt', 'GenerateDataKey'],
  )
})

test('a service reaches neither the alias of another service without key nor its key', async () => {
  const input = { KeyId: 'alias/aws/rds', KeySpec: 'AES_256' }
  await assert.rejects(callVia('s3', USER, 'GenerateDataKey', input), { code: 'NotFoundException' })
  await callVia('rds', USER, 'GenerateDataKey', input)
  await assert.rejects(callVia('s3', USER, 'GenerateDataKey', input), {
    code: 'AccessDeniedException',
    message: / because no resource-based policy allows the kms:GenerateDataKey action$/,
  })
})

test('the key of a service is used by way of it, by everybody of the account and nobody else', async () => {
  const made = await callVia('lambda', USER, 'GenerateDataKey', {
    KeyId: 'alias/aws/lambda',
    KeySpec: 'AES_256',
  })
  const CiphertextBlob = base64(made['CiphertextBlob'])
  await callVia('lambda', USER, 'Decrypt', { CiphertextBlob })
  await assert.rejects(bed.call(USER, 'Decrypt', { CiphertextBlob }), { code: 'AccessDeniedException' })
  await assert.rejects(bed.call(ROOT, 'Decrypt', { CiphertextBlob }), { code: 'AccessDeniedException' })
  await assert.rejects(callVia('lambda', FOREIGN_ROOT, 'Decrypt', { CiphertextBlob }), {
    code: 'AccessDeniedException',
  })
  await callVia('lambda', FOREIGN_ROOT, 'DescribeKey', { KeyId: 'alias/aws/lambda' })
  const { KeyMetadata } = await callVia('lambda', FOREIGN_ROOT, 'DescribeKey', { KeyId: 'alias/aws/lambda' })
  assert.equal((KeyMetadata as { readonly AWSAccountId: string }).AWSAccountId, OTHER)
})

test('who may not describe the key of a service has none made', async () => {
  const { records } = bed.dependencies
  const input = { KeyId: 'alias/aws/sqs' }
  await assert.rejects(bed.call(USER, 'DescribeKey', input), {
    code: 'AccessDeniedException',
    message: / because no identity-based policy allows the kms:DescribeKey action$/,
  })
  assert.equal(await records.get(ALIAS, partitionOf(ACCOUNT, REGION), input.KeyId), undefined)
  await bed.call(ROOT, 'DescribeKey', input)
  assert.notEqual(await records.get(ALIAS, partitionOf(ACCOUNT, REGION), input.KeyId), undefined)
})

test('the key of a service rotates when a year has passed, and the next year', async () => {
  const { records } = bed.dependencies
  const day = 86_400_000
  const { KeyMetadata } = await bed.call(ROOT, 'DescribeKey', { KeyId: 'alias/aws/sns' }, { now: 0 })
  const { KeyId } = KeyMetadata as { readonly KeyId: string }
  for (const year of [1, 2]) {
    const now = year * 365 * day
    const notes = await records.list(DUE, { partition: dueDay(now), limit: 1000 })
    const note = notes.records.find(({ value }) => value.keyId === KeyId)
    assert.ok(note !== undefined)
    const plan = await planDue(bed.dependencies, note, now)
    assert.equal(plan?.event.name, 'RotateKey')
    await records.commit(plan.changes)
    const { Rotations } = await bed.call(ROOT, 'ListKeyRotations', { KeyId }, { now })
    const types = (Rotations as readonly { readonly RotationType: string }[]).map((one) => one.RotationType)
    assert.deepEqual(types, new Array(year).fill('AUTOMATIC'))
  }
})

test('CreateGrant on the key of a service works only by way of it', async () => {
  await callVia('ec2', USER, 'DescribeKey', { KeyId: 'alias/aws/ebs' })
  const { KeyMetadata } = await callVia('ec2', USER, 'DescribeKey', { KeyId: 'alias/aws/ebs' })
  const { KeyId } = KeyMetadata as { readonly KeyId: string }
  const grant = { KeyId, GranteePrincipal: ROLE_ARN, Operations: ['Decrypt'] }
  await assert.rejects(bed.call(ROOT, 'CreateGrant', grant), { code: 'AccessDeniedException' })
  const { GrantId } = await callVia('ec2', USER, 'CreateGrant', grant)
  await bed.call(ROOT, 'RevokeGrant', { KeyId, GrantId })
})

test('policies see by which service a call comes, and no address', async () => {
  const seen: readonly (readonly [condition: object, isAllowed: boolean])[] = [
    [{ StringEquals: { 'kms:ViaService': `s3.${REGION}.amazonaws.com` } }, true],
    [{ StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } }, false],
    [{ Bool: { 'aws:ViaAWSService': 'true' } }, true],
    [{ Bool: { 'aws:SecureTransport': 'true' } }, true],
    [{ Bool: { 'aws:PrincipalIsAWSService': 'true' } }, false],
    [{ 'ForAnyValue:StringEquals': { 'aws:CalledVia': 's3.amazonaws.com' } }, true],
    [{ StringEquals: { 'aws:CalledViaFirst': 's3.amazonaws.com' } }, true],
    [{ StringEquals: { 'aws:CalledViaLast': 's3.amazonaws.com' } }, true],
    [{ Null: { 'aws:SourceIp': 'true' } }, true],
    [{ StringEquals: { 'kms:CallerAccount': ACCOUNT } }, true],
    [{ Bool: { 'kms:GrantIsForAWSResource': 'true' } }, true],
  ]
  for (const [Condition, isAllowed] of seen) {
    const statement = { Effect: 'Allow', Principal: { AWS: USER_ARN }, Action: 'kms:*', Resource: '*' }
    const KeyId = await bedKey(bed, { Version: '2012-10-17', Statement: [{ ...statement, Condition }] })
    const input = { KeyId, GranteePrincipal: ROLE_ARN, Operations: ['Decrypt'] }
    const attempt = callVia('s3', USER, 'CreateGrant', input)
    if (isAllowed) await attempt
    else await assert.rejects(attempt, { code: 'AccessDeniedException' }, JSON.stringify(Condition))
  }
})

test('a forwarded call that fails is recorded, whatever is wrong with it', async () => {
  takeEvents()
  const none = '00000000-0000-0000-0000-000000000000'
  const attempts: readonly (readonly [string, ForwardedCall['input'], string])[] = [
    ['Encrypt', { KeyId: none, Plaintext: 'eA==' }, 'NotFoundException'],
    ['Encrypt', { KeyId: none }, 'ValidationException'],
    ['Nothing', {}, 'UnknownOperationException'],
    ['CreateGrant', { KeyId: 1 }, 'SerializationException'],
  ]
  for (const [operation, input, code] of attempts) {
    await assert.rejects(callVia('s3', USER, operation, input), { code })
    const [event, ...others] = takeEvents()
    assert.deepEqual(others, [])
    assert.equal(event?.['eventName'], operation)
    assert.equal(event?.['errorCode'], code)
  }
})

test('a forwarded call counts against the rates of its account', async () => {
  admits = false
  try {
    await assert.rejects(callVia('s3', USER, 'GenerateRandom', { NumberOfBytes: 1 }), {
      code: 'ThrottlingException',
    })
  } finally {
    admits = true
  }
})
