import assert from 'node:assert/strict'
import { test } from 'node:test'
import { largestBody } from '../../src/api/body-size.ts'
import { hasTooManyTokens } from '../../src/api/json-cost.ts'
import { optional } from '../../src/api/shapes.ts'
import { parseInput } from '../../src/api/validate.ts'
import { CLOUDTRAIL_OPERATIONS } from '../../src/cloudtrail/trail-operations.ts'
import { IAM_OPERATIONS } from '../../src/iam/iam-operations.ts'
import { STS_OPERATIONS } from '../../src/iam/sts/sts-operations.ts'
import { KMS_OPERATIONS } from '../../src/kms/kms-operations.ts'
import { USAGE_OPERATIONS } from '../../src/usage-api/usage-service.ts'
import { rubbishBody } from './bodies.ts'
import { expensiveInput, unknownOwn } from './inputs.ts'
import { CALLED_OPERATIONS } from './operations.ts'

const NAMED = { crowdedKey: 'key', ciphertext: 'AAAA', refusedCall: 'id' }

test('the neighbours suite calls every operation', () => {
  const all = [KMS_OPERATIONS, IAM_OPERATIONS, STS_OPERATIONS, CLOUDTRAIL_OPERATIONS, USAGE_OPERATIONS]
  const count = all.reduce((sum, { length }) => sum + length, 0)
  assert.equal(CALLED_OPERATIONS.length, count)
  assert.deepEqual(unknownOwn(CALLED_OPERATIONS), [])
})

for (const called of CALLED_OPERATIONS) {
  const { service, operation, members } = called
  test(`${service} ${operation} takes every member of its most expensive input`, () => {
    const input = expensiveInput(called, members, {}, NAMED)
    const given = Object.keys(input).filter((name) => Object.hasOwn(members, name))
    assert.deepEqual(given, Object.keys(input))
    const loose = Object.fromEntries(Object.entries(members).map(([name, shape]) => [name, optional(shape)]))
    assert.doesNotThrow(() => parseInput(loose, input))
  })

  test(`${service} ${operation} has an invalid body of the maximum size that it reads`, () => {
    const body = rubbishBody(called)
    const isJson = service !== 'iam' && service !== 'sts'
    const most = isJson ? Math.min(1_048_576, largestBody(members)) : 1_048_576
    assert.ok(body.length <= most, `${body.length} characters`)
    assert.ok(body.length > most * 0.98, `${body.length} characters`)
    if (isJson) assert.equal(hasTooManyTokens(Buffer.from(body)), false)
  })
}
