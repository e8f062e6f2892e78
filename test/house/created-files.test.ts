import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join, matchesGlob } from 'node:path'
import { test } from 'node:test'
import { filesBelow, ROOT } from './sources.ts'

/** How a command names a file of this folder that it writes. Paths into other folders have a slash. */
const WRITES = /(?:> ?|-out |-keyout |--outfile |\btee )([A-Za-z][\w-]*\.[a-z][\w.-]*)(?![\w./-])/g

test('git and the style check ignore every file that the README and the how-to guides create here', async () => {
  const pages = await filesBelow('docs/how-to', '.md')
  const named = pages.flatMap(({ text }) =>
    [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
      [...block.matchAll(WRITES)].map(([, name = '']) => name),
    ),
  )
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
  const saved = [...readme.matchAll(/Save it as `([^`]+)`/g)].map(([, name = '']) => name)
  const files = [...new Set([...named, ...saved])].sort()
  assert.ok(saved.length > 0 && files.includes('ada.secret'), 'files were found')
  const ignore = await readFile(join(ROOT, '.gitignore'), 'utf8')
  const patterns = ignore
    .split('\n')
    .flatMap((line) => (/^\/?[\w*.-]+$/.test(line) ? [line.replace('/', '')] : []))
  const left = files.filter((file) => !patterns.some((pattern) => matchesGlob(file, pattern)))
  assert.deepEqual(left, [], 'add these to .gitignore')
})
