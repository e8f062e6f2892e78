import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sha256Hex } from '../crypto/hash.ts'
import { hmacKey } from '../crypto/hmac.ts'
import type { S3Claims } from '../sigv4/claims.ts'
import { chunkSigner } from '../sigv4/s3-signature.ts'
import { type ChunkedMode, decodeChunked } from './chunked.ts'

const KEY = hmacKey(Buffer.from('a signing key'))
const SCOPE = { date: '20261130', region: 'eu-west-1', service: 's3', terminator: 'aws4_request' }
const CLAIMS = { scope: SCOPE, amzDate: '20261130T000000Z', signature: 'seed' } as S3Claims

function signer() {
  return chunkSigner(CLAIMS, KEY)
}

type Encoding = { readonly isSigned: boolean; readonly trailer?: readonly string[] }

function encode(chunks: readonly Buffer[], { isSigned, trailer }: Encoding): Buffer {
  const signing = signer()
  const pieces: Buffer[] = []
  for (const chunk of [...chunks, Buffer.alloc(0)]) {
    const signature = isSigned ? `;chunk-signature=${signing.chunk(sha256Hex(chunk))}` : ''
    pieces.push(Buffer.from(`${chunk.length.toString(16)}${signature}\r\n`), chunk)
    if (chunk.length > 0) pieces.push(Buffer.from('\r\n'))
  }
  if (trailer !== undefined) {
    pieces.push(Buffer.from(trailer.map((line) => `${line}\r\n`).join('')))
    const signed = trailer.map((line) => `${line}\n`).join('')
    if (isSigned)
      pieces.push(Buffer.from(`x-amz-trailer-signature:${signing.trailer(sha256Hex(signed))}\r\n`))
  }
  return Buffer.concat([...pieces, Buffer.from('\r\n')])
}

async function decode(
  body: Buffer,
  mode: ChunkedMode,
  cut = 7,
  trailer = new Map<string, string>(),
): Promise<Buffer> {
  async function* pieces(): AsyncIterable<Uint8Array> {
    for (let at = 0; at < body.length; at += cut) yield body.subarray(at, at + cut)
  }
  const found: Uint8Array[] = []
  for await (const piece of decodeChunked(pieces(), mode, trailer)) found.push(piece)
  return Buffer.concat(found)
}

const CHUNKS = [Buffer.from('first chunk'), Buffer.from('second')]
const WHOLE = Buffer.concat(CHUNKS)
const CHECKSUM = 'x-amz-checksum-crc32:AAAAAA=='

test('chunks decode in each mode, however the body is cut', async () => {
  const cut = fc.integer({ min: 1, max: 300 })
  await fc.assert(
    fc.asyncProperty(cut, fc.boolean(), fc.boolean(), async (size, isSigned, hasTrailer) => {
      const trailer = new Map<string, string>()
      const body = encode(CHUNKS, { isSigned, ...(hasTrailer && { trailer: [CHECKSUM] }) })
      const mode = { signer: isSigned ? signer() : undefined, hasTrailer }
      assert.ok((await decode(body, mode, size, trailer)).equals(WHOLE))
      assert.deepEqual([...trailer], hasTrailer ? [['x-amz-checksum-crc32', 'AAAAAA==']] : [])
    }),
  )
})

test('a changed byte of a signed body is found, wherever it is', async () => {
  const body = encode(CHUNKS, { isSigned: true, trailer: [CHECKSUM] })
  for (let at = 0; at < body.length; at += 1) {
    const changed = Buffer.from(body)
    changed[at] = (changed[at] ?? 0) ^ 2
    const found = await decode(changed, { signer: signer(), hasTrailer: true }).catch(
      (error: unknown) => error,
    )
    // The name of the trailer's signature itself is not signed: without it, there is no signature.
    assert.ok(found instanceof Error && found.name === 'S3Error', `byte ${at}`)
  }
})

test('a body that is cut anywhere, or goes on after its end, is refused', async () => {
  const body = encode(CHUNKS, { isSigned: false, trailer: [CHECKSUM] })
  const mode = { signer: undefined, hasTrailer: true }
  for (let length = 0; length < body.length; length += 1) {
    await assert.rejects(decode(body.subarray(0, length), mode), { code: 'IncompleteBody' }, String(length))
  }
  await assert.rejects(decode(Buffer.concat([body, Buffer.from('x')]), mode), { code: 'IncompleteBody' })
})

test('sizes that lie, unsigned chunks in a signed body and trailers that nobody announced are refused', async () => {
  const unsigned = { signer: undefined, hasTrailer: false }
  for (const text of [
    '5\r\nabc\r\n0\r\n\r\n',
    '2\r\nabc\r\n0\r\n\r\n',
    '-1\r\n\r\n',
    'fffffffffff\r\n',
    '0x1\r\na\r\n0\r\n\r\n',
  ]) {
    await assert.rejects(decode(Buffer.from(text), unsigned), { code: 'IncompleteBody' }, text)
  }
  await assert.rejects(decode(Buffer.from('3\nabc\n0\n\n'), unsigned), { code: 'IncompleteBody' })
  await assert.rejects(decode(Buffer.alloc(5000, 'a'), unsigned), { code: 'IncompleteBody' })
  const trailing = encode(CHUNKS, { isSigned: false, trailer: [CHECKSUM] })
  await assert.rejects(decode(trailing, unsigned), { code: 'IncompleteBody' })
  const plain = encode(CHUNKS, { isSigned: false })
  await assert.rejects(decode(plain, { signer: signer(), hasTrailer: false }), {
    code: 'SignatureDoesNotMatch',
  })
  const signed = encode(CHUNKS, { isSigned: true })
  await assert.rejects(decode(signed, unsigned), { code: 'SignatureDoesNotMatch' })
})

test('chunks in another order are refused', async () => {
  const body = encode(CHUNKS, { isSigned: true })
  const first = body.indexOf('\r\n', body.indexOf('first')) + 2
  const second = body.indexOf('\r\n', body.indexOf('second')) + 2
  const swapped = Buffer.concat([
    body.subarray(first, second),
    body.subarray(0, first),
    body.subarray(second),
  ])
  await assert.rejects(decode(swapped, { signer: signer(), hasTrailer: false }), {
    code: 'SignatureDoesNotMatch',
  })
})

test('a body of many tiny chunks is refused, and a few are taken', async () => {
  const tiny = (count: number): readonly Buffer[] => Array.from({ length: count }, () => Buffer.from('x'))
  for (const isSigned of [true, false]) {
    const mode = () => ({ signer: isSigned ? signer() : undefined, hasTrailer: false })
    assert.equal((await decode(encode(tiny(17), { isSigned }), mode())).toString(), 'x'.repeat(17))
    await assert.rejects(decode(encode(tiny(18), { isSigned }), mode()), { code: 'InvalidChunkSizeError' })
    const large = Array.from({ length: 40 }, () => Buffer.alloc(8192, 'x'))
    const decoded = await decode(encode([...large, Buffer.from('x')], { isSigned }), mode(), 5000)
    assert.equal(decoded.length, 40 * 8192 + 1)
  }
})
