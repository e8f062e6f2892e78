import assert from 'node:assert/strict'
import { statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { testFolder } from '../../test/support/test-folder.ts'
import { makeFolder } from './folder.ts'

test('makeFolder makes a folder and those above it for their owner only', async () => {
  using folder = testFolder()
  const path = join(folder.path, 'a', 'b')
  await makeFolder(path)
  await makeFolder(path)
  for (const made of [path, join(folder.path, 'a')]) assert.equal(statSync(made).mode & 0o777, 0o700)
})

test('makeFolder called by many at once makes the folder for all', async () => {
  using folder = testFolder()
  for (let round = 0; round < 50; round += 1) {
    const path = join(folder.path, String(round), 'b', 'c')
    await Promise.all(Array.from({ length: 8 }, () => makeFolder(path)))
    assert.ok(statSync(path).isDirectory())
  }
})

test('makeFolder refuses a path through a file, and one through a link to nowhere', async () => {
  using folder = testFolder()
  const file = join(folder.path, 'file')
  writeFileSync(file, '')
  await assert.rejects(makeFolder(file), { code: 'EEXIST' })
  await assert.rejects(makeFolder(join(file, 'x')), { code: 'ENOTDIR' })
  const link = join(folder.path, 'link')
  symlinkSync(join(folder.path, 'nowhere'), link)
  await assert.rejects(makeFolder(link), { code: 'EEXIST' })
  await assert.rejects(makeFolder(join(link, 'x')), { code: 'EEXIST' })
})

test('makeFolder ends where a folder takes no new names', {
  skip: process.platform !== 'linux',
}, async () => {
  await assert.rejects(makeFolder('/proc/holdfast/data'), { code: 'ENOENT' })
})
