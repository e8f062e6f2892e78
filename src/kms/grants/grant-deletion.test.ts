import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bedKey, codeOf, type KmsBed, openKmsBed } from '../../../test/support/kms-bed.ts'
import { ACCOUNT, ROLE_ARN, ROOT, USER_ARN } from '../../../test/support/policies.ts'
import { defaultKeyPolicy } from '../../policy/key-policy.ts'
import { type Change, insert, replace } from '../../store/records.ts'
import { KEY } from '../keys/key-record.ts'
import { planDeletion } from '../lifecycle/deletion.ts'
import { DUE } from '../lifecycle/due.ts'
import {
  GRANT,
  GRANTEE_CHUNK,
  type GrantValue,
  grantPartition,
  NAMED_GRANT,
  RETIRABLE_GRANT,
} from './grant-record.ts'
import { CHUNK_MAX_IDS } from './grantee-index.ts'
import { retirablePartition } from './grants.ts'

const REGION = 'eu-west-1'
const PARTITION = `${ACCOUNT}/${REGION}`
const WINDOW_MS = 7 * 86_400_000

/** Grants that do not fit into one commit by far. */
const MANY = 2300
const COMMIT_SIZE = 900

/** Writes many grants as CreateGrant does, in few commits. */
async function writeGrants({ dependencies: { records } }: KmsBed, keyId: string): Promise<void> {
  const partition = grantPartition({ account: ACCOUNT, region: REGION, keyId })
  const key = await records.get(KEY, PARTITION, keyId)
  assert.ok(key !== undefined)
  const value: GrantValue = {
    format: 1,
    createdAt: 0,
    grantee: { type: 'principal', arn: USER_ARN },
    retiring: { type: 'principal', arn: ROLE_ARN },
    issuingAccount: ACCOUNT,
    operations: ['Encrypt'],
    constraints: {},
  }
  const ids = Array.from({ length: MANY }, (_, at) => at.toString(16).padStart(64, '0'))
  const changes: Change[] = [replace(key, { ...key.value, grants: MANY })]
  for (const grantId of ids) {
    const retirable = { format: 1 as const, account: ACCOUNT, keyId, grantId }
    const name = `${ACCOUNT}/${keyId}/${grantId}`
    changes.push(insert(GRANT, partition, grantId, value))
    changes.push(insert(RETIRABLE_GRANT, retirablePartition(REGION, ROLE_ARN), name, retirable))
    changes.push(insert(NAMED_GRANT, partition, `name ${grantId}`, { format: 1, grantId }))
  }
  for (let at = 0; at * CHUNK_MAX_IDS < MANY; at += 1) {
    const grantIds = ids.slice(at * CHUNK_MAX_IDS, (at + 1) * CHUNK_MAX_IDS)
    const chunk = { format: 1 as const, grantIds, ...(at === 0 && { total: MANY }) }
    changes.push(insert(GRANTEE_CHUNK, partition, `${at}/${USER_ARN}`, chunk))
  }
  for (let at = 0; at < changes.length; at += COMMIT_SIZE) {
    await records.commit(changes.slice(at, at + COMMIT_SIZE))
  }
}

/** How many records of grants there are for a key, or for whom may retire them. */
async function left({ dependencies: { records } }: KmsBed, keyId: string): Promise<number> {
  const partition = grantPartition({ account: ACCOUNT, region: REGION, keyId })
  const pages = await Promise.all([
    records.list(GRANT, { partition, limit: 1000 }),
    records.list(GRANTEE_CHUNK, { partition, limit: 1000 }),
    records.list(NAMED_GRANT, { partition, limit: 1000 }),
    records.list(RETIRABLE_GRANT, { partition: retirablePartition(REGION, ROLE_ARN), limit: 1000 }),
  ])
  return pages.reduce((sum, { records: found }) => sum + found.length, 0)
}

async function note({ dependencies: { records } }: KmsBed) {
  const { records: notes } = await records.list(DUE, { partition: '1970-01-08', limit: 10 })
  const [first] = notes
  assert.ok(first !== undefined)
  return first
}

test('a key goes with all its grants, however many, and with all that leads to them', async () => {
  await using bed = await openKmsBed()
  const keyId = await bedKey(bed, JSON.parse(defaultKeyPolicy(ACCOUNT)))
  await writeGrants(bed, keyId)
  await bed.call(ROOT, 'ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 })
  const due = await note(bed)
  assert.equal(await planDeletion(bed.dependencies, due, WINDOW_MS - 1), undefined)
  const before = await left(bed, keyId)
  assert.ok(before > 3000)
  const plan = await planDeletion(bed.dependencies, due, WINDOW_MS)
  assert.ok(plan !== undefined && plan.changes.length < 10)
  assert.equal(await left(bed, keyId), 0)
  await bed.dependencies.records.commit(plan.changes)
  assert.equal(await codeOf(bed.call(ROOT, 'DescribeKey', { KeyId: keyId })), 'NotFoundException')
})

test('grants of a key whose deletion was cancelled stay', async () => {
  await using bed = await openKmsBed()
  const keyId = await bedKey(bed, JSON.parse(defaultKeyPolicy(ACCOUNT)))
  const grant = { KeyId: keyId, GranteePrincipal: USER_ARN, Operations: ['Encrypt'] }
  await bed.call(ROOT, 'CreateGrant', grant)
  await bed.call(ROOT, 'ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 })
  const due = await note(bed)
  await bed.call(ROOT, 'CancelKeyDeletion', { KeyId: keyId })
  assert.equal(await planDeletion(bed.dependencies, due, WINDOW_MS), undefined)
  const { Grants } = await bed.call(ROOT, 'ListGrants', { KeyId: keyId })
  assert.equal((Grants as readonly unknown[]).length, 1)
})
