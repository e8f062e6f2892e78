/** The region of a request's credential scope is where its keys are. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Output } from '../../src/api/json.ts'
import { eventOf } from '../support/audit.ts'
import { type Answer, assertError, base64, call } from '../support/calls.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const HERE = 'us-east-1'
const THERE = 'us-west-2'

let server: TestServer

before(async () => {
  server = await startServer()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

function at(region: string, operation: string, input: Output): Promise<Answer> {
  return call(server, operation, input, { region })
}

async function keyAt(region: string): Promise<string> {
  const { json } = await at(region, 'CreateKey', {})
  return (json['KeyMetadata'] as { KeyId: string }).KeyId
}

test('a key exists only in the region that it was made in', async () => {
  const keyId = await keyAt(HERE)
  const arn = `arn:aws:kms:${HERE}:${ACCOUNT}:key/${keyId}`
  const found = (await at(HERE, 'DescribeKey', { KeyId: arn })).json['KeyMetadata'] as { Arn: string }
  assert.equal(found.Arn, arn)
  assertError(
    await at(THERE, 'DescribeKey', { KeyId: keyId }),
    'NotFoundException',
    `Key 'arn:aws:kms:${THERE}:${ACCOUNT}:key/${keyId}' does not exist`,
  )
  assertError(await at(THERE, 'DescribeKey', { KeyId: arn }), 'NotFoundException', `Invalid arn ${HERE}`)
  const { Keys } = (await at(THERE, 'ListKeys', {})).json
  assert.deepEqual(Keys, [])
})

test('an alias of one name names different keys in different regions', async () => {
  const here = await keyAt(HERE)
  const there = await keyAt(THERE)
  for (const [region, keyId] of [
    [HERE, here],
    [THERE, there],
  ] as const) {
    const created = await at(region, 'CreateAlias', { AliasName: 'alias/both', TargetKeyId: keyId })
    assert.equal(created.status, 200)
  }
  const named = (await at(THERE, 'DescribeKey', { KeyId: 'alias/both' })).json['KeyMetadata']
  assert.equal((named as { KeyId: string }).KeyId, there)
  assertError(
    await at(THERE, 'CreateAlias', { AliasName: 'alias/mine', TargetKeyId: here }),
    'NotFoundException',
    `Key 'arn:aws:kms:${THERE}:${ACCOUNT}:key/${here}' does not exist`,
  )
  const listed = (await at(THERE, 'ListAliases', {})).json['Aliases'] as { TargetKeyId?: string }[]
  assert.deepEqual(
    listed.flatMap(({ TargetKeyId }) => TargetKeyId ?? []),
    [there],
  )
})

test('a ciphertext of one region cannot be decrypted in another', async () => {
  const keyId = await keyAt(HERE)
  await keyAt(THERE)
  const { json } = await at(HERE, 'Encrypt', { KeyId: keyId, Plaintext: base64('x') })
  const blob = String(json['CiphertextBlob'])
  assert.equal((await at(HERE, 'Decrypt', { CiphertextBlob: blob })).status, 200)
  const answer = await at(THERE, 'Decrypt', { CiphertextBlob: blob })
  assertError(
    answer,
    'AccessDeniedException',
    'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
  )
  const event = await eventOf(server, answer.requestId)
  assert.equal(event['awsRegion'], THERE)
  assert.equal(event.errorCode, 'AccessDenied')
})

test('a marker of one region is no way into another', async () => {
  for (let count = 0; count < 3; count += 1) await keyAt('eu-central-1')
  const page = (await at('eu-central-1', 'ListKeys', { Limit: 1 })).json
  const { json } = await at('eu-north-1', 'ListKeys', { Marker: String(page['NextMarker']) })
  assert.deepEqual(json['Keys'], [])
})
