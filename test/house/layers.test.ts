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
  quotas: ['base', 'api'],
  config: ['base'],
  crypto: ['base', 'api'],
  policy: ['base', 'api'],
  sigv4: ['base', 'api', 'crypto'],
  attestation: ['base', 'crypto'],
  custody: ['base', 'api', 'crypto'],
  xks: ['base', 'crypto', 'sigv4'],
  audit: ['base', 'api', 'crypto', 'store'],
  insights: ['base', 'crypto'],
  // It derives from the audit log what it counts and finds, so it reads the log as audit does.
  metering: ['base', 'api', 'crypto', 'store', 'audit', 'insights'],
  dispatch: ['base', 'api', 'policy', 'sigv4', 'store', 'audit', 'quotas'],
  kms: ['base', 'api', 'policy', 'store', 'custody', 'attestation', 'quotas', 'dispatch', 'xks'],
  cloudtrail: ['base', 'api', 'crypto', 'policy', 'store', 'audit', 'metering', 'dispatch', 'client'],
  iam: ['base', 'api', 'policy', 'store', 'custody', 'quotas', 'dispatch'],
  // What reports say is computed from facts that are given to it; another layer gathers them from everybody's records.
  reports: ['base', 'api', 'crypto', 'policy', 'store', 'audit', 'metering'],
  reporting: [
    ...['base', 'api', 'crypto', 'policy', 'store', 'metering', 'dispatch'],
    ...['cloudtrail', 'kms', 'iam', 'reports'],
  ],
  // It decides recorded calls again by the operations' own finding of what they need, and runs none.
  explaining: ['base', 'api', 'policy', 'store', 'metering', 'dispatch', 'kms', 'iam'],
  jobs: ['base', 'store', 'audit', 'kms'],
  // The endpoints of events are in a file of their own, which config parses and nobody else reads.
  events: ['base', 'crypto', 'store', 'config', 'audit', 'metering', 'client'],
  // It reads what others know and is told the rest by callbacks: nobody below imports it.
  metrics: ['base', 'api', 'store', 'audit', 'metering', 'dispatch', 'kms', 'cloudtrail'],
  http: ['base', 'api', 'dispatch'],
  client: ['base', 'api', 'crypto', 'sigv4'],
  proxy: ['base', 'api', 'sigv4', 'store', 'custody', 'audit', 'dispatch', 'kms', 'xks'],
  cli: [
    'base',
    'api',
    'policy',
    'config',
    'client',
    'audit',
    'metering',
    'events',
    'metrics',
    'insights',
    'reports',
    'reporting',
    'deployment.ts',
    'app.ts',
    'proxy-app.ts',
    'monitoring.ts',
    'operator.ts',
    'archiving.ts',
    'explaining',
    'explainer.ts',
  ],
  'archiving.ts': ['base', 'store', 'config', 'audit', 'cloudtrail', 'events', 'jobs', 'deployment.ts'],
  'monitoring.ts': ['base', 'config', 'http', 'metrics', 'deployment.ts'],
  'operator.ts': ['base', 'store', 'config', 'audit', 'iam', 'events', 'deployment.ts'],
  'explainer.ts': [
    'deployment.ts',
    ...['base', 'api', 'store', 'config', 'custody', 'xks', 'quotas', 'audit', 'metering', 'dispatch'],
    ...['cloudtrail', 'kms', 'iam', 'explaining'],
  ],
  'deployment.ts': ['base', 'config', 'crypto', 'custody', 'audit', 'iam', 'store'],
  'given-files.ts': [
    'deployment.ts',
    ...['base', 'config', 'crypto', 'attestation', 'metering', 'events', 'cloudtrail', 'iam'],
  ],
  'app.ts': [
    'deployment.ts',
    'given-files.ts',
    'archiving.ts',
    ...['base', 'api', 'store', 'config', 'crypto', 'policy', 'sigv4', 'attestation', 'custody', 'xks'],
    ...['quotas', 'audit', 'metering', 'events', 'dispatch', 'cloudtrail', 'kms', 'iam', 'jobs', 'http'],
    ...['client', 'metrics'],
    ...['reports', 'reporting'],
  ],
  'proxy-app.ts': [
    'deployment.ts',
    'app.ts',
    'base',
    'config',
    'custody',
    'store',
    'audit',
    'dispatch',
    'kms',
    'http',
    'proxy',
  ],
  'main.ts': ['base', 'cli'],
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
  pino: ['src/cli/log.ts'],
  '@noble/curves/abstract/weierstrass.js': ['src/crypto/sm2-math.ts'],
  '@noble/curves/ed25519.js': ['src/crypto/noble-tasks.ts'],
  '@noble/curves/nist.js': ['src/crypto/noble-tasks.ts'],
  '@noble/curves/secp256k1.js': ['src/crypto/noble-tasks.ts'],
  '@noble/post-quantum/ml-dsa.js': ['src/crypto/noble-tasks.ts'],
  asn1js: [
    'src/attestation/asn1.ts',
    'src/attestation/certificate.ts',
    'src/attestation/envelope.ts',
    'src/crypto/sm2.ts',
  ],
  cborg: ['src/attestation/cbor.ts', 'src/attestation/cose.ts'],
  jose: ['src/iam/oidc.ts'],
  '@opentelemetry/api': ['src/metrics/exposition.ts', 'src/metrics/otlp.ts'],
  '@opentelemetry/core': ['src/metrics/otlp.ts'],
  '@opentelemetry/exporter-metrics-otlp-http': ['src/metrics/otlp.ts'],
  '@opentelemetry/exporter-prometheus': ['src/metrics/exposition.ts'],
  '@opentelemetry/exporter-trace-otlp-http': ['src/metrics/otlp.ts'],
  '@opentelemetry/resources': ['src/metrics/exposition.ts', 'src/metrics/otlp.ts'],
  '@opentelemetry/sdk-metrics': ['src/metrics/exposition.ts', 'src/metrics/otlp.ts'],
  '@opentelemetry/sdk-trace': ['src/metrics/otlp.ts'],
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
  assert.match(
    table,
    /\| `app.ts` +\| `deployment.ts`, and every layer but `cli`, `explaining` and `proxy`; `archiving.ts`, `given-files.ts` +\|/,
  )
})

function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
}
