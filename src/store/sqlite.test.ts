import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { put, testStore } from '../../test/support/store-suite.ts'
import { testFolder } from '../../test/support/test-folder.ts'
import { utf8 } from '../base/bytes.ts'
import { type RawStore, StoreConflict, StoreFailure } from './port.ts'
import { IntegrityError } from './records.ts'
import { openSqlite } from './sqlite.ts'

const A = { kind: 'key', id: utf8('a') }

testStore('SQLite', async () => {
  const folder = testFolder()
  return {
    open: async () => openSqlite(folder.path),
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  }
})

/** Runs a test on an open store and a connection of somebody else's to its file. */
async function withIntruder(use: (store: RawStore, intruder: DatabaseSync) => Promise<void>): Promise<void> {
  using folder = testFolder()
  const store = openSqlite(folder.path)
  const intruder = new DatabaseSync(join(folder.path, 'holdfast.db'))
  try {
    await use(store, intruder)
  } finally {
    intruder.close()
    await store.close()
  }
}

test('openSqlite makes a missing folder, and files that only their owner can read', async () => {
  using folder = testFolder()
  const path = join(folder.path, 'data', 'store')
  const store = openSqlite(path)
  await store.commit([put({})])
  const names = ['holdfast.db', 'holdfast.db-wal', 'holdfast.db-shm']
  const modes = names.map((name) => statSync(join(path, name)).mode & 0o777)
  assert.deepEqual(modes, [0o600, 0o600, 0o600])
  assert.equal(statSync(path).mode & 0o777, 0o700)
  await store.close()
})

test('openSqlite takes the permissions of others from an existing file', async () => {
  using folder = testFolder()
  await openSqlite(folder.path).close()
  const file = join(folder.path, 'holdfast.db')
  chmodSync(file, 0o644)
  await openSqlite(folder.path).close()
  assert.equal(statSync(file).mode & 0o777, 0o600)
})

test('openSqlite refuses a file that is no database, and leaves it as it is', () => {
  using folder = testFolder()
  const file = join(folder.path, 'holdfast.db')
  writeFileSync(file, 'a letter, and quite a long one: '.repeat(100))
  const before = readFileSync(file)
  assert.throws(() => openSqlite(folder.path), { name: 'StoreFailure', message: /not a database/ })
  assert.deepEqual(readFileSync(file), before)
})

test('openSqlite refuses a database of something else, and leaves it as it is', () => {
  using folder = testFolder()
  const file = join(folder.path, 'holdfast.db')
  const foreign = new DatabaseSync(file)
  foreign.exec('CREATE TABLE meta (name, value)')
  foreign.close()
  const before = readFileSync(file)
  assert.throws(() => openSqlite(folder.path), { name: 'StoreFailure', message: /not one of Holdfast/ })
  assert.deepEqual(readFileSync(file), before)
})

test('openSqlite refuses a newer format and says what to do', async () => {
  using folder = testFolder()
  await openSqlite(folder.path).close()
  const file = new DatabaseSync(join(folder.path, 'holdfast.db'))
  file.exec("UPDATE meta SET value = 2 WHERE name = 'format'")
  file.close()
  assert.throws(() => openSqlite(folder.path), {
    name: 'StoreFailure',
    message: /has format 2, this version of Holdfast reads format 1: use the version that wrote it/,
  })
})

test('openSqlite refuses a folder that cannot be made', () => {
  using folder = testFolder()
  writeFileSync(join(folder.path, 'file'), '')
  assert.throws(() => openSqlite(join(folder.path, 'file', 'store')), StoreFailure)
})

test('openSqlite takes an empty file and a half-made database for a new one', async () => {
  for (const make of [
    (file: string) => writeFileSync(file, ''),
    (file: string) => {
      const database = new DatabaseSync(file)
      database.exec('PRAGMA journal_mode = WAL')
      database.close()
    },
  ]) {
    using folder = testFolder()
    make(join(folder.path, 'holdfast.db'))
    const store = openSqlite(folder.path)
    await store.commit([put({})])
    await store.close()
  }
})

test('openSqlite makes one database when many threads open a new folder at once', async () => {
  using folder = testFolder()
  const source = `
    const { openSqlite } = await import(${JSON.stringify(new URL('./sqlite.ts', import.meta.url).href)})
    const { workerData } = await import('node:worker_threads')
    const store = openSqlite(workerData.path)
    await store.commit([{ kind: 'key', id: Buffer.from([workerData.n]), shard: 0, expected: 0, value: Buffer.from('v') }])
    await store.close()`
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`)
  const threads = Array.from(
    { length: 8 },
    (_, n) => new Worker(url, { workerData: { path: folder.path, n } }),
  )
  await Promise.all(threads.map((thread) => once(thread, 'exit')))
  const store = openSqlite(folder.path)
  assert.equal((await store.range('key', { prefix: new Uint8Array(0), limit: 100 })).length, 8)
  assert.deepEqual(await store.feedPosition(), new Map([[0, 8]]))
  await store.close()
})

test('commit fails with StoreFailure when the engine fails, changes nothing, and works again later', async () => {
  await withIntruder(async (store, intruder) => {
    await store.commit([put({})])
    intruder.exec('ALTER TABLE feed RENAME TO elsewhere')
    const ids = ['b', 'c', 'd'].map(utf8)
    const outcomes = await Promise.allSettled(ids.map((id) => store.commit([put({ id })])))
    assert.ok(outcomes.every((each) => each.status === 'rejected' && each.reason instanceof StoreFailure))
    assert.equal((await store.range('key', { prefix: new Uint8Array(0), limit: 10 })).length, 1)
    intruder.exec('ALTER TABLE elsewhere RENAME TO feed')
    await Promise.all(ids.map((id) => store.commit([put({ id })])))
    assert.deepEqual(await store.feedPosition(), new Map([[0, 4]]))
  })
})

test('commit changes nothing and holds no lock after the engine has rolled back by itself', async () => {
  await withIntruder(async (store, intruder) => {
    await store.commit([put({})])
    intruder.exec("CREATE TRIGGER fail AFTER INSERT ON feed BEGIN SELECT raise(ROLLBACK, 'disk full'); END")
    await assert.rejects(store.commit([put({ expected: 1 })]), { name: 'StoreFailure', message: /disk full/ })
    assert.equal((await store.get(A))?.version, 1)
    intruder.exec('BEGIN IMMEDIATE; DROP TRIGGER fail; COMMIT')
    await store.commit([put({ expected: 1 })])
    assert.equal((await store.get(A))?.version, 2)
  })
})

test('commit waits for another process that is writing', async () => {
  await withIntruder(async (store, intruder) => {
    intruder.exec('BEGIN IMMEDIATE')
    const commit = store.commit([put({})])
    assert.equal(await store.get(A), undefined)
    intruder.exec('COMMIT')
    await commit
    assert.equal((await store.get(A))?.version, 1)
  })
})

test('commit answers one conflict of a group and makes the others', async () => {
  await withIntruder(async (store, intruder) => {
    // All four wait behind the lock, and so come as one group.
    intruder.exec('BEGIN IMMEDIATE')
    const commits = [
      store.commit([put({ id: utf8('a') })]),
      store.commit([put({ id: utf8('b') })]),
      store.commit([put({ id: utf8('a') }), put({ id: utf8('c') })]),
      store.commit([put({ id: utf8('d') })]),
    ]
    intruder.exec('COMMIT')
    const outcomes = await Promise.allSettled(commits)
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    )
    const [, , third] = outcomes
    assert.ok(third?.status === 'rejected' && third.reason instanceof StoreConflict)
    assert.equal((await store.range('key', { prefix: new Uint8Array(0), limit: 10 })).length, 3)
  })
})

test('get raises an alarm at a version that was never written', async () => {
  await withIntruder(async (store, intruder) => {
    await store.commit([put({})])
    intruder.exec('UPDATE records SET version = 9223372036854775807')
    await assert.rejects(store.get(A), IntegrityError)
  })
})

test('changesSince says trimmed when a line of the feed was taken away', async () => {
  await withIntruder(async (store, intruder) => {
    await store.commit([put({})])
    await store.commit([put({ expected: 1 })])
    intruder.exec('DELETE FROM feed WHERE sequence = 1')
    assert.equal(await store.changesSince(0, 0), 'trimmed')
    intruder.exec('DELETE FROM feed')
    assert.equal(await store.changesSince(0, 1), 'trimmed')
  })
})

test('reading does not keep the log from being moved into the database', async () => {
  await withIntruder(async (store, intruder) => {
    for (let version = 0; version < 20; version += 1) {
      await store.commit([put({ expected: version })])
      await store.get(A)
      await store.dataVersion()
      await store.range('key', { prefix: new Uint8Array(0), limit: 10 })
    }
    const row = intruder.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
    assert.deepEqual({ ...row }, { busy: 0, log: 0, checkpointed: 0 })
  })
})
