import assert from 'node:assert/strict'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { testFolder } from '../../test/support/test-folder.ts'
import { removeLeftKeys, withMemoryFile } from './memory-file.ts'

const TEN_MINUTES_MS = 600_000

test('removeLeftKeys removes keys that a killed process has left, and nothing else', async () => {
  using folder = testFolder()
  await mkdir(join(folder.path, '.key-killed'))
  await writeFile(join(folder.path, '.key-killed', 'key'), 'secret')
  await mkdir(join(folder.path, 'volume'))
  const { mtimeMs } = await stat(join(folder.path, '.key-killed'))
  await removeLeftKeys(folder.path, mtimeMs + TEN_MINUTES_MS - 1)
  assert.deepEqual((await readdir(folder.path)).sort(), ['.key-killed', 'volume'])
  await removeLeftKeys(folder.path, mtimeMs + TEN_MINUTES_MS + 1)
  assert.deepEqual(await readdir(folder.path), ['volume'])
})

test('a key that is in use stays when left ones are removed', async () => {
  using folder = testFolder()
  await withMemoryFile(folder.path, new Uint8Array(32), async (path) => {
    await removeLeftKeys(folder.path, (await stat(path)).mtimeMs)
    assert.equal((await stat(path)).size, 32)
  })
  assert.deepEqual(await readdir(folder.path), [])
})
