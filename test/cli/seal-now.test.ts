/** `holdfast seal now` and `holdfast unseal`, with every kind of process on one data folder. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { call, newKey } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { NODE_ENVIRONMENT } from '../support/run.ts'
import { readCredentials, spawnServer, temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

const folder = await temporaryFolder()
const data = join(folder, 'data')
const started: ChildProcess[] = []
after(async () => {
  for (const child of started) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

type Listener = {
  readonly process: ChildProcess
  /** The last address that it has announced with this word: `serves` or `sealed`. */
  readonly address: (word: 'serves' | 'sealed', after?: number) => Promise<string>
  readonly printed: () => number
}

/** Starts another process on the data folder, which listens. */
function listener(args: readonly string[]): Listener {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...NODE_ENVIRONMENT, HOLDFAST_DATA: data },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  started.push(child)
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += String(chunk)
  })
  return {
    process: child,
    printed: () => said.length,
    address: (word, from = 0) => find(() => said.slice(from), word),
  }
}

function find(said: () => string, word: 'serves' | 'sealed'): Promise<string> {
  return until(
    `it ${word}`,
    async () => new RegExp(`${word}.* on (https?://[^\\s:]+:\\d+)`).exec(said())?.[1],
  )
}

async function events(name: string): Promise<readonly Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = []
  for (const node of ['node-0', 'node-1', 'node-2', 'node-3', 'node-4', 'node-5']) {
    const text = await readFile(join(data, `audit/${node}/0000000000000001.jsonl`), 'utf8').catch(() => '')
    for (const line of text.split('\n').filter((one) => one.includes(`"eventName":"${name}"`)))
      found.push(JSON.parse(/"serviceEventDetails":(\{[^}]*\})/.exec(line)?.[1] ?? '{}'))
  }
  return found
}

const server = spawnServer(data, { HOLDFAST_WORKERS: '2' })
started.push(server.process)
const endpoint = await server.serves
const credentials = await readCredentials(data)
const gateway = listener(['s3', 'serve', '--s3-listen=127.0.0.1:0'])
const proxy = listener(['xks-proxy', '--xks-listen=127.0.0.1:0'])
await gateway.address('serves')
await proxy.address('serves')
const keyId = await newKey({ endpoint, credentials })
const sealedAt = { server: '', gateway: '', proxy: '' }

test('seal now ends the keys of every process, which then give one answer', async () => {
  const from = [server.output().length, gateway.printed(), proxy.printed()] as const
  const sealed = await runHoldfast(data, 'seal', 'now', '--json')
  assert.equal(sealed.status, 0, sealed.errors)
  // The first process of the server, two workers, the gateway and the proxy; all but the first have an audit log.
  const { processes, recorded, failures } = JSON.parse(sealed.output)
  assert.deepEqual({ processes, recorded, failures }, { processes: 5, recorded: 4, failures: [] })
  assert.equal((await events('SealDeployment')).length, 4)

  sealedAt.server = await find(() => server.output().slice(from[0]), 'sealed')
  sealedAt.gateway = await gateway.address('sealed', from[1])
  sealedAt.proxy = await proxy.address('sealed', from[2])
  for (const [at, ready] of [
    [sealedAt.server, '/readyz'],
    [sealedAt.gateway, '/.holdfast/readyz'],
    [sealedAt.proxy, '/readyz'],
  ]) {
    const answer = await fetch(`${at}${ready}`)
    assert.equal(answer.status, 503)
    assert.equal(await answer.text(), 'not ready: sealed: an operator has sealed the deployment\n')
  }
  const refused = await fetch(sealedAt.server, {
    method: 'POST',
    headers: { 'x-amz-target': 'TrentService.Encrypt' },
  })
  assert.equal(refused.status, 503)
  assert.match(await refused.text(), /ServiceUnavailableException.*The server is sealed/)
  const object = await fetch(`${sealedAt.gateway}/bucket/key`)
  assert.match(await object.text(), /<Code>ServiceUnavailable<\/Code><Message>The server is sealed/)
  const external = await fetch(`${sealedAt.proxy}/kms/xks/v1/health`, { method: 'POST' })
  assert.equal(external.status, 503)
  assert.match(await external.text(), /"errorName":"DependencyTimeoutException"/)
})

test('a sealed deployment stays sealed over starts, and commands are refused', async () => {
  const another = listener(['serve', '--listen=127.0.0.1:0', '--console=off'])
  await another.address('sealed')
  another.process.kill('SIGTERM')
  await new Promise((resolve) => another.process.once('close', resolve))
  for (const command of [
    'audit verify',
    'seal prove',
    'backup create --folder /tmp',
    'rotate root',
    'seal order file',
  ]) {
    const refused = await runHoldfast(data, ...command.split(' '))
    assert.notEqual(refused.status, 0, command)
    assert.match(
      refused.errors,
      /is sealed since \d{4}-.*, by holdfast seal now: holdfast unseal opens it/,
      command,
    )
  }
  const again = JSON.parse((await runHoldfast(data, 'seal', 'now', '--json')).output)
  assert.deepEqual([again.processes, again.failures], [0, []])
})

test('unseal opens every sealed process by a path that needs no person', async () => {
  const from = [server.output().length, gateway.printed(), proxy.printed()] as const
  const unknown = await runHoldfast(data, 'unseal', '--path', 'nobody')
  assert.match(unknown.errors, /--path: expected one of file; got 'nobody'/)
  const opened = await runHoldfast(data, 'unseal')
  assert.equal(opened.status, 0, opened.errors)
  const serving = await find(() => server.output().slice(from[0]), 'serves')
  await gateway.address('serves', from[1])
  await proxy.address('serves', from[2])
  const { status } = await call({ endpoint: serving, credentials }, 'Encrypt', {
    KeyId: keyId,
    Plaintext: 'aGVsbG8=',
  })
  assert.equal(status, 200)
  const openings = (await events('OpenRootKey')).filter(({ sealedAt: at }) => typeof at === 'string')
  assert.ok(openings.length >= 1, 'the event says when it was sealed')
  assert.ok(!existsSync(join(data, 'sealed')))
  assert.equal((await runHoldfast(data, 'audit', 'verify')).status, 0)
})

test('unseal opens a deployment on which no server runs, once the path opens', async () => {
  const sealed = await runHoldfast(data, 'seal', 'now', '--json')
  assert.equal(JSON.parse(sealed.output).processes, 5)
  const ends = [server.process, gateway.process, proxy.process].map(
    (child) => new Promise((resolve) => child.once('close', resolve)),
  )
  for (const child of [server.process, gateway.process, proxy.process]) child.kill('SIGTERM')
  await Promise.all(ends)
  assert.equal((await stat(join(data, 'sealed'))).mode & 0o777, 0o600)
  const key = await readFile(join(data, 'root.key'))
  await rm(join(data, 'root.key'))
  const lost = await runHoldfast(data, 'unseal')
  assert.notEqual(lost.status, 0)
  assert.ok(existsSync(join(data, 'sealed')), 'what did not open stays sealed')
  await writeFile(join(data, 'root.key'), key, { mode: 0o600 })
  const opened = await runHoldfast(data, 'unseal')
  assert.equal(opened.status, 0, opened.errors)
  assert.equal((await events('UnsealDeployment')).length, 1)
  assert.equal((await runHoldfast(data, 'audit', 'verify')).status, 0)
  assert.match((await runHoldfast(data, 'unseal')).errors, /no sealed server runs on this folder/)
})

test('seal now that cannot keep the seal says which file, and what to do instead', async () => {
  await mkdir(join(data, 'sealed'))
  const { status, errors } = await runHoldfast(data, 'seal', 'now')
  await rmdir(join(data, 'sealed'))
  assert.equal(status, 1)
  assert.match(
    errors,
    /nothing is sealed: .*data\/sealed: it is a folder; stop the processes of Holdfast instead/,
  )
})
