import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { removeFolder } from './remove-folder.ts'

/** Permissions do not hold root. */
const NOBODY = 65_534
const isRoot = process.geteuid?.() === 0

async function asNobody(task: () => Promise<void>): Promise<void> {
  if (isRoot) process.seteuid?.(NOBODY)
  try {
    await task()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

test('a folder goes with all that a function has made read-only, and what links name stays', async () => {
  await asNobody(async () => {
    const base = await mkdtemp(join(tmpdir(), 'holdfast-remove-folder-'))
    const outside = join(base, 'outside')
    await mkdir(outside, { mode: 0o500 })
    const folder = join(base, 'running')
    const inner = join(folder, 'tmp', 'modules', 'inner')
    await mkdir(inner, { recursive: true })
    await writeFile(join(inner, 'file'), '')
    await symlink(outside, join(folder, 'link'))
    await chmod(inner, 0o000)
    await chmod(join(folder, 'tmp', 'modules'), 0o500)
    await removeFolder(folder)
    assert.deepEqual(await readdir(base), ['outside'])
    assert.equal((await stat(outside)).mode & 0o777, 0o500)
    await removeFolder(base)
    await removeFolder(base)
  })
})
