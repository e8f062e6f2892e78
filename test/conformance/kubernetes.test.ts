/** The KMS plug-in for Kubernetes, by the unmodified code of Kubernetes' API server: see `kubernetes/main.go`. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { readEvents } from '../support/audit.ts'
import { newKey, succeed } from '../support/calls.ts'
import { allow, iamClient, newUser, policyText } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { startPlugin, type TestPlugin } from '../support/kubernetes.ts'
import { ROOT } from '../support/run.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { missingFile } from './tools.ts'

const DRIVER = join(ROOT, 'test/conformance/kubernetes')
const skip = missingFile(DRIVER, 'driver', 'go build -o driver .')
const NAME = '/registry/secrets/default/one'

let server: TestServer
let folder: string
let environment: Readonly<Record<string, string>>
let keyId: string

before(async () => {
  if (skip !== false) return
  server = await startServer()
  // The folder in memory of every Linux.
  folder = await temporaryFolder('/dev/shm')
  keyId = await newKey(server)
  const iam = iamClient(server)
  // The smallest policy of the page about Kubernetes.
  const actions = allow('kms:DescribeKey', 'kms:GenerateDataKey', 'kms:Decrypt')
  const user = await newUser(iam, 'api-server', policyText({ ...actions, Resource: arnOf(keyId) }))
  iam.destroy()
  environment = {
    AWS_ENDPOINT_URL_KMS: server.endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: user.accessKeyId,
    AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
  }
})

after(async () => {
  if (skip !== false) return
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function arnOf(key: string): string {
  return `arn:aws:kms:${REGION}:000000000000:key/${key}`
}

function plugin(): Promise<TestPlugin> {
  const args = ['--key', keyId, '--context', 'cluster=test', '--state-folder', folder]
  return startPlugin(join(folder, 'kms.sock'), args, environment)
}

type Answer = Readonly<{ data: string; stale: boolean; status: number; error: string }>

/** API servers, one after another: `load` starts a new one, which knows nothing of the one before. */
async function startDriver(): Promise<
  AsyncDisposable & { readonly send: (call: Readonly<Record<string, string>>) => Promise<Answer> }
> {
  const config = join(folder, 'encryption.yaml')
  await writeFile(
    config,
    [
      'apiVersion: apiserver.config.k8s.io/v1',
      'kind: EncryptionConfiguration',
      'resources:',
      '  - resources: [secrets]',
      '    providers:',
      `      - kms: { apiVersion: v2, name: holdfast, endpoint: "unix://${join(folder, 'kms.sock')}", timeout: 3s }`,
      '',
    ].join('\n'),
  )
  const child = spawn(join(DRIVER, 'driver'), [], { stdio: ['pipe', 'pipe', 'ignore'] })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const send = async (call: Readonly<Record<string, string>>): Promise<Answer> => {
    child.stdin.write(`${JSON.stringify({ config, name: NAME, ...call })}\n`)
    const { value } = await lines.next()
    return JSON.parse(String(value))
  }
  const dispose = async (): Promise<void> => {
    child.stdin.end()
    if (child.exitCode === null) await once(child, 'exit')
  }
  return { send, [Symbol.asyncDispose]: dispose }
}

async function countCalls(name: string): Promise<number> {
  return (await readEvents(server.data)).filter(({ eventName }) => eventName === name).length
}

test('an API server writes and reads secrets, with one seed for all of them', { skip }, async () => {
  await using _plugin = await plugin()
  await using driver = await startDriver()
  assert.equal((await driver.send({ do: 'load' })).error, '')
  assert.deepEqual(await driver.send({ do: 'health' }), { data: '', stale: false, status: 200, error: '' })
  const before = await countCalls('GenerateDataKey')
  for (const data of ['one', 'two', 'three']) {
    const written = await driver.send({ do: 'write', data })
    assert.equal(written.error, '')
    assert.doesNotMatch(Buffer.from(written.data, 'base64').toString('latin1'), new RegExp(data))
    const read = await driver.send({ do: 'read', data: written.data })
    assert.deepEqual(read, { data, stale: false, status: 0, error: '' })
  }
  assert.equal((await countCalls('GenerateDataKey')) - before, 0)
  const event = (await readEvents(server.data)).findLast(({ eventName }) => eventName === 'GenerateDataKey')
  assert.deepEqual(event?.requestParameters?.['encryptionContext'], { cluster: 'test' })
})

test('a rotation makes what was stored stale, and it is read as before', { skip }, async () => {
  await using driver = await startDriver()
  let stored: string
  {
    await using _plugin = await plugin()
    await driver.send({ do: 'load' })
    stored = (await driver.send({ do: 'write', data: 'before' })).data
  }
  await succeed(server, 'RotateKeyOnDemand', { KeyId: keyId })
  await using _plugin = await plugin()
  await driver.send({ do: 'load' })
  assert.deepEqual(await driver.send({ do: 'read', data: stored }), {
    data: 'before',
    stale: true,
    status: 0,
    error: '',
  })
  const again = (await driver.send({ do: 'write', data: 'after' })).data
  assert.equal((await driver.send({ do: 'read', data: again })).stale, false)
})

test('while the server is away, a new API server and a new plug-in read what was seen', {
  skip,
}, async () => {
  await using driver = await startDriver()
  let stored: string
  {
    await using _plugin = await plugin()
    await driver.send({ do: 'load' })
    stored = (await driver.send({ do: 'write', data: 'seen' })).data
  }
  await server.stop()
  await using away = await plugin()
  await driver.send({ do: 'load' })
  const read = await driver.send({ do: 'read', data: stored })
  assert.deepEqual([read.data, read.error], ['seen', ''])
  assert.match(away.log(), /KMS is away: a wrapping key that was seen before was used/)
  assert.equal((await driver.send({ do: 'health' })).error, '')
  const meanwhile = (await driver.send({ do: 'write', data: 'written meanwhile' })).data
  const port = new URL(server.endpoint).host
  server = await startServer({ data: server.data, environment: { HOLDFAST_LISTEN: port } })
  // Another plug-in, which has seen nothing, decrypts it by KMS alone.
  await rm(join(folder, 'seen.json'))
  await away.stop()
  await using _after = await plugin()
  await driver.send({ do: 'load' })
  assert.equal((await driver.send({ do: 'read', data: meanwhile })).data, 'written meanwhile')
})

test('a disabled key is no longer decrypted by a new API server, although it was seen', {
  skip,
}, async () => {
  await using refused = await plugin()
  await using driver = await startDriver()
  await driver.send({ do: 'load' })
  const stored = (await driver.send({ do: 'write', data: 'gone' })).data
  assert.notEqual(stored, '')
  await succeed(server, 'DisableKey', { KeyId: keyId })
  await driver.send({ do: 'load' })
  const read = await driver.send({ do: 'read', data: stored })
  assert.deepEqual([read.data, read.error === ''], ['', false])
  assert.match((await driver.send({ do: 'health' })).error, /DisabledException/)
  assert.match(refused.log(), /DisabledException/)
  await succeed(server, 'EnableKey', { KeyId: keyId })
})
