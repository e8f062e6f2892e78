/** Transcripts of `holdfast`: what people type, and what they read. */

import assert from 'node:assert/strict'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { holdfast, ROOT } from '../support/run.ts'
import { readCredentials, spawnServer, startServer, temporaryFolder } from '../support/server.ts'

let data: string

before(async () => {
  data = await temporaryFolder()
})

after(async () => {
  await rm(data, { recursive: true, force: true })
})

test('holdfast --version is that of package.json', async () => {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  assert.deepEqual(await holdfast(['--version']), { status: 0, out: `${version}\n`, err: '' })
})

test('holdfast without a command prints its help and fails with status 2', async () => {
  const { status, out, err } = await holdfast([])
  assert.equal(status, 2)
  assert.equal(out, '')
  assert.match(err, /^Usage: holdfast COMMAND \[OPTIONS\]\n/)
})

type Refusal = readonly [
  what: string,
  args: readonly string[],
  environment: Record<string, string>,
  message: RegExp,
]

const REFUSALS: readonly Refusal[] = [
  [
    'a command of a group',
    ['organization', 'unit', 'creat'],
    {},
    /^holdfast: unknown command 'creat'\. Did you mean create\? See holdfast organization unit --help\n$/,
  ],
  [
    'a command',
    ['organisation', 'show'],
    {},
    /^holdfast: unknown command 'organisation'\. Did you mean organization\? See holdfast --help\n$/,
  ],
  ['a flag', ['serve', '--port=1'], {}, /^holdfast: unknown option '--port'\. See holdfast serve --help\n$/],
  [
    'a setting',
    ['serve'],
    { HOLDFAST_PORT: '1' },
    /^holdfast: unknown setting HOLDFAST_PORT\. See holdfast serve --help\n$/,
  ],
  [
    'an address',
    ['serve', '--listen=7600'],
    {},
    /^holdfast: --listen: expected ADDRESS:PORT, for example 127\.0\.0\.1:7600 or \[::1\]:7600; got '7600'\n$/,
  ],
  [
    'a port',
    ['serve'],
    { HOLDFAST_LISTEN: '127.0.0.1:65536' },
    /^holdfast: HOLDFAST_LISTEN: expected ADDRESS:PORT, .*; got '127\.0\.0\.1:65536'\n$/,
  ],
  ['an account', ['serve', '--account=12'], {}, /^holdfast: --account: expected 12 digits; got '12'\n$/],
  [
    'a region',
    ['serve'],
    { HOLDFAST_REGION: 'Europe' },
    /^holdfast: HOLDFAST_REGION: expected a region name, for example us-east-1; got 'Europe'\n$/,
  ],
  [
    'a number of workers',
    ['serve', '--workers=0'],
    {},
    /^holdfast: --workers: expected a whole number from 1 to 256, or auto; got '0'\n$/,
  ],
  ['a seal', ['serve', '--seal=paper'], {}, /^holdfast: --seal: expected file or none; got 'paper'\n$/],
  ['a data folder', ['serve', '--data='], {}, /^holdfast: --data: expected a path; got ''\n$/],
  [
    'a root of attestation',
    ['serve', '--attestation-root=/dev/null'],
    {},
    /^holdfast: --attestation-root: cannot use '\/dev\/null': there is no PEM certificate in it\n$/,
  ],
  [
    'a certificate without a key',
    ['serve', '--tls-cert=a.pem'],
    {},
    /^holdfast: --tls-cert and HOLDFAST_TLS_KEY: set both or neither\n$/,
  ],
]

for (const [what, args, environment, message] of REFUSALS) {
  test(`holdfast refuses ${what} that cannot be with status 2`, async () => {
    const { status, out, err } = await holdfast(args, { environment, folder: data })
    assert.match(err, message)
    assert.equal(status, 2)
    assert.equal(out, '')
  })
}

for (const args of [['status'], ['audit', 'verify']]) {
  test(`holdfast ${args.join(' ')} refuses a folder that is no data folder`, async () => {
    const expected = "expected a data folder of Holdfast; got 'nowhere'. holdfast serve creates one"
    const option = await holdfast([...args, '--data=nowhere'], { folder: data })
    assert.deepEqual([option.status, option.err], [2, `holdfast: --data: ${expected}\n`])
    const environment = { HOLDFAST_DATA: 'nowhere' }
    const variable = await holdfast(args, { folder: data, environment })
    assert.deepEqual([variable.status, variable.err], [2, `holdfast: HOLDFAST_DATA: ${expected}\n`])
    await assert.rejects(stat(join(data, 'nowhere')), { code: 'ENOENT' })
  })
}

test('holdfast serve prints where it listens and how to reach it, and stops when asked', async () => {
  const folder = join(data, "it's new")
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    await using server = await startServer({ data: folder, environment: { HOLDFAST_REGION: 'eu-west-1' } })
    const env = await holdfast(['env', `--data=${folder}`, '--region=eu-west-1'])
    assert.equal(env.status, 0)
    assert.deepEqual(env.out.split('\n'), [
      `export AWS_ENDPOINT_URL_KMS=${server.endpoint}`,
      `export AWS_ENDPOINT_URL_IAM=${server.endpoint}`,
      `export AWS_ENDPOINT_URL_STS=${server.endpoint}`,
      `export AWS_ENDPOINT_URL_CLOUDTRAIL=${server.endpoint}`,
      'export AWS_REGION=eu-west-1',
      'export AWS_DEFAULT_REGION=eu-west-1',
      `export AWS_SHARED_CREDENTIALS_FILE='${data}/it'\\''s new/credentials'`,
      'export AWS_PROFILE=default',
      '',
    ])
    const ended = new Promise((resolve) => server.process.once('close', resolve))
    server.process.kill(signal)
    assert.equal(await ended, 0)
    assert.deepEqual(server.output().split('\n'), [
      `Holdfast serves on ${server.endpoint}`,
      `  data         ${folder}`,
      `  credentials  ${folder}/credentials (root user of account 000000000000)`,
      '',
      'Point AWS clients at it:',
      ...env.out
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
      'stopping: finishing requests in flight',
      '',
    ])
  }
})

test('files with secrets are readable by their owner only', async () => {
  const folder = join(data, 'modes')
  await using server = await startServer({ data: folder })
  const mode = async (name: string): Promise<string> =>
    ((await stat(join(folder, name))).mode & 0o777).toString(8)
  assert.equal(await mode('.'), '700')
  for (const name of ['credentials', 'root.key', 'holdfast.db']) assert.equal(await mode(name), '600', name)
  assert.equal(await server.stop(), 0)
})

test('a second start keeps the credentials, and does not write them again', async () => {
  const folder = join(data, 'twice')
  const start = async (): Promise<void> => {
    await using server = await startServer({ data: folder })
    assert.equal(await server.stop(), 0)
  }
  await start()
  const first = await readCredentials(folder)
  assert.match(
    await readFile(join(folder, 'credentials'), 'utf8'),
    /^\[default\]\naws_access_key_id = AKIA[A-Z2-7]{16}\naws_secret_access_key = [A-Za-z0-9+/]{40}\n$/,
  )
  await start()
  assert.deepEqual(await readCredentials(folder), first)
  await rm(join(folder, 'credentials'))
  const again = spawnServer(folder)
  await again.serves
  again.signal('SIGTERM')
  assert.equal(await again.ended, 0)
  await assert.rejects(stat(join(folder, 'credentials')), { code: 'ENOENT' })
})

test('holdfast status says whether the server is ready, with its exit status too', async () => {
  const folder = join(data, 'status')
  await using server = await startServer({ data: folder })
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  await fetch(server.endpoint, { method: 'POST' })
  const up = await holdfast(['status', `--data=${folder}`])
  assert.match(
    up.err,
    /^warning: a key in the data folder opens the root key.*\nwarning: there is one unlock path.*\nwarning: there is no backup.*\n$/,
  )
  assert.match(
    up.out,
    new RegExp(
      `^release {6}${version}\nendpoint {5}${server.endpoint}: ready\ndata {9}${folder}\naccount {6}0{12}\n`,
    ),
  )
  assert.equal(up.status, 0)
  assert.equal(await server.stop(), 0)
  const down = await holdfast(['status', `--data=${folder}`])
  assert.equal(down.status, 1)
  assert.doesNotMatch(down.out, /: ready\n/)
  assert.match(down.out, /^audit log {4}node-0: \d+ events$/m)
  assert.match(down.out, /^unlock path {2}file \(file\): never proved$/m)
})

test('holdfast status names the accounts of the folder, whatever the setting', async () => {
  const folder = join(data, 'status-accounts')
  for (const account of ['222222222222', '111111111111']) {
    await using server = await startServer({ data: folder, environment: { HOLDFAST_ACCOUNT: account } })
    assert.equal(await server.stop(), 0)
  }
  const { out } = await holdfast(['status', `--data=${folder}`])
  assert.deepEqual(out.match(/^account.*$/gm), ['account      111111111111', 'account      222222222222'])
})

test('holdfast status does not take another server for that of its folder', async () => {
  const folder = join(data, 'status-stopped')
  await using server = await startServer({ data: folder })
  assert.equal(await server.stop(), 0)
  await using other = await startServer()
  const down = await holdfast(['status', `--data=${folder}`, `--listen=${new URL(other.endpoint).host}`])
  assert.match(down.out, /^endpoint {5}none: no server runs on this folder$/m)
  assert.equal(down.status, 1)
})

test('holdfast audit verify counts a whole log and names the first damaged place', async () => {
  const folder = join(data, 'verify')
  await using server = await startServer({ data: folder })
  await fetch(server.endpoint, { method: 'POST' })
  assert.equal(await server.stop(), 0)
  const whole = await holdfast(['audit', 'verify', `--data=${folder}`])
  assert.deepEqual(whole, { status: 0, out: 'intact: 1 event in 1 batch, 1 segment, 1 node\n', err: '' })
  const segment = join(folder, 'audit/node-0/0000000000000001.jsonl')
  const text = await readFile(segment, 'utf8')
  await writeFile(segment, text.replace('127.0.0.1', '127.0.0.2'))
  const damaged = await holdfast(['audit', 'verify', `--data=${folder}`])
  assert.equal(damaged.status, 1)
  assert.equal(damaged.out, '')
  assert.match(damaged.err, /^DAMAGED: .*node-0.*0000000000000001\.jsonl/)
})

test('a server without its root key does not start, and makes no new one', async () => {
  const folder = join(data, 'keyless')
  {
    await using server = await startServer({ data: folder })
    assert.equal(await server.stop(), 0)
  }
  await rm(join(folder, 'root.key'))
  const { status, err } = await holdfast(['serve', `--data=${folder}`, '--listen=127.0.0.1:0'])
  assert.equal(status, 1)
  assert.equal(
    err,
    `holdfast: the root key of ${folder} cannot be opened. file: its key ${folder}/root.key is missing: restore it\n`,
  )
  await assert.rejects(stat(join(folder, 'root.key')), { code: 'ENOENT' })
})

test('a port that is taken stops the start with a message', async () => {
  await using server = await startServer()
  const address = new URL(server.endpoint).host
  const folder = join(data, 'taken')
  const { status, err } = await holdfast(['serve', `--data=${folder}`, `--listen=${address}`])
  assert.equal(status, 1)
  assert.match(
    err,
    /^holdfast: HOLDFAST_LISTEN cannot be used: .*EADDRINUSE.*: end what listens there, .*\n$/,
  )
})
