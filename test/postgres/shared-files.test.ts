import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { claimOfPath } from '../../src/audit/log/slot.ts'
import { utf8 } from '../../src/base/bytes.ts'
import { Claims } from '../../src/store/postgres-claims.ts'
import { Connections, type PostgresAddress } from '../../src/store/postgres-connection.ts'
import { PostgresFiles } from '../../src/store/postgres-files.ts'
import { prepareTables } from '../../src/store/postgres-schema.ts'
import { POSTGRES_DEPENDENCIES, PostgresServer, withoutPostgres } from '../support/postgres-server.ts'

const skip = withoutPostgres()
const SILENT_MS = 30_000
let server: PostgresServer
let address: PostgresAddress

before(async () => {
  if (skip !== false) return
  server = await PostgresServer.create()
  address = await server.database()
  await using connections = connect()
  await prepareTables(connections.to)
})
after(async () => {
  if (skip === false) await server[Symbol.asyncDispose]()
})

function connect(): { readonly to: Connections } & AsyncDisposable {
  const to = new Connections(address)
  return { to, [Symbol.asyncDispose]: () => to.close() }
}

function filesOf(to: Connections, owner = 'nobody'): PostgresFiles {
  return new PostgresFiles(to, '/log', { owner, claimOf: claimOfPath })
}

async function readAll(files: PostgresFiles, path: string, step = 7): Promise<string> {
  const file = await files.openRead(path)
  const buffer = new Uint8Array(step)
  const pieces: Buffer[] = []
  for (let at = 0; ; ) {
    const count = await file.read(buffer, at)
    if (count === 0) return Buffer.concat(pieces).toString()
    pieces.push(Buffer.from(buffer.slice(0, count)))
    at += count
  }
}

test('a file in the database is what was written to it, however it is cut and read', { skip }, async () => {
  await using connections = connect()
  const files = filesOf(connections.to)
  const step = fc.oneof(
    fc.record({ write: fc.string({ minLength: 1, maxLength: 20, unit: 'binary-ascii' }) }),
    fc.record({ keep: fc.nat({ max: 100 }) }),
    fc.constant({ reopen: true }),
  )
  let number = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      fc.integer({ min: 1, max: 30 }),
      async (steps, piece) => {
        number += 1
        const path = `/log/checkpoints/file-${number}`
        let file = await files.openAppend(path)
        let expected = ''
        for (const one of steps) {
          if ('write' in one) {
            assert.equal(await file.write(utf8(one.write)), one.write.length)
            expected += one.write
          } else if ('keep' in one) {
            expected = expected.slice(0, one.keep % (expected.length + 1))
            await file.truncate(expected.length)
          } else file = await files.openAppend(path)
          assert.equal(await file.sizeBytes(), expected.length)
        }
        assert.equal(await readAll(files, path, piece), expected)
        assert.equal(await files.sizeOf(path), expected.length)
      },
    ),
    { numRuns: 15 },
  )
})

test('files are listed, renamed, copied and removed, and a missing one is as in a file system', {
  skip,
}, async () => {
  await using connections = connect()
  const files = filesOf(connections.to)
  for (const name of ['a/one', 'a/two', 'a/b/three', 'ab/four', 'a0']) {
    const file = await files.openAppend(`/log/${name}`)
    await file.write(utf8(name))
  }
  assert.deepEqual([...(await files.list('/log/a'))].sort(), ['b', 'one', 'two'])
  assert.ok((await files.list('/log')).includes('ab'))
  assert.deepEqual(await files.list('/log/nothing'), [])
  await files.rename('/log/a/one', '/log/a/two')
  assert.equal(await readAll(files, '/log/a/two'), 'a/one')
  await files.copyTail('/log/a/two', 2, '/log/a/one')
  assert.equal(await readAll(files, '/log/a/one'), 'one')
  await files.remove('/log/a/one')
  for (const use of [
    () => files.openRead('/log/a/one'),
    () => files.sizeOf('/log/a/one'),
    () => files.remove('/log/a/one'),
    () => files.rename('/log/a/one', '/log/a/x'),
  ])
    await assert.rejects(use, { code: 'ENOENT' })
})

test('a write of a file that was opened again meanwhile is refused, even if the size is right', {
  skip,
}, async () => {
  await using connections = connect()
  const files = filesOf(connections.to)
  const before = await files.openAppend('/log/twice')
  await before.write(utf8('one'))
  const again = await files.openAppend('/log/twice')
  await assert.rejects(before.write(utf8('late')), /written by another process/)
  await assert.rejects(before.truncate(0), /written by another process/)
  await again.write(utf8(' two'))
  assert.equal(await readAll(files, '/log/twice'), 'one two')
})

/** Claims of a process whose time passes by hand, and whose beats come only when asked for. */
function claimant(to: Connections, owner: string) {
  const state = { nowMs: 0 }
  const tasks: (() => void)[] = []
  const timers = {
    after: (_: number, task: () => void) => {
      tasks.push(task)
      return { cancel: () => void tasks.splice(0) }
    },
  }
  const clock = { now: () => 0, monotonicMs: () => state.nowMs }
  const claims = new Claims(to, { owner, about: '{}' }, { ...POSTGRES_DEPENDENCIES, clock, timers })
  /** Lets time pass, and the process beat once. */
  const beat = async (ms: number): Promise<void> => {
    state.nowMs += ms
    while (tasks.length === 0) await POSTGRES_DEPENDENCIES.sleep(5)
    tasks.shift()?.()
    while (tasks.length === 0) await POSTGRES_DEPENDENCIES.sleep(5)
  }
  return { claims, beat }
}

test('a log is taken over from a process that is silent for long enough, whose writes fail then', {
  skip,
}, async () => {
  await using connections = connect()
  const { to } = connections
  const [old, next] = [claimant(to, 'old'), claimant(to, 'next')]
  assert.ok(await old.claims.claim('node-7', SILENT_MS))
  assert.equal(await old.claims.claim('node-7', SILENT_MS), false)
  const log = await filesOf(to, 'old').openAppend('/log/node-7/segment')
  await log.write(utf8('mine'))
  assert.equal(await next.claims.claim('node-7', SILENT_MS), false)
  for (let second = 0; second < 20; second += 1) await next.beat(1000)
  // A process that writes is not silent.
  await log.write(utf8(' too'))
  for (let second = 0; second < 20; second += 1) await next.beat(1000)
  assert.deepEqual(next.claims.silent(SILENT_MS), [])
  assert.equal(await next.claims.claim('node-7', SILENT_MS), false)
  for (let second = 0; second < 15; second += 1) await next.beat(1000)
  assert.deepEqual(next.claims.silent(SILENT_MS), ['node-7'])
  assert.ok(await next.claims.claim('node-7', SILENT_MS))
  await assert.rejects(log.write(utf8('late')), /written by another process/)
  await assert.rejects(filesOf(to, 'old').openAppend('/log/node-7/other'), /taken over/)
  await old.beat(1000)
  assert.equal(await old.claims.lost, 'node-7')
  await next.claims.release('node-7')
  assert.ok(await old.claims.claim('node-7', SILENT_MS))
  await Promise.all([old.claims.close(), next.claims.close()])
  assert.deepEqual(await old.claims.list(), [])
})

test('who did not look for a while takes nothing over: everybody may have been paused', {
  skip,
}, async () => {
  await using connections = connect()
  const [old, next] = [claimant(connections.to, 'old'), claimant(connections.to, 'next')]
  assert.ok(await old.claims.claim('node-8', SILENT_MS))
  assert.equal(await next.claims.claim('node-8', SILENT_MS), false)
  await next.beat(1000)
  await next.beat(60_000)
  assert.deepEqual(next.claims.silent(SILENT_MS), [])
  assert.equal(await next.claims.claim('node-8', SILENT_MS), false)
  await Promise.all([old.claims.close(), next.claims.close()])
})

test('one process leads, and another one when it stops', { skip }, async () => {
  await using connections = connect()
  const [first, second] = [claimant(connections.to, 'first'), claimant(connections.to, 'second')]
  first.claims.lead()
  await first.beat(0)
  second.claims.lead()
  await second.beat(0)
  assert.deepEqual([first.claims.leads, second.claims.leads], [true, false])
  await first.claims.close()
  await second.beat(1000)
  assert.deepEqual([first.claims.leads, second.claims.leads], [false, true])
  await second.beat(0)
  await second.claims.close()
})
