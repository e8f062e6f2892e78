import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { temporaryFolder } from '../../test/support/server.ts'
import { systemRandom } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { SEGMENT_BYTES } from '../crypto/segments.ts'
import { ObjectFiles, type StoredStream } from './object-files.ts'
import { HEADER_BYTES, type StreamBinding, segmentPlace, segmentsOf, storedBytes } from './stream-format.ts'

const BINDING: StreamBinding = { bucket: 'photos', key: 'a/../b', version: 'v1', part: 1 }
const SIZES = [0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 3 * SEGMENT_BYTES + 17]

let folder: string
let files: ObjectFiles

before(async () => {
  folder = await temporaryFolder()
  files = new ObjectFiles(folder, systemRandom)
  await files.open(() => false)
})

after(() => rm(folder, { recursive: true, force: true }))

function dataKey(fill = 7): Secret {
  return new Secret(new Uint8Array(32).fill(fill))
}

function plaintext(sizeBytes: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: sizeBytes }, (_, index) => (index * 31 + (index >> 8)) & 0xff))
}

/** The data key of two layers. */
function twoKeys(fill = 9): Secret {
  return new Secret(new Uint8Array(64).fill(7).fill(fill, 32))
}

async function* cut(bytes: Uint8Array, length: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

async function write(bytes: Uint8Array, binding = BINDING): Promise<StoredStream> {
  return files.write(dataKey(), binding, cut(bytes, 10_000))
}

async function read(
  stream: StoredStream,
  range: { readonly begin: number; readonly end: number } = { begin: 0, end: stream.sizeBytes },
  { binding = BINDING, key = dataKey() } = {},
): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of files.read({ ...stream, binding, dataKey: key }, range)) {
    pieces.push(Uint8Array.from(piece))
  }
  return Buffer.concat(pieces)
}

function incoming({ file }: StoredStream): string {
  return join(folder, 'incoming', file)
}

test('a stream of any size is read as it was written, and in any range', async () => {
  for (const size of SIZES) {
    const bytes = plaintext(size)
    const stream = await write(bytes)
    assert.equal(stream.sizeBytes, size)
    assert.equal((await readFile(incoming(stream))).length, storedBytes(size))
    assert.ok((await read(stream)).equals(bytes), String(size))
    for (const [begin, end] of [
      [0, 1],
      [size - 1, size],
      [SEGMENT_BYTES - 1, SEGMENT_BYTES + 1],
      [SEGMENT_BYTES, 2 * SEGMENT_BYTES],
    ] as const) {
      if (begin < 0 || end > size) continue
      assert.ok(
        (await read(stream, { begin, end })).equals(bytes.subarray(begin, end)),
        `${size} ${begin}-${end}`,
      )
    }
  }
})

test('the file of a stream contains nothing of its plaintext', async () => {
  const bytes = Buffer.alloc(2 * SEGMENT_BYTES, 'plaintext ')
  const stored = await readFile(incoming(await write(bytes)))
  assert.equal(stored.includes('plaintext'), false)
  assert.equal(stored.includes('photos'), false)
})

test('a flipped byte anywhere in the header or in a segment is found', async () => {
  const size = 2 * SEGMENT_BYTES + 5
  const stream = await write(plaintext(size))
  const intact = await readFile(incoming(stream))
  const places = Array.from({ length: HEADER_BYTES }, (_, at) => at)
  for (let at = 0; at < segmentsOf(size); at += 1) {
    const end = Math.min(intact.length, segmentPlace(at + 1))
    places.push(segmentPlace(at), segmentPlace(at) + 3, end - 17, end - 16, end - 1)
  }
  for (const place of places) {
    const damaged = Buffer.from(intact)
    damaged[place] = (damaged[place] ?? 0) ^ 1
    await writeFile(incoming(stream), damaged)
    await assert.rejects(read(stream), { name: 'IntegrityError' }, `byte ${place}`)
  }
})

test('a stream that is cut at any segment, or inside one, is found', async () => {
  const size = 3 * SEGMENT_BYTES
  const stream = await write(plaintext(size))
  const intact = await readFile(incoming(stream))
  for (const length of [
    0,
    10,
    HEADER_BYTES,
    ...[1, 2].flatMap((at) => [segmentPlace(at), segmentPlace(at) - 1]),
  ]) {
    await truncate(incoming(stream), length)
    await assert.rejects(read(stream), { name: 'IntegrityError' }, `cut to ${length}`)
    await writeFile(incoming(stream), intact)
  }
  // A catalogue that says that the stream is shorter does not make an inner segment the last one.
  await assert.rejects(read({ ...stream, sizeBytes: SEGMENT_BYTES }), { name: 'IntegrityError' })
})

test('segments that are swapped, repeated or of another stream are found', async () => {
  const size = 3 * SEGMENT_BYTES
  const bytes = plaintext(size)
  const [stream, other] = [await write(bytes), await write(bytes)]
  const [intact, foreign] = [await readFile(incoming(stream)), await readFile(incoming(other))]
  const segment = (file: Buffer, at: number): Buffer => file.subarray(segmentPlace(at), segmentPlace(at + 1))
  for (const [target, source, from] of [
    [0, intact, 1],
    [1, intact, 0],
    [2, intact, 1],
    [1, foreign, 1],
  ] as const) {
    const damaged = Buffer.from(intact)
    segment(source, from).copy(damaged, segmentPlace(target))
    await writeFile(incoming(stream), damaged)
    await assert.rejects(read(stream), { name: 'IntegrityError' }, `segment ${target} is replaced`)
  }
})

test('a stream does not open as that of another bucket, key, version or part, or with another data key', async () => {
  const stream = await write(plaintext(10))
  for (const change of [{ bucket: 'other' }, { key: 'b' }, { version: 'v2' }, { part: 2 }]) {
    await assert.rejects(read(stream, undefined, { binding: { ...BINDING, ...change } }), {
      name: 'IntegrityError',
    })
  }
  await assert.rejects(read(stream, undefined, { key: dataKey(8) }), { name: 'IntegrityError' })
  await rm(incoming(stream))
  await assert.rejects(read(stream), { name: 'IntegrityError', message: /its file is missing/ })
})

test('a write that fails leaves no file', async () => {
  async function* failing(): AsyncIterable<Uint8Array> {
    yield plaintext(200_000)
    throw new Error('the client is gone')
  }
  const present = await readdir(join(folder, 'incoming'))
  await assert.rejects(files.write(dataKey(), BINDING, failing()), /the client is gone/)
  assert.deepEqual(await readdir(join(folder, 'incoming')), present)
})

test('a start removes files that no entry names, and moves those that one names', async () => {
  const [named, unnamed] = [await write(plaintext(5)), await write(plaintext(6))]
  await mkdir(join(folder, 'incoming', 'strange'))
  await new ObjectFiles(folder, systemRandom).open((file) => file === named.file)
  assert.deepEqual(await readdir(join(folder, 'incoming')), [])
  assert.ok((await read(named)).equals(plaintext(5)))
  await assert.rejects(read(unnamed), { name: 'IntegrityError' })
  await files.remove(named.file)
  await assert.rejects(read(named), { name: 'IntegrityError' })
})

test('a file that moves to its place while it is read is found', async () => {
  const stream = await write(plaintext(5))
  await mkdir(join(folder, 'objects', stream.file.slice(0, 2)), { recursive: true })
  await rename(incoming(stream), join(folder, 'objects', stream.file.slice(0, 2), stream.file))
  assert.ok((await read(stream)).equals(plaintext(5)))
})

test('a name that is no file name never becomes a path', async () => {
  await assert.rejects(files.remove('../../etc/passwd'), /the catalogue names no file/)
})

test('a stream of two layers is read as it was written, in any range, and needs both keys', async () => {
  for (const size of SIZES) {
    const bytes = plaintext(size)
    const stream = await files.write(twoKeys(), BINDING, cut(bytes, 10_000))
    assert.equal((await readFile(incoming(stream))).length, storedBytes(size, 32))
    const whole = { begin: 0, end: size }
    assert.ok((await read(stream, whole, { key: twoKeys() })).equals(bytes))
    const range = { begin: Math.floor(size / 2), end: size }
    assert.ok((await read(stream, range, { key: twoKeys() })).equals(bytes.subarray(range.begin)))
    for (const key of [dataKey(), dataKey(9), twoKeys(7), new Secret(new Uint8Array(64).fill(9))]) {
      await assert.rejects(read(stream, whole, { key }), { name: 'IntegrityError' })
    }
  }
})

test('each changed byte of a stream of two layers is noticed', async () => {
  const bytes = plaintext(SEGMENT_BYTES + 10)
  const stream = await files.write(twoKeys(), BINDING, cut(bytes, 10_000))
  const intact = await readFile(incoming(stream))
  const places = [0, 4, 5, 40, HEADER_BYTES - 1, HEADER_BYTES, segmentPlace(1, 32) - 1, segmentPlace(1, 32)]
  for (const place of [...places, segmentPlace(1, 32) - 17, segmentPlace(1, 32) - 33, intact.length - 1]) {
    const changed = Buffer.from(intact)
    changed[place] = (changed[place] ?? 0) ^ 1
    await writeFile(incoming(stream), changed)
    await assert.rejects(
      read(stream, { begin: 0, end: bytes.length }, { key: twoKeys() }),
      { name: 'IntegrityError' },
      `byte ${place}`,
    )
  }
})
