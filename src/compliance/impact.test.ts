import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DAY,
  policyText,
  TODAY,
  testGrant,
  testKey,
  testTouch,
  testUser,
  userArn,
} from '../../test/support/reported-keys.ts'
import { ADDRESSES_SHOWN_MAX, impactOf, jsonOfImpact, SHOWN_MAX } from './impact.ts'
import { formatImpact } from './impact-text.ts'

test('the calls on a key are summed up by principal and operation, the latest first', () => {
  const touches = [
    testTouch({ lastSecond: TODAY, calls: 2, eventId: 'e9', address: '2001:db8::1' }),
    testTouch({ failed: true, calls: 3, firstSecond: TODAY - 9 * DAY }),
    testTouch({ operation: 'Encrypt', eventId: 'e2' }),
    testTouch({ principal: userArn('bob'), lastSecond: TODAY - 5 * DAY }),
  ]
  const { users } = impactOf(testKey({ touches }), [])
  assert.deepEqual(
    users.map(({ principal, operation, calls, failures }) => [principal, operation, calls, failures]),
    [
      [userArn('ada'), 'Decrypt', 5, 3],
      [userArn('ada'), 'Encrypt', 1, 0],
      [userArn('bob'), 'Decrypt', 1, 0],
    ],
  )
  assert.deepEqual(users[0]?.addresses, ['2001:db8::1', '192.0.2.1'])
  assert.deepEqual([users[0]?.lastEventId, users[0]?.firstSecond], ['e9', TODAY - 9 * DAY])
})

test('addresses beyond the limit are counted', () => {
  const from = (count: number) =>
    impactOf(
      testKey({ touches: Array.from({ length: count }, (_, at) => testTouch({ address: `192.0.2.${at}` })) }),
      [],
    ).users[0]
  assert.equal(from(ADDRESSES_SHOWN_MAX)?.moreAddresses, 0)
  const one = from(ADDRESSES_SHOWN_MAX + 1)
  assert.deepEqual([one?.addresses.length, one?.moreAddresses], [ADDRESSES_SHOWN_MAX, 1])
})

test('statements that name a key are those of its policy, and those of principals that cover it', () => {
  const key = testKey()
  const statement = (Resource: string, Action: string, more: object = {}) => ({
    ...{ Effect: 'Allow', Action, Resource },
    ...more,
  })
  const { statements } = impactOf(key, [
    testUser('ada', policyText(statement(key.arn, 'kms:Decrypt'))),
    testUser('bob', policyText(statement('*', '*'), statement(`${key.arn}x`, 'kms:*'))),
    testUser('cy', policyText(statement('*', 's3:*'))),
    testUser(
      'dee',
      policyText({ ...statement('arn:aws:kms:*:*:key/*', 'kms:*'), Effect: 'Deny', Sid: 'No' }),
    ),
    testUser(
      'eve',
      policyText(
        statement(key.arn, 'kms:PutKeyPolicy', {
          Condition: { StringEquals: { 'aws:PrincipalTag/a': 'b' } },
        }),
      ),
    ),
  ])
  assert.deepEqual(
    statements.map(({ holder, statement: name, effect, names }) => [holder, name, effect, names]),
    [
      [key.arn, 'Default', 'Allow', 'key'],
      [userArn('ada'), 'statement 1', 'Allow', 'key'],
      [userArn('bob'), 'statement 1', 'Allow', 'pattern'],
      [userArn('dee'), 'No', 'Deny', 'pattern'],
      [userArn('eve'), 'statement 1', 'Allow', 'key'],
    ],
  )
  assert.deepEqual(statements[4]?.conditions, ['StringEquals aws:PrincipalTag/a "b"'])
})

test('statements and grants beyond the limit are counted', () => {
  const policy = policyText({ Effect: 'Allow', Action: 'kms:*', Resource: '*' })
  const users = Array.from({ length: SHOWN_MAX }, (_, at) => testUser(`u${at}`, policy))
  assert.equal(impactOf(testKey(), users).moreStatements, 1)
  const grants = Array.from({ length: SHOWN_MAX + 2 }, () => testGrant(userArn('ada')))
  const { moreGrants } = jsonOfImpact(impactOf(testKey({ grants }), [])) as { readonly moreGrants: number }
  assert.equal(moreGrants, 2)
  assert.ok(formatImpact(impactOf(testKey({ grants }), [])).includes('  and 2 more'))
})

test('consequences say what fails, for every usage and everything that points at the key', () => {
  const say = (more: Parameters<typeof testKey>[0]) => impactOf(testKey(more), []).consequences.join('\n')
  assert.match(say({}), /cannot be decrypted\nnobody has ever used it/)
  assert.match(say({ usage: 'SIGN_VERIFY' }), /^nothing can be signed/)
  assert.match(say({ usage: 'GENERATE_VERIFY_MAC' }), /^MACs/)
  assert.match(say({ usage: 'KEY_AGREEMENT' }), /agreed on/)
  assert.match(say({ usage: 'ENCAPSULATE_DECAPSULATE' }), /encapsulated/)
  assert.match(say({ touches: [testTouch()] }), /last used at 2026-11-24T00:00:00Z, by .*ada for Decrypt/)
  assert.match(say({ touches: [testTouch({ failed: true })] }), /nobody has ever used it/)
  assert.match(say({ touches: [testTouch({ operation: 'DescribeKey' })] }), /nobody has ever used it/)
  const aliases = Array.from({ length: 12 }, (_, at) => `alias/${at}`)
  assert.match(say({ aliases }), /calls by alias\/0, .* and 9 more fail/)
  assert.match(say({ grants: [testGrant('s3.amazonaws.com')] }), /1 grants .* to s3\.amazonaws\.com/)
  const multiRegion = { primary: 'eu-west-1', replicas: ['us-east-1'] }
  assert.match(say({ multiRegion }), /same set in us-east-1 still decrypt[\s\S]*only after its replicas/)
  assert.doesNotMatch(say({ multiRegion, region: 'us-east-1' }), /primary/)
  assert.match(say({ multiRegion: { ...multiRegion, replicas: [] } }), /without replicas/)
  assert.match(
    say({ keyStore: { id: 'cks-1', name: 'hsm', externalId: 'x1' } }),
    /external key x1 of key store cks-1/,
  )
  assert.match(
    say({ keyStore: { id: 'cks-1', name: 'hsm', externalId: '' } }),
    /key in key store cks-1 is destroyed in the token/,
  )
  assert.match(say({ state: 'Disabled' }), /its state is Disabled/)
})

test('the table shows nothing that moves a cursor or turns the direction of writing', () => {
  const hostile = 'a\u001b[2J\u202eb\nc'
  const lines = formatImpact(
    impactOf(
      testKey({
        description: hostile,
        aliases: [`alias/${hostile}`],
        touches: [testTouch({ principal: hostile })],
      }),
      [],
    ),
  )
  assert.doesNotMatch(lines.join(''), /[\p{Cc}\p{Cf}]/u)
  assert.ok(lines.includes('a\ufffd[2J\ufffdb\ufffdc'))
})
