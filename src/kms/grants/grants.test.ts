import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { bedKey, codeOf, type KmsBed, openKmsBed } from '../../../test/support/kms-bed.ts'
import { ACCOUNT, KEY, ROLE_ARN, ROOT, USER_ARN } from '../../../test/support/policies.ts'
import type { Output } from '../../api/json.ts'
import type { Principal } from '../../policy/decide.ts'
import { defaultKeyPolicy } from '../../policy/key-policy.ts'
import { replace } from '../../store/records.ts'
import { KEY as KEY_KIND } from '../keys/key-record.ts'
import { GRANT_OPERATIONS } from './grant-record.ts'

const ARN = KEY.slice(0, KEY.lastIndexOf('/') + 1)
const UNKNOWN = 'ab'.repeat(32)
const POLICY = JSON.parse(defaultKeyPolicy(ACCOUNT))

let bed: KmsBed
let keyId: string

before(async () => {
  bed = await openKmsBed()
})

after(async () => {
  await bed[Symbol.asyncDispose]()
})

beforeEach(async () => {
  keyId = await bedKey(bed, POLICY)
})

const BASE = { GranteePrincipal: USER_ARN, Operations: ['Encrypt'] }

type Made = { readonly GrantId: string; readonly GrantToken: string }

async function create(input: Output = {}, by: Principal = ROOT): Promise<Made> {
  return (await bed.call(by, 'CreateGrant', { KeyId: ARN + keyId, ...BASE, ...input })) as Made
}

async function list(input: Output = {}): Promise<readonly Output[]> {
  const { Grants } = await bed.call(ROOT, 'ListGrants', { KeyId: keyId, ...input })
  return Grants as readonly Output[]
}

async function ids(input: Output = {}): Promise<readonly string[]> {
  return (await list(input)).map(({ GrantId }) => String(GrantId)).toSorted()
}

/** The error of a CreateGrant, as code and message. */
async function refusal(input: Output): Promise<string> {
  try {
    await bed.call(ROOT, 'CreateGrant', { KeyId: keyId, ...BASE, ...input })
  } catch (error) {
    if (error instanceof Error && 'code' in error) return `${error.code}: ${error.message}`
    throw error
  }
  return 'ok'
}

test('CreateGrant gives an id of 64 digits, and a token that is another each time', async () => {
  const first = await create()
  const second = await create()
  assert.match(first.GrantId, /^[0-9a-f]{64}$/)
  assert.notEqual(first.GrantId, second.GrantId)
  assert.notEqual(first.GrantToken, second.GrantToken)
  assert.deepEqual(await ids(), [first.GrantId, second.GrantId].toSorted())
})

test('CreateGrant with a name and the same parameters gives the same grant and another token', async () => {
  const Name = 'a/name'
  const constraints = { EncryptionContextEquals: { a: '1', b: '2' } }
  const full = {
    Name,
    RetiringPrincipal: ROLE_ARN,
    Constraints: constraints,
    Operations: ['Encrypt', 'Decrypt'],
  }
  const first = await create(full)
  const again = await create({
    ...full,
    Operations: ['Decrypt', 'Encrypt'],
    Constraints: { EncryptionContextEquals: { b: '2', a: '1' } },
  })
  assert.equal(again.GrantId, first.GrantId)
  assert.notEqual(again.GrantToken, first.GrantToken)
  assert.equal((await list()).length, 1)
})

test('CreateGrant with a name and other parameters makes another grant', async () => {
  const Name = 'name'
  const made = [await create({ Name })]
  for (const other of [
    { GranteePrincipal: ROLE_ARN },
    { Operations: ['Decrypt'] },
    { Operations: ['Encrypt', 'Decrypt'] },
    { RetiringPrincipal: ROLE_ARN },
    { Constraints: { EncryptionContextEquals: { a: '1' } } },
    { Constraints: { EncryptionContextSubset: { a: '1' } } },
    { Name: 'Name' },
  ]) {
    made.push(await create({ Name, ...other }))
  }
  assert.equal(new Set(made.map(({ GrantId }) => GrantId)).size, made.length)
})

test('a named grant is made anew when it was revoked, and on another key', async () => {
  const Name = 'name'
  const first = await create({ Name })
  await bed.call(ROOT, 'RevokeGrant', { KeyId: keyId, GrantId: first.GrantId })
  const second = await create({ Name })
  keyId = await bedKey(bed, POLICY)
  const third = await create({ Name })
  assert.equal(new Set([first, second, third].map(({ GrantId }) => GrantId)).size, 3)
})

for (const [what, input, expected] of [
  ['no grantee', { GranteePrincipal: undefined }, /^ValidationException: Exactly one of GranteePrincipal/],
  ['two grantees', { GranteeServicePrincipal: 's3.amazonaws.com' }, /^ValidationException: Exactly one/],
  [
    'two retiring principals',
    { RetiringPrincipal: ROLE_ARN, RetiringServicePrincipal: 's3.amazonaws.com' },
    /^ValidationException: RetiringPrincipal and/,
  ],
  [
    'a service without source',
    { GranteePrincipal: undefined, GranteeServicePrincipal: 's3.amazonaws.com', RetiringPrincipal: ROLE_ARN },
    /^ValidationException: A grant for a GranteeServicePrincipal needs/,
  ],
  [
    'a service without a retiring principal',
    {
      GranteePrincipal: undefined,
      GranteeServicePrincipal: 's3.amazonaws.com',
      Constraints: { SourceArn: `arn:aws:s3:eu-west-1:${ACCOUNT}:bucket` },
    },
    /^ValidationException: A grant for a GranteeServicePrincipal needs/,
  ],
  ['a key as grantee', { GranteePrincipal: KEY }, /^InvalidArnException: ARN does not refer to/],
  ['a key as retiring principal', { RetiringPrincipal: KEY }, /^InvalidArnException: ARN does not refer to/],
  ['a group', { GranteePrincipal: `arn:aws:iam::${ACCOUNT}:group/g` }, /^InvalidArnException/],
  ['a bare account', { GranteePrincipal: ACCOUNT }, /^InvalidArnException/],
  ['another partition', { GranteePrincipal: `arn:aws-cn:iam::${ACCOUNT}:root` }, /^InvalidArnException/],
  ['no operation', { Operations: [] }, /^ValidationException: 1 validation error.*'operations'/],
  ['an unknown operation', { Operations: ['ScheduleKeyDeletion'] }, /^ValidationException: .*enum value set/],
  ['an operation of other keys', { Operations: ['Sign'] }, /^ValidationException: The operation Sign cannot/],
  ['a short source', { Constraints: { SourceArn: 'arn:aws:s3:::b' } }, /constraints.sourceArn/],
] as const) {
  test(`CreateGrant refuses ${what}`, async () => {
    assert.match(await refusal(input), expected)
    assert.deepEqual(await list(), [])
  })
}

test('CreateGrant refuses a principal that does not exist', async () => {
  const gone = `arn:aws:iam::${ACCOUNT}:user/gone`
  bed.missing.add(gone)
  const expected = `InvalidArnException: ARN does not refer to a valid principal: ${gone}`
  assert.equal(await refusal({ GranteePrincipal: gone }), expected)
  assert.equal(await refusal({ RetiringPrincipal: gone }), expected)
})

test('a constraint has at most 8 pairs, and a value at most 384 characters', async () => {
  const pairs = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, 'v']))
  for (const kind of ['EncryptionContextEquals', 'EncryptionContextSubset']) {
    const constrained = (context: Output) => refusal({ Constraints: { [kind]: context } })
    assert.equal(await constrained(pairs(8)), 'ok')
    assert.match(await constrained(pairs(9)), /^ValidationException: .*at most 8 pairs, got 9/)
    assert.equal(await constrained({ a: 'v'.repeat(384) }), 'ok')
    assert.match(
      await constrained({ a: 'v'.repeat(385) }),
      /^ValidationException: .*at most 384 characters, got 385/,
    )
    assert.match(
      await constrained({ ['n'.repeat(8192)]: 'v' }),
      /^ValidationException: EncryptionContext: at most 8192/,
    )
  }
})

for (const [KeySpec, KeyUsage, usable] of [
  ['RSA_2048', 'ENCRYPT_DECRYPT', ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GetPublicKey']],
  ['ECC_NIST_P256', 'SIGN_VERIFY', ['Sign', 'Verify', 'GetPublicKey']],
  ['ECC_NIST_P256', 'KEY_AGREEMENT', ['DeriveSharedSecret', 'GetPublicKey']],
  ['ML_KEM_768', 'ENCAPSULATE_DECAPSULATE', ['Encapsulate', 'Decapsulate', 'GetPublicKey']],
  ['HMAC_256', 'GENERATE_VERIFY_MAC', ['GenerateMac', 'VerifyMac']],
  [
    'SYMMETRIC_DEFAULT',
    'ENCRYPT_DECRYPT',
    [
      ...['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKey'],
      ...['GenerateDataKeyWithoutPlaintext', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext'],
    ],
  ],
] as const) {
  test(`a grant on a ${KeySpec} key for ${KeyUsage} lists what such a key can do`, async () => {
    keyId = await bedKey(bed, POLICY, { KeySpec, KeyUsage })
    const expected: readonly string[] = [...usable, 'DescribeKey', 'CreateGrant', 'RetireGrant']
    for (const operation of GRANT_OPERATIONS) {
      const got = await refusal({ Operations: [operation] })
      if (expected.includes(operation)) assert.equal(got, 'ok')
      else assert.match(got, new RegExp(`^ValidationException: The operation ${operation} cannot be granted`))
    }
    const constrained = await refusal({
      Operations: ['DescribeKey'],
      Constraints: { EncryptionContextEquals: { a: '1' } },
    })
    if (KeySpec === 'SYMMETRIC_DEFAULT') assert.equal(constrained, 'ok')
    else assert.match(constrained, /^ValidationException: Encryption context constraints/)
  })
}

test('a key has at most 50,000 grants', async () => {
  const partition = `${ACCOUNT}/eu-west-1`
  const set = async (grants: number): Promise<void> => {
    const key = await bed.dependencies.records.get(KEY_KIND, partition, keyId)
    assert.ok(key !== undefined)
    await bed.dependencies.records.commit([replace(key, { ...key.value, grants })])
  }
  await set(49_999)
  const last = await create({ Name: 'last' })
  assert.match(
    await refusal({}),
    /^LimitExceededException: Grants per key quota .* is 50000, current usage is 50000\.$/,
  )
  assert.equal((await create({ Name: 'last' })).GrantId, last.GrantId)
  await bed.call(ROOT, 'RevokeGrant', { KeyId: keyId, GrantId: last.GrantId })
  assert.equal(await refusal({}), 'ok')
})

test('a dry run of CreateGrant, RevokeGrant and RetireGrant changes nothing', async () => {
  const { GrantId } = await create()
  const named = { KeyId: keyId, GrantId, DryRun: true }
  assert.equal(await codeOf(create({ DryRun: true })), 'DryRunOperationException')
  assert.equal(await codeOf(bed.call(ROOT, 'RevokeGrant', named)), 'DryRunOperationException')
  assert.equal(await codeOf(bed.call(ROOT, 'RetireGrant', named)), 'DryRunOperationException')
  assert.deepEqual(await ids(), [GrantId])
})

test('ListGrants shows all that a grant says, and never a token', async () => {
  const input = {
    Name: 'name',
    RetiringPrincipal: ROLE_ARN,
    Operations: ['Decrypt', 'Encrypt', 'Decrypt'],
    Constraints: { EncryptionContextSubset: { a: '1' }, SourceArn: `arn:aws:s3:eu-west-1:${ACCOUNT}:b` },
  }
  const { GrantId } = await create(input)
  const [entry, ...more] = await list()
  assert.deepEqual(more, [])
  assert.deepEqual(JSON.parse(JSON.stringify(entry)), {
    KeyId: ARN + keyId,
    GrantId,
    Name: 'name',
    CreationDate: 0,
    GranteePrincipal: USER_ARN,
    RetiringPrincipal: ROLE_ARN,
    IssuingAccount: `arn:aws:iam::${ACCOUNT}:root`,
    Operations: ['Decrypt', 'Encrypt'],
    Constraints: input.Constraints,
  })
})

test('ListGrants shows a grantee who is gone by the unique id', async () => {
  const arn = `arn:aws:iam::${ACCOUNT}:user/leaves`
  bed.ids.set(arn, 'AIDALEAVES')
  await create({ GranteePrincipal: arn, RetiringPrincipal: arn })
  assert.equal((await list({ GranteePrincipal: arn })).length, 1)
  bed.missing.add(arn)
  const [entry] = await list()
  assert.equal(entry?.['GranteePrincipal'], 'AIDALEAVES')
  assert.equal(entry?.['RetiringPrincipal'], 'AIDALEAVES')
  assert.deepEqual(await list({ GranteePrincipal: arn }), [])
  assert.equal((await list({ GranteePrincipal: 'AIDALEAVES' })).length, 1)
})

test('ListGrants filters by id and by grantee', async () => {
  const one = (await create()).GrantId
  const other = (await create({ GranteePrincipal: ROLE_ARN })).GrantId
  const root = (await create({ GranteePrincipal: ROOT.arn })).GrantId
  const service = (
    await create({
      GranteePrincipal: undefined,
      GranteeServicePrincipal: 's3.amazonaws.com',
      RetiringPrincipal: USER_ARN,
      Constraints: { SourceArn: `arn:aws:s3:eu-west-1:${ACCOUNT}:bucket` },
    })
  ).GrantId
  assert.deepEqual(await ids({ GrantId: one }), [one])
  assert.deepEqual(await ids({ GrantId: UNKNOWN }), [])
  assert.deepEqual(await ids({ GranteePrincipal: ROLE_ARN }), [other])
  assert.deepEqual(await ids({ GranteePrincipal: ROOT.arn }), [root])
  assert.deepEqual(await ids({ GranteeServicePrincipal: 's3.amazonaws.com' }), [service])
  assert.deepEqual(await ids({ GranteePrincipal: USER_ARN, GrantId: other }), [])
  assert.equal(await codeOf(list({ GrantId: 'no id' })), 'InvalidGrantIdException')
  const both = { GranteePrincipal: USER_ARN, GranteeServicePrincipal: 's3.amazonaws.com' }
  assert.equal(await codeOf(list(both)), 'ValidationException')
})

for (const filter of [{}, { GranteePrincipal: USER_ARN }]) {
  test(`ListGrants gives every grant once, page by page, with filter ${JSON.stringify(filter)}`, async () => {
    const made: string[] = []
    for (let count = 0; count < 7; count += 1) made.push((await create()).GrantId)
    const found: string[] = []
    let Marker: string | undefined
    do {
      const page = await bed.call(ROOT, 'ListGrants', { KeyId: keyId, Limit: 3, Marker, ...filter })
      found.push(...(page['Grants'] as readonly Made[]).map(({ GrantId }) => GrantId))
      assert.equal(page['Truncated'], page['NextMarker'] !== undefined)
      Marker = page['NextMarker'] as string | undefined
    } while (Marker !== undefined)
    assert.deepEqual(found.toSorted(), made.toSorted())
    assert.equal(await codeOf(list({ Marker: 'nonsense', ...filter })), 'InvalidMarkerException')
    assert.equal(await codeOf(list({ Limit: 101, ...filter })), 'ValidationException')
    assert.equal((await list({ Limit: 100, ...filter })).length, 7)
  })
}
