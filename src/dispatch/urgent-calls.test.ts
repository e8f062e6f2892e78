import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SERVICES } from '../api/services.ts'
import type { Principal } from '../policy/decide.ts'
import { UrgentCalls } from './urgent-calls.ts'

const ACCOUNT = '111122223333'
const OTHER = '444455556666'
const MIB = 1_048_576

function bed(sizeBytes = 16 * MIB, processes = 1) {
  const reserve = {
    isInUse: true,
    sizeBytes,
    spent: 0,
    spend: (bytes: number): void => {
      reserve.spent += bytes
    },
  }
  const calls = new UrgentCalls(reserve, processes)
  const made = (name: string, operation = 'kms.PutKeyPolicy', account = ACCOUNT, input: object = {}) => {
    const principal: Principal =
      name === 'root'
        ? { type: 'Root', account, arn: `arn:aws:iam::${account}:root` }
        : { type: 'User', account, arn: `arn:aws:iam::${account}:user/${name}` }
    const [service, eventName = ''] = operation.split('.')
    const facts = { service: SERVICES[service === 'iam' ? 'iam' : 'kms'], eventName, readOnly: false }
    const written = { events: [{ json: 'x'.repeat(16_384) }], changes: [{ value: { x: 'x'.repeat(8184) } }] }
    return calls.of({ facts, input, caller: { account, principal }, ...written }) === 'revocation'
  }
  const many = (count: number, name: string, account = ACCOUNT) =>
    Array.from({ length: count }, () => made(name, 'kms.PutKeyPolicy', account)).filter(Boolean).length
  return { reserve, made, many }
}

test('on a full disk a principal has a quarter of the reserve for its revocations, and its account half', () => {
  const { many, reserve } = bed()
  assert.equal(many(300, 'ada'), 102)
  assert.equal(many(300, 'bob'), 102)
  assert.equal(many(300, 'eve'), 0)
  // The root user has a part of its own.
  assert.equal(many(1, 'root'), 1)
  assert.equal(many(300, 'ada', OTHER), 102)
  assert.ok(reserve.spent > 12 * MIB - 200_000 && reserve.spent <= 12 * MIB, String(reserve.spent))
})

test('processes share the reserve, and what was used of it is forgotten when the disk has space again', () => {
  const { reserve, made, many } = bed(16 * MIB, 2)
  assert.equal(many(100, 'ada'), 51)
  reserve.isInUse = false
  assert.equal(many(100, 'ada'), 100)
  reserve.isInUse = true
  assert.ok(made('ada'))
})

test('what takes no permission away is not urgent, and an access key is so when it is made inactive', () => {
  const { made } = bed()
  assert.ok(!made('ada', 'kms.CreateKey'))
  assert.ok(made('ada', 'iam.UpdateAccessKey', ACCOUNT, { Status: 'Inactive' }))
  assert.ok(!made('ada', 'iam.UpdateAccessKey', ACCOUNT, { Status: 'Active' }))
  assert.ok(made('ada', 'iam.DeleteAccessKey'))
})
