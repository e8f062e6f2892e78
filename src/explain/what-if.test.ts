import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KmsBed, openKmsBed } from '../../test/support/kms-bed.ts'
import { ACCOUNT, policy, ROOT } from '../../test/support/policies.ts'
import type { LookupQuestion } from '../audit-index/lookup.ts'
import { parseIdentifier } from '../kms/keys/identifier.ts'
import { findKey } from '../kms/keys/keys.ts'
import { encrypt } from '../kms/operations/encrypt.ts'
import type { CompiledPolicy } from '../policy/compile.ts'
import { operationKey } from './explain-dependencies.ts'
import { SessionOrigins } from './session-origin.ts'
import { type WhatIf, whatIf } from './what-if.ts'

const REGION = 'eu-west-1'
const EVERYBODY = { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' }
const NOBODY = policy('key', { ...EVERYBODY, Effect: 'Deny' })

type Change = { readonly [name: string]: unknown }

type Scene = {
  readonly keyArn: string
  /** How often operations were asked what a call needs, and pages of events were asked for. */
  readonly asked: { begins: number; readonly pages: LookupQuestion[] }
  readonly tryOut: (events: readonly Change[], proposed: CompiledPolicy) => Promise<WhatIf>
}

/** A key on which the root user has called Encrypt, as the changed events say. */
async function scene(bed: KmsBed): Promise<Scene> {
  const { KeyMetadata } = await bed.call(ROOT, 'CreateKey', {})
  const { Arn: keyArn } = KeyMetadata as { Arn: string }
  const asked = { begins: 0, pages: [] as LookupQuestion[] }
  const { records } = bed.dependencies
  const operation = encrypt(bed.dependencies)
  const counted = {
    ...operation,
    begin: (call: Parameters<typeof operation.begin>[0]) => {
      asked.begins += 1
      return operation.begin(call)
    },
  }
  const key = await findKey({ records, region: REGION, now: 0 }, parseIdentifier(keyArn, ACCOUNT, REGION))
  assert.ok(key)
  const tryOut = (changes: readonly Change[], proposed: CompiledPolicy): Promise<WhatIf> => {
    const lines = changes.map((change, at) => JSON.stringify({ ...eventOf(keyArn, at), ...change }))
    const events = {
      find: async () => [],
      scopes: async () => [
        { account: ACCOUNT, region: REGION },
        { account: ACCOUNT, region: 'us-east-1' },
      ],
      lookup: async (question: LookupQuestion) => {
        asked.pages.push(question)
        const from = question.after ?? 0
        const end = from + question.limit
        return { events: lines.slice(from, end), next: end < lines.length ? end : undefined }
      },
    }
    const operations = new Map([[operationKey('kms.amazonaws.com', 'Encrypt'), counted]])
    const dependencies = {
      records,
      kms: bed.dependencies,
      operations,
      events,
      now: () => 0,
      giveWay: bed.dependencies.giveWay,
      origins: new SessionOrigins(events, bed.dependencies.giveWay),
    }
    return whatIf(dependencies, { key, policy: proposed, fromSecond: 0, toSecond: 10 })
  }
  return { keyArn, asked, tryOut }
}

function eventOf(keyArn: string, at: number): Change {
  return {
    eventID: `event-${at}`,
    eventTime: '2026-11-25T00:00:00Z',
    eventSource: 'kms.amazonaws.com',
    eventName: 'Encrypt',
    eventType: 'AwsApiCall',
    awsRegion: REGION,
    sourceIPAddress: '192.0.2.1',
    recipientAccountId: ACCOUNT,
    userIdentity: { type: 'Root', arn: ROOT.arn, accountId: ACCOUNT },
    requestParameters: { keyId: keyArn },
    resources: [{ ARN: keyArn }],
  }
}

test('what-if reads page by page in the region of the key, and decides like calls once', async () => {
  await using bed = await openKmsBed()
  const { asked, tryOut } = await scene(bed)
  const { calls, decided, changes, movedOn } = await tryOut(
    Array.from({ length: 600 }, () => ({})),
    NOBODY,
  )
  assert.deepEqual([calls, decided, movedOn], [600, 600, 0])
  assert.deepEqual(
    asked.pages.map(({ region, after }) => [region, after]),
    [
      [REGION, undefined],
      [REGION, 256],
      [REGION, 512],
    ],
  )
  assert.equal(asked.begins, 1)
  assert.equal(changes.length, 1)
  assert.deepEqual(
    [changes[0]?.becomes, changes[0]?.calls, changes[0]?.principal],
    ['refused', 600, ROOT.arn],
  )
})

test('what-if decides calls each by itself when a policy asks for the time', async () => {
  await using bed = await openKmsBed()
  const { asked, tryOut } = await scene(bed)
  const Condition = { DateGreaterThan: { 'aws:CurrentTime': '2026-11-24T00:00:00Z' } }
  const later = policy('key', EVERYBODY, { ...EVERYBODY, Effect: 'Deny', Condition })
  const { changes, notExact } = await tryOut([{}, {}, { eventTime: '2026-11-23T00:00:00Z' }], later)
  assert.equal(changes[0]?.calls, 2)
  assert.equal(asked.begins, 3)
  assert.deepEqual(
    notExact.map(({ what, calls }) => [what.split(':')[0], calls]),
    [['aws', 3]],
  )
})

test('what-if leaves out copies for other accounts and what the service did by itself', async () => {
  await using bed = await openKmsBed()
  const { tryOut } = await scene(bed)
  const copy = { recipientAccountId: '444455556666' }
  const { calls } = await tryOut([copy, { eventType: 'AwsServiceEvent' }, {}], NOBODY)
  assert.equal(calls, 1)
})

test('what-if counts what it cannot decide by the reason, and what ended otherwise then', async () => {
  await using bed = await openKmsBed()
  const { tryOut } = await scene(bed)
  const { calls, decided, movedOn, notDecided, changes } = await tryOut(
    [
      { eventName: 'Unknown' },
      { userIdentity: { type: 'Unknown' } },
      { requestParameters: { omitted: true, originalSize: 200_000 } },
      { requestParameters: null },
      { requestParameters: { keyId: 'alias/none' } },
      { errorCode: 'AccessDenied' },
      { errorCode: 'DisabledException' },
    ],
    policy('key', EVERYBODY),
  )
  assert.deepEqual([calls, decided, movedOn], [7, 2, 1])
  assert.deepEqual(changes, [])
  assert.deepEqual(
    notDecided.map(({ what }) => what),
    [
      'it is no call of an operation',
      'its caller is not known (Unknown): it was refused before that',
      'its parameters were too long to be recorded',
      'it was not valid, or its event is not whole: there is no KeyId',
      `it ends before policies are asked, without Plaintext, GrantTokens, which events do not show: NotFoundException: Alias arn:aws:kms:eu-west-1:${ACCOUNT}:alias/none is not found.`,
    ],
  )
})
