/** Kills rotations of the root key at their writes. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openDeployment } from '../../src/app/deployment.ts'
import { rotateRoot } from '../../src/app/rotate-root.ts'
import { silentLog } from '../../src/base/log.ts'
import { systemRandom } from '../../src/base/ports.ts'
import { parseConfig } from '../../src/config/settings.ts'
import { parseBlob } from '../../src/custody/blob.ts'
import { Custody } from '../../src/custody/custody.ts'
import { KEY, KEY_MATERIAL, materialPartition, partitionOf } from '../../src/kms/keys/key-record.ts'
import { wrappedKeys } from '../../src/kms/keys/wrapped-keys.ts'
import { newKey } from '../support/calls.ts'
import { REGION } from '../support/kms.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import { openInjector } from './injector.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
/** Of the writes to the database and the audit log, every so many; those to the files of the root key are all tried. */
const STRIDE = 7
const ACCOUNT = '000000000000'

const folder = await temporaryFolder()
after(() => rm(folder, { recursive: true, force: true }))
const data = join(folder, 'data')
const CONFIG = parseConfig({ flags: { data }, environment: {} })

function rotate(environment: Readonly<Record<string, string>>): Promise<number | null> {
  const child = spawn(process.execPath, [MAIN, 'rotate', 'root'], {
    env: { PATH: process.env['PATH'], HOLDFAST_DATA: data, ...environment },
    stdio: 'ignore',
    detached: true,
  })
  return new Promise((resolve) => child.once('close', resolve))
}

/** Opens every key by the unlock path and uses it; returns how many. */
async function useKeys(): Promise<number> {
  const { records, wrappingKey } = await openDeployment(CONFIG)
  using custody = new Custody({ wrappingKey, wrappedKeys: wrappedKeys(records), random: systemRandom })
  try {
    const keys = await records.list(KEY, { partition: partitionOf(ACCOUNT, REGION), limit: 100 })
    for (const { name: keyId, value } of keys.records) {
      const partition = materialPartition(ACCOUNT, REGION, keyId)
      const [material] = (await records.list(KEY_MATERIAL, { partition, limit: 1 })).records
      assert.ok(material)
      const { materialId } = material.value
      const ref = { account: ACCOUNT, region: REGION, keyId, materialId, spec: value.spec }
      const plaintext = Buffer.from('text')
      const context = new Uint8Array(0)
      const blob = parseBlob(await custody.encrypt(ref, plaintext, context))
      assert.ok(blob)
      assert.deepEqual(Buffer.from((await custody.decrypt(ref, blob, context)) ?? []), plaintext)
    }
    return keys.records.length
  } finally {
    await records.close()
  }
}

test('a rotation of the root key that is killed at any write leaves keys that open, and goes on', async (context) => {
  {
    await using server = await startServer({ data })
    for (let count = 0; count < 3; count += 1) await newKey(server)
    assert.equal(await server.stop(), 0)
  }
  const before = `${data}.before`
  await cp(data, before, { recursive: true })
  const restore = async (): Promise<void> => {
    await rm(data, { recursive: true })
    await cp(before, data, { recursive: true })
  }
  await using injector = await openInjector(data)
  let kills = 0
  for (const [part, stride] of [
    ['/seal.json', 1],
    ['', STRIDE],
  ] as const) {
    injector.reset(part)
    assert.equal(await rotate(injector.environment), 0)
    const calls = injector.calls()
    await restore()
    for (let from = 1; from <= calls; from += stride) {
      injector.reset(part)
      injector.fail({ from, mode: 'once', error: 'EIO', kind: 'kill' })
      const status = await rotate(injector.environment)
      injector.lift()
      kills += injector.injected()
      const where = `killed at ${from} of ${calls}: ${injector.last()}`
      assert.ok(status !== 0 || injector.injected() === 0, where)
      assert.equal(await useKeys(), 3, where)
      const refused = () => assert.fail('nobody is asked')
      const done = await rotateRoot(CONFIG, silentLog, refused, { endSessions: false, progress: () => {} })
      assert.ok(done !== undefined && done.keks === 1, where)
      assert.equal(await useKeys(), 3, where)
      await restore()
    }
  }
  context.diagnostic(`${kills} kills`)
  assert.ok(kills > 30)
})
