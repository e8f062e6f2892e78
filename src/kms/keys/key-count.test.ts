import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { codeOf, type KmsBed, openKmsBed } from '../../../test/support/kms-bed.ts'
import { ACCOUNT, FOREIGN_ROOT, OTHER, ROOT } from '../../../test/support/policies.ts'
import { countKeys } from './key-count.ts'
import { KEY, partitionOf } from './key-record.ts'

let bed: KmsBed

before(async () => {
  bed = await openKmsBed()
})

after(async () => {
  await bed[Symbol.asyncDispose]()
})

const PLACE = { account: ACCOUNT, region: 'eu-west-1' }

function keysIn(region: string): Promise<number> {
  return countKeys(bed.dependencies.records, { account: ACCOUNT, region })
}

test('countKeys counts keys however many are made at once, each account and region for itself', async () => {
  const before = await keysIn('eu-west-1')
  await Promise.all(Array.from({ length: 200 }, () => bed.call(ROOT, 'CreateKey', {})))
  await bed.call(FOREIGN_ROOT, 'CreateKey', {})
  await bed.call(ROOT, 'CreateKey', {}, { region: 'us-east-1' })
  assert.equal((await keysIn('eu-west-1')) - before, 200)
  assert.equal(await countKeys(bed.dependencies.records, { ...PLACE, account: OTHER }), 1)
  const { records } = await bed.dependencies.records.list(KEY, {
    partition: partitionOf(ACCOUNT, 'eu-west-1'),
    limit: 1000,
  })
  assert.equal(records.length, await keysIn('eu-west-1'))
})

test('CreateKey makes the last key of a quota and not one more', async () => {
  const present = await keysIn('eu-west-1')
  bed.limits['kms.keys'] = present + 1
  await bed.call(ROOT, 'CreateKey', {})
  const input = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }
  await assert.rejects(bed.call(ROOT, 'CreateKey', input), {
    code: 'LimitExceededException',
    message: `Key quota for this account in this region is ${present + 1}, current usage is ${present + 1}.`,
  })
  assert.equal(await keysIn('eu-west-1'), present + 1)
  delete bed.limits['kms.keys']
})

test('CreateKey makes no more keys than the quota however many are made at once', async () => {
  const place = { region: 'ap-south-1' }
  bed.limits['kms.keys'] = 3
  const calls = Array.from({ length: 20 }, () => bed.call(ROOT, 'CreateKey', {}, place))
  await Promise.allSettled(calls)
  assert.equal(await keysIn('ap-south-1'), 3)
  assert.equal(await codeOf(bed.call(ROOT, 'CreateKey', {}, place)), 'LimitExceededException')
  delete bed.limits['kms.keys']
})

test('ReplicateKey is counted in the region of the replica', async () => {
  const { KeyMetadata } = await bed.call(ROOT, 'CreateKey', { MultiRegion: true })
  const { KeyId } = KeyMetadata as { readonly KeyId: string }
  bed.limits['kms.keys'] = 0
  const input = { KeyId, ReplicaRegion: 'eu-north-1' }
  assert.equal(await codeOf(bed.call(ROOT, 'ReplicateKey', input)), 'LimitExceededException')
  delete bed.limits['kms.keys']
  await bed.call(ROOT, 'ReplicateKey', input)
  assert.equal(await keysIn('eu-north-1'), 1)
})

test('CreateKey beyond the quota makes no key material', async () => {
  const createIn = (region: string): Promise<string | undefined> => {
    bed.forgetAsked()
    return codeOf(bed.call(ROOT, 'CreateKey', { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }, { region }))
  }
  // Whoever makes material asks for the key that wraps it.
  assert.equal(await createIn('sa-east-1'), undefined)
  assert.ok(bed.asked.includes('domain-key-current'))
  bed.limits['kms.keys'] = 0
  assert.equal(await createIn('ca-central-1'), 'LimitExceededException')
  assert.ok(!bed.asked.includes('domain-key-current'))
  delete bed.limits['kms.keys']
})
