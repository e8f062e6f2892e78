/** Tags: their limits, their order and what AWS refuses. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, assertError, call, newKey, succeed } from '../support/calls.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer

before(async () => {
  server = await startServer()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

type Tag = { readonly TagKey: string; readonly TagValue: string }

const tag = (TagKey: string, TagValue = ''): Tag => ({ TagKey, TagValue })
const many = (count: number): readonly Tag[] => Array.from({ length: count }, (_, index) => tag(`k${index}`))

function put(keyId: string, Tags: readonly Tag[]): Promise<Answer> {
  return call(server, 'TagResource', { KeyId: keyId, Tags })
}

async function list(keyId: string): Promise<unknown> {
  return (await succeed(server, 'ListResourceTags', { KeyId: keyId }))['Tags']
}

for (const [what, tags, message] of [
  ['one key twice', [tag('a', '1'), tag('a', '2')], 'Duplicate tag keys'],
  ['a reserved key', [tag('aws:mine')], 'Tags beginning with aws: are reserved'],
  ['a reserved key in capitals', [tag('AWS:mine')], 'Tags beginning with aws: are reserved'],
  [
    'a key with a character that is not allowed',
    [tag('a<b')],
    'A tag key holds a character that is not allowed',
  ],
  ['a value with a line end', [tag('a', 'b\n')], 'A tag value holds a character that is not allowed'],
] as const) {
  test(`TagResource and CreateKey refuse ${what} with TagException`, async () => {
    assertError(await put(await newKey(server), tags), 'TagException', message)
    assertError(await call(server, 'CreateKey', { Tags: tags }), 'TagException', message)
  })
}

test('TagResource takes keys of 128 and values of 256 characters, and no longer ones', async () => {
  const keyId = await newKey(server)
  const longest = tag('k'.repeat(128), 'v'.repeat(256))
  assert.equal((await put(keyId, [longest])).status, 200)
  assert.deepEqual(await list(keyId), [longest])
  const path = (name: string): RegExp =>
    new RegExp(
      `at 'tags\\.2\\.member\\.${name}' failed to satisfy constraint: Member must have length less than`,
    )
  assertError(await put(keyId, [tag('a'), tag('k'.repeat(129))]), 'ValidationException', path('tagKey'))
  assertError(
    await put(keyId, [tag('a'), tag('b', 'v'.repeat(257))]),
    'ValidationException',
    path('tagValue'),
  )
  assert.deepEqual(await list(keyId), [longest])
})

test('a key takes 50 tags and not 51, counting those that it has', async () => {
  const keyId = await newKey(server, { Tags: many(50) })
  assertError(await put(keyId, [tag('one-more')]), 'TagException', 'Too many tags')
  assert.equal((await put(keyId, [tag('k0', 'new')])).status, 200)
  await succeed(server, 'UntagResource', { KeyId: keyId, TagKeys: ['k1'] })
  assert.equal((await put(keyId, [tag('one-more')])).status, 200)
  assertError(await call(server, 'CreateKey', { Tags: many(51) }), 'TagException', 'Too many tags')
})

test('ListResourceTags gives tags in the order in which they were first set', async () => {
  const keyId = await newKey(server, { Tags: [tag('z', '1'), tag('a', '2')] })
  await put(keyId, [tag('m', '3'), tag('z', '4')])
  assert.deepEqual(await list(keyId), [tag('z', '4'), tag('a', '2'), tag('m', '3')])
})

test('tag keys are case-sensitive and may be names of object members', async () => {
  const tags = [tag('a'), tag('A'), tag('__proto__', 'x'), tag('constructor', 'y'), tag('Straße', 'ä/b=c')]
  const keyId = await newKey(server, { Tags: tags })
  assert.deepEqual(await list(keyId), tags)
  await succeed(server, 'UntagResource', { KeyId: keyId, TagKeys: ['A', 'constructor'] })
  assert.deepEqual(await list(keyId), [tag('a'), tag('__proto__', 'x'), tag('Straße', 'ä/b=c')])
})

test('TagResource without tags changes nothing', async () => {
  const keyId = await newKey(server, { Tags: [tag('a', '1')] })
  assert.equal((await put(keyId, [])).status, 200)
  assert.deepEqual(await list(keyId), [tag('a', '1')])
})

test('tags that many callers add at once are all there', async () => {
  const keyId = await newKey(server)
  const answers = await Promise.all(many(12).map((one) => put(keyId, [one])))
  assert.deepEqual(
    answers.map(({ status }) => status),
    new Array(12).fill(200),
  )
  const names = ((await list(keyId)) as Tag[]).map(({ TagKey }) => TagKey)
  assert.deepEqual(
    names.toSorted(),
    many(12)
      .map(({ TagKey }) => TagKey)
      .toSorted(),
  )
})

test('ListResourceTags refuses a page of more than 50 and a marker that is none', async () => {
  const keyId = await newKey(server)
  assertError(
    await call(server, 'ListResourceTags', { KeyId: keyId, Limit: 51 }),
    'ValidationException',
    "1 validation error detected: Value '51' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50",
  )
  assertError(
    await call(server, 'ListResourceTags', { KeyId: keyId, Marker: 'x' }),
    'InvalidMarkerException',
    undefined,
  )
})
