import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { test } from 'node:test'
import { filesBelow, ROOT } from './sources.ts'

test('npm run test:faults runs every file whose campaign npm test runs a slice of', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const command = String(scripts['test:faults'])
  assert.match(command, /^CAMPAIGNS=whole /)
  const patterns = [...command.matchAll(/"([^"]+\.test\.ts)"/g)].map(([, pattern = '']) => pattern)
  const run = new Set(globSync(patterns, { cwd: ROOT }).map((path) => path.replaceAll(sep, '/')))
  const tests = [...(await filesBelow('src', '.test.ts')), ...(await filesBelow('test', '.test.ts'))]
  const sliced = tests.filter(({ text }) => /^import .* from '.*\/support\/campaign\.ts'$/m.test(text))
  assert.ok(sliced.length > 0, 'campaigns were found')
  assert.deepEqual(
    sliced.map(({ path }) => path).filter((path) => !run.has(path)),
    [],
  )
})
