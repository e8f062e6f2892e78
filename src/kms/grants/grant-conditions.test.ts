import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bedKey, codeOf, type KmsBed, openKmsBed } from '../../../test/support/kms-bed.ts'
import { ACCOUNT, ROLE_ARN, ROOT, USER_ARN } from '../../../test/support/policies.ts'
import type { Output } from '../../api/json.ts'

const SERVICE = 's3.amazonaws.com'
const SourceArn = `arn:aws:s3:eu-west-1:${ACCOUNT}:bucket`

let bed: KmsBed

before(async () => {
  bed = await openKmsBed()
})

after(async () => {
  await bed[Symbol.asyncDispose]()
})

/** A key whose policy allows everything but these actions, and them under this condition alone. */
function keyWith(Action: readonly string[], Condition: object): Promise<string> {
  const rest = { Effect: 'Allow', Principal: { AWS: ROOT.arn }, Resource: '*' }
  const Statement = [
    { ...rest, NotAction: Action },
    { ...rest, Action, Condition },
  ]
  return bedKey(bed, { Version: '2012-10-17', Statement })
}

const BASE = { GranteePrincipal: USER_ARN, Operations: ['Encrypt', 'Decrypt'] }
const toService = {
  GranteePrincipal: undefined,
  GranteeServicePrincipal: SERVICE,
  RetiringServicePrincipal: SERVICE,
  Constraints: { SourceArn },
}

const pair = (kind: 'Equals' | 'Subset') => ({
  Constraints: { [`EncryptionContext${kind}`]: { Tenant: 'a' } },
})
const condition = (operator: string, key: string, value: unknown) => ({ [operator]: { [key]: value } })

for (const [what, rule, fits, others] of [
  [
    'kms:GrantOperations',
    condition('ForAllValues:StringEquals', 'kms:GrantOperations', ['Encrypt', 'Decrypt']),
    { Operations: ['Encrypt', 'Encrypt'] },
    [{ Operations: ['Encrypt', 'DescribeKey'] }],
  ],
  [
    'kms:GranteePrincipal',
    condition('StringEquals', 'kms:GranteePrincipal', ROLE_ARN),
    { GranteePrincipal: ROLE_ARN },
    [{}, toService],
  ],
  [
    'kms:RetiringPrincipal',
    condition('StringEquals', 'kms:RetiringPrincipal', ROLE_ARN),
    { RetiringPrincipal: ROLE_ARN },
    [{}, { RetiringPrincipal: USER_ARN }],
  ],
  [
    'kms:GranteeServicePrincipal',
    condition('StringEquals', 'kms:GranteeServicePrincipal', SERVICE),
    toService,
    [{}],
  ],
  [
    'kms:RetiringServicePrincipal',
    condition('StringEquals', 'kms:RetiringServicePrincipal', SERVICE),
    { RetiringServicePrincipal: SERVICE },
    [{}, { RetiringPrincipal: USER_ARN }],
  ],
  [
    'kms:GrantConstraintSourceArn',
    condition('ArnEquals', 'kms:GrantConstraintSourceArn', SourceArn),
    { Constraints: { SourceArn } },
    [{}, { Constraints: { SourceArn: `${SourceArn}2` } }],
  ],
  [
    'kms:GrantConstraintType',
    condition('StringEquals', 'kms:GrantConstraintType', 'EncryptionContextSubset'),
    pair('Subset'),
    [{}, pair('Equals'), { Constraints: { SourceArn } }],
  ],
  [
    'kms:EncryptionContext',
    condition('StringEquals', 'kms:EncryptionContext:tenant', 'a'),
    pair('Equals'),
    [{}, { Constraints: { EncryptionContextEquals: { tenant: 'b' } } }],
  ],
  [
    'kms:EncryptionContextKeys',
    condition('ForAnyValue:StringEquals', 'kms:EncryptionContextKeys', 'Tenant'),
    pair('Subset'),
    [{}, { Constraints: { EncryptionContextSubset: { tenant: 'a' } } }],
  ],
] as const) {
  test(`CreateGrant is held to a condition on ${what}`, async () => {
    const KeyId = await keyWith(['kms:CreateGrant'], rule)
    const create = (input: Output) => codeOf(bed.call(ROOT, 'CreateGrant', { KeyId, ...BASE, ...input }))
    assert.equal(await create(fits), undefined)
    for (const other of others) assert.equal(await create(other), 'AccessDeniedException')
  })
}

test('CreateGrant, ListGrants and RevokeGrant are never for a resource of AWS', async () => {
  const actions = ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant']
  for (const [value, expected] of [
    ['true', 'AccessDeniedException'],
    ['false', undefined],
  ] as const) {
    const KeyId = await keyWith(actions, { Bool: { 'kms:GrantIsForAWSResource': value } })
    assert.equal(await codeOf(bed.call(ROOT, 'CreateGrant', { KeyId, ...BASE })), expected)
    assert.equal(await codeOf(bed.call(ROOT, 'ListGrants', { KeyId })), expected)
    const GrantId = 'ab'.repeat(32)
    const revoked = await codeOf(bed.call(ROOT, 'RevokeGrant', { KeyId, GrantId }))
    assert.equal(revoked, expected ?? 'NotFoundException')
  }
})

test('RetireGrant is held to a Deny on the constraints of the grant', async () => {
  const rest = { Principal: { AWS: ROOT.arn }, Resource: '*' }
  const Condition = {
    StringEquals: {
      'kms:EncryptionContext:tenant': 'a',
      'kms:GrantConstraintType': 'EncryptionContextEquals',
    },
  }
  const KeyId = await bedKey(bed, {
    Version: '2012-10-17',
    Statement: [
      { ...rest, Effect: 'Allow', Action: 'kms:*' },
      { ...rest, Effect: 'Deny', Action: 'kms:RetireGrant', Condition },
    ],
  })
  const retire = async (input: Output): Promise<string | undefined> => {
    const { GrantToken } = await bed.call(ROOT, 'CreateGrant', { KeyId, ...BASE, ...input })
    return codeOf(bed.call(ROOT, 'RetireGrant', { GrantToken: String(GrantToken) }))
  }
  assert.equal(await retire(pair('Equals')), 'AccessDeniedException')
  assert.equal(await retire(pair('Subset')), undefined)
  assert.equal(await retire({}), undefined)
})
