import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REGION } from '../../../test/support/kms.ts'
import { openKmsBed } from '../../../test/support/kms-bed.ts'
import { ROOT } from '../../../test/support/policies.ts'
import { replace } from '../../store/records.ts'
import { keyMaterialsOf } from './key-materials.ts'
import { KEY, partitionOf } from './key-record.ts'
import { proveKey } from './prove-keys.ts'

const ACCOUNT = '111122223333'
const PARTITION = partitionOf(ACCOUNT, REGION)

async function openBed() {
  const bed = await openKmsBed()
  const { records, custody } = bed.dependencies
  const prove = async (keyId: string) => {
    const record = await records.get(KEY, PARTITION, keyId)
    assert.ok(record)
    return proveKey(custody, records, record)
  }
  const create = async (input: Record<string, string>): Promise<string> => {
    const { KeyMetadata: made } = await bed.call(ROOT, 'CreateKey', input)
    return String((made as Record<string, unknown>)['KeyId'])
  }
  return { bed, records, prove, create }
}

for (const [KeySpec, KeyUsage] of [
  ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT'],
  ['HMAC_512', 'GENERATE_VERIFY_MAC'],
  ['RSA_2048', 'ENCRYPT_DECRYPT'],
  ['ECC_NIST_EDWARDS25519', 'SIGN_VERIFY'],
  ['ECC_SECG_P256K1', 'SIGN_VERIFY'],
  ['ECC_NIST_P384', 'KEY_AGREEMENT'],
  ['ML_DSA_65', 'SIGN_VERIFY'],
] as const) {
  test(`a key of spec ${KeySpec} is proved by its key material`, async () => {
    const { bed, prove, create } = await openBed()
    await using _bed = bed
    const keyId = await create({ KeySpec, KeyUsage })
    const { materials, failure } = await prove(keyId)
    assert.deepEqual([materials, failure], [1, undefined])
  })
}

test('every key material of a rotated key is proved, also while the key is disabled', async () => {
  const { bed, prove, create } = await openBed()
  await using _bed = bed
  const keyId = await create({})
  await bed.call(ROOT, 'RotateKeyOnDemand', { KeyId: keyId })
  await bed.call(ROOT, 'DisableKey', { KeyId: keyId })
  assert.equal((await prove(keyId)).materials, 2)
})

test('key material of another key, and another public key, are failures', async () => {
  const { bed, records, prove, create } = await openBed()
  await using _bed = bed
  const [one, other] = [await create({}), await create({})]
  const place = (keyId: string) => ({ account: ACCOUNT, region: REGION, keyId })
  const [own] = await keyMaterialsOf(records, place(one))
  const [foreign] = await keyMaterialsOf(records, place(other))
  assert.ok(own?.value.wrapped && foreign?.value.wrapped)
  await records.commit([replace(own, { ...own.value, wrapped: foreign.value.wrapped })])
  assert.match((await prove(one)).failure ?? '', /a wrapped key does not open/)
  assert.equal((await prove(other)).failure, undefined)

  const spec = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }
  const [signer, second] = [await create(spec), await create(spec)]
  const record = await records.get(KEY, PARTITION, signer)
  const publicKey = (await records.get(KEY, PARTITION, second))?.value.publicKey
  assert.ok(record && publicKey !== undefined)
  await records.commit([replace(record, { ...record.value, publicKey })])
  assert.match((await prove(signer)).failure ?? '', /belongs to another public key/)
})
