/** Rotations of the root key, beside servers with one process and with several. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { backupJob } from '../../src/app/backup-job.ts'
import { openDeployment, openNodeJournal } from '../../src/app/deployment.ts'
import { openUnattended } from '../../src/app/root-key.ts'
import { rotateRoot } from '../../src/app/rotate-root.ts'
import { rotationJob } from '../../src/app/rotation-job.ts'
import { readBackupState } from '../../src/backup/backup-records.ts'
import { listBackups } from '../../src/backup/folder.ts'
import { silentLog } from '../../src/base/log.ts'
import { neverGiveWay } from '../../src/base/slices.ts'
import { parseConfig } from '../../src/config/settings.ts'
import { newKey, succeed } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { allow, iamClient, newUser, policyText } from '../support/iam.ts'
import { type Reachable, startServer, temporaryFolder } from '../support/server.ts'
import { given, stsClient } from '../support/sts.ts'

const folder = await temporaryFolder()
after(() => rm(folder, { recursive: true, force: true }))

async function rotate(data: string, ...args: readonly string[]) {
  const { status, output, errors } = await runHoldfast(data, 'rotate', 'root', '--json', ...args)
  assert.equal(status, 0, errors)
  return JSON.parse(output)
}

async function rootOf(data: string): Promise<string> {
  const { root } = await openUnattended(parseConfig({ flags: { data }, environment: {} }))
  return root.reveal((bytes) => Buffer.from(bytes).toString('hex'))
}

async function encrypt(server: Reachable, keyId: string): Promise<string> {
  const { CiphertextBlob } = await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: 'aGVsbG8=' })
  return String(CiphertextBlob)
}

async function assertDecrypts(server: Reachable, blob: string): Promise<void> {
  const { Plaintext } = await succeed(server, 'Decrypt', { CiphertextBlob: blob })
  assert.equal(Plaintext, 'aGVsbG8=')
}

for (const workers of ['1', '2'])
  test(`the root key rotates while calls go on in ${workers} processes`, async () => {
    const data = join(folder, `data-${workers}`)
    const made = new Map<string, string>()
    {
      await using server = await startServer({ data, environment: { HOLDFAST_WORKERS: workers } })
      const first = await newKey(server)
      made.set(first, await encrypt(server, first))
      const before = await rootOf(data)
      const old = join(folder, `old-${workers}`)
      await cp(join(data, 'seal.json'), old)
      let going = true
      const calling = (async () => {
        let calls = 0
        while (going) {
          const keyId = await newKey(server)
          made.set(keyId, await encrypt(server, keyId))
          for (const blob of made.values()) await assertDecrypts(server, blob)
          calls += 1
        }
        return calls
      })()
      const one = await rotate(data)
      const two = await rotate(data)
      going = false
      assert.ok((await calling) > 0)
      assert.deepEqual([one.generation, two.generation, one.resumed], [2, 3, false])
      assert.ok(one.records > 10 && one.keks === 1)
      assert.notEqual(await rootOf(data), before)
      for (const blob of made.values()) await assertDecrypts(server, blob)
      await newKey(server)
      assert.equal(await server.stop(), 0)
      await assertOnlyNew(data, old)
    }
    await using again = await startServer({ data, environment: { HOLDFAST_WORKERS: workers } })
    for (const blob of made.values()) await assertDecrypts(again, blob)
    const verified = await runHoldfast(data, 'audit', 'verify', '--json')
    assert.equal(JSON.parse(verified.output).intact, true)
    const names = await eventNames(data)
    assert.equal(names.filter((name) => name === 'RotateRootKey').length, 2)
    assert.deepEqual(
      (await readdir(join(data, 'run'))).filter((name) => name.endsWith('.new')),
      [],
    )
  })

/** With the envelope from before, the root key before opens no record. */
async function assertOnlyNew(data: string, old: string): Promise<void> {
  const copy = `${data}-copy`
  await cp(data, copy, { recursive: true, filter: (path) => !path.includes('/run/') })
  await cp(old, join(copy, 'seal.json'))
  const { status, errors } = await runHoldfast(copy, 'status')
  assert.notEqual(status, 0)
  assert.match(errors, /is damaged: it does not open|no records of its root key/)
}

async function eventNames(data: string): Promise<readonly string[]> {
  const names: string[] = []
  for (const node of await readdir(join(data, 'audit')))
    for (const file of await readdir(join(data, 'audit', node)))
      if (file.endsWith('.jsonl')) {
        const text = await readFile(join(data, 'audit', node, file), 'utf8')
        names.push(...[...text.matchAll(/"eventName":"(\w+)"/g)].map(([, name = '']) => name))
      }
  return names
}

test('sessions from before a rotation go on, unless it ends them', async () => {
  const data = join(folder, 'sessions')
  await using server = await startServer({ data })
  const iam = iamClient(server)
  const sts = stsClient(server, await newUser(iam, 'ada', policyText(allow('sts:*'))))
  const { Credentials } = await sts.send(new GetSessionTokenCommand({}))
  const session = stsClient(server, given(Credentials))
  const who = async () => (await session.send(new GetCallerIdentityCommand({}))).Arn
  assert.match((await who()) ?? '', /ada/)
  await rotate(data)
  assert.match((await who()) ?? '', /ada/)
  await rotate(data, '--end-sessions')
  await assert.rejects(who(), /security token included in the request is invalid/)
  for (const client of [iam, sts, session]) client.destroy()
})

test('a rotation waits for no process that has ended, and names one that does not answer', async () => {
  const data = join(folder, 'silent')
  await using server = await startServer({ data })
  await newKey(server)
  const run = join(data, 'run')
  const holder = spawn(process.execPath, ['-e', HOLDER, join(run, 'PID-0badf00d')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => holder.stdout.once('data', resolve))
  const refused = await runHoldfast(data, 'rotate', 'root')
  assert.equal(refused.status, 1)
  assert.match(
    refused.errors,
    new RegExp(`process ${holder.pid} did not take the keys: .* End it, and try again`),
  )
  holder.kill('SIGKILL')
  await new Promise((resolve) => holder.once('close', resolve))
  const done = await rotate(data)
  assert.equal(done.generation, 2)
  await newKey(server)
  assert.ok(!(await readdir(run)).some((name) => name.endsWith('0badf00d')))
})

/** Listens at a socket, and answers with something else. */
const HOLDER = `
  const path = process.argv[1].replace('PID', process.pid)
  require('node:net').createServer((socket) => socket.resume().end('no\\n')).listen(path, () => console.log('ready'))
`

test('a rotation needs every unlock path, and says which one does not open', async () => {
  const data = join(folder, 'paths')
  const credentials = join(folder, 'credentials')
  await mkdir(credentials)
  await writeFile(join(credentials, 'holdfast-root'), randomBytes(48).toString('base64'), { mode: 0o600 })
  {
    await using server = await startServer({ data })
    assert.equal(await server.stop(), 0)
  }
  const before = await rootOf(data)
  const add = ['seal', 'add', 'host', '--type', 'credential', '--seal-credentials', credentials]
  assert.equal((await runHoldfast(data, ...add)).status, 0)
  const refused = await runHoldfast(data, 'rotate', 'root')
  assert.equal(refused.status, 1)
  assert.match(refused.errors, /the path 'host' does not open: .*Make it open, or remove it first/)
  assert.equal(await rootOf(data), before)
  await rotate(data, '--seal-credentials', credentials)
  const after = await rootOf(data)
  assert.notEqual(after, before)
  await rm(join(data, 'root.key'))
  const config = parseConfig({ flags: { data, 'seal-credentials': credentials }, environment: {} })
  const { root } = await openUnattended(config)
  assert.equal(
    root.reveal((bytes) => Buffer.from(bytes).toString('hex')),
    after,
  )
})

test('a backup from before, during or after a rotation is restored', async () => {
  const data = join(folder, 'backed-up')
  const backups = join(folder, 'backups')
  await using server = await startServer({ data })
  const blob = await encrypt(server, await newKey(server))
  const files: string[] = []
  const backUp = async () => {
    const made = await runHoldfast(data, 'backup', 'create', '--folder', backups, '--json')
    assert.equal(made.status, 0, made.errors)
    files.push(JSON.parse(made.output).file)
  }
  await backUp()
  const interrupted = rotateRoot(parseConfig({ flags: { data }, environment: {} }), silentLog, nobody, {
    endSessions: false,
    progress: () => {
      throw new Error('interrupted here')
    },
  })
  await assert.rejects(interrupted, /interrupted here/)
  await backUp()
  await rotate(data)
  await backUp()
  for (const [index, file] of files.entries()) {
    const verified = await runHoldfast(data, 'backup', 'verify', file)
    assert.equal(verified.status, 0, verified.errors)
    const rehearsed = await runHoldfast(data, 'backup', 'rehearse', '--file', file, '--json')
    assert.equal(rehearsed.status, 0, rehearsed.errors)
    const { keys, keyMaterials } = JSON.parse(rehearsed.output)
    assert.deepEqual([keys, keyMaterials], [1, 1])
    const target = join(folder, `restored-${index}`)
    const restored = await runHoldfast(target, 'restore', file, '--key-file', join(data, 'root.key'))
    assert.equal(restored.status, 0, restored.errors)
    assert.equal((await runHoldfast(target, 'restore', 'accept')).status, 0)
    await cp(join(data, 'credentials'), join(target, 'credentials'))
    await using again = await startServer({ data: target })
    await assertDecrypts(again, blob)
  }
})

test('backups and rehearsals by schedule go on after a rotation, without a restart', async () => {
  const data = join(folder, 'scheduled-backups')
  const backups = join(folder, 'by-schedule')
  await using server = await startServer({ data })
  await newKey(server)
  const flags = { data, 'backup-folder': backups, 'backup-hours': '1' }
  const parsed = parseConfig({ flags, environment: {} })
  const config = { ...parsed, backup: { ...parsed.backup, everyMs: 0, rehearseMs: 0 } }
  await using stack = new AsyncDisposableStack()
  const deployment = await openDeployment(config)
  const { records, wrappingKey, backupKeys: keys } = deployment
  stack.defer(() => wrappingKey[Symbol.dispose]())
  stack.defer(() => records.close())
  const journal = await openNodeJournal(config, deployment, { log: silentLog })
  stack.defer(() => journal.close())
  const failures: object[] = []
  const announce = async (failure: object) => void failures.push(failure)
  const job = backupJob(config, { records, journal, keys, giveWay: neverGiveWay, announce, log: silentLog })
  stack.defer(() => job.release())
  await job.run()
  await rotate(data)
  await job.run()
  assert.deepEqual(failures, [])
  const made = await listBackups(backups)
  assert.equal(made.length, 2)
  for (const { path } of made) {
    const verified = await runHoldfast(data, 'backup', 'verify', path)
    assert.equal(verified.status, 0, verified.errors)
  }
  const { rehearsal } = await readBackupState(records)
  assert.equal(rehearsal?.id, made[1]?.header.id)
})

const nobody = () => assert.fail('nobody is asked')

test('the job of a server continues an interrupted rotation, and rotates at the age of the setting', async () => {
  const data = join(folder, 'scheduled')
  await using server = await startServer({ data })
  const blob = await encrypt(server, await newKey(server))
  const config = parseConfig({ flags: { data }, environment: {} })
  const aged = (rootKeyAgeMs: number | undefined) => ({ ...config, seal: { ...config.seal, rootKeyAgeMs } })
  const announced: string[] = []
  const announce = async ({ name }: { readonly name: string }) => void announced.push(name)
  const run = async (rootKeyAgeMs: number | undefined) => {
    await rotationJob(aged(rootKeyAgeMs), { announce, log: silentLog }).run()
    return generationOf(data)
  }
  const interrupted = rotateRoot(config, silentLog, nobody, {
    endSessions: false,
    progress: () => {
      throw new Error('interrupted here')
    },
  })
  await assert.rejects(interrupted, /interrupted here/)
  assert.deepEqual(await generationOf(data), [2, 'under way'])
  await assertDecrypts(server, blob)
  assert.deepEqual(await run(undefined), [2, 'ended'])
  assert.deepEqual(await run(undefined), [2, 'ended'])
  assert.deepEqual(await run(86_400_000), [2, 'ended'])
  assert.deepEqual(await run(0), [3, 'ended'])
  await assertDecrypts(server, blob)
  assert.deepEqual(announced, [])
  await rm(join(data, 'root.key'))
  await run(0)
  assert.deepEqual(announced, ['FailRootKeyRotation'])
  assert.equal(await server.stop(), 0)
})

async function generationOf(data: string): Promise<readonly [unknown, unknown]> {
  const { rotation } = JSON.parse(await readFile(join(data, 'seal.json'), 'utf8'))
  return [rotation.generation, rotation.state]
}
