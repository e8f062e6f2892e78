import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KmsBed, openKmsBed } from '../../../test/support/kms-bed.ts'
import { ACCOUNT, ROOT, USER, USER_ARN } from '../../../test/support/policies.ts'
import { neverGiveWay } from '../../base/slices.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { encryptionContextKeys } from '../keys/key-context.ts'
import { TRACED_PAIRS_MAX, traceGrants } from './grant-trace.ts'

const QUEUE = 'arn:aws:sqs:eu-west-1:111122223333:queue'

async function keyWith(bed: KmsBed, constraints: object): Promise<string> {
  const { KeyMetadata } = await bed.call(ROOT, 'CreateKey', {})
  const { Arn } = KeyMetadata as { Arn: string }
  const grant = {
    KeyId: Arn,
    GranteePrincipal: USER_ARN,
    Operations: ['Encrypt', 'Decrypt'],
    Name: 'a-grant',
  }
  await bed.call(ROOT, 'CreateGrant', { ...grant, Constraints: { ...constraints } })
  return Arn
}

async function misses(bed: KmsBed, keyArn: string, action: string, context: ContextLookup) {
  const traces = await tracesOf(bed, keyArn, action, context)
  return traces.map(({ name, misses: missed }) => [name, ...missed])
}

function tracesOf(bed: KmsBed, keyArn: string, action: string, context: ContextLookup) {
  const caller = {
    account: ACCOUNT,
    arn: USER_ARN,
    accessKeyId: '',
    principal: USER,
    identityJson: '{}',
    keys: () => undefined,
    policies: () => ({ identity: [] }),
  }
  return traceGrants({
    records: bed.dependencies.records,
    call: { caller, now: 0 },
    keyArn,
    action,
    context,
    giveWay: neverGiveWay,
  })
}

function contextOf(pairs: Readonly<Record<string, string>>, sourceArn?: string): ContextLookup {
  return encryptionContextKeys(new Map(Object.entries(pairs)), (key) =>
    key === 'aws:sourcearn' ? sourceArn : undefined,
  )
}

test('a grant misses by its operations, and then nothing else is said of it', async () => {
  await using bed = await openKmsBed()
  const key = await keyWith(bed, { EncryptionContextSubset: { app: 'ledger' } })
  const wanted = ['Encrypt', 'Decrypt']
  for (const name of ['Sign', 'PutKeyPolicy']) {
    assert.deepEqual(await misses(bed, key, `kms:${name}`, contextOf({})), [
      ['a-grant', { element: 'Operations', wanted, found: [name] }],
    ])
  }
})

test('a grant misses by each of its constraints that does not hold, with what the call has', async () => {
  await using bed = await openKmsBed()
  const equals = await keyWith(bed, { EncryptionContextEquals: { app: 'ledger' }, SourceArn: QUEUE })
  assert.deepEqual(await misses(bed, equals, 'kms:Encrypt', contextOf({ App: 'ledger', b: 'c' })), [
    [
      'a-grant',
      { element: 'EncryptionContextEquals', wanted: ['app=ledger'], found: ['App=ledger', 'b=c'] },
      { element: 'SourceArn', wanted: [QUEUE], found: [] },
    ],
  ])
  assert.deepEqual(await misses(bed, equals, 'kms:Encrypt', contextOf({ App: 'ledger' }, QUEUE)), [
    ['a-grant'],
  ])
  const subset = await keyWith(bed, { EncryptionContextSubset: { app: 'ledger' } })
  assert.deepEqual(await misses(bed, subset, 'kms:Decrypt', contextOf({})), [
    ['a-grant', { element: 'EncryptionContextSubset', wanted: ['app=ledger'], found: [] }],
  ])
  assert.deepEqual(await misses(bed, subset, 'kms:Decrypt', contextOf({ app: 'ledger', b: 'c' })), [
    ['a-grant'],
  ])
})

test('a trace shows a bounded number of pairs, and asks nobody to leave more than that out', async () => {
  await using bed = await openKmsBed()
  const key = await keyWith(bed, { EncryptionContextEquals: { app: 'ledger' } })
  const pairs = (count: number) =>
    contextOf(Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, 'v'])))
  const [most] = await tracesOf(bed, key, 'kms:Encrypt', pairs(TRACED_PAIRS_MAX))
  assert.equal(most?.misses[0]?.found.length, TRACED_PAIRS_MAX)
  assert.equal(most?.needs?.keys.length, TRACED_PAIRS_MAX + 1)
  const [more] = await tracesOf(bed, key, 'kms:Encrypt', pairs(TRACED_PAIRS_MAX + 20))
  assert.equal(more?.misses[0]?.found.length, TRACED_PAIRS_MAX + 1)
  assert.equal(more?.misses[0]?.found.at(-1), '… and 20 more')
  assert.equal(more?.needs, undefined)
})

test('a key that is not there has no grants', async () => {
  await using bed = await openKmsBed()
  const key = 'arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-4234-8234-123456789012'
  assert.deepEqual(await misses(bed, key, 'kms:Encrypt', contextOf({})), [])
})
