import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  CreateKeyCommand,
  DecryptCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  type KMSClient,
} from '@aws-sdk/client-kms'
import { callRaw } from '../support/calls.ts'
import { copyMachine, fleetStore, startMachine } from '../support/fleet.ts'
import { failureOf, kmsClient } from '../support/kms.ts'
import { PostgresServer, withoutPostgres } from '../support/postgres-server.ts'
import { holdfast } from '../support/run.ts'
import { spawnServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const skip = withoutPostgres()
const TEXT = Buffer.from('a secret of nobody')
let server: PostgresServer
let folder: string

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  if (skip === false) server = await PostgresServer.create()
})
after(async () => {
  if (skip === false) await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

async function createKey(client: KMSClient): Promise<string> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}))
  assert.ok(KeyMetadata?.KeyId)
  return KeyMetadata.KeyId
}

async function encrypt(client: KMSClient, KeyId: string): Promise<Uint8Array> {
  const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext: TEXT }))
  assert.ok(CiphertextBlob)
  return CiphertextBlob
}

async function assertOpens(client: KMSClient, CiphertextBlob: Uint8Array): Promise<void> {
  const { Plaintext } = await client.send(new DecryptCommand({ CiphertextBlob }))
  assert.deepEqual(Buffer.from(Plaintext ?? []), TEXT)
}

async function runOn(data: string, store: string, ...args: readonly string[]) {
  const done = await holdfast(args, { environment: { HOLDFAST_DATA: data, HOLDFAST_STORE: store } })
  assert.equal(done.status, 0, done.err)
  return done.out
}

type Listed = { readonly node: string; readonly pid: number; readonly alive: boolean }

test('three machines serve one database: each honours what another has acknowledged, and the log has it all', {
  skip,
}, async () => {
  const { database } = await server.database()
  const store = fleetStore(server, database)
  const [a, b, c] = ['a', 'b', 'c'].map((name) => join(folder, name)) as [string, string, string]
  await using first = await startMachine(a, store)
  await copyMachine(a, b)
  await copyMachine(a, c)
  await using second = await startMachine(b, store)
  const third = await startMachine(c, store)
  const clients = [first, second, third].map((one) => kmsClient(one))
  const [one, two] = clients
  assert.ok(one && two)
  const key = await createKey(one)
  const blobs = await Promise.all(clients.map((client) => encrypt(client, key)))
  for (const client of clients) {
    await client.send(new DisableKeyCommand({ KeyId: key }))
    const refused = await Promise.all(clients.map((any) => failureOf(encrypt(any, key))))
    assert.deepEqual(
      refused.map(({ name }) => name),
      clients.map(() => 'DisabledException'),
    )
    await client.send(new EnableKeyCommand({ KeyId: key }))
    for (const any of clients) await encrypt(any, key)
  }
  await third.kill()
  for (const blob of blobs) await assertOpens(two, blob)
  const verified = await runOn(b, store, 'audit', 'verify', '--json')
  const { intact, nodes, events } = JSON.parse(verified)
  assert.deepEqual([intact, nodes], [true, 3], verified)
  assert.ok(events >= 30, verified)
  const listed: readonly Listed[] = JSON.parse(await runOn(b, store, 'nodes', '--json')).nodes
  assert.deepEqual(
    listed.map(({ node, alive }) => [node, alive]),
    listed.map(({ node, pid }) => [node, pid !== third.process.pid]),
  )
  assert.equal(listed.filter(({ alive }) => !alive).length, 1)
  const found = await until('another machine finds the calls of the killed one', async () => {
    const query = { LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'DisableKey' }] }
    const target = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents'
    const { status, json } = await callRaw(second, target, JSON.stringify(query), { service: 'cloudtrail' })
    return status === 200 ? json['Events'] : undefined
  })
  assert.ok(Array.isArray(found) && found.length === clients.length, JSON.stringify(found))
  assert.equal(await first.stop(), 0)
})

test('a machine with another root key is refused by a fleet, and so is one that does not say fleet, or has no HOLDFAST_STORE', {
  skip,
}, async () => {
  const { database } = await server.database()
  const store = fleetStore(server, database)
  const [own, other] = ['own', 'other'].map((name) => join(folder, name)) as [string, string]
  await using first = await startMachine(own, store)
  const stranger = spawnServer(other, { HOLDFAST_STORE: store })
  assert.notEqual(await stranger.ended, 0)
  assert.match(stranger.errors(), /in use by a fleet/)
  assert.equal(await first.stop(), 0)
  const alone = spawnServer(own, { HOLDFAST_STORE: store.replace('&fleet=on', '') })
  assert.notEqual(await alone.ended, 0)
  assert.match(alone.errors(), /that of a fleet/)
  const forgotten = spawnServer(own)
  assert.notEqual(await forgotten.ended, 0)
  assert.match(forgotten.errors(), /are in a PostgreSQL database: set HOLDFAST_STORE/)
  const command = await holdfast(['audit', 'verify'], { environment: { HOLDFAST_DATA: own } })
  assert.deepEqual([command.status, /set HOLDFAST_STORE/.test(command.err)], [2, true], command.err)
  const rotated = await holdfast(['rotate', 'root'], {
    environment: { HOLDFAST_DATA: own, HOLDFAST_STORE: store },
  })
  assert.equal(rotated.status, 2)
  assert.match(rotated.err, /the root key of a fleet/)
})
