/** For the s3 suite: what `src/crypto/segments.ts` exports, without encryption. Segments have the same lengths. */

import type { StreamCipher } from '../../src/crypto/segments.ts'

export const SEGMENT_BYTES = 65_536
export const STREAM_SALT_BYTES = 32
const TAG_BYTES = 16
const NO_TAG = new Uint8Array(TAG_BYTES)

/** Copies each segment that is written, as a cipher does, and adds an empty tag. */
export function streamCipher(): StreamCipher {
  return {
    seal: (_place, plaintext, target) => {
      target.set(plaintext)
      target.set(NO_TAG, plaintext.length)
    },
    open: (_place, sealed) => sealed.subarray(0, sealed.length - TAG_BYTES),
    tagBytes: TAG_BYTES,
    headerTag: () => NO_TAG,
    [Symbol.dispose]: () => {},
  }
}

/** One layer is as many as two. */
export function twoLayers(inner: StreamCipher): StreamCipher {
  return inner
}
