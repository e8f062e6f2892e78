import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { test } from 'node:test'
import { utf8 } from '../base/bytes.ts'
import { runNoble } from './noble-tasks.ts'

test('Ed25519ph gives the signature of RFC 8032, section 7.3', () => {
  const seed = Buffer.from('833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42', 'hex')
  const key = createPrivateKey({ key: seed, format: 'raw-private', asymmetricKeyType: 'ed25519' })
  const signature = runNoble({ name: 'ed25519ph-sign', key, message: utf8('abc') })
  assert.ok(signature instanceof Uint8Array)
  assert.equal(
    Buffer.from(signature).toString('hex'),
    '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41' +
      '31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
  )
})
