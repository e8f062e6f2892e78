/** Transcripts: which materials of a key are still in use. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  DecryptCommand,
  EncryptCommand,
  ReEncryptCommand,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms'
import { call, newKey } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { allow, iamClient, kmsAs, newUser, policyText } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ARN = `arn:aws:kms:${REGION}:000000000000:key/`

let server: TestServer
let keyId: string
let otherId: string

before(async () => {
  server = await startServer()
  keyId = await newKey(server)
  otherId = await newKey(server)
  const root = kmsAs(server, server.credentials)
  const ada = kmsAs(server, await newUser(iamClient(server), 'ada', policyText(allow('kms:*'))))
  const Plaintext = Buffer.from('text')
  const { CiphertextBlob } = await root.send(new EncryptCommand({ KeyId: keyId, Plaintext }))
  const other = await root.send(new EncryptCommand({ KeyId: otherId, Plaintext }))
  await root.send(new RotateKeyOnDemandCommand({ KeyId: keyId }))
  const now = await root.send(new EncryptCommand({ KeyId: keyId, Plaintext }))
  await ada.send(new DecryptCommand({ CiphertextBlob }))
  await ada.send(new DecryptCommand({ CiphertextBlob }))
  await root.send(new DecryptCommand({ CiphertextBlob: now.CiphertextBlob }))
  await root.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: keyId }))
  await root.send(new ReEncryptCommand({ CiphertextBlob: other.CiphertextBlob, DestinationKeyId: keyId }))
  const refused = await call(server, 'Decrypt', { CiphertextBlob: 'AAAA', KeyId: keyId })
  assert.equal(refused.code, 'InvalidCiphertextException')
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

type Shown = {
  readonly state: string
  readonly decrypts: number
  readonly principals: readonly {
    readonly principal: string
    readonly decrypts: number
    readonly lastEventId: string
  }[]
}

async function shownOf(key: string): Promise<{ readonly key: string; readonly materials: readonly Shown[] }> {
  const { output, errors } = await runHoldfast(server.data, 'materials', key, '--format', 'json')
  assert.equal(errors, '')
  return JSON.parse(output)
}

test('holdfast materials counts the decryptions under each material, by principal', async () => {
  const { key, materials } = await shownOf(ARN + keyId)
  assert.equal(key, ARN + keyId)
  const counts = materials.map(({ state, decrypts, principals }) => [
    state,
    decrypts,
    Object.fromEntries(principals.map((one) => [one.principal, one.decrypts])),
  ])
  const [root, ada] = ['arn:aws:iam::000000000000:root', 'arn:aws:iam::000000000000:user/ada']
  assert.deepEqual(counts, [
    ['NON_CURRENT', 3, { [root]: 1, [ada]: 2 }],
    ['CURRENT', 1, { [root]: 1 }],
  ])
  assert.match(materials[0]?.principals[0]?.lastEventId ?? '', /^[0-9a-f-]{36}$/)
})

test('holdfast materials counts the source of ReEncrypt, not its destination', async () => {
  const { materials } = await shownOf(ARN + otherId)
  assert.deepEqual(
    materials.map(({ state, decrypts }) => [state, decrypts]),
    [['CURRENT', 1]],
  )
})

test('holdfast materials prints a table, and what it says about the rotation', async () => {
  const { status, output, errors } = await runHoldfast(server.data, 'materials', keyId, '--region', REGION)
  assert.equal(status, 0)
  const lines = output.trimEnd().split('\n')
  assert.match(lines[0] ?? '', /^material +state +current since +decrypts +last decrypt +principal +event$/)
  assert.equal(lines.length, 4)
  assert.match(lines[1] ?? '', /^[0-9a-f]{64} +NON_CURRENT +\S+Z +\d+ +\S+Z +arn:\S+ +[0-9a-f-]{36}$/)
  assert.match(errors, /^NON_CURRENT key materials with decryptions: 1 of 1, the last at \S+Z\n$/)
})

test('holdfast materials refuses what names no key', async () => {
  for (const key of [
    'alias/none',
    'arn:aws:kms:nowhere:1:key/x',
    `${ARN}00000000-0000-4000-8000-000000000000`,
  ]) {
    const { status, errors } = await runHoldfast(server.data, 'materials', key)
    assert.equal(status, 2)
    assert.match(errors, /^holdfast: KEY: expected an existing key, /)
  }
  const { status } = await runHoldfast(server.data, 'materials', ARN + keyId, '--format', 'xml')
  assert.equal(status, 2)
})
