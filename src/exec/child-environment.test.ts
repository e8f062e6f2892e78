import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { UsageError } from '../base/usage-error.ts'
import { withFiles } from './child-environment.ts'
import { writePrivateFiles } from './private-files.ts'

const folder = await mkdtemp(join(tmpdir(), 'holdfast-files-'))
after(() => rm(folder, { recursive: true }))

test('the variables of files do not depend on their order, also when one has the name of another file variable', () => {
  const paths = [
    ['A', '/f/A'],
    ['A_FILE', '/f/A_FILE'],
  ] as const
  const variables = new Map([
    ['A', 'kms:1'],
    ['A_FILE', 'kms:2'],
  ])
  for (const given of [paths, paths.toReversed()])
    assert.deepEqual(withFiles(variables, new Map(given)), { A_FILE: '/f/A', A_FILE_FILE: '/f/A_FILE' })
})

test('a name that is no file name is refused, and no file is written outside the private folder', async () => {
  for (const name of ['../outside', 'a/b', '..', '.', '']) {
    const values = new Map([
      ['FINE', new Uint8Array(1)],
      [name, new Uint8Array(1)],
    ])
    await assert.rejects(writePrivateFiles(folder, values), UsageError, name)
    assert.deepEqual(await readdir(folder), [])
  }
})
