/** `holdfast kubernetes-kms`: its socket, its files and its wire, by a client of gRPC. */

import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js'
import { newKey } from '../support/calls.ts'
import { REGION } from '../support/kms.ts'
import { startPlugin, type TestPlugin } from '../support/kubernetes.ts'
import { type Ended, holdfast } from '../support/run.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'

let server: TestServer
let folder: string
let environment: Readonly<Record<string, string>>
let key: string

before(async () => {
  server = await startServer()
  folder = await temporaryFolder('/dev/shm')
  key = await newKey(server)
  environment = {
    AWS_ENDPOINT_URL_KMS: server.endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
  }
})

after(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function start(name: string, ...more: readonly string[]): Promise<TestPlugin> {
  return startPlugin(join(folder, name), ['--key', key, ...more], environment)
}

/** Calls a method with the bytes of a message. Returns those of the answer, or the error. */
function callMethod(socket: string, method: string, message: Buffer): Promise<Buffer | ServiceError> {
  const client = new Client(`unix:${socket}`, credentials.createInsecure())
  const same = (bytes: Buffer): Buffer => bytes
  return new Promise((resolve) => {
    client.makeUnaryRequest(`/v2.KeyManagementService/${method}`, same, same, message, (error, answer) => {
      client.close()
      resolve(error ?? answer ?? Buffer.alloc(0))
    })
  })
}

async function codeOf(socket: string, method: string, message: Buffer): Promise<status | undefined> {
  const answer = await callMethod(socket, method, message)
  return answer instanceof Error ? answer.code : undefined
}

test('the socket is for its user alone, or also for its group', async () => {
  for (const [more, mode] of [
    [[], 0o600],
    [['--socket-group'], 0o660],
  ] as const) {
    await using plugin = await start('mode.sock', ...more)
    assert.equal((await stat(plugin.socket)).mode & 0o777, mode)
    assert.equal(await plugin.stop(), 0)
    await assert.rejects(stat(plugin.socket), { code: 'ENOENT' })
  }
})

test('a socket that a killed plug-in left is replaced; another one is not taken over', async () => {
  const first = await start('left.sock')
  const second = await refused('left.sock')
  assert.match(second.err, /--socket: another process serves on/)
  first.process.kill('SIGKILL')
  await first.stop()
  assert.ok((await stat(first.socket)).isSocket())
  await using plugin = await start('left.sock')
  assert.ok((await callMethod(plugin.socket, 'Status', Buffer.alloc(0))) instanceof Buffer)
})

function refused(name: string, ...more: readonly string[]): Promise<Ended> {
  const args = ['kubernetes-kms', '--key', key, '--socket', join(folder, name), ...more]
  return holdfast(args, { environment })
}

test('places that are not safe are refused', async () => {
  await mkdir(join(folder, 'open'))
  await chmod(join(folder, 'open'), 0o777)
  await writeFile(join(folder, 'file'), '')
  for (const [args, message] of [
    [['file'], /'[^']+' exists and is no socket/],
    [['open/kms.sock'], /others than its owner can write it/],
    [['none/kms.sock'], /there is no folder/],
    [['x'.repeat(100)], /at most 107 bytes/],
    [
      ['kms.sock', '--state-folder', join(folder, 'open')],
      /--state-folder: .*others than its owner can write it/,
    ],
    [['kms.sock', '--state-folder', process.cwd()], /--state-folder: expected a folder in memory/],
  ] as const) {
    const { status: exit, err } = await refused(...(args as readonly [string, ...string[]]))
    assert.equal(exit, 2)
    assert.match(err, message)
  }
})

test('seen wrapping keys are in a file of the user alone', async () => {
  const state = join(folder, 'state')
  await mkdir(state, { mode: 0o700 })
  await writeFile(join(state, 'seen.json.new'), '', { mode: 0o644 })
  await using plugin = await start('state.sock', '--state-folder', state)
  await callMethod(plugin.socket, 'Status', Buffer.alloc(0))
  const path = join(state, 'seen.json')
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.match(await readFile(path, 'utf8'), /"keyId":"arn:aws:kms:[^"]+#[0-9a-f]{64}"/)
})

test('messages that cannot be parsed, are too large, or name no method are refused', async () => {
  await using plugin = await start('wire.sock')
  assert.equal(await codeOf(plugin.socket, 'Encrypt', Buffer.of(0x0a, 9)), status.INVALID_ARGUMENT)
  assert.equal(await codeOf(plugin.socket, 'Decrypt', Buffer.alloc(0)), status.INVALID_ARGUMENT)
  assert.equal(await codeOf(plugin.socket, 'Encrypt', Buffer.alloc(65_537)), status.RESOURCE_EXHAUSTED)
  assert.equal(await codeOf(plugin.socket, 'Rotate', Buffer.alloc(0)), status.UNIMPLEMENTED)
})
