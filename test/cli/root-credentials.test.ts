/** Transcripts: root credentials that are lost are made again, and nobody is told of some that are not there. */

import assert from 'node:assert/strict'
import { readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { readEvents } from '../support/audit.ts'
import { call } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { readCredentials, spawnServer, startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let server: TestServer

before(async () => {
  server = await startServer()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

function create(...flags: readonly string[]) {
  return runHoldfast(server.data, 'root-credentials', 'create', ...flags)
}

async function works(credentials: TestServer['credentials']): Promise<string | undefined> {
  return (await call(server, 'ListKeys', {}, credentials)).code
}

test('a folder without credentials says so, and env points clients at none', async () => {
  const path = join(server.data, 'credentials')
  const aside = join(server.data, 'moved')
  await rename(path, aside)
  const { status, output, errors } = await runHoldfast(server.data, 'env')
  assert.equal(status, 0)
  assert.match(output, /^export AWS_ENDPOINT_URL_KMS=/)
  assert.doesNotMatch(output, /AWS_SHARED_CREDENTIALS_FILE|AWS_PROFILE/)
  assert.match(
    errors,
    /^holdfast: no credentials at .*\. Use your own, or run holdfast root-credentials create$/m,
  )
  const restored = spawnServer(server.data)
  await restored.serves
  await until('it has said where', async () => restored.output().includes('export AWS_REGION') || undefined)
  assert.match(
    restored.output(),
    /^ {2}credentials {2}none at .*: holdfast root-credentials create creates new ones/m,
  )
  assert.doesNotMatch(restored.output(), /AWS_SHARED_CREDENTIALS_FILE/)
  restored.signal('SIGKILL')
  await restored.ended
  await rename(aside, path)
})

test('new root credentials work, old ones as was asked, and it is recorded', async () => {
  const first = server.credentials
  const made = await create('--deactivate-others')
  assert.equal(made.status, 0, made.errors)
  const second = await readCredentials(server.data)
  assert.notEqual(second.accessKeyId, first.accessKeyId)
  assert.match(made.output, new RegExp(`^access key   ${second.accessKeyId}$`, 'm'))
  assert.match(made.output, /^credentials {2}.*credentials \(profile default\)$/m)
  assert.match(made.output, new RegExp(`^other key    ${first.accessKeyId}: deactivated$`, 'm'))
  assert.equal(await works(second), undefined)
  assert.equal(await works(first), 'UnrecognizedClientException')
  const { mode } = await stat(join(server.data, 'credentials'))
  assert.equal(mode & 0o777, 0o600)
  const text = await readFile(join(server.data, 'credentials'), 'utf8')
  assert.equal(text.split('[default]').length - 1, 1)

  const third = await create()
  assert.equal(third.status, 2)
  assert.match(third.errors, /has 2 root access keys, and may have 2: .* --delete-others/)
  const only = await create('--delete-others')
  assert.equal(only.status, 0, only.errors)
  assert.equal(await works(second), 'UnrecognizedClientException')
  assert.equal(await works(await readCredentials(server.data)), undefined)

  const events = (await readEvents(server.data)).filter(
    ({ eventName }) => eventName === 'CreateRootCredentials',
  )
  assert.equal(events.length, 2)
  const recorded = JSON.stringify(events)
  assert.ok(recorded.includes(first.accessKeyId))
  assert.ok(!recorded.includes(second.secretAccessKey))
})

test('root credentials of another account have its profile, and a file that is gone is made again', async () => {
  assert.equal((await runHoldfast(server.data, 'account', 'create', '--id=111122223333')).status, 0)
  await rm(join(server.data, 'credentials'))
  const other = await create('--account=111122223333')
  assert.match(other.output, /\(profile default\)/)
  const own = await create('--delete-others')
  assert.match(own.output, /\(profile 000000000000\)/)
  assert.equal(await works(await readCredentials(server.data, '000000000000')), undefined)
  const again = await create('--account=111122223333', '--delete-others')
  assert.match(again.output, /\(profile default\)/)
})

test('root credentials of an account that is not there, and both flags, are refused', async () => {
  assert.match((await create('--account=999999999999')).errors, /there is no account 999999999999/)
  const { status, errors } = await create('--delete-others', '--deactivate-others')
  assert.equal(status, 2)
  assert.match(errors, /expected one of them; got both/)
})
