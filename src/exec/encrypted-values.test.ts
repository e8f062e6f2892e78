import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decryptValues, findEncryptedValues, NotDecrypted } from './encrypted-values.ts'

function base64(sizeBytes: number): string {
  return Buffer.alloc(sizeBytes, 7).toString('base64')
}

test('findEncryptedValues finds values with a prefix, up to the limit of Decrypt', () => {
  const variables = new Map([
    ['A', `kms:${base64(6144)}`],
    ['B', `aws:kms:${base64(1)} `],
    ['C', 'kms'],
    ['D', ' kms:AA=='],
  ])
  const found = findEncryptedValues(variables)
  assert.deepEqual(
    [...found].map(([name, bytes]) => [name, bytes.length]),
    [
      ['A', 6144],
      ['B', 1],
    ],
  )
})

test('findEncryptedValues names every variable without a usable ciphertext, and not its value', () => {
  const variables = new Map([
    ['A', 'kms:'],
    ['B', 'kms:hush!'],
    ['C', `kms:${base64(6145)}`],
  ])
  assert.throws(
    () => findEncryptedValues(variables),
    ({ message }: Error) => /^A: .*\nB: .*\nC: /.test(message) && !message.includes('hush'),
  )
})

test('findEncryptedValues takes 1,000 values and no more', () => {
  const variables = new Map(Array.from({ length: 1000 }, (_, index) => [`V${index}`, 'kms:AA==']))
  assert.equal(findEncryptedValues(variables).size, 1000)
  assert.throws(() => findEncryptedValues(variables.set('X', 'kms:AA==')), /at most 1000/)
})

test('decryptValues decrypts equal ciphertexts once, with eight calls in flight at most', async () => {
  const values = new Map(
    Array.from({ length: 40 }, (_, index) => [`V${index}`, Uint8Array.of(index >> 1)] as const),
  )
  const state = { calls: 0, inFlight: 0, most: 0 }
  const plaintexts = await decryptValues(values, async (bytes) => {
    state.calls += 1
    state.inFlight += 1
    state.most = Math.max(state.most, state.inFlight)
    await Promise.resolve()
    state.inFlight -= 1
    return Uint8Array.of(...bytes, 1)
  })
  assert.deepEqual([state.calls, state.most], [20, 8])
  assert.deepEqual([plaintexts.size, plaintexts.get('V39')], [40, Uint8Array.of(19, 1)])
})

test('decryptValues gives none when one fails, wipes the others, and begins no further call', async () => {
  const values = new Map(Array.from({ length: 100 }, (_, index) => [`V${index}`, Uint8Array.of(index)]))
  const given: Uint8Array[] = []
  const failed = decryptValues(values, async ([index = 0]) => {
    if (index === 3) throw new Error('DisabledException: the key is disabled')
    given.push(Uint8Array.of(index, 9))
    return given.at(-1) ?? new Uint8Array()
  })
  await assert.rejects(failed, (error) => {
    assert.ok(error instanceof NotDecrypted)
    assert.equal(error.message, 'V3: DisabledException: the key is disabled')
    return true
  })
  assert.ok(given.length < 20)
  assert.ok(given.every((bytes) => bytes.every((byte) => byte === 0)))
})
