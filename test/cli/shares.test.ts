/** The unlock path of several people: a ceremony at a terminal, and servers that they open. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { call, newKey } from '../support/calls.ts'
import { type Finished, runHoldfast } from '../support/command.ts'
import { NODE_ENVIRONMENT } from '../support/run.ts'
import { readCredentials, spawnServer, startServer, temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const TERMINAL = '/usr/bin/script'
const skip = existsSync(TERMINAL) || process.env['CI'] === 'true' ? false : 'there is no program script'

const data = await temporaryFolder()
after(() => rm(data, { recursive: true, force: true }))

const environment = { ...NODE_ENVIRONMENT, HOLDFAST_DATA: data }

/** Runs a command with lines on standard input. */
function run(args: readonly string[], lines: readonly string[]): Promise<Finished> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: environment, stdio: 'pipe', detached: true })
  const said = { output: '', errors: '' }
  child.stdout.on('data', (chunk) => {
    said.output += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    said.errors += String(chunk)
  })
  child.stdin.on('error', () => {})
  child.stdin.end(lines.map((line) => `${line}\n`).join(''))
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, ...said })))
}

const SHARE =
  /(?:[0-9A-Z]{5}-){5}[0-9A-Z]{5}\s+(?:[0-9A-Z]{5}-){5}[0-9A-Z]{5}\s+(?:[0-9A-Z]{5}-){5}[0-9A-Z]{5}/g

type Ceremony = { readonly shares: readonly string[]; readonly shown: string; readonly status: number | null }

/** Holds a ceremony at a terminal: each holder writes the share down and types it, the second one wrongly at first. */
function ceremony(name: string, threshold: number, shares: number): Promise<Ceremony> {
  const words = ['seal', 'add', name, '--type', 'shares', '--threshold', threshold, '--shares', shares]
  const command = [process.execPath, MAIN, ...words].map((word) => `'${word}'`).join(' ')
  const child = spawn(TERMINAL, ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let shown = ''
  const done = { pressed: 0, typed: 0 }
  const written = (): string[] => [...shown.matchAll(SHARE)].map(([share]) => share.replace(/\s+/g, ' '))
  child.stdout.on('data', (chunk) => {
    shown += String(chunk)
    for (; done.pressed < shown.split('it is not shown again. ').length - 1; done.pressed += 1)
      child.stdin.write('\r')
    for (; done.typed < shown.split('as it is on paper: ').length - 1; done.typed += 1)
      child.stdin.write(done.typed === 1 ? 'nonsense\r' : `${written().at(-1)?.toLowerCase()}\r`)
  })
  return new Promise((resolve) =>
    child.once('close', (status) => resolve({ status, shown, shares: written() })),
  )
}

function mistyped(share: string): string {
  return `${share.startsWith('0') ? '1' : '0'}${share.slice(1)}`
}

test('three people open a deployment by two shares, each of which is checked by itself', {
  skip,
}, async () => {
  let keyId = ''
  {
    await using server = await startServer({ data })
    keyId = await newKey(server)
    await server.stop()
  }
  const held = await ceremony('people', 2, 3)
  assert.equal(held.status, 0, held.shown)
  assert.equal(new Set(held.shares).size, 3)
  assert.match(held.shown, /a share has 18 groups of 5 letters and digits, 90 together; got 8\./)
  const [one = '', two = '', three = ''] = held.shares
  const foreign = (await ceremony('others', 2, 2)).shares[0] ?? ''

  const few = await run(['seal', 'prove', '--path', 'people', '--stdin'], [three])
  assert.match(`${few.output}${few.errors}`, /expected one more share/)
  for (const path of ['others', 'file']) {
    const proved = await run(['seal', 'prove', '--path', 'people', '--stdin'], [three, one])
    assert.equal(proved.status, 0, proved.errors)
    const removed = await run(['seal', 'remove', path, '--stdin'], [one, two])
    assert.equal(removed.status, 0, removed.errors)
  }
  // Each path is opened anew: the same shares are asked for again.
  const rotated = await run(['rotate', 'root', '--stdin'], [two, three])
  assert.equal(rotated.status, 0, rotated.errors)

  const server = spawnServer(data)
  after(() => server.signal('SIGKILL'))
  await until('the server is sealed', async () =>
    server.output().includes('is sealed on') ? true : undefined,
  )
  const unseal = (share: string) => run(['unseal', '--stdin'], [share])
  const first = await unseal(two)
  assert.deepEqual([first.status, first.output], [0, 'the server waits: 1 of 2 shares are given (2)\n'])
  assert.match((await unseal(two)).errors, /share 2 was given already: another one is needed/)
  assert.match((await unseal(mistyped(one))).errors, /group 1 of the share is mistyped|the share is mistyped/)
  assert.match((await unseal(foreign)).errors, /the share is of another set/)
  const second = await unseal(one)
  assert.deepEqual([second.status, second.output], [0, 'the server has its root key\n'])
  const endpoint = await server.serves
  const reachable = { endpoint, credentials: await readCredentials(data) }
  assert.equal((await call(reachable, 'Encrypt', { KeyId: keyId, Plaintext: 'aGVsbG8=' })).status, 200)
  server.signal('SIGTERM')
  assert.equal(await server.ended, 0)

  // Nobody's share, whole or in part, is in a file or an output.
  const contents = [server.output(), server.errors(), first.output, second.output]
  for (const name of await readdir(data, { recursive: true }))
    contents.push(await readFile(join(data, name), 'latin1').catch(() => ''))
  const parts = [one, two, three, foreign].flatMap((share) => share.split(' '))
  assert.equal(parts.length, 12)
  for (const part of parts)
    assert.ok(!contents.some((content) => content.includes(part)), 'a share was left somewhere')
})

test('a ceremony needs a terminal', async () => {
  const words = ['seal', 'add', 'more', '--type', 'shares']
  const alone = await run([...words, '--threshold', '2', '--shares', '3', '--stdin'], [])
  assert.notEqual(alone.status, 0)
  const wrong = await runHoldfast(data, ...words, '--threshold', '1', '--shares', '3')
  assert.match(wrong.errors, /--threshold: expected a number of people, from 2 to 32/)
  const kms = await runHoldfast(data, 'seal', 'add', 'more', '--type', 'credential', '--threshold', '2')
  assert.match(kms.errors, /--threshold: expected no value, because a path of type credential has none/)
})
