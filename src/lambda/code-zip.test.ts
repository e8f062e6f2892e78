import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { type ZipEntry, zipOf } from '../../test/support/lambda.ts'
import { checkZip, UNZIPPED_MAX_BYTES, unpackZip } from './code-zip.ts'
import { LambdaError } from './lambda-error.ts'

const folder = await mkdtemp(join(tmpdir(), 'holdfast-zip-'))
after(() => rm(folder, { recursive: true, force: true }))

test('unpackZip writes files below the folder, and takes only whether they may be executed from the zip', async () => {
  const into = join(folder, 'fine')
  const zip = zipOf([
    { name: 'a/', mode: 0o040755 },
    { name: 'a/b/c.txt', content: 'text' },
    { name: 'bootstrap', content: '#!', mode: 0o104777 },
    { name: 'ä-"\n', content: '' },
  ])
  await checkZip(zip)
  await unpackZip(zip, into)
  assert.equal(await readFile(join(into, 'a/b/c.txt'), 'utf8'), 'text')
  assert.equal((await stat(join(into, 'a/b/c.txt'))).mode & 0o7777, 0o400)
  assert.equal((await stat(join(into, 'bootstrap'))).mode & 0o7777, 0o500)
  await chmod(into, 0o700)
})

const BOMB: readonly ZipEntry[] = [
  { name: 'a', content: 'x' },
  { name: 'b', content: deflateRawSync(Buffer.alloc(9)), method: 8, sizeBytes: UNZIPPED_MAX_BYTES },
]

const HOSTILE: Readonly<Record<string, Buffer>> = {
  'an absolute name': zipOf([{ name: '/tmp/outside', content: 'x' }]),
  'a parent': zipOf([{ name: '../outside', content: 'x' }]),
  'a parent within a name': zipOf([{ name: 'a/../../outside', content: 'x' }]),
  'a drive': zipOf([{ name: 'c:/outside', content: 'x' }]),
  'a backslash': zipOf([{ name: '..\\outside', content: 'x' }]),
  'an empty part of a name': zipOf([{ name: 'a//b', content: 'x' }]),
  'a name of one dot': zipOf([{ name: './a', content: 'x' }]),
  'a zero byte': zipOf([{ name: 'a\0b', content: 'x' }]),
  'a symbolic link': zipOf([{ name: 'link', content: '/etc', mode: 0o120777 }]),
  'a device': zipOf([{ name: 'null', content: '', mode: 0o020666 }]),
  'a pipe': zipOf([{ name: 'pipe', content: '', mode: 0o010666 }]),
  'a file twice': zipOf([
    { name: 'a', content: 'x' },
    { name: 'a', content: 'y' },
  ]),
  'a size that lies': zipOf([{ name: 'a', content: deflateRawSync('long text'), method: 8, sizeBytes: 2 }]),
  'damaged content': zipOf([{ name: 'a', content: 'not deflated', method: 8, sizeBytes: 20 }]),
  'an unknown compression': zipOf([{ name: 'a', content: 'x', method: 99 }]),
  'more than may be unpacked': zipOf(BOMB),
  'no end': zipOf([{ name: 'a', content: 'x' }]).subarray(0, -10),
  'nothing of a zip': Buffer.from('this is no zip at all, but some text'),
  'too long a name': zipOf([{ name: 'a/'.repeat(600).concat('b'), content: 'x' }]),
}

for (const [what, zip] of Object.entries(HOSTILE)) {
  test(`a zip with ${what} is refused before it is kept, and writes nothing outside its folder`, async () => {
    await assert.rejects(checkZip(zip), (error) => {
      assert.ok(error instanceof LambdaError, String(error))
      assert.equal(error.code, 'InvalidParameterValueException')
      return true
    })
    const parent = join(folder, what.replaceAll(' ', '-'))
    await assert.rejects(unpackZip(zip, join(parent, 'task')), LambdaError)
    const names = await readdir(parent, { recursive: true }).catch(() => [])
    assert.deepEqual(
      names.filter((name) => name !== 'task' && !name.startsWith('task/')),
      [],
    )
  })
}

test('a file below a file, and a name that is a folder of another, are refused when they are unpacked', async () => {
  for (const [index, entries] of [
    [
      { name: 'a', content: 'x' },
      { name: 'a/b', content: 'y' },
    ],
    [
      { name: 'a/b', content: 'x' },
      { name: 'a', content: 'y' },
    ],
  ].entries()) {
    await assert.rejects(unpackZip(zipOf(entries), join(folder, `clash-${index}`)), LambdaError)
  }
})

test('a zip with more entries than may be is refused', async () => {
  const many = Array.from({ length: 20_001 }, (_, index) => ({ name: `d${index}/` }))
  await assert.rejects(checkZip(zipOf(many)), LambdaError)
})
