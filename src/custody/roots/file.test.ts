import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemRandom } from '../../base/ports.ts'
import { createPathKeyFile, readKeyFile } from './file.ts'
import { SealError } from './root.ts'

async function inFolder(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-seal-'))
  try {
    await run(join(folder, 'root.key'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

const create = (path: string) => createPathKeyFile(path, { replaces: false, random: systemRandom })

test('a key file that does not exist gives nothing', () =>
  inFolder(async (path) => {
    assert.equal(await readKeyFile(path), undefined)
  }))

test('a key file gives the key that it was made with, and only its owner can read it', () =>
  inFolder(async (path) => {
    const made = await create(path)
    const opened = await readKeyFile(path)
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
    assert.equal(opened?.version, 2)
    assert.equal(opened?.secret.reveal(hex), made.reveal(hex))
    assert.equal(made.sizeBytes, 32)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
  }))

test('a key file of an earlier release gives the root key', () =>
  inFolder(async (path) => {
    const encoded = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
    await writeFile(path, `holdfast-root-key:1:${encoded}:905f28de\n`, { mode: 0o600 })
    const opened = await readKeyFile(path)
    assert.equal(opened?.version, 1)
    assert.equal(
      opened?.secret.reveal((bytes) => Buffer.from(bytes).toString('base64')),
      encoded,
    )
  }))

test('a key file is never made in the place of another', () =>
  inFolder(async (path) => {
    await create(path)
    const before = await readFile(path, 'utf8')
    await assert.rejects(create(path), SealError)
    assert.equal(await readFile(path, 'utf8'), before)
  }))

test('of several processes that make a key file at once, one succeeds', () =>
  inFolder(async (path) => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => create(path)))
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.ok(await readKeyFile(path))
  }))

test('a key file that others can read is refused with what to do', () =>
  inFolder(async (path) => {
    await create(path)
    await chmod(path, 0o640)
    await assert.rejects(readKeyFile(path), /can be read by others.*chmod 600/)
  }))

test('a key file of which any character was changed is refused', () =>
  inFolder(async (path) => {
    await create(path)
    const whole = await readFile(path, 'utf8')
    for (let at = 0; at < whole.trimEnd().length; at += 1) {
      // The check does not cover the version: a path key that is taken for a root key has another commitment.
      if (at === 'holdfast-root-key:'.length) continue
      const changed = whole[at] === 'x' ? 'y' : 'x'
      await writeFile(path, whole.slice(0, at) + changed + whole.slice(at + 1))
      await assert.rejects(readKeyFile(path), /is damaged: restore it/, `character ${at}`)
    }
  }))
