import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KmsError } from '../../api/errors.ts'
import type { Call } from '../../dispatch/operation.ts'
import type { KmsDependencies, UsageKnown } from '../kms-dependencies.ts'
import type { Key } from './keys.ts'
import { unusedDays } from './last-usage.ts'

const DAY_MS = 86_400_000
const NAME = 'kms:trailingdayswithoutkeyusage'
const ASKING = '{"Condition":{"NumericLessThan":{"kms:TrailingDaysWithoutKeyUsage":"9"}}}'

function keyWith(policy: string, createdAt: number): Key {
  const record = { value: { policy, createdAt } }
  return { record, account: '111122223333', region: 'eu-west-1', keyId: 'k' } as Key
}

function dependenciesWith(known: () => Promise<UsageKnown>): KmsDependencies {
  return { lastUsage: known } as Partial<KmsDependencies> as KmsDependencies
}

function usedAt(second: number | undefined, current = true): KmsDependencies {
  const last =
    second === undefined ? undefined : { operation: 'Encrypt', second, eventId: 'e', requestId: 'r' }
  return dependenciesWith(async () => ({ last, current }))
}

function callAt(now: number, arn = 'arn:aws:iam::111122223333:root'): Call {
  return { now, caller: { account: '111122223333', arn } } as Call
}

test('unusedDays counts whole days since the last use, or since creation', async () => {
  const days = async (dependencies: KmsDependencies, now: number) =>
    (await unusedDays(keyWith(ASKING, DAY_MS), callAt(now), dependencies))(NAME)
  assert.equal(await days(usedAt(undefined), 3 * DAY_MS - 1), '1')
  assert.equal(await days(usedAt(undefined), 3 * DAY_MS), '2')
  assert.equal(await days(usedAt((2 * DAY_MS) / 1000), 3 * DAY_MS - 1), '0')
  assert.equal(await days(usedAt((4 * DAY_MS) / 1000), 3 * DAY_MS), '0', 'a clock that went back')
})

test('unusedDays asks the index for a root user only when the key policy asks, and for everybody else', async () => {
  const never = dependenciesWith(() => assert.fail('asked'))
  assert.equal((await unusedDays(keyWith('{}', 0), callAt(0), never))(NAME), undefined)
  const user = callAt(DAY_MS, 'arn:aws:iam::111122223333:user/ada')
  assert.equal((await unusedDays(keyWith('{}', 0), user, usedAt(undefined)))(NAME), '1')
})

test('unusedDays refuses with DependencyTimeoutException what asks for a value that is not known', async () => {
  const isTimeout = (error: unknown) =>
    error instanceof KmsError && error.code === 'DependencyTimeoutException'
  for (const dependencies of [usedAt(1, false), dependenciesWith(() => Promise.reject(new Error('disk')))]) {
    const lookup = await unusedDays(keyWith(ASKING, 0), callAt(0), dependencies)
    assert.throws(() => lookup(NAME), isTimeout)
    assert.equal(lookup('kms:keyspec'), undefined)
  }
})
