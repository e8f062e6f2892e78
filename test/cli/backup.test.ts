/** Backups of running servers, and what is restored from them. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { call, newKey } from '../support/calls.ts'
import { type Finished, runHoldfast } from '../support/command.ts'
import { scrape } from '../support/metrics.ts'
import { type Reachable, spawnServer, startServer, temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const PLAINTEXT = 'aGVsbG8='

const folder = await temporaryFolder()
after(() => rm(folder, { recursive: true, force: true }))

async function succeed(data: string, ...args: readonly string[]): Promise<Finished> {
  const finished = await runHoldfast(data, ...args)
  assert.equal(finished.status, 0, `${args.join(' ')}: ${finished.errors}`)
  return finished
}

async function encrypt(server: Reachable, keyId: string): Promise<string> {
  const { status, json: body } = await call(server, 'Encrypt', { KeyId: keyId, Plaintext: PLAINTEXT })
  assert.equal(status, 200)
  return String(body['CiphertextBlob'])
}

async function assertDecrypts(server: Reachable, blob: string): Promise<void> {
  const { status, json: body } = await call(server, 'Decrypt', { CiphertextBlob: blob })
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body['Plaintext'], PLAINTEXT)
}

async function create(data: string, backups: string, ...more: readonly string[]) {
  const { output } = await succeed(data, 'backup', 'create', '--folder', backups, '--json', ...more)
  return JSON.parse(output) as { id: string; file: string; base: string | null; removed: string[] }
}

test('a backup of a running server is restored, and decrypts what was encrypted before it', async () => {
  const data = join(folder, 'first')
  const backups = join(folder, 'first-backups')
  const target = join(folder, 'first-restored')
  await using server = await startServer({ data, environment: {} })
  const keyId = await newKey(server)
  const blob = await encrypt(server, keyId)
  const whole = await create(data, backups)
  assert.equal(whole.base, null)
  const later = await newKey(server)
  const further = await create(data, backups)
  assert.equal(further.base, whole.id)
  for (const { file } of [whole, further]) {
    const { output } = await succeed(data, 'backup', 'verify', file)
    assert.match(output, /^intact: \d+ records and \d+ files of the audit log/)
    const text = await readFile(file, 'latin1')
    assert.equal(text.includes(keyId), false)
    assert.equal(text.includes('eventVersion'), false)
  }
  // What the backups lack: a key that is disabled, and one that is created.
  await call(server, 'DisableKey', { KeyId: keyId })
  const lost = await newKey(server)
  await server.stop()

  const given = ['--key-file', join(data, 'root.key'), '--audit', join(data, 'audit')]
  const restored = await succeed(target, 'restore', further.file, ...given, '--json')
  const found = JSON.parse(restored.output)
  const operations = found.lost.map(({ operation, resources }: Record<string, unknown>) => [
    operation,
    resources,
  ])
  assert.deepEqual(
    operations.map(([operation]: [string]) => operation),
    ['DisableKey', 'CreateKey'],
  )
  assert.match(operations[0][1][0], new RegExp(`key/${keyId}$`))
  assert.match(operations[1][1][0], new RegExp(`key/${lost}$`))
  assert.equal(found.lostChanges, 2)

  const early = spawnServer(target)
  assert.equal(await early.ended, 1)
  assert.match(early.errors(), /was restored from a backup of .* lacks 2 changes .*holdfast restore accept/)
  const other = await runHoldfast(target, 'account', 'create')
  assert.match(other.errors, /holdfast restore accept/)

  await succeed(target, 'restore', 'accept')
  assert.match((await runHoldfast(target, 'restore', 'accept')).errors, /somebody has accepted it already/)
  await cp(join(data, 'credentials'), join(target, 'credentials'))
  await using again = await startServer({ data: target, environment: {} })
  await assertDecrypts(again, blob)
  await encrypt(again, later)
  assert.equal((await call(again, 'DescribeKey', { KeyId: lost })).status, 400)
  await again.stop()
  const { output } = await succeed(target, 'audit', 'verify')
  assert.match(output, /^intact: /)
  const log = await readFile(join(target, 'audit/node-0/0000000000000001.jsonl'), 'utf8')
  assert.match(log, /"AcceptRestore".*"lostChanges":2/)
})

test('a backup through a pipe is whole, and opens by another unlock path without the key file', async () => {
  const data = join(folder, 'piped')
  const credentials = join(folder, 'piped-credentials')
  await mkdir(credentials)
  await writeFile(join(credentials, 'holdfast-root'), 'x'.repeat(40), { mode: 0o600 })
  const credential = ['--seal-credentials', credentials]
  await using server = await startServer({ data, environment: {} })
  const keyId = await newKey(server)
  await succeed(data, 'seal', 'add', 'host', '--type', 'credential', ...credential)
  const file = join(folder, 'piped.backup')
  const child = spawn(process.execPath, [MAIN, 'backup', 'create', '--stdout', '--data', data], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await writeFile(file, Buffer.concat(await Array.fromAsync(child.stdout)))
  await server.stop()
  const target = join(folder, 'piped-restored')
  const closed = await runHoldfast(target, 'restore', file)
  assert.equal(closed.status, 1)
  assert.match(closed.errors, /no unlock path of the backup opens its root key\. file: .*\. host: /)
  await succeed(target, 'restore', file, ...credential)
  await succeed(target, 'restore', 'accept', ...credential)
  assert.deepEqual((await readdir(target)).includes('root.key'), false)
  await cp(join(data, 'credentials'), join(target, 'credentials'))
  await using again = await startServer({
    data: target,
    environment: { HOLDFAST_SEAL_CREDENTIALS: credentials },
  })
  await encrypt(again, keyId)
})

test('retention keeps the newest backups and the whole one that they continue', async () => {
  const data = join(folder, 'kept')
  const backups = join(folder, 'kept-backups')
  await using server = await startServer({ data, environment: {} })
  await newKey(server)
  const first = await create(data, backups)
  const second = await create(data, backups, '--keep', '1')
  const third = await create(data, backups, '--keep', '1')
  assert.deepEqual([first.base, second.base, third.base], [null, first.id, first.id])
  assert.deepEqual(second.removed, [])
  assert.deepEqual(third.removed, [second.file])
  const whole = await create(data, backups, '--whole', '--keep', '1')
  assert.equal(whole.base, null)
  assert.deepEqual(whole.removed, [first.file, third.file])
  const { output } = await succeed(data, 'status', '--json')
  assert.equal(JSON.parse(output).backup.id, whole.id)
  await rm(first.file, { force: true })
  await server.stop()
})

test('restore overwrites nothing, and a damaged or incomplete backup leaves no folder', async () => {
  const data = join(folder, 'source')
  const backups = join(folder, 'source-backups')
  await using server = await startServer({ data, environment: {} })
  await newKey(server)
  const whole = await create(data, backups)
  const further = await create(data, backups)
  await server.stop()
  const key = ['--key-file', join(data, 'root.key')]
  const refused = await runHoldfast(data, 'restore', whole.file, ...key)
  assert.equal(refused.status, 1)
  assert.match(refused.errors, /is not empty, and a restore overwrites nothing/)

  const target = join(folder, 'source-restored')
  const assertRefused = async (file: string, message: RegExp): Promise<void> => {
    const finished = await runHoldfast(target, 'restore', file, ...key)
    assert.equal(finished.status, 1)
    assert.match(finished.errors, message)
    const left = (await readdir(folder)).filter((name) => name.startsWith('source-restored'))
    assert.deepEqual(left, [])
  }
  const alone = join(folder, 'alone')
  await cp(further.file, join(alone, 'further.backup'))
  await assertRefused(join(alone, 'further.backup'), /continues another one, whose file .* is not beside it/)
  const bytes = await readFile(whole.file)
  await writeFile(join(alone, 'cut'), bytes.subarray(0, -1))
  await assertRefused(join(alone, 'cut'), /or the backup is cut off|first chunk is damaged/)
  const verified = await runHoldfast(data, 'backup', 'verify', join(alone, 'cut'), '--json')
  assert.equal(verified.status, 1)
  assert.equal(JSON.parse(verified.output).intact, false)

  const foreign = join(folder, 'foreign')
  await using stranger = await startServer({ data: foreign, environment: {} })
  await newKey(stranger)
  await stranger.stop()
  const audit = await runHoldfast(target, 'restore', whole.file, ...key, '--audit', join(foreign, 'audit'))
  assert.equal(audit.status, 1)
  assert.match(audit.errors, /is damaged, or does not continue that of the backup/)
})

test('a rehearsal proves every key of a backup, signs a report, and leaves no copy', async () => {
  const data = join(folder, 'rehearsed')
  const backups = join(folder, 'rehearsed-backups')
  await using server = await startServer({ data, environment: {} })
  await newKey(server)
  for (const KeySpec of ['RSA_2048', 'ECC_NIST_P256', 'ML_DSA_44', 'HMAC_256'] as const) {
    const KeyUsage = KeySpec === 'HMAC_256' ? 'GENERATE_VERIFY_MAC' : 'SIGN_VERIFY'
    assert.equal((await call(server, 'CreateKey', { KeySpec, KeyUsage })).status, 200)
  }
  await create(data, backups)
  const given = ['--backup-folder', backups, '--json']
  const { output } = await succeed(data, 'backup', 'rehearse', ...given)
  const found = JSON.parse(output)
  assert.deepEqual([found.succeeded, found.keys, found.keyMaterials, found.failures], [true, 5, 5, []])
  assert.equal(found.unlockPath, 'file')
  assert.equal((await readdir(data)).includes('rehearsal'), false)
  const [report, note] = found.files
  await succeed(data, 'report', 'verify', report, '--verifier-key', found.verifierKey)
  await writeFile(report, (await readFile(report, 'utf8')).replace('"keys": 5', '"keys": 6'))
  const changed = await runHoldfast(data, 'report', 'verify', note, '--verifier-key', found.verifierKey)
  assert.match(changed.errors, /was changed after it was signed/)
  const status = JSON.parse((await runHoldfast(data, 'status', '--json')).output)
  assert.equal(status.rehearsal.id, found.backup)
  assert.equal(status.rehearsal.keys, 5)
  await server.stop()
  const log = await readFile(join(data, 'audit/node-0/0000000000000001.jsonl'), 'utf8')
  const other = await readFile(join(data, 'audit/node-1/0000000000000001.jsonl'), 'utf8')
  assert.match(log + other, /"RehearseBackup".*"succeeded":true/)
})

async function untilHas(read: () => Promise<string>, text: string): Promise<void> {
  await until(`the log has ${text}`, async () => ((await read()).includes(text) ? true : undefined))
}

test('a server backs up and rehearses by its schedule, and announces what fails', async () => {
  const data = join(folder, 'scheduled')
  const backups = join(folder, 'scheduled-backups')
  const environment = {
    HOLDFAST_BACKUP_FOLDER: backups,
    HOLDFAST_BACKUP_HOURS: '1',
    HOLDFAST_METRICS: '127.0.0.1:0',
  }
  await using server = await startServer({ data, environment })
  const log = () => readFile(join(data, 'audit/node-0/0000000000000001.jsonl'), 'utf8')
  await untilHas(log, '"CreateBackup"')
  await untilHas(log, '"RehearseBackup"')
  const [made] = await readdir(backups)
  await succeed(data, 'backup', 'verify', join(backups, made ?? ''))
  assert.match(await log(), /"CreateBackup".*"RehearseBackup".*"succeeded":true/s)
  const points = await scrape(server)
  assert.ok(points.sum('holdfast_backup_timestamp_seconds') > 0)
  await server.stop()

  const blocked = join(folder, 'blocked')
  await writeFile(blocked, 'a file in the place of the folder')
  const unable = { ...environment, HOLDFAST_BACKUP_FOLDER: join(blocked, 'backups') }
  const other = join(folder, 'scheduled-unable')
  await using failing = await startServer({ data: other, environment: unable })
  const its = () => readFile(join(other, 'audit/node-0/0000000000000001.jsonl'), 'utf8')
  await untilHas(its, '"FailRehearsal"')
  assert.match(await its(), /"FailBackup".*"reason":"/)
  await newKey(failing)
  await failing.stop()
})

test('a rehearsal leaves a folder alone that has something else', async () => {
  const data = join(folder, 'rehearsed-beside')
  await using server = await startServer({ data, environment: {} })
  const { file } = await create(data, join(folder, 'rehearsed-beside-backups'))
  await server.stop()
  const work = join(folder, 'precious')
  await mkdir(work)
  await writeFile(join(work, 'gold'), 'gold')
  const refused = await runHoldfast(data, 'backup', 'rehearse', '--file', file, '--work', work)
  assert.equal(refused.status, 1)
  assert.match(refused.errors, /is not empty, and a restore overwrites nothing/)
  assert.deepEqual(await readdir(work), ['gold'])
})

test('a server does not rehearse where only a person can unlock, and says so', async () => {
  const data = join(folder, 'attended')
  const backups = join(folder, 'attended-backups')
  await using server = await startServer({ data, environment: {} })
  await newKey(server)
  const { file } = await create(data, backups)
  await server.stop()
  await rm(join(data, 'root.key'))
  const finished = await runHoldfast(data, 'backup', 'rehearse', '--unattended', '--file', file, '--json')
  assert.equal(finished.status, 1)
  assert.match(
    JSON.parse(finished.output).problem,
    /no unlock path of the backup opens its root key\. file: /,
  )
})
