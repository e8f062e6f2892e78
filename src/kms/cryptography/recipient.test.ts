import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enclaveKey } from '../../../test/support/attestation.ts'
import type { Attestation } from '../../attestation/verify.ts'
import { present } from '../../base/assert.ts'
import { parseOaepKey } from '../../crypto/oaep.ts'
import { recipientContext, withRecipient } from './recipient.ts'

const key = present(parseOaepKey(enclaveKey().spki), 'the key')
const registers = new Map([
  [0, '00'.repeat(48)],
  [4, '04'.repeat(48)],
  [10, '10'.repeat(48)],
])
const enclave: Attestation = { by: 'enclave', moduleId: 'i-1-enc1', registers, key }
const nitrotpm: Attestation = { by: 'nitrotpm', moduleId: 'i-1-tpm1', registers, key }

const PREFIX = 'kms:recipientattestation:'
const other = (name: string): string => `other ${name}`

function values(recipient: Attestation | undefined, ...names: readonly string[]) {
  const lookup = recipientContext(recipient, other)
  return names.map((name) => lookup(`${PREFIX}${name}`))
}

test('recipientContext knows the registers of an enclave, and its image as register 0', () => {
  const image = '00'.repeat(48)
  assert.deepEqual(values(enclave, 'imagesha384', 'pcr0', 'pcr10', 'pcr1'), [
    image,
    image,
    '10'.repeat(48),
    undefined,
  ])
  assert.deepEqual(values(enclave, 'nitrotpmpcr0', 'nitrotpmpcr4'), [undefined, undefined])
})

test('recipientContext knows the registers of a NitroTPM, and no image', () => {
  assert.deepEqual(values(nitrotpm, 'nitrotpmpcr4', 'pcr4', 'pcr0', 'imagesha384'), [
    '04'.repeat(48),
    undefined,
    undefined,
    undefined,
  ])
})

test('recipientContext knows registers only by their plain numbers', () => {
  for (const name of ['pcr', 'pcr04', 'pcr4 ', 'pcr+4', 'pcr0x4', 'pcr4.0', 'pcr1e1', 'other']) {
    assert.deepEqual(values(enclave, name), [undefined], name)
  }
})

test('recipientContext asks on for all other keys, and for everything without a recipient', () => {
  assert.equal(recipientContext(enclave, other)('kms:calleraccount'), 'other kms:calleraccount')
  assert.deepEqual(values(undefined, 'pcr0'), [`other ${PREFIX}pcr0`])
})

test('withRecipient adds the recipient to what an event shows already', () => {
  const outcome = { event: { response: { a: 1 }, additional: { keyMaterialId: 'm' } } }
  const value = Buffer.alloc(48, 4).toString('base64')
  assert.deepEqual(withRecipient(outcome, nitrotpm), {
    event: {
      response: { a: 1 },
      additional: {
        keyMaterialId: 'm',
        recipient: { attestationDocumentModuleId: 'i-1-tpm1', attestationDocumentNitroTPMPCR4: value },
      },
    },
  })
  assert.equal(withRecipient(outcome, undefined), outcome)
})
