import assert from 'node:assert/strict'
import { test } from 'node:test'
import { atOnce } from '../base/slices.ts'
import { type PolicyFinding, policyFindingsSteps } from './findings.ts'
import type { Flavour } from './flavour.ts'

const KMS = new Set(['encrypt', 'decrypt', 'generatedatakey'])
const ALLOW = { Sid: 'a', Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' }
const OWNER = { AWS: 'arn:aws:iam::000000000000:root' }
const OWNED = { ...ALLOW, Principal: OWNER }

function find(statement: object | readonly object[], flavour: Flavour, more = {}): readonly PolicyFinding[] {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statement, ...more })
  return atOnce(policyFindingsSteps(text, flavour, (service) => (service === 'kms' ? KMS : undefined)))
}

function codes(...args: Parameters<typeof find>): readonly string[] {
  return find(...args).map(({ code }) => code)
}

test('a policy without faults has no findings', () => {
  assert.deepEqual(codes({ ...ALLOW, Principal: OWNER }, 'key'), [])
  assert.deepEqual(codes(ALLOW, 'identity'), [])
  assert.deepEqual(codes({ ...ALLOW, Action: '*', Effect: 'Allow' }, 'scp'), [])
})

test('a text that is no policy has one finding, with its place', () => {
  const findings = find({ ...ALLOW, Effect: 'Permit' }, 'identity')
  assert.deepEqual(
    findings.map(({ type, code }) => [type, code]),
    [['ERROR', 'SYNTAX_ERROR']],
  )
  assert.match(findings[0]?.details ?? '', /^Statement\[0\]/)
})

test('each risk and mistake has a finding of its own', () => {
  const found: readonly (readonly [readonly string[], object | readonly object[], Flavour])[] = [
    [['PUBLIC_ACCESS'], { ...ALLOW, Principal: '*' }, 'key'],
    [['PUBLIC_ACCESS'], { ...ALLOW, Principal: { AWS: '*' } }, 'key'],
    [[], { ...ALLOW, Effect: 'Deny', Principal: '*' }, 'key'],
    [
      [],
      { ...ALLOW, Principal: '*', Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } } },
      'key',
    ],
    [['SYNTAX_ERROR'], { ...ALLOW, NotPrincipal: OWNER }, 'key'],
    [['ALLOW_WITH_NOT_ACTION'], { Effect: 'Allow', NotAction: 'kms:Decrypt', Resource: '*' }, 'identity'],
    [['NO_RESOURCE'], { Effect: 'Allow', Principal: OWNER, Action: 'kms:Encrypt' }, 'key'],
    [['FULL_ADMINISTRATION'], { ...ALLOW, Action: '*' }, 'identity'],
    [['PASS_ROLE_WITH_STAR'], { ...ALLOW, Action: 'iam:PassRole' }, 'identity'],
    [['UNKNOWN_ACTION'], { ...ALLOW, Action: 'kms:Decript' }, 'identity'],
    [['UNKNOWN_ACTION'], { ...ALLOW, Action: ['KMS:Gen*', 'kms:Dec?ypt', 'kms:X*'] }, 'identity'],
    [[], { ...ALLOW, Action: ['s3:GetColour', 'kms:*'] }, 'identity'],
    [['REPEATED_SID'], [OWNED, OWNED], 'key'],
    [['RCP_ALLOWS'], { ...ALLOW, Principal: '*' }, 'rcp'],
  ]
  for (const [expected, statement, flavour] of found) {
    const given = codes(statement, flavour)
    const wanted = flavour === 'rcp' ? given.filter((code) => code === 'RCP_ALLOWS') : given
    assert.deepEqual(wanted, expected, JSON.stringify(statement))
  }
})

test('errors come first, and an old version is a suggestion', () => {
  const context = { 'ForAllValues:StringEquals': { 'kms:EncryptionContext:team': 'red' } }
  const statement = { ...ALLOW, Principal: '*', Action: 'kms:Decript', Condition: context }
  assert.deepEqual(codes(statement, 'key', { Version: '2008-10-17' }), [
    'OVERLY_PERMISSIVE_CONDITION',
    'UNKNOWN_ACTION',
    'OLD_VERSION',
  ])
})
