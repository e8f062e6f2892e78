/** Kills commands on unlock paths at each of their writes. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openUnattended } from '../../src/app/root-key.ts'
import { parseConfig } from '../../src/config/settings.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import { type Injector, openInjector } from './injector.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** Of the writes to the database and the audit log, every so many; those to the files of the root key are all tried. */
const STRIDE = 11

const folder = await temporaryFolder()
after(() => rm(folder, { recursive: true, force: true }))
const data = join(folder, 'data')
const credentials = join(folder, 'credentials')
await mkdir(credentials)
for (const name of ['one', 'two'])
  await writeFile(join(credentials, name), randomBytes(48).toString('base64'))

const CONFIG = parseConfig({ flags: { data, 'seal-credentials': credentials }, environment: {} })

async function run(
  args: readonly string[],
  environment = {},
): Promise<{ status: number | null; errors: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: {
      PATH: process.env['PATH'],
      HOLDFAST_DATA: data,
      HOLDFAST_SEAL_CREDENTIALS: credentials,
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += String(chunk)
  })
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, errors })))
}

async function succeed(...args: readonly string[]): Promise<void> {
  const { status, errors } = await run(args)
  assert.equal(status, 0, errors)
}

async function rootKey(): Promise<string> {
  const { root } = await openUnattended(CONFIG)
  return root.reveal((bytes) => Buffer.from(bytes).toString('hex'))
}

/** Kills a command at its writes, and returns how often. After each kill, an unlock path opens and the command succeeds. */
async function sweep(injector: Injector, args: readonly string[]): Promise<number> {
  const before = `${data}.before`
  await cp(data, before, { recursive: true })
  const expected = await rootKey()
  const restore = async (): Promise<void> => {
    await rm(data, { recursive: true })
    await cp(before, data, { recursive: true })
  }
  let kills = 0
  for (const [part, stride] of [
    ['/seal.json', 1],
    ['/root.key', 1],
    ['', STRIDE],
  ] as const) {
    injector.reset(part)
    assert.equal((await run(args, injector.environment)).status, 0)
    const calls = injector.calls()
    await restore()
    for (let from = 1; from <= calls; from += stride) {
      injector.reset(part)
      injector.fail({ from, mode: 'once', error: 'EIO', kind: 'kill' })
      const { status } = await run(args, injector.environment)
      injector.lift()
      kills += injector.injected()
      const where = `${args.join(' ')}: killed at ${from} of ${calls}: ${injector.last()}`
      assert.ok(status !== 0 || injector.injected() === 0, where)
      assert.equal(await rootKey(), expected, where)
      if (from === calls) {
        const again = await run(args)
        assert.ok(
          again.status === 0 || /already|there is no path/.test(again.errors),
          `${where}: ${again.errors}`,
        )
      }
      await restore()
    }
  }
  await rm(before, { recursive: true })
  await succeed(...args)
  assert.equal(await rootKey(), expected)
  return kills
}

test('a command on unlock paths that is killed at any write leaves a path that opens', async (context) => {
  await mkdir(data, { mode: 0o700 })
  const encoded = randomBytes(32).toString('base64')
  const check = createHash('sha256').update(encoded).digest('hex').slice(0, 8)
  await writeFile(join(data, 'root.key'), `holdfast-root-key:1:${encoded}:${check}\n`, { mode: 0o600 })
  {
    await using server = await startServer({ data })
    assert.equal(await server.stop(), 0)
  }
  await using injector = await openInjector(data)
  const add = ['seal', 'add', 'one', '--type', 'credential', '--credential', 'one']
  const commands = [
    ['seal', 'migrate'],
    add,
    ['seal', 'prove', '--path', 'one'],
    ['seal', 'order', 'one,file'],
    ['seal', 'remove', 'file'],
    ['seal', 'add', 'file', '--type', 'file'],
  ]
  for (const args of commands) {
    const kills = await sweep(injector, args)
    context.diagnostic(`${args.join(' ')}: ${kills} kills`)
    assert.ok(kills > 10, args.join(' '))
  }
  assert.equal(await rootKey(), Buffer.from(encoded, 'base64').toString('hex'))
})

test('a first start that is killed at any write leaves a folder that starts', async (context) => {
  const first = join(folder, 'first')
  await mkdir(first, { mode: 0o700 })
  await using injector = await openInjector(first)
  const config = parseConfig({ flags: { data: first }, environment: {} })
  let kills = 0
  for (const part of ['/seal.json', '/root.key']) {
    for (let from = 1; ; from += 1) {
      await rm(first, { recursive: true })
      await mkdir(first, { mode: 0o700 })
      injector.reset(part)
      injector.fail({ from, mode: 'once', error: 'EIO', kind: 'kill' })
      const script = `import { openUnattended } from ${JSON.stringify(new URL('../../src/app/root-key.ts', import.meta.url).href)}
        import { parseConfig } from ${JSON.stringify(new URL('../../src/config/settings.ts', import.meta.url).href)}
        await openUnattended(parseConfig({ flags: { data: ${JSON.stringify(first)} }, environment: {} }))`
      const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
        env: { PATH: process.env['PATH'], ...injector.environment },
        stdio: 'ignore',
      })
      await new Promise((resolve) => child.once('close', resolve))
      injector.lift()
      if (injector.injected() === 0) break
      kills += 1
      const once = (await openUnattended(config)).root.reveal((bytes) => Buffer.from(bytes).toString('hex'))
      const again = (await openUnattended(config)).root.reveal((bytes) => Buffer.from(bytes).toString('hex'))
      assert.equal(again, once, injector.last())
    }
  }
  context.diagnostic(`${kills} kills`)
  assert.ok(kills >= 8)
})
