/** SOPS against a running server: files whose data keys are under KMS keys. */

import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { eventOf, readEvents } from '../support/audit.ts'
import { newKey, succeed } from '../support/calls.ts'
import { REGION } from '../support/kms.ts'
import { type Ended, run } from '../support/run.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { clientEnvironment, missingTool } from './tools.ts'

const skip = await missingTool('sops', ['--disable-version-check', '--version'])
const PLAIN = 'database:\n    password: a secret\n    port: 5432\n'

let server: TestServer
let environment: Readonly<Record<string, string>>
let folder: string

before(async () => {
  if (skip !== false) return
  server = await startServer()
  environment = await clientEnvironment(server)
  folder = await temporaryFolder()
})

after(async () => {
  if (skip !== false) return
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function sops(...args: readonly string[]): Promise<Ended> {
  return run('sops', args, { environment, folder })
}

async function output(...args: readonly string[]): Promise<string> {
  const { status, out, err } = await sops(...args)
  assert.equal(status, 0, `sops ${args.join(' ')}\n${err}`)
  return out
}

function arnOf(keyId: string): string {
  return `arn:aws:kms:${REGION}:000000000000:key/${keyId}`
}

/** Encrypts the plain file under keys; gives the name of what came of it. */
async function encryptFile(name: string, keyIds: readonly string[], ...more: string[]): Promise<string> {
  await writeFile(join(folder, name), PLAIN)
  await output('encrypt', '--in-place', '--kms', keyIds.map(arnOf).join(','), ...more, name)
  const text = await readFile(join(folder, name), 'utf8')
  assert.match(text, /password: ENC\[AES256_GCM,/)
  for (const keyId of keyIds) assert.ok(text.includes(`arn: ${arnOf(keyId)}`))
  return name
}

test('SOPS encrypts a file under a KMS key and decrypts it', { skip }, async () => {
  const key = await newKey(server)
  const file = await encryptFile('plain.yaml', [key])
  assert.equal(await output('decrypt', file), PLAIN)
  assert.equal(await output('decrypt', '--extract', '["database"]["password"]', file), 'a secret')
})

test('SOPS binds a file to an encryption context', { skip }, async () => {
  const key = await newKey(server)
  const file = await encryptFile('context.yaml', [key], '--encryption-context', 'purpose:sops')
  assert.equal(await output('decrypt', file), PLAIN)
  const text = await readFile(join(folder, file), 'utf8')
  await writeFile(join(folder, file), text.replace('purpose: sops', 'purpose: other'))
  const { status, err } = await sops('decrypt', file)
  assert.notEqual(status, 0)
  assert.match(err, /InvalidCiphertextException/)
})

test('SOPS decrypts a file under two KMS keys by either', { skip }, async () => {
  const keys = [await newKey(server), await newKey(server)]
  const file = await encryptFile('two.yaml', keys)
  for (const KeyId of keys) {
    await succeed(server, 'DisableKey', { KeyId })
    assert.equal(await output('decrypt', file), PLAIN)
    await succeed(server, 'EnableKey', { KeyId })
  }
  for (const KeyId of keys) await succeed(server, 'DisableKey', { KeyId })
  const { status, err } = await sops('decrypt', file)
  assert.notEqual(status, 0)
  assert.match(err, /DisabledException/)
})

test('SOPS gives a file a new data key under another KMS key', { skip }, async () => {
  const [old, recent] = [await newKey(server), await newKey(server)]
  const file = await encryptFile('rotated.yaml', [old])
  await output('rotate', '--in-place', '--add-kms', arnOf(recent), '--rm-kms', arnOf(old), file)
  await succeed(server, 'ScheduleKeyDeletion', { KeyId: old })
  assert.equal(await output('decrypt', file), PLAIN)
})

test('what SOPS asks for is in the audit log with its context', { skip }, async () => {
  const key = await newKey(server)
  await encryptFile('audited.yaml', [key], '--encryption-context', 'purpose:audit')
  const found = (await readEvents(server.data)).filter(
    ({ eventName, resources }) => eventName === 'Encrypt' && resources?.[0]?.ARN === arnOf(key),
  )
  assert.equal(found.length, 1)
  const event = await eventOf(server, found[0]?.requestID)
  assert.deepEqual(event.requestParameters?.['encryptionContext'], { purpose: 'audit' })
})
