import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import type { Flavour } from './flavour.ts'
import { parseNewPolicy } from './new-policy.ts'
import { parsePolicy } from './parse.ts'
import { PolicySyntaxError } from './syntax-error.ts'

const IDENTITY = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }
const KEY = { ...IDENTITY, Principal: { AWS: '111122223333' } }
const TRUST = { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' }

/** What earlier releases took and kept; what is said when it is put again. */
const KEPT: readonly (readonly [Flavour, object, RegExp])[] = [
  [
    'trust',
    { ...TRUST, Principal: '*' },
    /^Statement\[0\]: "Principal": \{"AWS": "\*"\} required, got "\*"$/,
  ],
  [
    'trust',
    { ...TRUST, Principal: { Service: 'a.example' } },
    /^Statement\[0\]: not a service: "a\.example"$/,
  ],
  ['trust', { ...TRUST, Action: 'sts:assumerole' }, /in AWS's case, required, got "sts:assumerole"$/],
  ['key', { ...KEY, Action: undefined }, /^Statement\[0\]: Action or NotAction required$/],
  ['key', { ...KEY, Principal: { Service: 'a.example' } }, /not a service/],
  [
    'key',
    { ...KEY, Condition: { ArnLike: { 'aws:PrincipalArn': `\${aws:PrincipalArn}` } } },
    /: an ARN required/,
  ],
  ...(['identity', 'session', 'scp'] as const).flatMap((flavour) =>
    (
      [
        ['arn:aws-cn:s3:::x', /a resource of the partition aws required, got "arn:aws-cn:s3:::x"$/],
        ['arn:aws:s3:eu-west-1::x', /a bucket or object without region required/],
        ['arn:aws:s3::111122223333:x', /a bucket or object without account required/],
        ['arn:aws:iam:eu-west-1:111122223333:role/x', /a resource of IAM without region required/],
        ['arn:aws:iam:::x', /a kind of resource of IAM required/],
        ['arn:aws:kms:eu-west-1:1111:key/x', /an ARN required/],
      ] as const
    ).map(([resource, message]) => [flavour, { ...IDENTITY, Resource: resource }, message] as const),
  ),
]

for (const [flavour, statement, message] of KEPT) {
  test(`parseNewPolicy refuses for ${flavour} what parsePolicy goes on reading: ${JSON.stringify(statement)}`, () => {
    const text = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
    assert.throws(() => parseNewPolicy(text, { flavour }), { name: 'PolicySyntaxError', message })
    assert.equal(parsePolicy(text, { flavour }).statements.length, 1)
  })
}

test('parseNewPolicy names the first statement that is refused', () => {
  const text = JSON.stringify({
    Version: '2012-10-17',
    Statement: [IDENTITY, { ...IDENTITY, NotResource: 'arn:x:s3:::y', Resource: undefined }],
  })
  assert.throws(() => parseNewPolicy(text, { flavour: 'identity' }), { message: /^Statement\[1\]: / })
})

test('parseNewPolicy gives what parsePolicy gives', () => {
  for (const [flavour, statement] of [
    ['identity', IDENTITY],
    ['key', KEY],
    ['trust', TRUST],
    ['rcp', { ...IDENTITY, Principal: '*' }],
  ] as const) {
    const text = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
    assert.deepEqual(parseNewPolicy(text, { flavour }), parsePolicy(text, { flavour }))
  }
})

test('parseNewPolicy repeats at most 256 characters of a resource', () => {
  const text = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ ...IDENTITY, Resource: `arn:x:s3:::${'y'.repeat(1000)}` }],
  })
  assert.throws(() => parseNewPolicy(text, { flavour: 'identity' }), {
    iamText: `Partition "x" is not valid for resource "arn:x:s3:::${'y'.repeat(245)}".`,
  })
})

test('parseNewPolicy takes variables of an old policy for text', () => {
  const values = [`arn:aws:iam::x:\${a:b`, `arn:aws:iam:\${a:b}:role/x`]
  const policy = (version: string, value: string): string =>
    JSON.stringify({
      Version: version,
      Statement: { ...KEY, Condition: { ArnLike: { 'aws:PrincipalArn': value } } },
    })
  for (const value of values) {
    parseNewPolicy(policy('2008-10-17', value), { flavour: 'key' })
    assert.throws(() => parseNewPolicy(policy('2012-10-17', value), { flavour: 'key' }), PolicySyntaxError)
  }
})

test('parseNewPolicy takes no policy that parsePolicy does not, and throws nothing but PolicySyntaxError', () => {
  const part = fc.array(fc.constantFrom('aws', 's3', 'iam', '*', '?', `\${a:b}`, '$', 'x', '1'), {
    maxLength: 2,
  })
  const name = fc.array(fc.constantFrom('role/', 'x', ':', '/', '*', `\${a:b}`), { maxLength: 4 })
  const resource = fc
    .tuple(
      fc.constantFrom('arn', 'arn', 'x'),
      fc.oneof(fc.constant(['aws']), part),
      fc.oneof(fc.constantFrom(['s3'], ['iam'], ['kms']), part),
      ...[part, part, name],
    )
    .map(([arn, ...parts]) => [arn, ...parts.map((pieces) => pieces.join(''))].join(':'))
  const statement = fc.record(
    {
      Effect: fc.constantFrom('Allow', 'Deny'),
      Action: fc.constantFrom('kms:*', 'sts:AssumeRole'),
      Resource: resource,
      Condition: fc.record({ ArnLike: fc.record({ 'a:b': resource }) }),
    },
    { requiredKeys: ['Effect', 'Action', 'Resource'] },
  )
  let taken = 0
  const flavours = fc.constantFrom<Flavour>('identity', 'session', 'scp')
  fc.assert(
    fc.property(statement, flavours, (fields, flavour) => {
      const text = JSON.stringify({ Version: '2012-10-17', Statement: fields })
      try {
        assert.deepEqual(parseNewPolicy(text, { flavour }), parsePolicy(text, { flavour }))
        taken += 1
      } catch (error) {
        assert.ok(error instanceof PolicySyntaxError, String(error))
      }
    }),
    { numRuns: 2000 },
  )
  assert.ok(taken > 50, String(taken))
})
