import assert from 'node:assert/strict'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { temporaryFolder } from '../../test/support/server.ts'
import { systemRandom } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { ObjectFiles } from './object-files.ts'
import { storeStream } from './storing.ts'

let folder: string

before(async () => {
  folder = await temporaryFolder()
})

after(() => rm(folder, { recursive: true, force: true }))

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

const DATA_KEY = new Secret(new Uint8Array(32))

function bytesOf(sizeBytes: number): {
  readonly pieces: AsyncIterable<Uint8Array>
  readonly finish: () => string
} {
  return { pieces: once(Buffer.alloc(sizeBytes, 'object ')), finish: () => 'facts' }
}

function bindingIn(bucket: string) {
  return { bucket, key: 'key', version: 'v', part: 0 }
}

test('a stream is stored whether or not it is read back', async () => {
  const files = new ObjectFiles(folder, systemRandom)
  await files.open(() => false)
  for (const size of [10, 20, 17_000_000]) {
    const { stream, facts } = await storeStream(
      { files },
      DATA_KEY,
      bindingIn(`bucket-${size % 3}`),
      bytesOf(size),
    )
    assert.deepEqual([stream.sizeBytes, facts], [size, 'facts'])
    await files.remove(stream.file)
  }
})

test('a disk that does not hold what was written is noticed before the first object is visible', async () => {
  class LyingFiles extends ObjectFiles {
    override async *read(): AsyncIterable<Uint8Array> {
      yield Buffer.from('something else')
    }
  }
  const files = new LyingFiles(folder, systemRandom)
  await files.open(() => false)
  await assert.rejects(storeStream({ files }, DATA_KEY, bindingIn('bucket'), bytesOf(10)), {
    name: 'IntegrityError',
    message: /the disk does not hold what was written to bucket bucket/,
  })
  assert.equal((await readdir(join(folder, 'incoming'))).length, 0)
})

test('a body that turns out not to be what was announced leaves no file', async () => {
  const files = new ObjectFiles(folder, systemRandom)
  await files.open(() => false)
  const refuse = (): never => {
    throw new Error('a wrong checksum')
  }
  const { pieces } = bytesOf(10)
  await assert.rejects(
    storeStream({ files }, DATA_KEY, bindingIn('bucket'), { pieces, finish: refuse }),
    /a wrong checksum/,
  )
  assert.deepEqual(await readdir(join(folder, 'incoming')), [])
})
