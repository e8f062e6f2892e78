import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { dirname, normalize } from 'node:path/posix'
import { test } from 'node:test'
import { filesBelow, ROOT, type SourceFile, serverFiles } from './sources.ts'

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
  // It knows tokens and their libraries, and nothing of KMS; custody and kms use keys in tokens.
  pkcs11: ['base', 'crypto'],
  'xks/protocol': ['base', 'crypto'],
  'xks/client': ['base', 'sigv4', 'xks/protocol'],
  audit: ['base', 'api', 'crypto', 'store'],
  'insights/detector': ['base', 'crypto'],
  // It derives from the audit log what it counts and finds, so it reads the log as audit does.
  'audit-index': ['base', 'crypto', 'store', 'audit', 'insights/detector'],
  insights: ['base', 'crypto', 'store', 'audit', 'audit-index', 'insights/detector'],
  // The thread on which the index is made and the detector runs.
  'audit-index/thread': [
    ...['base', 'api', 'crypto', 'store', 'audit', 'audit-index', 'insights', 'insights/detector'],
  ],
  usage: ['base', 'store'],
  dispatch: ['base', 'api', 'policy', 'sigv4', 'store', 'audit', 'quotas'],
  kms: [
    ...['base', 'api', 'policy', 'store', 'custody', 'attestation', 'quotas', 'dispatch'],
    ...['xks/protocol', 'xks/client', 'pkcs11'],
  ],
  cloudtrail: [
    ...['base', 'api', 'crypto', 'policy', 'store', 'audit', 'audit-index', 'audit-index/thread'],
    ...['dispatch', 'client'],
  ],
  iam: ['base', 'api', 'policy', 'store', 'custody', 'quotas', 'dispatch'],
  // What reports say is computed from facts that are given to it; another layer gathers them from everybody's records.
  compliance: ['base', 'api', 'crypto', 'policy', 'store', 'audit'],
  'compliance/gather': [
    ...['base', 'api', 'policy', 'store', 'audit-index', 'dispatch', 'kms', 'iam', 'compliance'],
  ],
  'usage-api': [
    ...['base', 'api', 'crypto', 'policy', 'store', 'custody', 'quotas', 'audit-index', 'audit-index/thread'],
    ...['usage', 'dispatch', 'cloudtrail', 'kms', 'iam', 'compliance', 'compliance/gather', 'explain'],
  ],
  // It decides recorded calls again by the operations' own finding of what they need, and runs none.
  explain: ['base', 'api', 'policy', 'store', 'audit-index', 'dispatch', 'kms', 'iam'],
  // It serves the web console's files, and signs in to it; the HTTP server forwards requests to it.
  'console-server': ['base', 'api', 'sigv4', 'crypto', 'store', 'custody', 'audit', 'dispatch', 'iam'],
  jobs: ['base', 'store', 'audit', 'audit-index/thread', 'insights/detector', 'kms', 'pkcs11'],
  // The endpoints of events are in a file of their own, which config parses and nobody else reads.
  notifications: [
    ...['base', 'crypto', 'store', 'config', 'audit', 'audit-index', 'audit-index/thread', 'client'],
  ],
  // It reads what others know and is told the rest by callbacks: nobody below imports it.
  metrics: ['base', 'api', 'store', 'audit', 'audit-index/thread', 'dispatch', 'kms', 'cloudtrail'],
  http: ['base', 'api', 'dispatch'],
  // Buckets and objects: it decides by dispatch, and calls KMS only by the function that it gets.
  s3: [...['base', 'api', 'crypto', 'policy', 'sigv4', 'store', 'custody', 'quotas', 'dispatch', 'http']],
  // Functions: it decides by dispatch, calls KMS only by the function that it gets, and is given the roles of IAM.
  lambda: ['base', 'api', 'crypto', 'policy', 'sigv4', 'store', 'quotas', 'dispatch', 'http'],
  client: ['base', 'api', 'crypto', 'sigv4'],
  // What `holdfast exec` does on the machine; the command makes the calls.
  exec: ['base'],
  // The plug-in for API servers of Kubernetes; the command gives it the calls of KMS.
  'kubernetes-kms': ['base', 'crypto'],
  // What `holdfast volume` does with devices and headers; the command gives it the calls of KMS.
  volume: ['base', 'crypto'],
  'xks/server': [...['base', 'api', 'sigv4', 'store', 'custody', 'audit', 'dispatch', 'kms', 'xks/protocol']],
  // Backups: made from a snapshot of the records and the files of the log, and read back.
  backup: ['base', 'crypto', 'custody', 'store', 'audit'],
  'app/kms-caller.ts': ['config', 'client', 'custody'],
  'app/pin-guard.ts': ['base', 'pkcs11', 'store'],
  'app/tokens.ts': ['base', 'config', 'crypto', 'pkcs11', 'app/pin-guard.ts'],
  'app/root-key.ts': [
    'base',
    'config',
    'custody',
    'store',
    'app/kms-caller.ts',
    'app/tokens.ts',
    'app/sealed-state.ts',
    'app/share-holders.ts',
  ],
  'app/store.ts': ['base', 'config', 'store'],
  'app/share-holders.ts': ['base', 'custody'],
  'app/sealed-state.ts': ['base', 'config', 'custody'],
  // Where the audit log is.
  'app/audit-place.ts': ['base', 'config', 'audit', 'store', 'app/store.ts'],
  'app/local-socket.ts': ['base'],
  // How processes on one data folder reach each other.
  'app/control.ts': ['base', 'config', 'custody', 'store', 'app/local-socket.ts'],
  'app/deployment.ts': [
    ...['base', 'config', 'crypto', 'custody', 'audit', 'backup', 'iam', 'store', 'app/root-key.ts'],
    ...['app/store.ts', 'app/audit-place.ts', 'app/control.ts'],
    'app/sealed-state.ts',
  ],
  'app/sealing.ts': ['base', 'config', 'audit', 'app/control.ts', 'app/deployment.ts', 'app/root-key.ts'],
  'app/rotate-root.ts': [
    ...['base', 'config', 'custody', 'audit', 'kms', 'store', 'app/root-key.ts', 'app/control.ts'],
    ...['app/deployment.ts', 'app/store.ts'],
  ],
  'app/rotation-job.ts': [
    ...['base', 'config', 'custody', 'audit', 'jobs', 'app/root-key.ts', 'app/rotate-root.ts'],
  ],
  'app/backup-root.ts': ['base', 'config', 'custody', 'backup', 'app/root-key.ts'],
  'app/backup.ts': [
    ...['base', 'config', 'custody', 'audit', 'store', 'backup', 'app/deployment.ts', 'app/root-key.ts'],
    'app/rehearse.ts',
  ],
  'app/restored-records.ts': [
    ...['base', 'crypto', 'custody', 'audit', 'store', 'backup', 'kms', 'app/deployment.ts'],
  ],
  'app/restore.ts': [
    ...['base', 'config', 'crypto', 'custody', 'store', 'backup', 'app/backup-root.ts'],
    ...['app/deployment.ts', 'app/restored-records.ts', 'app/root-key.ts'],
  ],
  'app/rehearse.ts': [
    ...['base', 'config', 'crypto', 'custody', 'audit', 'store', 'backup', 'kms', 'compliance'],
    ...['app/backup-root.ts', 'app/deployment.ts', 'app/restore.ts', 'app/root-key.ts'],
    'app/control.ts',
  ],
  'app/backup-job.ts': ['base', 'config', 'audit', 'backup', 'jobs', 'store', 'app/backup.ts'],
  'app/witnessed.ts': ['base', 'config', 'audit', 'backup', 'jobs', 'store', 'app/deployment.ts'],
  'app/accept-restore.ts': ['base', 'config', 'audit', 'store', 'backup', 'app/deployment.ts'],
  'app/migrate.ts': [
    ...['base', 'config', 'audit', 'store', 'app/deployment.ts', 'app/root-key.ts', 'app/store.ts'],
  ],
  'app/tls.ts': ['base', 'config', 'crypto'],
  'app/prove-paths.ts': ['base', 'config', 'custody', 'audit', 'jobs', 'store', 'app/root-key.ts'],
  'app/unseal-socket.ts': ['base', 'config', 'custody', 'app/local-socket.ts', 'app/control.ts', 'store'],
  'app/seal.ts': [
    'base',
    'config',
    'custody',
    'audit',
    'app/root-key.ts',
    'app/deployment.ts',
    'app/sealed-state.ts',
    'app/control.ts',
  ],
  'app/given-shares.ts': ['base', 'custody'],
  'app/sealed.ts': [
    ...['base', 'api', 'config', 'custody', 'dispatch', 'http', 'app/root-key.ts', 'app/deployment.ts'],
    ...['app/tls.ts', 'app/unseal-socket.ts'],
    'app/sealed-state.ts',
    'app/given-shares.ts',
  ],
  'app/sealed-doors.ts': ['base', 'config', 's3', 'xks/protocol', 'app/sealed.ts'],
  'app/given-files.ts': [
    ...['base', 'config', 'crypto', 'attestation', 'usage', 'notifications', 'cloudtrail', 'iam'],
    ...['console-server', 'pkcs11', 'app/deployment.ts', 'app/tls.ts', 'app/tokens.ts'],
  ],
  'app/archive.ts': [
    ...['base', 'store', 'config', 'audit', 'cloudtrail', 'notifications', 'jobs', 'app/deployment.ts'],
  ],
  'app/call-bounds.ts': ['config', 'dispatch', 'metrics'],
  'app/metrics.ts': ['base', 'config', 'http', 'metrics', 'app/deployment.ts', 'app/tls.ts'],
  'app/console.ts': [
    ...['base', 'store', 'config', 'custody', 'audit', 'dispatch', 'client', 'iam', 'http', 'console-server'],
    ...['app/deployment.ts', 'app/given-files.ts'],
  ],
  'app/operator.ts': [
    ...['base', 'store', 'config', 'audit', 'iam', 'console-server', 'notifications'],
    'app/deployment.ts',
  ],
  'app/explaining.ts': [
    ...['base', 'api', 'store', 'custody', 'quotas', 'dispatch', 'cloudtrail', 'kms', 'iam', 'explain'],
    ...['pkcs11', 'usage-api'],
  ],
  'app/explain.ts': [
    ...['base', 'api', 'config', 'custody', 'xks/client', 'audit', 'audit-index', 'kms', 'explain'],
    ...['app/deployment.ts', 'app/explaining.ts'],
  ],
  'app/report-folder.ts': ['audit', 'compliance', 'crypto', 'usage-api'],
  'app/seal-risks.ts': ['compliance', 'app/seal.ts'],
  'app/custody-risks.ts': [
    ...['base', 'config', 'store', 'backup', 'compliance', 'usage-api'],
    ...['app/root-key.ts', 'app/seal.ts', 'app/seal-risks.ts'],
  ],
  'app/report-files.ts': ['base', 'audit', 'compliance', 'crypto'],
  'app/report-facts.ts': [
    ...['base', 'store', 'audit-index', 'compliance', 'compliance/gather', 'app/report-files.ts'],
  ],
  'app/report-thread.ts': ['base', 'audit', 'compliance', 'app/report-files.ts'],
  'app/report-maker.ts': [
    ...['base', 'store', 'audit', 'compliance', 'crypto', 'usage-api', 'app/deployment.ts'],
    ...['app/report-facts.ts', 'app/report-files.ts', 'app/report-thread.ts'],
  ],
  'app/node-reports.ts': [
    ...['base', 'store', 'config', 'crypto', 'audit-index/thread', 'usage-api'],
    ...['app/report-folder.ts', 'app/report-maker.ts', 'app/custody-risks.ts'],
  ],
  'app/log-followers.ts': [
    ...['base', 'store', 'config', 'audit', 'audit-index/thread', 'notifications', 'cloudtrail', 'jobs'],
    'app/deployment.ts',
  ],
  'app/adoption-jobs.ts': ['audit', 'jobs', 'app/audit-place.ts'],
  'app/node-jobs.ts': [
    ...[
      'base',
      'config',
      'crypto',
      'audit',
      'audit-index/thread',
      'notifications',
      'cloudtrail',
      'kms',
      'iam',
    ],
    ...[
      'backup',
      'jobs',
      'metrics',
      'app/prove-paths.ts',
      'app/rotation-job.ts',
      'app/backup-job.ts',
      'app/witnessed.ts',
      'app/audit-place.ts',
      'app/adoption-jobs.ts',
      'app/deployment.ts',
      'app/archive.ts',
    ],
  ],
  'app/warm-up.ts': [
    ...['base', 'store', 'custody', 'pkcs11', 'xks/client', 'quotas', 'sigv4', 'dispatch', 'kms', 'iam'],
  ],
  'app/node.ts': [
    ...[
      'base',
      'api',
      'store',
      'config',
      'crypto',
      'policy',
      'sigv4',
      'attestation',
      'custody',
      'xks/client',
    ],
    ...['quotas', 'audit', 'audit-index', 'audit-index/thread', 'usage', 'notifications', 'dispatch'],
    ...['backup', 'cloudtrail', 'kms', 'iam', 'jobs', 'http', 'client', 'metrics', 'compliance', 'usage-api'],
    ...[
      'explain',
      'app/explaining.ts',
      'app/seal.ts',
      'app/witnessed.ts',
      'app/root-key.ts',
      'app/deployment.ts',
      'app/given-files.ts',
      'app/archive.ts',
      'app/call-bounds.ts',
      'app/console.ts',
      'app/log-followers.ts',
      'app/node-jobs.ts',
      'app/node-reports.ts',
      'app/tokens.ts',
      'app/warm-up.ts',
    ],
    'app/sealing.ts',
  ],
  'app/xks-proxy.ts': [
    ...['base', 'config', 'custody', 'store', 'audit', 'dispatch', 'jobs', 'kms', 'http', 'xks/server'],
    ...['app/deployment.ts', 'app/tls.ts', 'app/node.ts', 'app/witnessed.ts'],
    'app/sealing.ts',
  ],
  // What the processes of S3 and Lambda have in common.
  'app/service-process.ts': [
    ...['base', 'config', 'custody', 'store', 'audit', 'dispatch', 'iam', 'kms', 'notifications', 'quotas'],
    ...['sigv4', 'xks/client', 'app/deployment.ts', 'app/given-files.ts', 'app/tls.ts', 'app/tokens.ts'],
    'app/witnessed.ts',
    'app/sealing.ts',
    'app/control.ts',
  ],
  'app/s3-gateway.ts': [
    ...['base', 'config', 'store', 'http', 's3', 'app/deployment.ts', 'app/service-process.ts'],
    'app/sealing.ts',
  ],
  'app/lambda-roles.ts': [...['base', 'api', 'policy', 'custody', 'store', 'dispatch', 'iam', 'lambda']],
  'app/lambda.ts': [
    ...['base', 'config', 'store', 'http', 'lambda', 'app/lambda-roles.ts', 'app/service-process.ts'],
  ],
  cli: [
    'app/s3-gateway.ts',
    'app/audit-place.ts',
    'app/lambda.ts',
    'console-server',
    ...['base', 'api', 'crypto', 'policy', 'config', 'client', 'audit', 'audit-index', 'usage'],
    ...[
      'notifications',
      'metrics',
      'insights',
      'insights/detector',
      'compliance',
      'compliance/gather',
      'explain',
    ],
    ...['app/deployment.ts', 'app/node.ts', 'app/xks-proxy.ts', 'app/metrics.ts', 'app/operator.ts'],
    ...['app/archive.ts', 'app/explain.ts', 'app/root-key.ts', 'app/seal.ts', 'app/sealed.ts'],
    ...['app/unseal-socket.ts', 'app/tls.ts', 'app/given-files.ts', 'exec', 'kubernetes-kms', 'volume'],
    ...['app/backup.ts', 'app/restore.ts', 'app/accept-restore.ts', 'backup', 'custody', 'app/migrate.ts'],
    ...['app/seal-risks.ts', 'app/report-files.ts', 'app/report-facts.ts'],
    ...['app/control.ts', 'app/rotate-root.ts', 'app/rehearse.ts', 'app/custody-risks.ts'],
    'app/witnessed.ts',
    'app/sealed-doors.ts',
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

/** `kms` of `src/kms/keys/keys.ts`, `xks/client` of `src/xks/client/client.ts`; the name itself of what is not in `src`. */
function layerOf(path: string): string {
  const [root, ...names] = path.split('/')
  if (root !== 'src') return path
  const [layer = '', inner] = names
  // Each file of app is a layer of its own: each puts other dependencies together.
  if (layer === 'app') return names.join('/')
  return `${layer}/${inner}` in MAY_IMPORT ? `${layer}/${inner}` : layer
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

test('no file imports itself by way of others, types included', async () => {
  const folders = ['src', 'test', 'bench', 'scripts']
  const files = (await Promise.all(folders.map((folder) => filesBelow(folder, '.ts')))).flat()
  const graph = new Map(files.map((file) => [file.path, projectImports(file)]))
  assert.ok(graph.size > 600, 'files were found')
  assert.deepEqual(cyclesOf(graph), [])
})

const WHOLE_IMPORT = /^(?:import|export)\b[^;'"`]*?\bfrom '(\.[^']+)'$|\bimport\('(\.[^']+)'\)/gm

/** The files of the project that a file imports, in whatever way. */
function projectImports({ path, text }: SourceFile): readonly string[] {
  return [...text.matchAll(WHOLE_IMPORT)].map(([, statement, expression]) =>
    normalize(`${dirname(path)}/${statement ?? expression}`),
  )
}

/** One way round for each group of files that import each other. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file)
    if (at !== -1) cycles.push([...way.slice(at), file].join(' > '))
    if (at !== -1 || done.has(file)) return
    for (const next of graph.get(file) ?? []) visit(next, [...way, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return cycles
}

test('a group of files that import each other is found', () => {
  const graph = new Map([
    ['a', ['b', 'd']],
    ['b', ['c']],
    ['c', ['a']],
    ['d', []],
  ])
  assert.deepEqual(cyclesOf(graph), ['a > b > c > a'])
})

test('imports of project files are relative and carry .ts', async () => {
  const imports = (await serverFiles()).flatMap(importsOf)
  const wrong = imports.filter(({ specifier }) => specifier.startsWith('.') && !specifier.endsWith('.ts'))
  assert.deepEqual(wrong, [])
})

/** Packages and where they may be imported. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@grpc/grpc-js': ['src/kubernetes-kms/grpc-server.ts'],
  'protobufjs/minimal.js': ['src/kubernetes-kms/messages.ts'],
  pino: ['src/cli/log.ts'],
  otpauth: ['src/custody/one-time-codes.ts'],
  'shamir-secret-sharing': ['src/custody/roots/shares.ts'],
  uqr: ['src/custody/qr-code.ts'],
  commander: ['src/cli/program.ts'],
  '@noble/curves/abstract/weierstrass.js': ['src/crypto/sm2-math.ts'],
  '@noble/curves/ed25519.js': ['src/crypto/noble-tasks.ts'],
  '@noble/curves/nist.js': ['src/crypto/noble-tasks.ts'],
  '@noble/curves/secp256k1.js': ['src/crypto/noble-tasks.ts'],
  '@noble/post-quantum/ml-dsa.js': ['src/crypto/noble-tasks.ts'],
  asn1js: [
    'src/attestation/asn1.ts',
    'src/attestation/certificate.ts',
    'src/attestation/envelope.ts',
    'src/crypto/certificate-authority.ts',
    'src/crypto/sm2.ts',
  ],
  pkijs: ['src/crypto/certificate-authority.ts'],
  cborg: ['src/attestation/cbor.ts', 'src/attestation/cose.ts'],
  jose: ['src/iam/sessions/oidc.ts', 'src/volume/clevis-pin.ts'],
  saxes: ['src/s3/xml.ts'],
  yauzl: ['src/lambda/code-zip.ts'],
  pg: ['src/store/postgres-connection.ts'],
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
  assert.deepEqual(documented, MAY_IMPORT)
})

function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
}
