import assert from 'node:assert/strict'
import test from 'node:test'
import { parsePolicy } from './parse.ts'
import { isPublic } from './public-access.ts'

const OPEN = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' }
const ACCOUNT = '111122223333'

const CASES: readonly (readonly [string, boolean, object])[] = [
  ['everybody', true, {}],
  ['everybody, as a principal of AWS', true, { Principal: { AWS: '*' } }],
  ['everybody beside an account', true, { Principal: { AWS: [ACCOUNT, '*'] } }],
  ['an account', false, { Principal: { AWS: ACCOUNT } }],
  ['a denial', false, { Effect: 'Deny' }],
  ['an organization', false, { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }],
  [
    'an organization, if known',
    true,
    { Condition: { StringEqualsIfExists: { 'aws:PrincipalOrgID': 'o-1' } } },
  ],
  ['all but an organization', true, { Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-1' } } }],
  ['a pattern of organizations', true, { Condition: { StringLike: { 'aws:PrincipalOrgID': 'o-*' } } }],
  [
    'one of no values',
    true,
    { Condition: { 'ForAllValues:StringEquals': { 'aws:PrincipalOrgPaths': 'o-1/' } } },
  ],
  [
    'a variable',
    true,
    { Condition: { StringEquals: { 'aws:PrincipalAccount': `\${aws:PrincipalAccount}` } } },
  ],
  ['a network', false, { Condition: { IpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '2001:db8::/32'] } } }],
  ['an address', false, { Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.1' } } }],
  [
    'half the Internet',
    true,
    { Condition: { IpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '0.0.0.0/1'] } } },
  ],
  ['much of the Internet', true, { Condition: { IpAddress: { 'aws:SourceIp': '2000::/3' } } }],
  ['a referer', true, { Condition: { StringEquals: { 'aws:Referer': 'https://example.com' } } }],
  ['TLS', true, { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }],
]

for (const [what, expected, change] of CASES) {
  test(`isPublic is ${expected} for ${what}`, () => {
    const text = JSON.stringify({ Version: '2012-10-17', Statement: { ...OPEN, ...change } })
    assert.equal(isPublic(parsePolicy(text, { flavour: 'bucket' })), expected)
  })
}
