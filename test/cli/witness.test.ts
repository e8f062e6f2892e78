/** A witness, and data folders that were put back to an earlier state. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { newKey } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { NODE_ENVIRONMENT } from '../support/run.ts'
import { spawnServer, startServer, temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

const folder = await temporaryFolder()
after(() => rm(folder, { recursive: true, force: true }))

const data = join(folder, 'data')
const witness = join(folder, 'witness')
const environment = { HOLDFAST_WITNESS: witness }

async function refusal(): Promise<string> {
  const server = spawnServer(data, environment)
  assert.equal(await server.ended, 1)
  return server.errors()
}

/** The number of events that the witness knows of. */
async function known(): Promise<number> {
  const text = await readFile(witness, 'utf8').catch(() => '')
  return Number(/^node-0 (\d+) /m.exec(text)?.[1] ?? 0)
}

/** Serves until the witness knows of one event more, and stops. */
async function serve(): Promise<void> {
  await using server = await startServer({ data, environment })
  const before = await known()
  await newKey(server)
  await until('the witness knows', async () => ((await known()) > before ? true : undefined))
  assert.equal(await server.stop(), 0)
}

test('a start on a state that the witness knows is refused until an operator accepts it', async () => {
  await serve()
  const earlier = join(folder, 'earlier')
  await cp(data, earlier, { recursive: true })
  await serve()

  // The database alone, then the whole folder.
  const newest = join(folder, 'newest')
  await cp(data, newest, { recursive: true })
  for (const name of ['holdfast.db', 'holdfast.db-wal', 'holdfast.db-shm']) {
    await rm(join(data, name), { force: true })
    await cp(join(earlier, name), join(data, name)).catch(() => {})
  }
  assert.match(await refusal(), /the records know of events up to \d+, the witness of events up to \d+/)
  await rm(data, { recursive: true })
  await cp(earlier, data, { recursive: true })
  assert.match(await refusal(), /is not the newest state of this deployment/)
  for (const command of ['s3 serve --s3-listen=127.0.0.1:0', 'xks-proxy --xks-listen=127.0.0.1:0']) {
    const other = await runHoldfast(data, ...command.split(' '), '--witness', witness)
    assert.equal(other.status, 1, command)
    assert.match(other.errors, /is not the newest state of this deployment/)
  }

  const accepted = await runHoldfast(data, 'witness', 'accept', '--witness', witness, '--json')
  assert.equal(accepted.status, 0, accepted.errors)
  assert.match(JSON.parse(accepted.output).missing[0], /the witness of events up to/)
  await serve()
  const again = await runHoldfast(data, 'witness', 'accept', '--witness', witness)
  assert.match(again.errors, /has all that its witness knows/)

  // What went on elsewhere is another history now.
  await rm(data, { recursive: true })
  await cp(newest, data, { recursive: true })
  assert.match(await refusal(), /is not the newest state of this deployment/)
})

test('a start is refused when the witness is gone, or says what this deployment has not signed', async () => {
  await runHoldfast(data, 'witness', 'accept', '--witness', witness)
  await serve()
  const text = await readFile(witness, 'utf8')
  await writeFile(witness, text.replace('node-0', 'node-1'))
  assert.match(await refusal(), /has no statement that this deployment has signed/)
  await rm(witness)
  assert.match(await refusal(), /is gone, which had a statement before/)
  await writeFile(witness, text)
  await serve()
})

test('an XKS proxy that is alone on its folder tells its witness', async () => {
  const alone = join(folder, 'proxy')
  const its = join(folder, 'witness-of-the-proxy')
  const created = await runHoldfast(alone, 'xks-proxy', 'key', 'create', 'payments-1')
  assert.equal(created.status, 0, created.errors)
  const proxy = spawnProxy(alone, its)
  try {
    await until('the witness knows', async () =>
      /^node-0 [1-9]/m.test(await readFile(its, 'utf8').catch(() => '')) ? true : undefined,
    )
  } finally {
    proxy.kill('SIGTERM')
    await once(proxy, 'close')
  }
  await rm(its)
  const refused = await runHoldfast(alone, 'xks-proxy', '--xks-listen=127.0.0.1:0', '--witness', its)
  assert.match(refused.errors, /is gone, which had a statement before/)
})

function spawnProxy(data: string, its: string): ChildProcess {
  return spawn(process.execPath, [MAIN, 'xks-proxy'], {
    env: {
      ...NODE_ENVIRONMENT,
      HOLDFAST_DATA: data,
      HOLDFAST_XKS_LISTEN: '127.0.0.1:0',
      HOLDFAST_WITNESS: its,
    },
    stdio: 'ignore',
  })
}
