import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openKmsBed } from '../../test/support/kms-bed.ts'
import { USER_ARN } from '../../test/support/policies.ts'
import { insert, type Stored } from '../store/records.ts'
import { GRANT, type GranteeChunkValue, type GrantValue } from './grant-record.ts'
import { OpenedGrants } from './opened-grants.ts'

const PARTITION = '111122223333/eu-west-1/k'
const VALUE: GrantValue = {
  format: 1,
  createdAt: 0,
  grantee: { type: 'principal', arn: USER_ARN },
  issuingAccount: '111122223333',
  operations: ['Encrypt', 'Decrypt'],
  constraints: {},
}

function chunkOf(...grantIds: readonly string[]): Stored<GranteeChunkValue> {
  return {
    kind: 'grantee-chunk',
    partition: PARTITION,
    name: '0/x',
    version: 1,
    value: { format: 1, grantIds },
  }
}

test('the grants of a chunk are read once for as long as its ids are the same, and again when they change', async () => {
  await using bed = await openKmsBed()
  const { records } = bed.parts
  await records.commit(['a', 'b'].map((id) => insert(GRANT, PARTITION, id, VALUE)))
  const opened = new OpenedGrants()
  const ids = async (chunk: Stored<GranteeChunkValue>) => {
    bed.forgetAsked()
    const grants = await opened.get(records, chunk)
    return grants.get('Decrypt')?.map(({ asMatched }) => asMatched.id)
  }
  assert.deepEqual(await ids(chunkOf('a')), ['a'])
  assert.ok(bed.asked.length > 0)
  assert.deepEqual(await ids(chunkOf('a')), ['a'])
  assert.deepEqual(bed.asked, [])
  assert.deepEqual(await ids(chunkOf('a', 'b')), ['a', 'b'])
  assert.deepEqual(await ids(chunkOf('b')), ['b'])
  assert.ok(bed.asked.length > 0)
})

test('a grant that is gone before its chunk is left out', async () => {
  await using bed = await openKmsBed()
  const grants = await new OpenedGrants().get(bed.parts.records, chunkOf('gone'))
  assert.deepEqual([...grants], [])
})
