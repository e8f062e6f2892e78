import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hmac } from '@noble/hashes/hmac.js'
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { MAC_ALGORITHMS } from '../api/key-specs.ts'
import { toHex, utf8 } from '../base/bytes.ts'
import { hmacKey } from './hmac.ts'
import { MAC_BYTES, mac } from './mac.ts'

/** Source: RFC 4231, test case 1: the key is 20 times 0x0b. */
const CASE_1 = {
  HMAC_SHA_224: '896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22',
  HMAC_SHA_256: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  HMAC_SHA_384:
    'afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6',
  HMAC_SHA_512:
    '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
} as const

test('MACs are those of RFC 4231', () => {
  const key = hmacKey(new Uint8Array(20).fill(0x0b))
  for (const algorithm of MAC_ALGORITHMS) {
    assert.equal(toHex(mac(algorithm, key, utf8('Hi There'))), CASE_1[algorithm], algorithm)
  }
})

const NOBLE = { HMAC_SHA_224: sha224, HMAC_SHA_256: sha256, HMAC_SHA_384: sha384, HMAC_SHA_512: sha512 }

test('MACs are those that noble computes, and have the size that is promised', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...MAC_ALGORITHMS),
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc.uint8Array({ maxLength: 300 }),
      (algorithm, key, message) => {
        const tag = mac(algorithm, hmacKey(key), message)
        assert.equal(tag.length, MAC_BYTES[algorithm])
        assert.equal(toHex(tag), toHex(hmac(NOBLE[algorithm], key, message)))
      },
    ),
  )
})
