/** Kills of the S3 gateway at random moments of uploads: what was acknowledged is whole, and nothing else is left. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { CreateKeyCommand } from '@aws-sdk/client-kms'
import { readEvents } from '../support/audit.ts'
import { cases } from '../support/campaign.ts'
import { kmsClient } from '../support/kms.ts'
import { s3, s3Succeeds, startGateway, type TestGateway } from '../support/s3-gateway.ts'
import { type Seeded, seeded } from '../support/seeded.ts'
import { startServer } from '../support/server.ts'

/** `npm run test:s3-kills` sets the number. */
const KILLS = Number(process.env['S3_KILLS'] ?? cases({ slice: 3, whole: 60 }))
const SEED = 20_261_130
const CLIENTS = 4
const KEYS_OF_CLIENT = 3
const KILL_AFTER_MAX_MS = 400
/** Below and above one segment, and a batch of segments. */
const SIZES = [0, 10, 65_536, 65_537, 900_000, 3_000_000]

/** What may be at a key: the last acknowledged body, and one whose answer never came. Nothing is an absent object. */
type Expected = { acknowledged: string | undefined; unanswered: string | undefined | 'none' }

function bodyOf(random: Seeded): Buffer {
  return Buffer.alloc(random.pick(SIZES), `${random.below(1_000_000)} `)
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Puts and deletes objects one after the other until the gateway is gone. */
async function write(
  gateway: TestGateway,
  client: number,
  random: Seeded,
  expected: Map<string, Expected>,
): Promise<void> {
  const headers = { 'x-amz-server-side-encryption': 'aws:kms' }
  for (;;) {
    const key = `${client}/${random.below(KEYS_OF_CLIENT)}`
    const entry = expected.get(key) ?? { acknowledged: undefined, unanswered: 'none' }
    expected.set(key, entry)
    const body = random.oneIn(5) ? undefined : bodyOf(random)
    entry.unanswered = body && hashOf(body)
    const target = `/killed/${key}`
    const ask = body === undefined ? { method: 'DELETE', target } : { method: 'PUT', target, body, headers }
    const reply = await s3(gateway, ask).catch(() => undefined)
    if (reply === undefined) return
    assert.ok(reply.status < 300, reply.body.toString())
    entry.acknowledged = entry.unanswered
    entry.unanswered = 'none'
  }
}

async function check(gateway: TestGateway, expected: Map<string, Expected>): Promise<void> {
  for (const [key, entry] of expected) {
    const reply = await s3(gateway, { method: 'GET', target: `/killed/${key}` })
    const found = reply.status === 200 ? hashOf(reply.body) : undefined
    if (found === undefined) assert.equal(reply.code, 'NoSuchKey', reply.body.toString())
    const allowed = [entry.acknowledged, ...(entry.unanswered === 'none' ? [] : [entry.unanswered])]
    assert.ok(allowed.includes(found), `${key}: an object that nobody has put`)
    entry.acknowledged = found
    entry.unanswered = 'none'
  }
}

/** The folder holds one file for each object that there is. */
async function assertNoLeftovers(gateway: TestGateway, expected: Map<string, Expected>): Promise<void> {
  const present = [...expected.values()].filter(({ acknowledged }) => acknowledged !== undefined).length
  const names = await readdir(join(gateway.folder, 'objects'), { recursive: true })
  assert.equal(names.filter((name) => /[0-9a-f]{32}$/.test(name)).length, present)
  assert.deepEqual(await readdir(join(gateway.folder, 'incoming')), [])
}

test(`${KILLS} kills under load lose no acknowledged object and leave no file`, async () => {
  await using server = await startServer()
  const random = seeded(SEED)
  const expected = new Map<string, Expected>()
  let gateway = await startGateway(server)
  await s3Succeeds(gateway, { method: 'PUT', target: '/killed' })
  for (let kill = 0; kill < KILLS; kill += 1) {
    const clients = Array.from({ length: CLIENTS }, (_, client) =>
      write(gateway, client, seeded(SEED + kill * CLIENTS + client), expected),
    )
    await new Promise((resolve) => setTimeout(resolve, random.below(KILL_AFTER_MAX_MS)))
    await gateway.kill()
    await Promise.all(clients)
    gateway = await startGateway(server)
    await check(gateway, expected)
    await assertNoLeftovers(gateway, expected)
  }
  await gateway.stop()
})

test('a byte that changes in the folder is found, and nothing damaged is served', async () => {
  await using server = await startServer()
  await using gateway = await startGateway(server)
  await kmsClient(server).send(new CreateKeyCommand({}))
  await s3Succeeds(gateway, { method: 'PUT', target: '/damaged' })
  const body = Buffer.alloc(100_000, 'intact ')
  await s3Succeeds(gateway, { method: 'PUT', target: '/damaged/object', body })
  const names = await readdir(join(gateway.folder, 'objects'), { recursive: true })
  const path = join(gateway.folder, 'objects', names.find((name) => name.includes('/')) ?? '')
  const intact = await readFile(path)
  for (const place of [0, 5, 40, 90, 500, intact.length - 1]) {
    const damaged = Buffer.from(intact)
    damaged[place] = (damaged[place] ?? 0) ^ 0x80
    await writeFile(path, damaged)
    const reply = await s3(gateway, { method: 'GET', target: '/damaged/object' }).catch(() => undefined)
    // Damage beyond the first segment breaks the connection: the headers are sent before it is read.
    assert.ok(reply === undefined || reply.code === 'InternalError', `byte ${place}`)
  }
  assert.match(gateway.errors(), /INTEGRITY ALARM/)
  const alarms = (await readEvents(server.data)).filter(({ eventName }) => eventName === 'IntegrityAlarm')
  const reasons = alarms.map(({ serviceEventDetails }) => JSON.stringify(serviceEventDetails))
  // Each kind of damage once: of the header, and of either segment.
  for (const what of [/its header/, /segment 0/, /segment 1/])
    assert.ok(reasons.some((reason) => what.test(reason)))
  await writeFile(path, intact)
  assert.ok((await s3(gateway, { method: 'GET', target: '/damaged/object' })).body.equals(body))
})

/** How long a test waits for a write of the gateway to end. */
const BUSY_MS = 10_000

test('each byte of an entry of the catalogue that changes is found, and no entry serves for another', async () => {
  await using server = await startServer()
  await using gateway = await startGateway(server)
  await s3Succeeds(gateway, { method: 'PUT', target: '/entries' })
  for (const key of ['a', 'b'])
    await s3Succeeds(gateway, { method: 'PUT', target: `/entries/${key}`, body: key })
  const path = join(gateway.folder, 'catalogue.db')
  const entryOf = (key: string): Buffer =>
    Buffer.concat([Buffer.from('entries'), Buffer.of(0), Buffer.from(key)])
  const read = (key: string): Buffer => {
    using database = new DatabaseSync(path, { timeout: BUSY_MS })
    const row = database
      .prepare('SELECT value FROM entries WHERE space = ? AND id = ?')
      .get('object', entryOf(key))
    return Buffer.from(row?.['value'] as Uint8Array)
  }
  const write = (key: string, value: Buffer): void => {
    using database = new DatabaseSync(path, { timeout: BUSY_MS })
    database
      .prepare('UPDATE entries SET value = ? WHERE space = ? AND id = ?')
      .run(value, 'object', entryOf(key))
  }
  const [intact, other] = [read('a'), read('b')]
  const damaged = [0, 16, 30, Math.floor(intact.length / 2), intact.length - 1].map((place) => {
    const changed = Buffer.from(intact)
    changed[place] = (changed[place] ?? 0) ^ 1
    return changed
  })
  for (const value of [...damaged, other, intact.subarray(0, -1), Buffer.alloc(0)]) {
    write('a', value)
    assert.equal((await s3(gateway, { method: 'GET', target: '/entries/a' })).code, 'InternalError')
    assert.equal((await s3(gateway, { method: 'GET', target: '/entries/b' })).body.toString(), 'b')
  }
  assert.match(gateway.errors(), /INTEGRITY ALARM/)
  write('a', intact)
  assert.equal((await s3(gateway, { method: 'GET', target: '/entries/a' })).body.toString(), 'a')
})
