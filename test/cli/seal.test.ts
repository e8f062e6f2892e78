/** The unlock paths of the root key, with real servers and programs. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { call, newKey } from '../support/calls.ts'
import { type Finished, runHoldfast } from '../support/command.ts'
import { REGION } from '../support/kms.ts'
import { scrape } from '../support/metrics.ts'
import { NODE_ENVIRONMENT } from '../support/run.ts'
import {
  type Reachable,
  type ServerProcess,
  spawnServer,
  startServer,
  temporaryFolder,
} from '../support/server.ts'
import { until } from '../support/until.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const PASSPHRASE = 'correct horse battery staple'

const folder = await temporaryFolder()
after(() => rm(folder, { recursive: true, force: true }))

const credentials = join(folder, 'credentials')
await mkdir(credentials)
await writeFile(join(credentials, 'holdfast-root'), `${randomBytes(32).toString('base64')}\n`, {
  mode: 0o600,
})

let made = 0

type UsedFolder = { readonly data: string; readonly keyId: string }

/** A path of a new data folder. */
function nextFolder(): string {
  made += 1
  return join(folder, `data-${made}`)
}

/** A data folder that a server has used, with a key in it. */
async function newUsedFolder(): Promise<UsedFolder> {
  const data = nextFolder()
  await using server = await startServer({ data, environment: {} })
  const keyId = await newKey(server)
  await server.stop()
  return { data, keyId }
}

const used = await newUsedFolder()

/** A copy of a data folder that a server has used: no server starts for it. */
function usedFolder(): Promise<UsedFolder> {
  return copyOf(used)
}

async function copyOf({ data: source, keyId }: UsedFolder): Promise<UsedFolder> {
  const data = nextFolder()
  await cp(source, data, { recursive: true, preserveTimestamps: true })
  return { data, keyId }
}

/** Runs a command with a text on standard input and further variables. */
function run(
  data: string,
  args: readonly string[],
  given: { input?: string; env?: object } = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...NODE_ENVIRONMENT, HOLDFAST_DATA: data, ...given.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Without a terminal, also where a person runs the tests.
    detached: true,
  })
  const said = { output: '', errors: '' }
  child.stdout.on('data', (chunk) => {
    said.output += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    said.errors += String(chunk)
  })
  child.stdin.on('error', () => {})
  child.stdin.end(given.input ?? '')
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, ...said })))
}

async function succeed(data: string, args: readonly string[], given: { input?: string; env?: object } = {}) {
  const finished = await run(data, args, given)
  assert.equal(finished.status, 0, `${args.join(' ')}: ${finished.errors}`)
  return finished
}

/** Adds a path, proves it and removes the path `file`. */
async function moveTo(
  data: string,
  add: readonly string[],
  given: { input?: string; env?: object },
): Promise<void> {
  await succeed(data, ['seal', 'add', 'new', ...add], given)
  const [stdin] = add.filter((arg) => arg === '--stdin')
  await succeed(data, ['seal', 'prove', '--path', 'new', ...(stdin === undefined ? [] : [stdin])], given)
  await succeed(data, ['seal', 'remove', 'file'], given)
}

async function eventNames(data: string): Promise<readonly string[]> {
  const text = await readFile(join(data, 'audit/node-0/0000000000000001.jsonl'), 'utf8')
  const found = [...text.matchAll(/"eventName":"(\w*(?:Unlock|RootKey)\w*)"/g)].map(([, name = '']) => name)
  // The server proves paths by itself.
  return found.filter((name) => name !== 'ProveUnlockPath' && name !== 'FailUnlockPath')
}

async function unsealSockets(data: string): Promise<readonly string[]> {
  return (await readdir(join(data, 'run'))).filter((name) => name.endsWith('.unseal'))
}

async function assertEncrypts(server: Reachable, keyId: string): Promise<void> {
  const { status } = await call(server, 'Encrypt', { KeyId: keyId, Plaintext: 'aGVsbG8=' })
  assert.equal(status, 200)
}

const sealed = await usedFolder()
await moveTo(sealed.data, ['--type', 'passphrase', '--stdin'], { input: PASSPHRASE })

test('a new folder has the path file, and status and list warn of it', async () => {
  const { data } = await usedFolder()
  const { output, errors } = await runHoldfast(data, 'seal', 'list', '--json')
  const { paths, warnings } = JSON.parse(output)
  assert.equal(errors, '')
  assert.deepEqual(
    paths.map(({ name, type, unattended, proved }: Record<string, unknown>) => [
      name,
      type,
      unattended,
      proved,
    ]),
    [['file', 'file', true, false]],
  )
  assert.match(warnings[0], /a copy of the folder is a copy of every key/)
  const status = await runHoldfast(data, 'status')
  assert.match(status.output, /unlock path {2}file \(file\): never proved/)
  assert.match(status.errors, /warning: a key in the data folder opens the root key/)
  const key = (await readFile(join(data, 'root.key'), 'latin1')).split(':')
  assert.equal(key[1], '2')
  assert.equal((await stat(join(data, 'seal.json'))).mode & 0o777, 0o600)
})

test('a folder of an earlier release opens unchanged, and a command moves it', async () => {
  const data = nextFolder()
  await mkdir(data, { mode: 0o700 })
  const encoded = randomBytes(32).toString('base64')
  const check = createHash('sha256').update(encoded).digest('hex').slice(0, 8)
  const old = `holdfast-root-key:1:${encoded}:${check}\n`
  await writeFile(join(data, 'root.key'), old, { mode: 0o600 })
  let keyId = ''
  {
    await using server = await startServer({ data })
    keyId = await newKey(server)
    await server.stop()
  }
  assert.equal(await readFile(join(data, 'root.key'), 'utf8'), old)
  const early = await run(data, ['seal', 'add', 'spare', '--type', 'passphrase', '--stdin'], {
    input: PASSPHRASE,
  })
  assert.match(early.errors, /holdfast seal migrate gives it unlock paths/)
  assert.match((await runHoldfast(data, 'seal', 'list')).errors, /root\.key is the root key itself/)
  await succeed(data, ['seal', 'migrate'])
  const text = await readFile(join(data, 'root.key'), 'utf8')
  assert.ok(!text.includes(encoded), 'the root key is no longer in a file')
  await using server = await startServer({ data })
  await assertEncrypts(server, keyId)
  await server.stop()
  assert.match((await succeed(data, ['seal', 'migrate'])).output, /has unlock paths already/)
  assert.deepEqual(await eventNames(data), ['MigrateRootKey'])
})

test('a credential outside the folder opens a server of several workers, and the folder alone does not', async () => {
  const { data, keyId } = await usedFolder()
  const env = { HOLDFAST_SEAL_CREDENTIALS: credentials }
  await moveTo(data, ['--type', 'credential'], { env })
  await assert.rejects(stat(join(data, 'root.key')), { code: 'ENOENT' })
  const closed = await run(data, ['audit', 'verify'])
  assert.equal(closed.status, 1)
  assert.match(closed.errors, /cannot be opened\. new: there is no folder of credentials/)
  await using server = await startServer({
    data,
    environment: { CREDENTIALS_DIRECTORY: credentials, HOLDFAST_WORKERS: '2' },
  })
  await assertEncrypts(server, keyId)
  await server.stop()
  const text = await readFile(join(data, 'audit/node-0/0000000000000001.jsonl'), 'utf8')
  const opening = text.split('\n').filter((line) => line.includes('"OpenRootKey"'))
  assert.equal(opening.length, 1)
  assert.match(opening[0] ?? '', /"path":"new","type":"credential","failures":\[\]/)
})

async function sealedServer(
  data: string,
  environment = {},
): Promise<{ server: ServerProcess; endpoint: string }> {
  const server = spawnServer(data, environment)
  const endpoint = await until(
    'the server is sealed',
    async () => /is sealed on (\S+):/.exec(server.output())?.[1],
  )
  return { server, endpoint }
}

test('a server without an unattended path is sealed until it gets the passphrase', async () => {
  const { data, keyId } = await copyOf(sealed)
  const { server, endpoint } = await sealedServer(data, { HOLDFAST_WORKERS: '2' })
  const ready = await fetch(`${endpoint}/readyz`)
  assert.equal(ready.status, 503)
  assert.match(await ready.text(), /^not ready: sealed: /)
  assert.equal((await fetch(`${endpoint}/healthz`)).status, 200)
  const refused = await fetch(endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': 'TrentService.ListKeys' },
  })
  assert.equal(refused.status, 503)
  assert.match(await refused.text(), /ServiceUnavailableException.*The server is sealed/)
  const shown = await run(data, ['status'])
  assert.match(shown.output, /: not ready: sealed/)
  const wrong = await run(data, ['unseal', '--stdin'], { input: 'correct horse battery stable' })
  assert.deepEqual([wrong.status, wrong.errors], [1, 'holdfast: the passphrase is wrong\n'])
  const [socket = ''] = await unsealSockets(data)
  assert.equal((await stat(join(data, 'run', socket))).mode & 0o777, 0o600)
  const opened = await succeed(data, ['unseal', '--stdin', '--json'], { input: `${PASSPHRASE}\n` })
  assert.deepEqual(JSON.parse(opened.output), { path: 'new', missing: null })
  const serving = await server.serves
  const [, accessKeyId = '', secretAccessKey = ''] =
    /aws_access_key_id = (\S+)\naws_secret_access_key = (\S+)/.exec(
      await readFile(join(data, 'credentials'), 'utf8'),
    ) ?? []
  await assertEncrypts({ endpoint: serving, credentials: { accessKeyId, secretAccessKey } }, keyId)
  assert.deepEqual(await unsealSockets(data), [])
  assert.match(
    (await run(data, ['unseal', '--stdin'], { input: PASSPHRASE })).errors,
    /no sealed server runs/,
  )
  server.signal('SIGTERM')
  assert.equal(await server.ended, 0)
  for (const secret of [PASSPHRASE, 'stable']) {
    assert.ok(
      !`${server.output()}${server.errors()}${wrong.errors}`.includes(secret),
      'no log shows a passphrase',
    )
  }
})

const TERMINAL = '/usr/bin/script'

/** Runs a command at a terminal, and types a line each time that it asks. */
function runAtTerminal(data: string, args: readonly string[], lines: readonly string[]): Promise<Finished> {
  const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ')
  const child = spawn(TERMINAL, ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { ...NODE_ENVIRONMENT, HOLDFAST_DATA: data },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let output = ''
  let asked = 0
  child.stdout.on('data', (chunk) => {
    output += String(chunk)
    const questions = output.split(/(?:assphrase of path \w+|Repeat it): /).length - 1
    for (; asked < questions; asked += 1) child.stdin.write(`${lines[asked]}\r`)
  })
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, output, errors: '' })))
}

const skip = existsSync(TERMINAL) || process.env['CI'] === 'true' ? false : 'there is no program script'

test('a passphrase is typed at the terminal, which does not show it', { skip }, async () => {
  const { data } = await usedFolder()
  const add = ['seal', 'add', 'spare', '--type', 'passphrase']
  const differing = await runAtTerminal(data, add, [PASSPHRASE, `${PASSPHRASE}r`])
  assert.match(differing.output, /the two passphrases differ/)
  const added = await runAtTerminal(data, add, [PASSPHRASE, `${PASSPHRASE}r\u007f`])
  assert.equal(added.status, 0, added.output)
  const proved = await runAtTerminal(data, ['seal', 'prove', '--path', 'spare'], [PASSPHRASE])
  assert.match(proved.output, /spare \(passphrase\): opens/)
  await succeed(data, ['seal', 'remove', 'file'])
  // A command beside no server asks too.
  const verified = await runAtTerminal(data, ['audit', 'verify'], [PASSPHRASE])
  assert.match(verified.output, /intact/)
  for (const { output } of [differing, added, proved, verified]) assert.ok(!output.includes('correct horse'))
})

test('a sealed server stops when it is asked to', async () => {
  const { data } = await copyOf(sealed)
  const { server } = await sealedServer(data)
  server.signal('SIGTERM')
  assert.equal(await server.ended, 0)
  assert.deepEqual(await unsealSockets(data), [])
})

test('a key of another Holdfast opens a server, and says why when it does not', async () => {
  const { data, keyId } = await usedFolder()
  await using other = await startServer()
  const wrapping = await newKey(other)
  const { accessKeyId, secretAccessKey } = other.credentials
  const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
  const place = ['--key-region', REGION, '--endpoint', other.endpoint]
  await moveTo(data, ['--type', 'kms', '--key-id', wrapping, ...place], { env })
  {
    await using server = await startServer({ data, environment: env })
    await assertEncrypts(server, keyId)
    await server.stop()
  }
  const context = await readFile(join(other.data, 'audit/node-0/0000000000000001.jsonl'), 'utf8')
  assert.match(
    context,
    /"encryptionContext":\{"holdfast:deployment":"[0-9a-f-]{36}","holdfast:path":"[0-9a-f-]{36}"\}/,
  )
  assert.equal((await call(other, 'DisableKey', { KeyId: wrapping })).status, 200)
  const { server, endpoint } = await sealedServer(data, env)
  assert.match(server.errors(), /DisabledException/)
  assert.equal((await fetch(`${endpoint}/readyz`)).status, 503)
  server.signal('SIGTERM')
  assert.equal(await server.ended, 0)
  const proved = await run(data, ['seal', 'prove'], { env })
  assert.equal(proved.status, 1)
  assert.match(proved.errors, /cannot be opened\. new: http:.*DisabledException/)
})

test('a second path opens when the first one cannot, and the audit log says so', async () => {
  const { data, keyId } = await usedFolder()
  const env = { HOLDFAST_SEAL_CREDENTIALS: credentials }
  await succeed(data, ['seal', 'add', 'host', '--type', 'credential'], { env })
  await succeed(data, ['seal', 'order', 'host,file'], { env })
  await using server = await startServer({ data })
  await assertEncrypts(server, keyId)
  await server.stop()
  const text = await readFile(join(data, 'audit/node-0/0000000000000001.jsonl'), 'utf8')
  const line = text.split('\n').find((one) => one.includes('"OpenRootKey"')) ?? ''
  assert.match(line, /"path":"file","type":"file","failures":\[\{"name":"host","type":"credential"/)
  assert.deepEqual(await eventNames(data), ['AddUnlockPath', 'OrderUnlockPaths', 'OpenRootKey'])
})

test('an empty folder gets its root key by the first path that is added', async () => {
  const data = nextFolder()
  const env = { HOLDFAST_SEAL_CREDENTIALS: credentials, HOLDFAST_SEAL: 'none' }
  const closed = await run(data, ['serve', '--listen=127.0.0.1:0'], { env })
  assert.match(closed.errors, /has no root key, and HOLDFAST_SEAL is none: holdfast seal add creates one/)
  await succeed(data, ['seal', 'add', 'host', '--type', 'credential'], { env })
  await assert.rejects(stat(join(data, 'root.key')), { code: 'ENOENT' })
  await using server = await startServer({ data, environment: env })
  assert.equal((await call(server, 'CreateKey', {})).status, 200)
  await server.stop()
  assert.deepEqual(await eventNames(data), ['AddUnlockPath', 'OpenRootKey'])
})

test('an edited envelope, one of another folder and a lost one are refused', async () => {
  const { data } = await usedFolder()
  const path = join(data, 'seal.json')
  const text = await readFile(path, 'utf8')
  const other = await newUsedFolder()
  const refusals: readonly (readonly [string | undefined, RegExp])[] = [
    [text.replace('"revision": 1', '"revision": 2'), /changed by something else than Holdfast/],
    [await readFile(join(other.data, 'seal.json'), 'utf8'), /not the one that this path was made with/],
    [text.slice(0, 200), /is damaged: restore it from its backup/],
    [undefined, /holds records, and .*seal\.json is missing: restore it/],
  ]
  for (const [content, why] of refusals) {
    if (content === undefined) await rm(path)
    else await writeFile(path, content)
    const { status, errors } = await run(data, ['audit', 'verify'])
    assert.deepEqual([status, why.test(errors)], [1, true], errors)
  }
  await writeFile(path, text)
  await succeed(data, ['audit', 'verify'])
})

test('an edited envelope is not signed again by a proof or a change', async () => {
  const { data } = await usedFolder()
  const env = { HOLDFAST_SEAL_CREDENTIALS: credentials }
  await succeed(data, ['seal', 'add', 'host', '--type', 'credential'], { env })
  const path = join(data, 'seal.json')
  const edited = (await readFile(path, 'utf8')).replace('"name": "host"', '"name": "guest"')
  await writeFile(path, edited)
  const commands: readonly (readonly string[])[] = [
    ['prove'],
    ['prove', '--path', 'file'],
    ['prove', '--path', 'guest'],
    ['order', 'guest,file'],
  ]
  for (const command of commands) {
    const { status, output, errors } = await run(data, ['seal', ...command], { env })
    assert.equal(status, 1, command.join(' '))
    assert.match(`${output}${errors}`, /changed by something else than Holdfast/)
    assert.equal(await readFile(path, 'utf8'), edited, command.join(' '))
  }
})

test('a second path of type file is refused before it replaces the key of the first one', async () => {
  const { data, keyId } = await usedFolder()
  const before = await readFile(join(data, 'root.key'), 'utf8')
  const { status, errors } = await run(data, ['seal', 'add', 'second', '--type', 'file'])
  assert.notEqual(status, 0)
  assert.match(errors, /the path 'file' has the type file already/)
  assert.equal(await readFile(join(data, 'root.key'), 'utf8'), before)
  await using server = await startServer({ data, environment: {} })
  await assertEncrypts(server, keyId)
  await server.stop()
})

test('a server proves its paths after a change, and says which one does not open', async () => {
  const { data } = await usedFolder()
  const lost = join(folder, 'lost')
  await mkdir(lost)
  for (const name of ['host', 'gone']) await writeFile(join(lost, name), randomBytes(48).toString('base64'))
  const env = { HOLDFAST_SEAL_CREDENTIALS: lost }
  for (const name of ['host', 'gone'])
    await succeed(data, ['seal', 'add', name, '--type', 'credential', '--credential', name], { env })
  await rm(join(lost, 'gone'))
  await using server = await startServer({ data, environment: { ...env, HOLDFAST_METRICS: '127.0.0.1:0' } })
  const text = await until('the paths were tried', async () => {
    const log = await readFile(join(data, 'audit/node-0/0000000000000001.jsonl'), 'utf8')
    return log.includes('"FailUnlockPath"') ? log : undefined
  })
  assert.match(
    text,
    /"ProveUnlockPath".*"serviceEventDetails":\{"path":"host","type":"credential","succeeded":true/,
  )
  assert.match(
    text,
    /"FailUnlockPath".*"serviceEventDetails":\{"path":"gone","type":"credential","reason":"[^"]*no such file"/,
  )
  assert.match(server.errors(), /an unlock path does not open the root key/)
  const scraped = await scrape(server)
  assert.equal(scraped.sum('holdfast_unlock_paths', { type: 'credential' }), 2)
  assert.equal(scraped.sum('holdfast_unlock_paths', { type: 'file' }), 1)
  assert.equal(scraped.sum('holdfast_unlock_path_proved_timestamp_seconds', { type: 'credential' }), 0)
  await server.stop()
  const { paths } = JSON.parse((await run(data, ['seal', 'list', '--json'])).output)
  assert.deepEqual(
    paths.map(({ name, proved }: Record<string, unknown>) => [name, proved]),
    [
      ['file', true],
      ['host', true],
      ['gone', false],
    ],
  )
  const reports = join(folder, 'reports')
  await succeed(data, ['report', '--folder', reports])
  const [file = ''] = (await readdir(reports)).filter((name) => name.endsWith('.json'))
  const { findings } = JSON.parse(await readFile(join(reports, file), 'utf8'))
  assert.equal(findings[0].check, 'root-key-custody')
})

test('options of another type and unknown names are refused', async () => {
  const { data } = await usedFolder()
  const refusals: readonly (readonly [readonly string[], RegExp])[] = [
    [['add', 'x', '--type', 'credential', '--key-id', 'y'], /--key-id: expected no value/],
    [['add', 'x', '--type', 'kms', '--key-id', 'y'], /--key-region: expected a region/],
    [
      [
        'add',
        'x',
        '--type',
        'kms',
        '--key-id',
        'y',
        '--key-region',
        'us-east-1',
        '--endpoint',
        'http://example.com',
      ],
      /--endpoint: expected https/,
    ],
    [['add', 'file', '--type', 'credential'], /there is a path 'file' already/],
    [['remove', 'other'], /there is no path 'other'\. The paths are file/],
    [['remove', 'file'], /'file' stays/],
    [['order', 'other'], /there is no path 'other'/],
    [['prove', '--path', 'other'], /there is no path 'other'/],
  ]
  for (const [args, why] of refusals) {
    const { status, errors } = await runHoldfast(data, 'seal', ...args)
    assert.deepEqual([status, why.test(errors)], [2, true], errors)
  }
})
