import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { bedKey, codeOf, type KmsBed, openKmsBed } from '../../../test/support/kms-bed.ts'
import {
  ACCOUNT,
  FOREIGN_ROOT,
  FOREIGN_USER,
  KEY,
  OTHER,
  ROLE_ARN,
  ROOT,
  SESSION,
  USER,
  USER_ARN,
} from '../../../test/support/policies.ts'
import type { Output } from '../../api/json.ts'
import type { Principal } from '../../policy/decide.ts'
import { defaultKeyPolicy } from '../../policy/key-policy.ts'

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

async function retirable(principal: string, by: Principal = ROOT): Promise<readonly unknown[]> {
  const { Grants } = await bed.call(by, 'ListRetirableGrants', { RetiringPrincipal: principal })
  return (Grants as readonly Output[]).map(({ GrantId }) => GrantId).toSorted()
}

test('RevokeGrant ends a grant with all that leads to it', async () => {
  const retirer = `arn:aws:iam::${ACCOUNT}:role/one`
  const kept = await create({ RetiringPrincipal: retirer })
  const gone = await create({ RetiringPrincipal: retirer, Name: 'name' })
  const revoked = await bed.outcome(ROOT, 'RevokeGrant', { KeyId: keyId, GrantId: gone.GrantId })
  assert.equal(revoked.output, undefined)
  assert.deepEqual(revoked.event?.response, { keyId: ARN + keyId })
  assert.deepEqual(await ids(), [kept.GrantId])
  assert.deepEqual(await ids({ GranteePrincipal: USER_ARN }), [kept.GrantId])
  assert.deepEqual(await retirable(retirer), [kept.GrantId])
  const again = codeOf(bed.call(ROOT, 'RevokeGrant', { KeyId: keyId, GrantId: gone.GrantId }))
  assert.equal(await again, 'NotFoundException')
})

test('RevokeGrant refuses unknown and malformed ids', async () => {
  const revoke = (GrantId: string) => codeOf(bed.call(ROOT, 'RevokeGrant', { KeyId: keyId, GrantId }))
  assert.equal(await revoke(UNKNOWN), 'NotFoundException')
  assert.equal(await revoke(UNKNOWN.toUpperCase()), 'InvalidGrantIdException')
  assert.equal(await revoke('x'), 'InvalidGrantIdException')
})

type Retiring = { readonly by: Principal; readonly input?: Output }

async function retire({ by, input = {} }: Retiring): Promise<string | undefined> {
  const { GrantId } = await create(input)
  return codeOf(bed.call(by, 'RetireGrant', { KeyId: ARN + keyId, GrantId }))
}

test('a grant is retired by its retiring principal', async () => {
  assert.equal(await retire({ by: SESSION, input: { RetiringPrincipal: ROLE_ARN } }), undefined)
  assert.equal(await retire({ by: FOREIGN_USER, input: { RetiringPrincipal: FOREIGN_USER.arn } }), undefined)
  assert.equal(await retire({ by: FOREIGN_ROOT, input: { RetiringPrincipal: FOREIGN_ROOT.arn } }), undefined)
})

test('a grant is retired by its grantee if it lists RetireGrant', async () => {
  assert.equal(await retire({ by: USER, input: { Operations: ['Encrypt', 'RetireGrant'] } }), undefined)
  assert.equal(await retire({ by: USER }), 'AccessDeniedException')
})

test('a grant is retired by the account that made it, not by other users or by its key policy', async () => {
  assert.equal(await retire({ by: ROOT }), undefined)
  assert.equal(await retire({ by: SESSION }), 'AccessDeniedException')
  const root = { AWS: ROOT.arn }
  const open = { Effect: 'Allow', Principal: { AWS: [ROOT.arn, USER_ARN] }, Action: 'kms:*', Resource: '*' }
  keyId = await bedKey(bed, { Version: '2012-10-17', Statement: [open] })
  assert.equal(await retire({ by: USER, input: { GranteePrincipal: ROLE_ARN } }), 'AccessDeniedException')
  const denied = { Effect: 'Deny', Principal: root, Action: 'kms:RetireGrant', Resource: '*' }
  keyId = await bedKey(bed, { Version: '2012-10-17', Statement: [open, denied] })
  assert.equal(await retire({ by: ROOT }), 'AccessDeniedException')
})

test('a grant that another account made is retired by that account, not by the owner of the key', async () => {
  const statement = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }
  const Statement = [{ ...statement, Principal: { AWS: [ROOT.arn, FOREIGN_ROOT.arn] } }]
  keyId = await bedKey(bed, { Version: '2012-10-17', Statement })
  const made = await create({}, FOREIGN_ROOT)
  const named = { KeyId: ARN + keyId, GrantId: made.GrantId }
  assert.equal((await list())[0]?.['IssuingAccount'], `arn:aws:iam::${OTHER}:root`)
  assert.equal(await codeOf(bed.call(ROOT, 'RetireGrant', named)), 'AccessDeniedException')
  assert.equal(await codeOf(bed.call(FOREIGN_ROOT, 'RetireGrant', named)), undefined)
})

test('a grant with constraints is retired without an encryption context or a source', async () => {
  const Constraints = {
    EncryptionContextEquals: { a: '1' },
    SourceArn: `arn:aws:s3:eu-west-1:${ACCOUNT}:bucket`,
  }
  assert.equal(await retire({ by: USER, input: { Operations: ['RetireGrant'], Constraints } }), undefined)
})

test('RetireGrant takes a token alone, and the token of a grant that is gone finds nothing', async () => {
  const { GrantId, GrantToken } = await create()
  const outcome = await bed.outcome(ROOT, 'RetireGrant', { GrantToken })
  assert.deepEqual(outcome.event, { response: { keyId: ARN + keyId }, additional: { grantId: GrantId } })
  assert.equal(outcome.output, undefined)
  assert.deepEqual(await list(), [])
  assert.equal(await codeOf(bed.call(ROOT, 'RetireGrant', { GrantToken })), 'NotFoundException')
})

test('RetireGrant wants a token, or a key and an id', async () => {
  const { GrantId, GrantToken } = await create()
  const retireWith = (input: Output) => codeOf(bed.call(ROOT, 'RetireGrant', input))
  for (const input of [
    {},
    { KeyId: keyId },
    { GrantId },
    { GrantToken, GrantId },
    { GrantToken, KeyId: keyId, GrantId },
  ]) {
    assert.equal(await retireWith(input), 'ValidationException')
  }
  assert.equal(await retireWith({ GrantToken: 'x' }), 'InvalidGrantTokenException')
  assert.equal(await retireWith({ KeyId: keyId, GrantId: 'x' }), 'InvalidGrantIdException')
  assert.equal(await retireWith({ KeyId: keyId, GrantId: UNKNOWN }), 'NotFoundException')
})

test('a caller of another account is not told whether there is a grant', async () => {
  const { GrantId } = await create()
  const texts = [GrantId, UNKNOWN].map(async (id) => {
    try {
      await bed.call(FOREIGN_USER, 'RetireGrant', { KeyId: ARN + keyId, GrantId: id })
      return 'retired'
    } catch (error) {
      return String(error)
    }
  })
  const [there, absent] = await Promise.all(texts)
  assert.match(String(there), /is not authorized to perform: kms:RetireGrant on this resource/)
  assert.equal(there, absent)
})

test('grant tokens of a call must be tokens of grants in its region, and give nothing', async () => {
  const { GrantToken } = await create({ GranteePrincipal: ROLE_ARN })
  const encrypt = (GrantTokens: readonly string[], by: Principal = ROOT) =>
    codeOf(bed.call(by, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA', GrantTokens }))
  assert.equal(await encrypt([GrantToken]), undefined)
  assert.equal(await encrypt(new Array(10).fill(GrantToken)), undefined)
  assert.equal(await encrypt(new Array(11).fill(GrantToken)), 'ValidationException')
  assert.equal(await encrypt([GrantToken, 'AQAA']), 'InvalidGrantTokenException')
  assert.equal(await encrypt([GrantToken], USER), 'AccessDeniedException')
  assert.equal(await encrypt([GrantToken], SESSION), undefined)
  const { account, region, grantId } = bed.dependencies.grantTokens.open(GrantToken) ?? {}
  assert.deepEqual([account, region], [ACCOUNT, 'eu-west-1'])
  const elsewhere = { account: ACCOUNT, region: 'eu-west-2', keyId, grantId: String(grantId) }
  assert.equal(await encrypt([bed.dependencies.grantTokens.seal(elsewhere)]), 'InvalidGrantTokenException')
})

test('ListRetirableGrants lists grants on keys of every account, for the account of the principal', async () => {
  const retirer = `arn:aws:iam::${OTHER}:role/retirer`
  const own = await bedKey(bed, JSON.parse(defaultKeyPolicy(OTHER)), {}, FOREIGN_ROOT)
  const here = await create({ RetiringPrincipal: retirer })
  const there = await bed.call(FOREIGN_ROOT, 'CreateGrant', {
    KeyId: own,
    ...BASE,
    RetiringPrincipal: retirer,
  })
  await create({ RetiringPrincipal: ROLE_ARN })
  assert.deepEqual(await retirable(retirer, FOREIGN_ROOT), [here.GrantId, there['GrantId']].toSorted())
  assert.equal(await codeOf(retirable(retirer, ROOT)), 'AccessDeniedException')
  assert.equal(await codeOf(retirable(retirer, FOREIGN_USER)), 'AccessDeniedException')
})

test('ListRetirableGrants leaves out grants of keys that are gone', async () => {
  const retirer = `arn:aws:iam::${ACCOUNT}:role/waits`
  await create({ RetiringPrincipal: retirer })
  await bed.call(ROOT, 'ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 })
  assert.equal((await retirable(retirer)).length, 1)
  const input = { RetiringPrincipal: retirer }
  const { Grants } = await bed.call(ROOT, 'ListRetirableGrants', input, { now: 7 * 86_400_000 })
  assert.deepEqual(Grants, [])
})

test('ListRetirableGrants goes page by page, and wants exactly one principal', async () => {
  const retirer = `arn:aws:iam::${ACCOUNT}:role/many`
  for (let count = 0; count < 3; count += 1) await create({ RetiringPrincipal: retirer })
  const ask = (input: Output) =>
    bed.call(ROOT, 'ListRetirableGrants', { RetiringPrincipal: retirer, ...input })
  const first = await ask({ Limit: 2 })
  const second = await ask({ Limit: 2, Marker: String(first['NextMarker']) })
  assert.equal((first['Grants'] as readonly Made[]).length, 2)
  assert.equal((second['Grants'] as readonly Made[]).length, 1)
  assert.equal(second['Truncated'], false)
  assert.equal(await codeOf(ask({ Marker: 'nonsense' })), 'InvalidMarkerException')
  assert.equal(await codeOf(ask({ Limit: 101 })), 'ValidationException')
  assert.equal(await codeOf(ask({ RetiringPrincipal: undefined })), 'ValidationException')
  assert.equal(await codeOf(ask({ RetiringServicePrincipal: 's3.amazonaws.com' })), 'ValidationException')
  assert.equal(await codeOf(ask({ RetiringPrincipal: KEY })), 'InvalidArnException')
  const service = { RetiringPrincipal: undefined, RetiringServicePrincipal: 's3.amazonaws.com' }
  assert.deepEqual((await ask(service))['Grants'], [])
})
