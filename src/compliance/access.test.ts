import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNT, policyText, testKey, testUser } from '../../test/support/reported-keys.ts'
import { compilePolicy } from '../policy/compile.ts'
import type { ContextLookup } from '../policy/context.ts'
import { parsePolicy } from '../policy/parse.ts'
import { accessTo } from './access.ts'

const ADA = testUser('ada', policyText({ Effect: 'Allow', Action: 'kms:*', Resource: '*' }))

/** What a user who may do everything is left by a resource control policy. */
function usesUnder(condition: object, keys: ContextLookup = () => undefined): readonly string[] {
  const statement = { Effect: 'Deny', Principal: '*', Action: ['kms:Encrypt', 'kms:*Data*'], Resource: '*' }
  const text = policyText({ ...statement, Condition: condition })
  const open = policyText({ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' })
  const level = [open, text].map((one) => compilePolicy(parsePolicy(one, { flavour: 'rcp' })))
  const [access] = accessTo(testKey({ rcps: [level], onKey: () => keys }), [ADA])
  return access?.uses ?? []
}

const LEFT = ['Decrypt', 'ReEncryptFrom', 'ReEncryptTo']
const ALL = ['Decrypt', 'Encrypt', 'GenerateDataKey', 'ReEncryptFrom', 'ReEncryptTo']

test('a resource control policy counts in what principals may do with a key', () => {
  assert.deepEqual(usesUnder({ Null: { 'aws:PrincipalOrgID': 'true' } }), LEFT)
  assert.deepEqual(usesUnder({ Null: { 'aws:PrincipalOrgID': 'false' } }), ALL)
})

test('the account of a key, and where it is, are known of it', () => {
  const keys = (name: string) => (name === 'aws:resourceaccount' ? ACCOUNT : undefined)
  assert.deepEqual(usesUnder({ StringEquals: { 'aws:ResourceAccount': ACCOUNT } }, keys), LEFT)
  assert.deepEqual(usesUnder({ StringNotEquals: { 'aws:ResourceAccount': ACCOUNT } }, keys), ALL)
})
