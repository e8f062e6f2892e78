import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { testFolder } from '../../test/support/test-folder.ts'
import { claimFileLock } from './file-lock.ts'
import { StoreFailure } from './port.ts'

const HOLD = `
  const { claimFileLock } = await import(process.argv[1])
  const lock = claimFileLock(process.argv[2])
  process.stdout.write(lock === undefined ? 'refused' : 'held')
  setInterval(() => lock, 1000)
`

test('claimFileLock is refused while another process holds the lock, and given once that is killed', async () => {
  using folder = testFolder()
  const path = join(folder.path, 'lock')
  const module = new URL('./file-lock.ts', import.meta.url).href
  const child = spawn(process.execPath, ['--input-type=module', '-e', HOLD, module, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = await once(child.stdout, 'data')
  assert.equal(String(said), 'held')
  assert.equal(claimFileLock(path), undefined)
  assert.equal(claimFileLock(path), undefined)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const lock = claimFileLock(path)
  assert.ok(lock !== undefined)
  lock.release()
})

test('claimFileLock is refused within a process too, until the lock is released', () => {
  using folder = testFolder()
  const path = join(folder.path, 'lock')
  const lock = claimFileLock(path)
  assert.ok(lock !== undefined)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(claimFileLock(path), undefined)
  lock.release()
  const again = claimFileLock(path)
  assert.ok(again !== undefined)
  again.release()
})

test('claimFileLock throws StoreFailure when the file cannot be made', () => {
  using folder = testFolder()
  assert.throws(() => claimFileLock(join(folder.path, 'no', 'such', 'folder')), StoreFailure)
})
