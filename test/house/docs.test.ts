import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { versionProblems } from '../../scripts/release-check.ts'
import { filesBelow, ROOT, type SourceFile } from './sources.ts'

/** The pages of the project: those at its root, and all in its folders. */
async function pages(): Promise<readonly SourceFile[]> {
  const entries = await readdir(ROOT, { withFileTypes: true })
  const atRoot = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
  const texts = atRoot.map(async ({ name: path }) => ({
    path,
    text: await readFile(join(ROOT, path), 'utf8'),
  }))
  const folders = entries.filter((entry) => entry.isDirectory() && FOLDERS.has(entry.name))
  const below = folders.map(({ name }) => filesBelow(name, '.md'))
  return [...(await Promise.all(texts)), ...(await Promise.all(below)).flat()]
}

const FOLDERS: ReadonlySet<string> = new Set([
  'bench',
  'deploy',
  'docs',
  'examples',
  'scripts',
  'src',
  'test',
])

const LINK = /\]\(([^)\s]+)\)/g

test('every relative link of a page leads to a file, and its anchor to a heading', async () => {
  const broken: string[] = []
  let links = 0
  for (const { path, text } of await pages()) {
    for (const [, target = ''] of withoutCode(text).matchAll(LINK)) {
      if (/^[a-z]+:/.test(target)) continue
      links += 1
      if (!(await leadsSomewhere(path, target))) broken.push(`${path}: ${target}`)
    }
  }
  assert.ok(links > 30, 'links were found')
  assert.deepEqual(broken, [])
})

test('links lead from docs/index.md to every page of docs', async () => {
  const all = new Map((await pages()).map(({ path, text }) => [path, text]))
  const reached = new Set<string>()
  const waiting = ['docs/index.md']
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const text = all.get(path)
    if (text === undefined || reached.has(path)) continue
    reached.add(path)
    for (const [, target = ''] of withoutCode(text).matchAll(LINK)) {
      const [file = ''] = target.split('#')
      if (file !== '' && !/^[a-z]+:/.test(file)) waiting.push(join(dirname(path), file))
    }
  }
  const missed = [...all.keys()].filter((path) => path.startsWith('docs/') && !reached.has(path))
  assert.ok(reached.size > 30, 'pages were reached')
  assert.deepEqual(missed, [])
})

test('every page of docs is of one of the four kinds, or a decision', async () => {
  const folders = new Set((await filesBelow('docs', '.md')).map(({ path }) => path.split('/')[1]))
  const kinds = ['decisions', 'explanation', 'how-to', 'index.md', 'reference', 'tutorials']
  assert.deepEqual(
    [...folders].filter((folder) => folder === undefined || !kinds.includes(folder)),
    [],
  )
})

async function leadsSomewhere(path: string, target: string): Promise<boolean> {
  const [file = '', anchor] = target.split('#')
  const place = file === '' ? join(ROOT, path) : join(ROOT, dirname(path), file)
  if (!existsSync(place)) return false
  if (anchor === undefined) return true
  return headingsOf(await readFile(place, 'utf8')).includes(anchor)
}

function headingsOf(text: string): readonly string[] {
  return [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '')
}

const SOURCE_PATH = /`((?:src|test|bench|scripts|bin)\/[A-Za-z0-9_./-]+)`/g

test('every file of the code that a page names is there', async () => {
  const missing: string[] = []
  let named = 0
  for (const { path, text } of await pages()) {
    for (const [, file = ''] of text.matchAll(SOURCE_PATH)) {
      named += 1
      if (!existsSync(join(ROOT, file))) missing.push(`${path}: ${file}`)
    }
  }
  assert.ok(named > 50, 'names were found')
  assert.deepEqual(missing, [])
})

test('the commands that README.md and CONTRIBUTING.md begin with are scripts of package.json', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
  const contributing = await readFile(join(ROOT, 'CONTRIBUTING.md'), 'utf8')
  assert.match(readme, /^npm ci && npm start\b/m)
  assert.match(readme, /^npm ci && npm test\b/m)
  const named = [...`${readme}\n${contributing}`.matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)].map(
    ([, name]) => name,
  )
  assert.ok(named.length > 3)
  for (const name of ['start', 'test', ...named])
    assert.ok(name !== undefined && name in scripts, `${name} is no script`)
})

test('the release is the same everywhere, heads the changelog, and each earlier one has a recorded data folder', async () => {
  assert.deepEqual(await versionProblems(), [])
})

test('the licence is the one that package.json names', async () => {
  const { license } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  assert.equal(license, 'Apache-2.0')
  assert.match(await readFile(join(ROOT, 'LICENSE'), 'utf8'), /Apache License\n\s+Version 2\.0, January 2004/)
})
