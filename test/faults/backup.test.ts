/** Kills `backup create` and `restore` at their writes, and makes these writes fail. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { acceptRestored } from '../../src/app/accept-restore.ts'
import { restoreBackup, verifyBackup } from '../../src/app/restore.ts'
import { listBackups } from '../../src/backup/folder.ts'
import { silentLog } from '../../src/base/log.ts'
import { parseConfig } from '../../src/config/settings.ts'
import { newKey } from '../support/calls.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import { type Fault, type Injector, openInjector } from './injector.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
/** Of the writes of a restore, most of them of the database, every so many. */
const STRIDE = 5

const folder = await temporaryFolder()
after(() => rm(folder, { recursive: true, force: true }))
const data = join(folder, 'data')
const backups = join(folder, 'backups')
const target = join(folder, 'restored')
const keyFile = join(data, 'root.key')
const CONFIG = parseConfig({ flags: { data }, environment: {} })
const TARGET = parseConfig({ flags: { data: target }, environment: {} })

{
  await using server = await startServer({ data, environment: {} })
  await newKey(server)
  assert.equal(await server.stop(), 0)
  await mkdir(backups)
}

async function run(args: readonly string[], injector: Injector): Promise<number | null> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], ...injector.environment },
    stdio: 'ignore',
    detached: true,
  })
  return new Promise((resolve) => child.once('close', resolve))
}

const FAULTS: readonly Omit<Fault, 'from'>[] = [
  { mode: 'once', error: 'EIO', kind: 'kill' },
  { mode: 'from then on', error: 'ENOSPC', kind: 'half' },
]

/** Every backup that is visible is whole. Returns how many there are. */
async function verifyAll(): Promise<number> {
  const found = await listBackups(backups)
  for (const { path } of found) await verifyBackup(CONFIG, { file: path, keyFile: undefined, ask: undefined })
  return found.length
}

const CREATE = ['backup', 'create', '--data', data, '--folder', backups]

test('a backup that is killed or finds the disk full is not visible, and the next one succeeds', async () => {
  await using injector = await openInjector(backups)
  injector.reset('')
  assert.equal(await run(CREATE, injector), 0)
  const calls = injector.calls()
  assert.ok(calls >= 4, `${calls} calls`)
  for (const fault of FAULTS) {
    for (let from = 1; from <= calls; from += 1) {
      const before = await verifyAll()
      injector.reset('')
      injector.fail({ from, ...fault })
      const status = await run(CREATE, injector)
      injector.lift()
      assert.notEqual(status, 0, `${fault.kind} at ${injector.last()}`)
      // Killed after its rename, it is there; it is never there in part.
      const between = await verifyAll()
      assert.ok(between === before || between === before + 1)
      assert.equal(await run(CREATE, injector), 0)
      assert.equal(await verifyAll(), between + 1)
      assert.deepEqual(
        (await readdir(backups)).filter((name) => name.startsWith('.')),
        [],
      )
    }
  }
})

test('a restore that is killed or finds the disk full leaves no folder or a whole one', async () => {
  const file = (await listBackups(backups)).at(-1)?.path ?? ''
  const request = { file, keyFile, ask: undefined, auditCopy: undefined, keepDeleted: false }
  const args = ['restore', file, '--data', target, '--key-file', keyFile]
  await using injector = await openInjector(folder)
  injector.reset('restored')
  assert.equal(await run(args, injector), 0)
  const calls = injector.calls()
  await rm(target, { recursive: true })
  for (const fault of FAULTS) {
    for (let from = 1; from <= calls; from += STRIDE) {
      injector.reset('restored')
      injector.fail({ from, ...fault })
      const status = await run(args, injector)
      injector.lift()
      if (!existsSync(target)) {
        assert.notEqual(status, 0)
        await restoreBackup(TARGET, request)
      }
      await acceptRestored(TARGET, silentLog)
      const left = (await readdir(folder)).filter((name) => name.includes('.restoring-'))
      assert.deepEqual(left, [])
      await rm(target, { recursive: true })
    }
  }
})
