/** Calls of one process that change the same records at once. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bedKey, type KmsBed, openKmsBed } from '../../../test/support/kms-bed.ts'
import { ACCOUNT, ROOT, USER_ARN } from '../../../test/support/policies.ts'
import type { Output } from '../../api/json.ts'
import { defaultKeyPolicy } from '../../policy/key-policy.ts'

const POLICY = JSON.parse(defaultKeyPolicy(ACCOUNT))
const AT_ONCE = 100

let bed: KmsBed

before(async () => {
  bed = await openKmsBed()
})

after(async () => {
  await bed[Symbol.asyncDispose]()
})

/** Makes a call so many times at once; gives how many commits that took, and what the calls gave. */
async function atOnce(operation: string, inputOf: (index: number) => Output) {
  const before = bed.commits.count
  const calls = Array.from({ length: AT_ONCE }, (_, index) => bed.call(ROOT, operation, inputOf(index)))
  const outputs = await Promise.all(calls)
  return { commits: bed.commits.count - before, outputs }
}

test('many calls at once that change one key all succeed, each with one commit', async () => {
  const KeyId = await bedKey(bed, POLICY)
  const tagged = await atOnce('TagResource', (index) => ({
    KeyId,
    Tags: [{ TagKey: 'k', TagValue: String(index) }],
  }))
  assert.equal(tagged.commits, AT_ONCE)
  const { Tags } = await bed.call(ROOT, 'ListResourceTags', { KeyId })
  // They wait in the order in which they have come.
  assert.deepEqual(Tags, [{ TagKey: 'k', TagValue: String(AT_ONCE - 1) }])

  const granted = await atOnce('CreateGrant', () => ({
    KeyId,
    GranteePrincipal: USER_ARN,
    Operations: ['Encrypt'],
  }))
  assert.equal(granted.commits, AT_ONCE)
  const retired = await atOnce('RevokeGrant', (index) => ({
    KeyId,
    GrantId: granted.outputs[index]?.['GrantId'],
  }))
  assert.equal(retired.commits, AT_ONCE)
  assert.deepEqual((await bed.call(ROOT, 'ListGrants', { KeyId }))['Grants'], [])

  const described = await atOnce('UpdateKeyDescription', (index) => ({ KeyId, Description: String(index) }))
  assert.equal(described.commits, AT_ONCE)
})

test('many calls at once that move one alias between keys all succeed', async () => {
  const keys = [await bedKey(bed, POLICY), await bedKey(bed, POLICY)]
  await bed.call(ROOT, 'CreateAlias', { AliasName: 'alias/moved', TargetKeyId: keys[0] })
  await atOnce('UpdateAlias', (index) => ({ AliasName: 'alias/moved', TargetKeyId: keys[index % 2] }))
  const { Aliases } = await bed.call(ROOT, 'ListAliases', { KeyId: keys[1] })
  assert.equal((Aliases as readonly Output[]).length, 1)
})

test('who changes another key does not wait for those who change one', async () => {
  const [KeyId, other] = [await bedKey(bed, POLICY), await bedKey(bed, POLICY)]
  let done = 0
  const busy = Array.from({ length: AT_ONCE }, async (_, index) => {
    await bed.call(ROOT, 'UpdateKeyDescription', { KeyId, Description: String(index) })
    done += 1
  })
  await bed.call(ROOT, 'UpdateKeyDescription', { KeyId: other, Description: 'other' })
  assert.ok(done < AT_ONCE / 2, `${done} of the others were faster`)
  await Promise.all(busy)
})

test('a key that is disabled among many changes is disabled before those that waited', async () => {
  const KeyId = await bedKey(bed, POLICY)
  const order: string[] = []
  const busy = Array.from({ length: AT_ONCE }, async (_, index) => {
    await bed.call(ROOT, 'UpdateKeyDescription', { KeyId, Description: String(index) })
    order.push('described')
  })
  const disabled = bed.call(ROOT, 'DisableKey', { KeyId }).then(() => order.push('disabled'))
  await Promise.all([...busy, disabled])
  assert.ok(order.indexOf('disabled') < AT_ONCE / 2, `the ${order.indexOf('disabled')}th`)
})
