import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemRandom } from '../../base/ports.ts'
import { fileSeal } from './file.ts'
import { SealError } from './root.ts'

async function inFolder(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-seal-'))
  try {
    await run(join(folder, 'root.key'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('a file seal that has no file gives nothing', () =>
  inFolder(async (path) => {
    assert.equal(await fileSeal(path, systemRandom).open(), undefined)
  }))

test('a file seal opens the key that it has made, from a file that only its owner can read', () =>
  inFolder(async (path) => {
    const made = await fileSeal(path, systemRandom).create()
    const opened = await fileSeal(path, systemRandom).open()
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
    assert.equal(opened?.reveal(hex), made.reveal(hex))
    assert.equal(made.sizeBytes, 32)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
  }))

test('a file seal never makes a key in the place of another', () =>
  inFolder(async (path) => {
    const seal = fileSeal(path, systemRandom)
    await seal.create()
    const before = await readFile(path, 'utf8')
    await assert.rejects(seal.create(), SealError)
    assert.equal(await readFile(path, 'utf8'), before)
  }))

test('of several processes that make a key at once, one succeeds', () =>
  inFolder(async (path) => {
    const attempts = Array.from({ length: 8 }, () => fileSeal(path, systemRandom).create())
    const results = await Promise.allSettled(attempts)
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.ok(await fileSeal(path, systemRandom).open())
  }))

test('a file seal refuses a file that others can read and says how to mend it', () =>
  inFolder(async (path) => {
    await fileSeal(path, systemRandom).create()
    await chmod(path, 0o640)
    await assert.rejects(fileSeal(path, systemRandom).open(), /can be read by others.*chmod 600/)
  }))

test('a file seal refuses a file of which any character was changed', () =>
  inFolder(async (path) => {
    await fileSeal(path, systemRandom).create()
    const whole = await readFile(path, 'utf8')
    for (let at = 0; at < whole.trimEnd().length; at += 1) {
      const changed = whole[at] === 'x' ? 'y' : 'x'
      await writeFile(path, whole.slice(0, at) + changed + whole.slice(at + 1))
      await assert.rejects(fileSeal(path, systemRandom).open(), /is damaged: restore it/, `character ${at}`)
    }
  }))
