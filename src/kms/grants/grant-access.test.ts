import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { bedKey, codeOf, type KmsBed, openKmsBed } from '../../../test/support/kms-bed.ts'
import {
  ACCOUNT,
  FOREIGN_ROOT,
  FOREIGN_USER,
  KEY,
  ROLE_ARN,
  ROOT,
  SERVICE,
  SESSION,
  SESSION_ARN,
  USER,
  USER_ARN,
} from '../../../test/support/policies.ts'
import type { Output } from '../../api/json.ts'
import type { Principal } from '../../policy/decide.ts'

const PLAINTEXT = Buffer.from('text').toString('base64')
const ARN = KEY.slice(0, KEY.lastIndexOf('/') + 1)

/** A key policy that lets the root user alone do everything. */
const ROOT_ONLY = allow({ AWS: ROOT.arn }, 'kms:*')

function allow(Principal: object, ...Action: readonly string[]): object {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal, Action, Resource: '*' }] }
}

function allowAndDeny(denied: object): object {
  const Resource = '*'
  const root = { AWS: ROOT.arn }
  const Statement = [
    { Effect: 'Allow', Principal: root, Action: 'kms:*', Resource },
    { Effect: 'Deny', Resource, ...denied },
  ]
  return { Version: '2012-10-17', Statement }
}

let bed: KmsBed
let keyId: string

before(async () => {
  bed = await openKmsBed()
})

after(async () => {
  await bed[Symbol.asyncDispose]()
})

beforeEach(async () => {
  keyId = await bedKey(bed, ROOT_ONLY)
})

async function grant(input: Output, to = USER_ARN): Promise<string> {
  const made = await bed.call(ROOT, 'CreateGrant', {
    KeyId: keyId,
    ...(input['GranteeServicePrincipal'] === undefined && { GranteePrincipal: to }),
    ...input,
  })
  return String(made['GrantId'])
}

function encrypt(principal: Principal, more: Output = {}, keys: Record<string, string> = {}) {
  const KeyId = principal.type === 'User' && principal !== USER ? ARN + keyId : keyId
  return codeOf(bed.call(principal, 'Encrypt', { KeyId, Plaintext: PLAINTEXT, ...more }, { keys }))
}

test('a grantee may do what the grant lists, and nothing else', async () => {
  assert.equal(await encrypt(USER), 'AccessDeniedException')
  await grant({ Operations: ['Encrypt', 'DescribeKey'] })
  assert.equal(await encrypt(USER), undefined)
  assert.equal(await codeOf(bed.call(USER, 'DescribeKey', { KeyId: keyId })), undefined)
  for (const [operation, input] of [
    ['GenerateDataKey', { KeySpec: 'AES_256' }],
    ['GetKeyPolicy', {}],
    ['ListGrants', {}],
    ['DisableKey', {}],
  ] as const) {
    const code = await codeOf(bed.call(USER, operation, { KeyId: keyId, ...input }))
    assert.equal(code, 'AccessDeniedException', operation)
  }
})

test('a grant is for its grantee and its key alone', async () => {
  await grant({ Operations: ['Encrypt'] })
  assert.equal(await encrypt({ ...USER, arn: `${USER_ARN}2` }), 'AccessDeniedException')
  assert.equal(await encrypt(SESSION), 'AccessDeniedException')
  const other = await bedKey(bed, ROOT_ONLY)
  assert.equal(await encrypt(USER, { KeyId: other }), 'AccessDeniedException')
})

test('a grant for a role covers its sessions, one for a session that session alone', async () => {
  await grant({ Operations: ['Encrypt'] }, ROLE_ARN)
  assert.equal(await encrypt(SESSION), undefined)
  keyId = await bedKey(bed, ROOT_ONLY)
  await grant({ Operations: ['Encrypt'] }, SESSION_ARN)
  assert.equal(await encrypt(SESSION), undefined)
  assert.equal(await encrypt({ ...SESSION, arn: `${SESSION_ARN}2` }), 'AccessDeniedException')
})

test('a grant for an account is enough for its root user, not for a user without an identity policy', async () => {
  keyId = await bedKey(bed, allow({ AWS: ROOT.arn }, 'kms:CreateGrant'))
  await grant({ Operations: ['Encrypt'] }, ROOT.arn)
  assert.equal(await encrypt(ROOT), undefined)
  assert.equal(await encrypt(USER), 'AccessDeniedException')
})

test('a grant for a user of another account needs that account to agree', async () => {
  await grant({ Operations: ['Encrypt'] }, FOREIGN_USER.arn)
  assert.equal(await encrypt(FOREIGN_USER), 'AccessDeniedException')
  keyId = await bedKey(bed, allow({ AWS: FOREIGN_ROOT.arn }, 'kms:CreateGrant'))
  await bed.call(FOREIGN_ROOT, 'CreateGrant', {
    KeyId: ARN + keyId,
    GranteePrincipal: FOREIGN_USER.arn,
    Operations: ['Encrypt'],
  })
  assert.equal(await encrypt(FOREIGN_USER), undefined)
})

test('a grant that was bound to a unique id does not let in who comes after under the name', async () => {
  const first: Principal = { type: 'User', account: ACCOUNT, arn: USER_ARN, id: 'AIDAFIRST' }
  bed.ids.set(USER_ARN, 'AIDAFIRST')
  await grant({ Operations: ['Encrypt'] })
  bed.ids.delete(USER_ARN)
  assert.equal(await encrypt(first), undefined)
  assert.equal(await encrypt({ ...first, id: 'AIDASECOND' }), 'AccessDeniedException')
})

test('a service may use its grant on behalf of the source alone', async () => {
  const SourceArn = `arn:aws:s3:eu-west-1:${ACCOUNT}:bucket`
  await grant({
    GranteeServicePrincipal: SERVICE.arn,
    RetiringPrincipal: USER_ARN,
    Operations: ['GenerateDataKey', 'DescribeKey'],
    Constraints: { SourceArn },
  })
  const ask = (operation: string, keys: Record<string, string>, input: Output = {}) =>
    codeOf(bed.call(SERVICE, operation, { KeyId: ARN + keyId, ...input }, { keys }))
  const size = { KeySpec: 'AES_256' }
  assert.equal(await ask('GenerateDataKey', { 'aws:sourcearn': SourceArn }, size), undefined)
  assert.equal(await ask('DescribeKey', { 'aws:sourcearn': SourceArn }), undefined)
  assert.equal(await ask('GenerateDataKey', {}, size), 'AccessDeniedException')
  assert.equal(await ask('DescribeKey', { 'aws:sourcearn': `${SourceArn}2` }), 'AccessDeniedException')
})

test('a grant is held to the encryption context of the call, but for DescribeKey', async () => {
  await grant({
    Operations: ['Encrypt', 'Decrypt', 'DescribeKey'],
    Constraints: { EncryptionContextSubset: { tenant: 'a' } },
  })
  assert.equal(await encrypt(USER, { EncryptionContext: { tenant: 'a', more: 'x' } }), undefined)
  assert.equal(await encrypt(USER, { EncryptionContext: { Tenant: 'a' } }), undefined)
  assert.equal(await encrypt(USER, { EncryptionContext: { tenant: 'b' } }), 'AccessDeniedException')
  assert.equal(await encrypt(USER), 'AccessDeniedException')
  assert.equal(await codeOf(bed.call(USER, 'DescribeKey', { KeyId: keyId })), undefined)
})

test('ReEncrypt holds each side to its own grant and context', async () => {
  const source = { EncryptionContext: { side: 'from' } }
  const { CiphertextBlob } = await bed.call(ROOT, 'Encrypt', {
    KeyId: keyId,
    Plaintext: PLAINTEXT,
    ...source,
  })
  const blob = Buffer.from(CiphertextBlob as Uint8Array).toString('base64')
  const input = {
    CiphertextBlob: blob,
    SourceEncryptionContext: source.EncryptionContext,
    DestinationKeyId: keyId,
    DestinationEncryptionContext: { side: 'to' },
  }
  const reEncrypt = () => codeOf(bed.call(USER, 'ReEncrypt', input))
  const constrained = (side: string) => ({ Constraints: { EncryptionContextEquals: { side } } })
  await grant({ Operations: ['ReEncryptFrom'], ...constrained('to') })
  await grant({ Operations: ['ReEncryptTo'], ...constrained('to') })
  assert.equal(await reEncrypt(), 'AccessDeniedException')
  const from = await grant({ Operations: ['ReEncryptFrom'], ...constrained('from') })
  assert.equal(await reEncrypt(), undefined)
  await bed.call(ROOT, 'RevokeGrant', { KeyId: keyId, GrantId: from })
  assert.equal(await reEncrypt(), 'AccessDeniedException')
})

test('a Deny of the key policy wins over a grant', async () => {
  keyId = await bedKey(bed, allowAndDeny({ Principal: { AWS: USER_ARN }, Action: 'kms:Encrypt' }))
  await grant({ Operations: ['Encrypt', 'GenerateDataKey'] })
  assert.equal(await encrypt(USER), 'AccessDeniedException')
  const other = codeOf(bed.call(USER, 'GenerateDataKey', { KeyId: keyId, KeySpec: 'AES_256' }))
  assert.equal(await other, undefined)
})

test('a grant gives nothing while the state of the key does not', async () => {
  await grant({ Operations: ['Encrypt'] })
  await bed.call(ROOT, 'DisableKey', { KeyId: keyId })
  assert.equal(await encrypt(USER), 'DisabledException')
})

test('a grantee of CreateGrant passes on what its grant gives, and no more', async () => {
  await grant({
    Operations: ['CreateGrant', 'Encrypt'],
    Constraints: { EncryptionContextSubset: { tenant: 'a' } },
  })
  const create = (input: Output) =>
    codeOf(bed.call(USER, 'CreateGrant', { KeyId: keyId, GranteePrincipal: ROLE_ARN, ...input }))
  const same = { Constraints: { EncryptionContextSubset: { tenant: 'a' } } }
  assert.equal(await create({ Operations: ['Encrypt'], ...same }), undefined)
  assert.equal(await create({ Operations: ['Encrypt'] }), 'AccessDeniedException')
  assert.equal(await create({ Operations: ['Decrypt'], ...same }), 'AccessDeniedException')
  const looser = { Constraints: { EncryptionContextSubset: { other: 'b' } } }
  assert.equal(await create({ Operations: ['Encrypt'], ...looser }), 'AccessDeniedException')
  assert.equal(await encrypt(SESSION, { EncryptionContext: { tenant: 'a' } }), undefined)
  assert.equal(await encrypt(SESSION), 'AccessDeniedException')
})

test('a caller whom a policy lets create grants may give what it may not do itself', async () => {
  keyId = await bedKey(bed, allow({ AWS: [ROOT.arn, USER_ARN] }, 'kms:CreateGrant'))
  const input = { KeyId: keyId, GranteePrincipal: ROLE_ARN, Operations: ['Encrypt', 'Decrypt'] }
  assert.equal(await codeOf(bed.call(USER, 'CreateGrant', input)), undefined)
  assert.equal(await encrypt(USER), 'AccessDeniedException')
  assert.equal(await encrypt(SESSION), undefined)
})

test('a caller whom the key policy allows causes no look at grants', async () => {
  await grant({ Operations: ['Encrypt'] })
  await encrypt(ROOT)
  bed.forgetAsked()
  assert.equal(await encrypt(ROOT), undefined)
  assert.deepEqual([...new Set(bed.asked)], ['key'])
})

test('a call on a key without grants causes no look at grants', async () => {
  await encrypt(USER)
  bed.forgetAsked()
  assert.equal(await encrypt(USER), 'AccessDeniedException')
  assert.deepEqual([...new Set(bed.asked)], ['key'])
})

test('a grantee is served from the index alone, and nothing is listed', async () => {
  for (let count = 0; count < 5; count += 1) await grant({ Operations: ['Encrypt'] })
  await encrypt(USER)
  bed.forgetAsked()
  assert.equal(await encrypt(USER), undefined)
  assert.deepEqual([...new Set(bed.asked)].toSorted(), ['grantee-chunk', 'key'])
  assert.equal(bed.asked.filter((kind) => kind.startsWith('list')).length, 0)
})
