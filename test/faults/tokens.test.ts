/** Tokens that hang, crash, are full, logged out, gone, or refuse their PIN: what callers see, and that it passes. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Output } from '../../src/api/json.ts'
import { assertError, base64, call, succeed } from '../support/calls.ts'
import { makeCertificate, type TestCertificate } from '../support/certificate.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { connect, describeStore, newStore } from '../support/stores.ts'
import {
  clusterInput,
  clusterOf,
  makeTokens,
  NO_SOFTHSM,
  PIN,
  SOFTHSM,
  type TestTokens,
} from '../support/tokens.ts'
import { until } from '../support/until.ts'
import { compileLibrary } from './library.ts'

const SHIM = fileURLToPath(new URL('./token-shim.c', import.meta.url))
const ACCOUNT = '000000000000'
const AWAY = /^The cluster of this key store cannot be reached/

let certificate: TestCertificate
let tokens: TestTokens
let server: TestServer
let storeId: string
let keyId: string
let ciphertext: string

const set = (name: string) => writeFile(join(tokens.folder, name), '')
const lift = (name: string) => rm(join(tokens.folder, name), { force: true })
const encrypt = () => call(server, 'Encrypt', { KeyId: keyId, Plaintext: base64('a') })
const decrypt = () => call(server, 'Decrypt', { CiphertextBlob: ciphertext })
const logins = async () => (await readFile(join(tokens.folder, 'logins'))).length

before(async () => {
  if (NO_SOFTHSM !== false) return
  certificate = await makeCertificate()
  tokens = await makeTokens(['shimmed', 'refusing'])
  const module = await compileLibrary(SHIM, tokens.folder)
  const environment = { ...tokens.softhsm, SHIM_MODULE: SOFTHSM ?? '', SHIM_FOLDER: tokens.folder }
  const entry = (name: string, more: Output): Output => ({
    name,
    label: name,
    module,
    environment,
    cluster: { id: clusterOf(name), account: ACCOUNT },
    ...more,
  })
  await tokens.configure([
    entry('shimmed', {}),
    entry('refusing', { pinFile: join(tokens.folder, 'other-pin') }),
    entry('text', { module: certificate.certFile }),
    entry('nowhere', { module: '/nowhere/library.so' }),
    entry('absent', {}),
  ])
  await writeFile(join(tokens.folder, 'other-pin'), 'not-the-pin')
  // Long enough for a busy machine: only a call that never returns reaches it.
  server = await startServer({ environment: { ...tokens.environment, HOLDFAST_PKCS11_TIMEOUT: '8000' } })
  storeId = await newStore(server, clusterInput('shimmed', certificate))
  assert.equal((await connect(server, storeId)).ConnectionState, 'CONNECTED')
  const { KeyMetadata } = await succeed(server, 'CreateKey', {
    Origin: 'AWS_CLOUDHSM',
    CustomKeyStoreId: storeId,
  })
  keyId = String((KeyMetadata as Output)['KeyId'])
  ciphertext = String((await encrypt()).json['CiphertextBlob'])
})

after(async () => {
  if (NO_SOFTHSM !== false) return
  await server[Symbol.asyncDispose]()
  await tokens[Symbol.asyncDispose]()
  await certificate[Symbol.asyncDispose]()
})

/** Decrypts until it works again, after the pause that follows a failure. */
async function recovers(): Promise<void> {
  await until('the token works again', async () => ((await decrypt()).status === 200 ? true : undefined))
}

/** The processes of tokens of the server. */
function tokenProcesses(): readonly number[] {
  const parent = server.process.pid
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isChild =
          readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(parent)
        return isChild && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('token-process')
      } catch {
        return false
      }
    })
    .map(Number)
}

test('a library that hangs ends its process; other keys are served meanwhile', {
  skip: NO_SOFTHSM,
}, async () => {
  await set('hang')
  const answer = encrypt()
  await succeed(server, 'GenerateRandom', { NumberOfBytes: 16 })
  const { code, status } = await answer
  assert.deepEqual([code, status], ['DependencyTimeoutException', 500])
  await recovers()
})

test('a library that crashes takes its process down, and not the server', { skip: NO_SOFTHSM }, async () => {
  await set('crash')
  assertError(await decrypt(), 'KMSInvalidStateException', AWAY)
  await recovers()
})

test('a library that writes where it should not ends its process, and not the server', {
  skip: NO_SOFTHSM,
}, async () => {
  await set('garble')
  assertError(await decrypt(), 'KMSInvalidStateException', AWAY)
  await recovers()
})

test('a process of a token that is killed is replaced', { skip: NO_SOFTHSM }, async () => {
  const pids = tokenProcesses()
  assert.ok(pids.length > 0)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  await recovers()
  await set('hang')
  const answer = decrypt()
  await until(
    'the library hangs',
    async () =>
      (await readFile(join(tokens.folder, 'hang')).catch(() => undefined)) === undefined || undefined,
  )
  for (const pid of tokenProcesses()) process.kill(pid, 'SIGKILL')
  assertError(await answer, 'KMSInvalidStateException', AWAY)
  await recovers()
})

test('a token that logs the user out is logged in to again, once', { skip: NO_SOFTHSM }, async () => {
  const before = await logins()
  await set('logout')
  assert.equal((await decrypt()).status, 200)
  assert.equal(await logins(), before + 1)
  await set('logout')
  assert.equal((await encrypt()).status, 200)
})

test('a full token refuses a key, and goes on with those that it has', { skip: NO_SOFTHSM }, async () => {
  await set('full')
  const create = await call(server, 'CreateKey', { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: storeId })
  assertError(create, 'CloudHsmClusterInvalidConfigurationException', /no room/)
  await lift('full')
  assert.equal((await decrypt()).status, 200)
})

test('a token that is gone is found again when it is back', { skip: NO_SOFTHSM }, async () => {
  await set('gone')
  assertError(await decrypt(), 'KMSInvalidStateException', AWAY)
  const create = await call(server, 'CreateKey', { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: storeId })
  assertError(create, 'CustomKeyStoreInvalidStateException', AWAY)
  await succeed(server, 'DisconnectCustomKeyStore', { CustomKeyStoreId: storeId })
  const again = await call(server, 'ConnectCustomKeyStore', { CustomKeyStoreId: storeId })
  assertError(again, 'CloudHsmClusterNotActiveException', AWAY)
  await lift('gone')
  assert.equal((await connect(server, storeId)).ConnectionState, 'CONNECTED')
  assert.equal((await decrypt()).status, 200)
})

test('the last PIN that a token takes is not spent', { skip: NO_SOFTHSM }, async () => {
  for (const pid of tokenProcesses()) process.kill(pid, 'SIGKILL')
  await until('the process has ended', async () => tokenProcesses().length === 0 || undefined)
  await set('final')
  const before = await logins()
  await until(
    'the token refuses',
    async () => (await decrypt()).message?.startsWith('AWS KMS cannot log in') || undefined,
  )
  assert.equal(await logins(), before)
  await lift('final')
  assert.equal((await decrypt()).status, 200)
})

test('a PIN that the token refuses is tried once, until the file changes', { skip: NO_SOFTHSM }, async () => {
  const input = clusterInput('refusing', certificate, { KeyStorePassword: 'not-the-pin' })
  const refusing = await newStore(server, input)
  const before = await logins()
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const entry = await connect(server, refusing)
    assert.deepEqual([entry.ConnectionState, entry.ConnectionErrorCode], ['FAILED', 'INVALID_CREDENTIALS'])
    await succeed(server, 'DisconnectCustomKeyStore', { CustomKeyStoreId: refusing })
  }
  assert.equal(await logins(), before + 1)
  {
    await using other = await startServer({ data: server.data, environment: tokens.environment })
    const again = await connect(other, refusing)
    assert.equal(again.ConnectionErrorCode, 'INVALID_CREDENTIALS')
  }
  await succeed(server, 'DisconnectCustomKeyStore', { CustomKeyStoreId: refusing })
  assert.equal(await logins(), before + 1, 'neither does another process try it')
  await writeFile(join(tokens.folder, 'other-pin'), PIN)
  await succeed(server, 'UpdateCustomKeyStore', { CustomKeyStoreId: refusing, KeyStorePassword: PIN })
  assert.equal((await connect(server, refusing)).ConnectionState, 'CONNECTED')
  const { KeyMetadata } = await succeed(server, 'CreateKey', {
    Origin: 'AWS_CLOUDHSM',
    CustomKeyStoreId: refusing,
  })
  const KeyId = String((KeyMetadata as Output)['KeyId'])
  const good = await logins()
  await writeFile(join(tokens.folder, 'other-pin'), 'wrong-again')
  for (const pid of tokenProcesses()) process.kill(pid, 'SIGKILL')
  await until('the processes have ended', async () => tokenProcesses().length === 0 || undefined)
  await until('the token refuses', async () => {
    const burst = Array.from({ length: 20 }, () => call(server, 'Encrypt', { KeyId, Plaintext: base64('a') }))
    const answers = await Promise.all(burst)
    return answers.every(({ message }) => message?.startsWith('AWS KMS cannot log in')) || undefined
  })
  assert.equal(await logins(), good + 1, 'a burst of calls spends one attempt')
})

test('a module that is no library, or is not there, and a token that is not there', {
  skip: NO_SOFTHSM,
}, async () => {
  for (const name of ['text', 'nowhere', 'absent']) {
    const answer = await call(server, 'CreateCustomKeyStore', clusterInput(name, certificate))
    assertError(answer, 'CloudHsmClusterNotActiveException', AWAY)
  }
  assert.equal((await describeStore(server, storeId)).ConnectionState, 'CONNECTED')
  assert.equal((await decrypt()).status, 200)
  assert.match(server.errors() + server.output(), /cannot be loaded/)
})
