/** The root key and passphrases are searched for in everything that a server leaves and has. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { closeSync, openSync, readSync } from 'node:fs'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openByPath, sealDependencies } from '../../src/app/root-key.ts'
import { Secret } from '../../src/base/secret.ts'
import { parseConfig } from '../../src/config/settings.ts'
import { deriveKey } from '../../src/crypto/kdf.ts'
import { LASTING_KEYS } from '../../src/custody/root-keys.ts'
import { call, newKey } from '../support/calls.ts'
import { NODE_ENVIRONMENT } from '../support/run.ts'
import {
  type Reachable,
  readCredentials,
  type ServerProcess,
  spawnServer,
  startServer,
  temporaryFolder,
} from '../support/server.ts'
import { until } from '../support/until.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
/** Planted: it occurs nowhere else. */
const PASSPHRASE = 'planted-passphrase-7f3a91c0de'
const WRONG = 'planted-mistake-52bb08e4'

const data = await temporaryFolder()
after(() => rm(data, { recursive: true, force: true }))

async function run(args: readonly string[], input: string): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...NODE_ENVIRONMENT, HOLDFAST_DATA: data },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += String(chunk)
    })
  child.stdin.end(input)
  await new Promise((resolve) => child.once('close', resolve))
  return said
}

async function rootKey(): Promise<Buffer> {
  const config = parseConfig({ flags: { data }, environment: {} })
  const ask = async () => new Secret(Uint8Array.from(Buffer.from(PASSPHRASE)))
  const { root } = await openByPath(config, sealDependencies(config, ask), 'spare')
  return root.reveal((bytes) => Buffer.from(bytes))
}

/** A secret in the forms in which it could be left. */
function formsOf(secret: Buffer): readonly Buffer[] {
  const texts = [secret.toString('base64').replace(/=+$/, ''), secret.toString('hex')]
  return [
    secret,
    ...texts.map((text) => Buffer.from(text)),
    Buffer.from(secret.toString('latin1'), 'utf16le'),
  ]
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true })
  const paths = names.map((name) => join(folder, name))
  const kinds = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)))
  return paths.filter((_, at) => kinds[at]?.isFile() === true)
}

const PIECE_BYTES = 1 << 22

/** How often each secret is in the writable memory of a process; nothing where the system does not let us look. */
async function countInMemory(
  pid: number,
  secrets: readonly Buffer[],
): Promise<readonly number[] | undefined> {
  const maps = await readFile(`/proc/${pid}/maps`, 'utf8').catch(() => undefined)
  if (maps === undefined) return undefined
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const pages = openSync(`/proc/${pid}/pagemap`, 'r')
  const counts = secrets.map(() => 0)
  const piece = Buffer.alloc(PIECE_BYTES)
  for (const { at, size } of writablePieces(maps)) {
    if (!hasPages(pages, size, at)) continue
    const read = readPiece(memory, piece, size, at)
    for (const [index, secret] of secrets.entries())
      if (piece.subarray(0, read).includes(secret)) counts[index] = (counts[index] ?? 0) + 1
  }
  closeSync(memory)
  closeSync(pages)
  return counts
}

type Piece = { readonly at: number; readonly size: number }

function* writablePieces(maps: string): Generator<Piece> {
  for (const line of maps.split('\n')) {
    const [, from = '', to = '', rights] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? []
    if (rights?.startsWith('rw') !== true) continue
    const end = parseInt(to, 16)
    // Pieces overlap, so that none divides a secret.
    for (let at = parseInt(from, 16); at < end; at += PIECE_BYTES - 64)
      yield { at, size: Math.min(PIECE_BYTES, end - at) }
  }
}

const PAGE_BYTES = 4096
const PAGE_ENTRY_BYTES = 8
/** The highest bits of an entry: the page is in memory, or in swap. Source: Linux, `Documentation/admin-guide/mm/pagemap.rst`. */
const HAS_CONTENT = 0xc0

/** Whether a process has any page of this piece: most of what V8 reserves was never touched. */
function hasPages(pages: number, size: number, at: number): boolean {
  const first = Math.floor(at / PAGE_BYTES)
  const entries = Buffer.alloc((Math.ceil((at + size) / PAGE_BYTES) - first) * PAGE_ENTRY_BYTES)
  const read = readPiece(pages, entries, entries.length, first * PAGE_ENTRY_BYTES)
  // What the system does not tell about is read.
  if (read < entries.length) return true
  for (let index = PAGE_ENTRY_BYTES - 1; index < read; index += PAGE_ENTRY_BYTES)
    if (((entries[index] ?? 0) & HAS_CONTENT) !== 0) return true
  return false
}

function readPiece(memory: number, piece: Buffer, size: number, at: number): number {
  try {
    return readSync(memory, piece, 0, size, at)
  } catch {
    // A region that went away, or that cannot be read.
    return 0
  }
}

/** Calls between two looks: some megabytes of garbage. */
const CALLS = 100

const PRESENT = Buffer.from('holdfast/record/1/')

/**
 * Fails when the root key stays in the memory of a process. Node's streams leave copies of a passphrase in memory that is
 * free (see SECURITY.md), so these are only reported.
 */
async function assertNotInMemory(
  server: Reachable & Pick<ServerProcess, 'process'>,
  [passphrase, wrong, root]: readonly [Buffer, Buffer, Buffer],
  context: TestContext,
): Promise<void> {
  await until('the root key has left the memory', async () => {
    // OpenSSL's copy is cleared when Node collects its owner, which an idle server does late.
    for (let calls = 0; calls < CALLS; calls += 1) await call(server, 'ListKeys', {})
    const counts = await countInMemory(server.process.pid ?? 0, [passphrase, wrong, root, PRESENT])
    context.diagnostic(
      `copies of passphrase, mistake, root key: ${counts?.slice(0, 3).join(', ') ?? 'unreadable'}`,
    )
    if (counts === undefined) return true
    assert.ok((counts[3] ?? 0) > 0, 'the search finds what is there')
    return counts[2] === 0 ? true : undefined
  })
}

/**
 * Fails when a sealed process has a secret in its memory, or a key that derives from the root key. Nothing is left in free memory
 * either: it is another program image.
 */
async function assertSealedMemory(server: ServerProcess, root: Buffer): Promise<void> {
  await until('the server is sealed again', async () =>
    server.output().split('is sealed on').length === 3 ? true : undefined,
  )
  using secret = new Secret(Uint8Array.from(root))
  const derived = DERIVED.map((info) => {
    using key = deriveKey(secret, info)
    return key.reveal((bytes) => Buffer.from(bytes))
  })
  const secrets = [Buffer.from(PASSPHRASE), Buffer.from(WRONG), root, ...derived]
  const counts = await countInMemory(server.process.pid ?? 0, [...secrets.flatMap(formsOf), PRESENT])
  if (counts === undefined) return
  assert.ok((counts.at(-1) ?? 0) > 0, 'the search finds what is there')
  assert.deepEqual(
    counts.slice(0, -1).filter((count) => count > 0),
    [],
  )
}

/** Keys that a serving process has, by the info of their derivation. */
const DERIVED = ['holdfast/domain/1/wrap', 'holdfast/record/1/seal', ...LASTING_KEYS]

test('no file, no log and no sealed process has the passphrase or the root key, and a serving process forgets the root key', async (context) => {
  {
    await using server = await startServer({ data })
    await newKey(server)
    await server.stop()
  }
  const said: string[] = []
  said.push(await run(['seal', 'add', 'spare', '--type', 'passphrase', '--stdin'], PASSPHRASE))
  said.push(await run(['seal', 'prove', '--path', 'spare', '--stdin'], PASSPHRASE))
  said.push(await run(['seal', 'remove', 'file'], ''))
  const server = spawnServer(data)
  await until('the server is sealed', async () =>
    server.output().includes('is sealed on') ? true : undefined,
  )
  said.push(await run(['unseal', '--stdin'], WRONG))
  assert.match(said.at(-1) ?? '', /the passphrase is wrong/)
  said.push(await run(['unseal', '--stdin'], PASSPHRASE))
  after(() => server.signal('SIGKILL'))
  const endpoint = await server.serves
  const root = await rootKey()
  const secrets = [Buffer.from(PASSPHRASE), Buffer.from(WRONG), root] as const
  const reachable = { endpoint, credentials: await readCredentials(data), process: server.process }
  await assertNotInMemory(reachable, secrets, context)
  assert.match(await run(['seal', 'now'], ''), /^sealed: 1 process ended/)
  await assertSealedMemory(server, root)
  server.signal('SIGTERM')
  assert.equal(await server.ended, 0)
  said.push(server.output(), server.errors())
  const files = await filesOf(data)
  assert.ok(files.length > 5)
  const contents = [...(await Promise.all(files.map((path) => readFile(path)))), Buffer.from(said.join('\n'))]
  for (const secret of secrets.flatMap(formsOf)) {
    const found = contents.findIndex((content) => content.includes(secret))
    assert.equal(found, -1, `a secret is in ${files[found] ?? 'the output'}`)
  }
})
