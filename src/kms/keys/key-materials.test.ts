import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNT, makeKey, openWorker, PARTITION, REGION, START } from '../../../test/support/lifecycle.ts'
import { testFolder } from '../../../test/support/test-folder.ts'
import { type Records, replace } from '../../store/records.ts'
import { rotateToFresh } from '../lifecycle/rotation.ts'
import { keyWithMaterials } from './key-materials.ts'
import { KEY } from './key-record.ts'
import { keyOf } from './keys.ts'

const PLACE = { account: ACCOUNT, region: REGION, keyId: 'rotates' }

test('keyWithMaterials shows a rotation that happens while it reads either whole or not at all', async () => {
  using folder = testFolder()
  await using worker = await openWorker(folder.path, { now: START })
  const { kms, records } = worker
  await makeKey(records, PLACE.keyId)
  const before = await records.get(KEY, PARTITION, PLACE.keyId)
  assert.ok(before !== undefined)
  let rotations = 0
  const rotating: Pick<Records, 'get' | 'list'> = {
    get: (kind, partition, name) => records.get(kind, partition, name),
    list: async (kind, query) => {
      if (rotations === 0) {
        rotations += 1
        const plan = { type: 'ON_DEMAND', now: START } as const
        const { changes } = await rotateToFresh(kms, keyOf(before, ACCOUNT, REGION), plan)
        await records.commit(changes)
      }
      return records.list(kind, query)
    },
  }
  const { record, materials } = await keyWithMaterials(rotating, PLACE, before)
  assert.equal(record.value.materialId, materials.at(-1)?.value.materialId)
})

test('keyWithMaterials answers when the key changes at every read', async () => {
  using folder = testFolder()
  await using worker = await openWorker(folder.path, { now: START })
  const { records } = worker
  await makeKey(records, PLACE.keyId)
  const before = await records.get(KEY, PARTITION, PLACE.keyId)
  assert.ok(before !== undefined)
  const changing: Pick<Records, 'get' | 'list'> = {
    get: (kind, partition, name) => records.get(kind, partition, name),
    list: async (kind, query) => {
      const page = await records.list(kind, query)
      const key = await records.get(KEY, PARTITION, PLACE.keyId)
      assert.ok(key !== undefined)
      await records.commit([replace(key, { ...key.value, description: `${key.value.description}x` })])
      return page
    },
  }
  assert.equal((await keyWithMaterials(changing, PLACE, before)).materials.length, 2)
})
