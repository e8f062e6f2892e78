import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { dirname, normalize } from 'node:path/posix'
import { test } from 'node:test'
import { ROOT, type SourceFile, serverFiles } from './sources.ts'

/** Who may import whom, beside its own folder. The same table is in CONTRIBUTING.md, and a test compares them. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  api: ['base'],
  store: ['base'],
  config: ['base'],
  crypto: ['base', 'api'],
  policy: ['base', 'api'],
  sigv4: ['base', 'api', 'crypto'],
  custody: ['base', 'api', 'crypto'],
  audit: ['base', 'api', 'crypto', 'store'],
  dispatch: ['base', 'api', 'policy', 'sigv4', 'store', 'audit'],
  kms: ['base', 'api', 'policy', 'store', 'custody', 'dispatch'],
  iam: ['base', 'api', 'policy', 'store', 'custody', 'dispatch'],
  jobs: ['base', 'store', 'audit', 'kms'],
  http: ['base', 'api', 'dispatch'],
  client: ['base', 'api', 'sigv4'],
  'operator.ts': ['base', 'store', 'config', 'audit', 'iam', 'app.ts'],
  cli: ['base', 'api', 'config', 'client', 'audit', 'app.ts', 'operator.ts'],
  'app.ts': [
    ...['base', 'api', 'store', 'config', 'crypto', 'policy', 'sigv4', 'custody', 'audit', 'dispatch'],
    ...['kms', 'iam', 'jobs', 'http', 'client'],
  ],
  'main.ts': ['cli'],
}

const IMPORT = /^(?:import|export|\}).*\bfrom '([^']+)'$|\bimport\('([^']+)'\)/gm

type Import = {
  readonly from: string
  readonly specifier: string
  readonly layer: string
  readonly of: string
}

function importsOf({ path, text }: SourceFile): readonly Import[] {
  return [...text.matchAll(IMPORT)].map(([, statement, expression]) => {
    const specifier = statement ?? expression ?? ''
    const target = specifier.startsWith('.') ? normalize(`${dirname(path)}/${specifier}`) : specifier
    return { from: path, specifier, layer: layerOf(path), of: layerOf(target) }
  })
}

/** `kms` of `src/kms/keys.ts`; the name itself of what is not in `src`. */
function layerOf(path: string): string {
  const [root, layer = root] = path.split('/')
  return root === 'src' ? (layer ?? '') : path
}

test('every folder of src is a layer, and every layer a folder', async () => {
  const found = new Set((await serverFiles()).map(({ path }) => layerOf(path)))
  assert.deepEqual([...found].sort(), Object.keys(MAY_IMPORT).sort())
})

test('a layer imports only the layers that it may', async () => {
  const files = await serverFiles()
  const imports = files.flatMap(importsOf).filter(({ specifier }) => specifier.startsWith('.'))
  assert.ok(files.length > 100, 'files were found')
  assert.ok(imports.length > 400, 'imports were found')
  const wrong = imports.filter(({ layer, of }) => of !== layer && !MAY_IMPORT[layer]?.includes(of))
  assert.deepEqual(
    wrong.map(({ from, specifier }) => `${from} imports ${specifier}`),
    [],
  )
})

test('imports of project files are relative and carry .ts', async () => {
  const imports = (await serverFiles()).flatMap(importsOf)
  const wrong = imports.filter(({ specifier }) => specifier.startsWith('.') && !specifier.endsWith('.ts'))
  assert.deepEqual(wrong, [])
})

/** Packages and where they may be imported. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  jose: ['src/iam/oidc.ts'],
  pino: ['src/cli/log.ts'],
}

test('packages are imported where they are meant to be, and nothing else is', async () => {
  const imports = (await serverFiles()).flatMap(importsOf)
  const packages = imports.filter(({ specifier }) => !/^(?:\.|node:)/.test(specifier))
  assert.ok(packages.length > 0)
  const wrong = packages.filter(({ from, specifier }) => !PACKAGES[specifier]?.includes(from))
  assert.deepEqual(wrong, [])
})

test('CONTRIBUTING.md has the same table', async () => {
  const text = await readFile(`${ROOT}/CONTRIBUTING.md`, 'utf8')
  const [, table = ''] = /^\| layer +\| may import +\|\n([\s\S]*?)\n\n/m.exec(text) ?? []
  const rows = [...table.matchAll(/^\| (`[^|]+?) +\| ([^|]+?) +\|$/gm)]
  const documented: Record<string, readonly string[]> = {}
  for (const [, layers = '', may = ''] of rows) {
    for (const [, layer = ''] of layers.matchAll(/`([^`]+)`/g)) documented[layer] = namesIn(may)
  }
  assert.deepEqual(documented, { ...MAY_IMPORT, 'app.ts': documented['app.ts'] })
  assert.match(table, /\| `app.ts` +\| every layer but `cli` +\|/)
})

function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
}
