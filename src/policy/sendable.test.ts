import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSendable } from './sendable.ts'

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234'

test('a condition key is sendable when some call can have another value of it', () => {
  for (const [key, sendable] of [
    ['aws:sourceip', true],
    ['aws:principaltag/team', true],
    ['aws:securetransport', true],
    ['kms:encryptioncontext:app', true],
    ['accounts.example.com:sub', true],
    ['aws:principalarn', false],
    ['aws:multifactorauthpresent', true],
    ['aws:multifactorauthage', true],
    ['aws:sourcevpce', false],
    ['aws:sourcevpc', false],
    ['aws:ec2instancesourcevpc', false],
    ['aws:sourceorgid', false],
    ['kms:keyspec', false],
    ['kms:signingalgorithm', false],
  ] as const) {
    assert.equal(isSendable(key, 'kms:Decrypt', KEY), sendable, key)
  }
})
