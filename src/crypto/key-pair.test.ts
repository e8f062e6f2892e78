import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateKeyPair } from './key-pair.ts'

const QUICK = ['ECC_NIST_P256', 'ECC_NIST_EDWARDS25519', 'ML_DSA_44', 'ML_KEM_512'] as const

test('a key that is made at once does not wait for RSA keys that came before', async () => {
  let done = 0
  const large = Array.from({ length: 6 }, async () => {
    const { privateKey } = await generateKeyPair('RSA_3072')
    privateKey[Symbol.dispose]()
    done += 1
  })
  for (const spec of QUICK) {
    const { privateKey } = await generateKeyPair(spec)
    privateKey[Symbol.dispose]()
  }
  assert.ok(done < large.length, 'RSA keys are still being made')
  await Promise.all(large)
})
