/** Aliases: their names, their targets, and what happens to them. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertError, call, newKey, succeed } from '../support/calls.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'

let server: TestServer
let keyId: string

before(async () => {
  server = await startServer()
  keyId = await newKey(server)
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

const aliasArn = (name: string): string => `arn:aws:kms:${REGION}:${ACCOUNT}:${name}`
const keyArn = (id: string): string => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`

type Entry = {
  readonly AliasName: string
  readonly AliasArn: string
  readonly TargetKeyId: string
  readonly CreationDate: number
  readonly LastUpdatedDate: number
}

async function list(id: string): Promise<readonly Entry[]> {
  return (await succeed(server, 'ListAliases', { KeyId: id }))['Aliases'] as readonly Entry[]
}

test('CreateAlias refuses a name without prefix with the documented text', async () => {
  for (const name of ['x', 'Alias/x', 'key/alias/x']) {
    assertError(
      await call(server, 'CreateAlias', { AliasName: name, TargetKeyId: keyId }),
      'ValidationException',
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    )
  }
})

test('CreateAlias refuses a colon, other characters, and reserved names', async () => {
  const create = (name: string) => call(server, 'CreateAlias', { AliasName: name, TargetKeyId: keyId })
  assertError(
    await create('alias/my:alias'),
    'ValidationException',
    'alias/my:alias contains invalid characters for an alias',
  )
  assertError(
    await create('alias/ä'),
    'ValidationException',
    "1 validation error detected: Value 'alias/ä' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$",
  )
  assertError(
    await create('alias/aws/mine'),
    'NotAuthorizedException',
    'The alias name for a customer managed CMK cannot begin with alias/aws/.',
  )
  assertError(await create('alias/'), 'InvalidAliasNameException', 'The alias name is empty.')
})

test('CreateAlias takes a name of 256 characters and refuses one of 257', async () => {
  const create = (length: number) =>
    call(server, 'CreateAlias', { AliasName: `alias/${'a'.repeat(length - 6)}`, TargetKeyId: keyId })
  assert.equal((await create(256)).status, 200)
  assertError(await create(257), 'ValidationException', /Member must have length less than or equal to 256$/)
})

test('UpdateAlias and DeleteAlias refuse names that cannot be', async () => {
  for (const [operation, more] of [
    ['UpdateAlias', { TargetKeyId: keyId }],
    ['DeleteAlias', {}],
  ] as const) {
    const run = (name: string) => call(server, operation, { AliasName: name, ...more })
    assertError(await run('x'), 'ValidationException', 'Invalid identifier')
    assertError(await run(aliasArn('alias/x')), 'ValidationException', 'Invalid identifier')
    assertError(await run('alias/aws/mine'), 'NotAuthorizedException', undefined)
    assertError(await run('alias/none'), 'NotFoundException', `Alias ${aliasArn('alias/none')} is not found.`)
  }
})

test('CreateAlias and UpdateAlias refuse an alias as their target', async () => {
  await succeed(server, 'CreateAlias', { AliasName: 'alias/target', TargetKeyId: keyId })
  for (const operation of ['CreateAlias', 'UpdateAlias']) {
    for (const target of ['alias/target', aliasArn('alias/target')]) {
      assertError(
        await call(server, operation, { AliasName: 'alias/target', TargetKeyId: target }),
        'ValidationException',
        'Aliases must refer to keys. Not aliases',
      )
    }
  }
})

test('CreateAlias refuses a name that exists, whatever key it names', async () => {
  const other = await newKey(server)
  await succeed(server, 'CreateAlias', { AliasName: 'alias/once', TargetKeyId: keyId })
  for (const target of [keyId, other]) {
    assertError(
      await call(server, 'CreateAlias', { AliasName: 'alias/once', TargetKeyId: target }),
      'AlreadyExistsException',
      `An alias with the name ${aliasArn('alias/once')} already exists`,
    )
  }
})

test('aliases that differ only in case are different', async () => {
  const other = await newKey(server)
  await succeed(server, 'CreateAlias', { AliasName: 'alias/Case', TargetKeyId: keyId })
  await succeed(server, 'CreateAlias', { AliasName: 'alias/case', TargetKeyId: other })
  const { KeyMetadata } = await succeed(server, 'DescribeKey', { KeyId: 'alias/case' })
  assert.equal((KeyMetadata as { KeyId: string }).KeyId, other)
})

test('ListAliases gives every member of an entry, and dates that UpdateAlias changes', async () => {
  const first = await newKey(server)
  const second = await newKey(server)
  await succeed(server, 'CreateAlias', { AliasName: 'alias/dated', TargetKeyId: keyArn(first) })
  const [created] = await list(first)
  assert.ok(created !== undefined)
  const { CreationDate, LastUpdatedDate, ...rest } = created
  assert.deepEqual(rest, {
    AliasName: 'alias/dated',
    AliasArn: aliasArn('alias/dated'),
    TargetKeyId: first,
  })
  assert.equal(CreationDate, LastUpdatedDate)
  await succeed(server, 'UpdateAlias', { AliasName: 'alias/dated', TargetKeyId: second })
  assert.deepEqual(await list(first), [])
  const [moved] = await list(keyArn(second))
  assert.equal(moved?.TargetKeyId, second)
  assert.equal(moved?.CreationDate, CreationDate)
  assert.ok((moved?.LastUpdatedDate ?? 0) > LastUpdatedDate)
})

test('UpdateAlias works from a key that is pending deletion and not to one', async () => {
  const leaving = await newKey(server)
  const staying = await newKey(server)
  await succeed(server, 'CreateAlias', { AliasName: 'alias/leaving', TargetKeyId: leaving })
  await succeed(server, 'ScheduleKeyDeletion', { KeyId: leaving, PendingWindowInDays: 7 })
  await succeed(server, 'UpdateAlias', { AliasName: 'alias/leaving', TargetKeyId: staying })
  for (const [operation, name] of [
    ['UpdateAlias', 'alias/leaving'],
    ['CreateAlias', 'alias/new-name'],
  ] as const) {
    assertError(
      await call(server, operation, { AliasName: name, TargetKeyId: leaving }),
      'KMSInvalidStateException',
      `${keyArn(leaving)} is pending deletion.`,
    )
  }
})

/** Keys of each kind: an alias stays with keys of one kind. Source: AWS KMS API Reference, "UpdateAlias". */
const KEYS_BY_KIND = [
  [
    { KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' },
    { KeyUsage: 'ENCRYPT_DECRYPT', Origin: 'EXTERNAL' },
  ],
  [
    { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' },
    { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT', Origin: 'EXTERNAL' },
  ],
  [
    { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
    { KeySpec: 'ML_DSA_44', KeyUsage: 'SIGN_VERIFY' },
  ],
  [
    { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
    { KeySpec: 'ECC_NIST_P384', KeyUsage: 'KEY_AGREEMENT' },
  ],
  [
    { KeySpec: 'HMAC_224', KeyUsage: 'GENERATE_VERIFY_MAC' },
    { KeySpec: 'HMAC_512', KeyUsage: 'GENERATE_VERIFY_MAC' },
  ],
  [
    { KeySpec: 'ML_KEM_512', KeyUsage: 'ENCAPSULATE_DECAPSULATE' },
    { KeySpec: 'ML_KEM_768', KeyUsage: 'ENCAPSULATE_DECAPSULATE' },
  ],
] as const

test('UpdateAlias goes from a key to others of its kind and to none of another', async () => {
  const kinds = await Promise.all(
    KEYS_BY_KIND.map((inputs) =>
      Promise.all(inputs.map(async (input) => ({ ...input, id: await newKey(server, input) }))),
    ),
  )
  for (const [index, [from, sibling]] of kinds.entries()) {
    assert.ok(from !== undefined && sibling !== undefined)
    const name = `alias/kind-${index}`
    await succeed(server, 'CreateAlias', { AliasName: name, TargetKeyId: from.id })
    for (const [other, [to]] of kinds.entries()) {
      if (other === index || to === undefined) continue
      const { KeyUsage: old } = from
      const message =
        old === to.KeyUsage
          ? /^Alias alias\/kind-\d cannot be changed from an? (?:a?symmetric) CMK to an? (?:a?symmetric) CMK\./
          : `Alias ${name} cannot be changed from a CMK with key usage ${old} to a CMK with key usage ${to.KeyUsage}. The key usage of the current CMK and the new CMK must be the same.`
      const answer = await call(server, 'UpdateAlias', { AliasName: name, TargetKeyId: to.id })
      assertError(answer, 'ValidationException', message)
    }
    await succeed(server, 'UpdateAlias', { AliasName: name, TargetKeyId: sibling.id })
  }
})

test('a key has at most 50 aliases', async () => {
  const full = await newKey(server)
  const create = (count: number) =>
    call(server, 'CreateAlias', { AliasName: `alias/full-${count}`, TargetKeyId: full })
  for (let count = 0; count < 50; count += 1) assert.equal((await create(count)).status, 200)
  assertError(
    await create(50),
    'LimitExceededException',
    'Aliases per key quota for this account in this region is 50, current usage is 50.',
  )
  await succeed(server, 'DeleteAlias', { AliasName: 'alias/full-0' })
  assert.equal((await create(50)).status, 200)
  assert.equal((await list(full)).length, 50)
})

test('one of many who create the same alias at once succeeds', async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, () => newKey(server)))
  const answers = await Promise.all(
    keys.map((id) => call(server, 'CreateAlias', { AliasName: 'alias/race', TargetKeyId: id })),
  )
  const won = keys.filter((_, index) => answers[index]?.status === 200)
  assert.equal(won.length, 1)
  for (const { status, code } of answers) {
    if (status !== 200) assert.equal(code, 'AlreadyExistsException')
  }
  const { KeyMetadata } = await succeed(server, 'DescribeKey', { KeyId: 'alias/race' })
  assert.equal((KeyMetadata as { KeyId: string }).KeyId, won[0])
})

test('ListAliases refuses more than 100 a page and a filter that names nothing', async () => {
  assertError(
    await call(server, 'ListAliases', { Limit: 101 }),
    'ValidationException',
    "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100",
  )
  assert.equal((await call(server, 'ListAliases', { Limit: 100 })).status, 200)
  const unknown = '12345678-1234-4234-8234-123456789012'
  assertError(
    await call(server, 'ListAliases', { KeyId: unknown }),
    'NotFoundException',
    `Key '${keyArn(unknown)}' does not exist`,
  )
  assertError(await call(server, 'ListAliases', { Marker: 'nowhere' }), 'InvalidMarkerException', undefined)
  assertError(
    await call(server, 'ListAliases', { KeyId: keyId, Marker: '-1' }),
    'InvalidMarkerException',
    undefined,
  )
})
