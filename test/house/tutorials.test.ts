import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { codeBlock } from '../support/pages.ts'
import { filesBelow, ROOT } from './sources.ts'

/** The pages of docs/tutorials, the file that each shows, and its language. */
const TUTORIALS: Readonly<Record<string, readonly [file: string, language: string]>> = {
  'docs/tutorials/aws-cli.md': ['examples/aws-cli/first-key.sh', 'sh'],
  'docs/tutorials/go.md': ['examples/go/main.go', 'go'],
  'docs/tutorials/java.md': ['examples/java/FirstKey.java', 'java'],
  'docs/tutorials/javascript.md': ['examples/javascript/first-key.mjs', 'js'],
  'docs/tutorials/python.md': ['examples/python/first_key.py', 'python'],
  'docs/tutorials/terraform.md': ['examples/terraform/main.tf', 'hcl'],
}

test('every tutorial shows its file as it is', async () => {
  const pages = (await filesBelow('docs/tutorials', '.md')).map(({ path }) => path)
  assert.deepEqual(Object.keys(TUTORIALS), pages)
  for (const [page, [file, language]] of Object.entries(TUTORIALS)) {
    assert.equal(
      await codeBlock(page, 'The program', language),
      await readFile(join(ROOT, file), 'utf8'),
      page,
    )
  }
})
