import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { openKmsBed } from '../../../test/support/kms-bed.ts'
import { USER_ARN } from '../../../test/support/policies.ts'
import { neverGiveWay } from '../../base/slices.ts'
import { insert, type Stored } from '../../store/records.ts'
import { constraintTest, givenContext } from './grant-constraints.ts'
import { GRANT, type GranteeChunkValue, type GrantOperation, type GrantValue } from './grant-record.ts'
import { ListedGrants, type OpenedGrant, OpenedGrants } from './opened-grants.ts'

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
  const { records } = bed.dependencies
  await records.commit(['a', 'b'].map((id) => insert(GRANT, PARTITION, id, VALUE)))
  const opened = new OpenedGrants(neverGiveWay)
  const ids = async (chunk: Stored<GranteeChunkValue>) => {
    bed.forgetAsked()
    const grants = await opened.get(records, chunk)
    return grants.get('Decrypt')?.all.map(({ asMatched }) => asMatched.id)
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
  const grants = await new OpenedGrants(neverGiveWay).get(bed.dependencies.records, chunkOf('gone'))
  assert.deepEqual([...grants], [])
})

test('who asks for a chunk that is being opened waits for the same', async () => {
  await using bed = await openKmsBed()
  const { records } = bed.dependencies
  await records.commit(['a', 'b'].map((id) => insert(GRANT, PARTITION, id, VALUE)))
  const opened = new OpenedGrants(neverGiveWay)
  const chunk = chunkOf('a', 'b')
  bed.forgetAsked()
  const [one, other] = await Promise.all([opened.get(records, chunk), opened.get(records, chunk)])
  assert.equal(one, other)
  assert.equal(bed.asked.filter((kind) => kind === GRANT.name).length, 4)
})

const texts = fc.constantFrom('a', 'A', 'b')
const pairs = fc.array(fc.tuple(texts, texts), { maxLength: 3 })

test('candidates are all grants whose constraints hold, in their order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ equals: pairs, subset: pairs }, { requiredKeys: [] }), { maxLength: 8 }),
      pairs,
      fc.constantFrom<GrantOperation>('Encrypt', 'DescribeKey'),
      (constraints, given, operation) => {
        const listed = new ListedGrants()
        for (const [at, each] of constraints.entries()) {
          const value: GrantValue = { ...VALUE, constraints: each }
          const asMatched = { id: String(at), grantee: USER_ARN, issuingAccount: '111122223333' }
          listed.add(operation, { value, holds: constraintTest(each), asMatched })
        }
        const names = new Map<string, string[]>()
        for (const [name, value] of given) {
          const lower = name.toLowerCase()
          names.set(lower, [...(names.get(lower) ?? []), value])
        }
        const context = givenContext((key) => {
          if (key === 'kms:encryptioncontextkeys') return [...names.keys()]
          return names.get(key.replace('kms:encryptioncontext:', ''))
        })
        const holding = (grants: readonly OpenedGrant[]) =>
          grants.filter(({ holds }) => holds(operation, context)).map(({ asMatched }) => asMatched.id)
        assert.deepEqual(holding(listed.candidates(context)), holding(listed.all))
      },
    ),
  )
})
