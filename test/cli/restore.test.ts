/** Restores that are disturbed, and folders that nobody has accepted. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { after, test } from 'node:test'
import { runCommandLine } from '../../src/cli/command-line.ts'
import { newKey } from '../support/calls.ts'
import { type Finished, runHoldfast } from '../support/command.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'

const folder = await temporaryFolder()
after(() => rm(folder, { recursive: true, force: true }))

const data = join(folder, 'data')
const backups = join(folder, 'backups')
const credentials = join(folder, 'credentials')
const credential = ['--seal-credentials', credentials]
const keyFile = join(folder, 'root.key')
const key = ['--key-file', keyFile]

async function succeed(at: string, ...args: readonly string[]): Promise<Finished> {
  const finished = await runHoldfast(at, ...args)
  assert.equal(finished.status, 0, `${args.join(' ')}: ${finished.errors}`)
  return finished
}

async function create(): Promise<string> {
  const { output } = await succeed(data, 'backup', 'create', '--folder', backups, '--json')
  return JSON.parse(output).file
}

const server = await startServer({ data, environment: {} })
await newKey(server)
await mkdir(credentials)
await writeFile(join(credentials, 'holdfast-root'), 'x'.repeat(40), { mode: 0o600 })
await succeed(data, 'seal', 'add', 'host', '--type', 'credential', ...credential)
const whole = await create()
const further = await create()
await server.stop()
await cp(join(data, 'root.key'), keyFile)

test('a restore into the same folder leaves alone one that runs, and removes what a killed one has left', async () => {
  const target = join(folder, 'twice')
  const stagings = async (): Promise<readonly string[]> =>
    (await readdir(folder)).filter((name) => name.startsWith('twice.restoring-'))
  const killed = `${target}.restoring-00000000-0000-0000-0000-000000000000`
  await mkdir(join(killed, 'audit'), { recursive: true })
  await mkdir(`${target}.restoring-notes`)
  // A base that is a pipe holds the first restore.
  const held = join(folder, 'held')
  await cp(further, join(held, basename(further)))
  const pipe = join(held, basename(whole))
  execFileSync('mkfifo', [pipe])
  const first = runHoldfast(target, 'restore', join(held, basename(further)), ...key)
  const [staging] = await until('the first restore builds', async () => {
    const names = (await stagings()).filter((name) => name !== basename(killed) && !name.endsWith('-notes'))
    return names.length > 0 ? names : undefined
  })
  assert.ok(staging)
  await until('the first restore has its records', async () =>
    (await readdir(join(folder, staging))).includes('audit') ? true : undefined,
  )
  const second = await runHoldfast(target, 'restore', whole, ...key)
  await writeFile(pipe, await readFile(whole))
  assert.equal(second.status, 1)
  assert.match(second.errors, /another restore is running, which builds .*twice\.restoring-/)
  const { status, errors } = await first
  assert.equal(status, 0, errors)
  assert.deepEqual(await stagings(), ['twice.restoring-notes'])
  await succeed(target, 'restore', 'accept')
})

test('a restore fills no database of PostgreSQL', async () => {
  const said: string[] = []
  const output = { print: () => {}, complain: (text: string) => void said.push(text) }
  const HOLDFAST_STORE = 'postgres://holdfast@127.0.0.1/holdfast?sslmode=disable'
  const environment = { HOLDFAST_DATA: join(folder, 'elsewhere'), HOLDFAST_STORE }
  assert.equal(await runCommandLine(['restore', whole, ...key], { output, environment }), 1)
  assert.match(said.join('\n'), /no database of PostgreSQL: leave out HOLDFAST_STORE/)
  assert.equal((await readdir(folder)).filter((name) => name.startsWith('elsewhere')).length, 0)
})

test('no command changes the unlock paths of a restored folder that nobody has accepted', async () => {
  const target = join(folder, 'unaccepted')
  await succeed(target, 'restore', further, ...key)
  const envelope = await readFile(join(target, 'seal.json'))
  const changes = [
    ['add', 'other', '--type', 'credential', '--credential', 'other'],
    ['prove'],
    ['remove', 'host'],
    ['remove', 'file'],
    ['order', 'host,file'],
  ]
  await writeFile(join(credentials, 'other'), 'y'.repeat(40), { mode: 0o600 })
  for (const change of changes) {
    const refused = await runHoldfast(target, 'seal', ...change, ...credential)
    assert.notEqual(refused.status, 0, change.join(' '))
    assert.match(refused.errors, /holdfast restore accept/, change.join(' '))
    assert.deepEqual(await readFile(join(target, 'seal.json')), envelope, change.join(' '))
  }
  assert.ok((await readdir(target)).includes('root.key'))
})

test('a restore names the unlock path that was removed after the backup', async () => {
  await succeed(data, 'seal', 'prove', ...credential)
  await succeed(data, 'seal', 'remove', 'file', ...credential)
  const target = join(folder, 'resurrected')
  const { output } = await succeed(target, 'restore', further, ...key, '--audit', join(data, 'audit'))
  assert.match(output, /holdfast RemoveUnlockPath {2}file {2}by holdfast/)
})
