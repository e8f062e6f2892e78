import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DATA_KEY_PAIR_SPECS, ENCRYPTION_ALGORITHMS, SIGNING_ALGORITHMS } from '../api/key-specs.ts'
import { KMS_OPERATION_NAMES } from '../api/operations.ts'
import { limitOf, QUOTAS } from './quotas.ts'
import { chargedOf, RATES } from './rates.ts'

function namesOf(operation: string, input?: unknown): string {
  return chargedOf('kms', operation, input)
    .map(({ name }) => name)
    .join(' ')
}

test('every quota has a default, and a value at AWS, that can be set', () => {
  assert.ok(QUOTAS.size > 60)
  for (const { name, aws, byDefault, min, max } of QUOTAS.values()) {
    assert.ok(min <= aws && aws <= max, name)
    assert.ok(aws <= byDefault && byDefault <= max, name)
  }
})

test('limitOf gives what is set, or the default', () => {
  assert.equal(limitOf(undefined, 'kms.keys'), 100_000)
  assert.equal(limitOf({ 'iam.users': 1 }, 'kms.keys'), 100_000)
  assert.equal(limitOf({ 'kms.keys': 0 }, 'kms.keys'), 0)
})

test('every operation of every service is charged to a rate, valid or not', () => {
  for (const name of KMS_OPERATION_NAMES) assert.equal(chargedOf('kms', name, undefined).length, 1, name)
  for (const service of ['iam', 'sts', 'cloudtrail', 'holdfast'] as const) {
    assert.deepEqual(
      chargedOf(service, 'Anything', {}).map(({ name }) => name),
      [`${service}.calls`],
    )
  }
  assert.equal(RATES.get('kms.CreateKey')?.aws, 5)
  assert.equal(namesOf('CreateKey', {}), 'kms.CreateKey')
})

test('a call with an algorithm is charged to the rate of the keys that have it', () => {
  const byAlgorithm = [...ENCRYPTION_ALGORITHMS, ...SIGNING_ALGORITHMS].map((name) => {
    const isSigning = SIGNING_ALGORITHMS.some((signing) => signing === name)
    const input = { [isSigning ? 'SigningAlgorithm' : 'EncryptionAlgorithm']: name }
    return namesOf(isSigning ? 'Sign' : 'Encrypt', input)
  })
  assert.deepEqual(byAlgorithm, [
    ...['kms.symmetric', 'kms.rsa', 'kms.rsa', 'kms.ecc'],
    ...['kms.rsa', 'kms.rsa', 'kms.rsa', 'kms.rsa', 'kms.rsa', 'kms.rsa'],
    ...['kms.ecc', 'kms.ecc', 'kms.ecc', 'kms.ecc', 'kms.ml-dsa', 'kms.ecc', 'kms.ecc'],
  ])
  assert.equal(namesOf('Decrypt', {}), 'kms.symmetric')
  assert.equal(namesOf('DeriveSharedSecret', {}), 'kms.ecc')
  assert.equal(namesOf('Decapsulate', {}), 'kms.ml-kem')
})

test('ReEncrypt is charged once when its keys are of one kind, and twice when they are not', () => {
  assert.equal(namesOf('ReEncrypt', {}), 'kms.symmetric')
  const source = { SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }
  assert.equal(namesOf('ReEncrypt', source), 'kms.rsa kms.symmetric')
  const destination = { DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }
  assert.equal(namesOf('ReEncrypt', { ...source, ...destination }), 'kms.rsa')
})

test('each kind of data key pair has a rate, which both operations share', () => {
  for (const KeyPairSpec of DATA_KEY_PAIR_SPECS) {
    const name = `kms.GenerateDataKeyPair.${KeyPairSpec}`
    assert.equal(namesOf('GenerateDataKeyPair', { KeyPairSpec }), name)
    assert.equal(namesOf('GenerateDataKeyPairWithoutPlaintext', { KeyPairSpec }), name)
  }
  assert.equal(namesOf('GenerateDataKeyPair', undefined), 'kms.symmetric')
})
