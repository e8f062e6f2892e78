import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { Secret } from '../../src/base/secret.ts'
import { SEGMENT_BYTES } from '../../src/crypto/segments.ts'
import { beginStream, openStream, StreamSealer } from '../../src/s3/stream-format.ts'

type Vector = {
  readonly name: string
  readonly dataKey: string
  readonly bucket: string
  readonly key: string
  readonly version: string
  readonly part: number
  readonly salt: string
  /** The length of the plaintext, whose bytes are the low byte of 7 times their place. */
  readonly sizeBytes: number
  readonly header: string
  /** The last 32 bytes of each segment. */
  readonly segmentEnds: readonly string[]
}

const VECTORS: readonly Vector[] = JSON.parse(
  await readFile(new URL('s3-object.json', import.meta.url), 'utf8'),
).streams

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}

/** The sealed segments after the header. */
function segmentsIn(stream: Buffer, headerBytes: number, sealedBytes: number): Buffer[] {
  const segments: Buffer[] = []
  for (let at = headerBytes; at < stream.length; at += sealedBytes) {
    segments.push(stream.subarray(at, at + sealedBytes))
  }
  return segments
}

for (const vector of VECTORS) {
  test(`the stream of an object is sealed as the format says: ${vector.name}`, () => {
    const { bucket, key, version, part } = vector
    const plaintext = Uint8Array.from({ length: vector.sizeBytes }, (_, at) => (at * 7) & 0xff)
    const dataKey = new Secret(hex(vector.dataKey))
    const { cipher, header } = beginStream(dataKey, { bucket, key, version, part }, hex(vector.salt))
    const sealer = new StreamSealer(cipher, header)
    const stream = Buffer.concat([
      ...Iterator.from(sealer.take(plaintext)).map((batch) => Buffer.from(batch)),
      sealer.end(),
    ])
    const segments = segmentsIn(stream, header.length, SEGMENT_BYTES + cipher.tagBytes)
    assert.equal(stream.subarray(0, header.length).toString('hex'), vector.header)
    assert.deepEqual(
      segments.map((segment) => Buffer.from(segment.subarray(-32)).toString('hex')),
      vector.segmentEnds,
    )
    const opened = openStream(
      new Secret(hex(vector.dataKey)),
      { bucket, key, version, part },
      hex(vector.header),
    )
    const pieces = segments.map((segment, at) =>
      opened.open({ at, isLast: at === segments.length - 1 }, segment),
    )
    assert.ok(Buffer.concat(pieces.map((piece) => piece ?? Buffer.from('damaged'))).equals(plaintext))
  })
}
