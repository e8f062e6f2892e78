import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { CreateKeyCommand, DecryptCommand, EncryptCommand } from '@aws-sdk/client-kms'
import { openPostgres } from '../../src/store/postgres.ts'
import { openPostgresMove } from '../../src/store/postgres-move.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { openSqliteMove } from '../../src/store/sqlite-move.ts'
import { kmsClient } from '../support/kms.ts'
import { type MovedStore, testMoves } from '../support/move-suite.ts'
import { PATIENT_DEPENDENCIES, PostgresServer, withoutPostgres } from '../support/postgres-server.ts'
import { holdfast } from '../support/run.ts'
import { spawnServer, startServer } from '../support/server.ts'
import { put } from '../support/store-suite.ts'
import { testFolder } from '../support/test-folder.ts'

const skip = withoutPostgres()
let server: PostgresServer

before(async () => {
  if (skip === false) server = await PostgresServer.create()
})
after(async () => {
  if (skip === false) await server[Symbol.asyncDispose]()
})

function sqlite(): MovedStore {
  const folder = testFolder()
  return {
    open: async () => openSqlite(folder.path),
    openMove: async () => openSqliteMove(folder.path),
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  }
}

async function postgres(): Promise<MovedStore> {
  const address = await server.database()
  const dependencies = PATIENT_DEPENDENCIES
  return {
    open: () => openPostgres({ address, holder: 'here', dependencies }),
    openMove: () => openPostgresMove({ address, holder: 'move', dependencies }),
    [Symbol.asyncDispose]: async () => {},
  }
}

if (skip === false) {
  testMoves('SQLite to PostgreSQL', async () => ({ from: sqlite(), to: await postgres() }))
  testMoves('PostgreSQL to SQLite', async () => ({ from: await postgres(), to: sqlite() }))
}

test('a move takes a database from no server that uses it', { skip }, async () => {
  const store = await postgres()
  const using = await store.open()
  await assert.rejects(store.openMove(), { name: 'StoreFailure', message: /in use by the data folder here/ })
  await using.commit([put({})])
  await using.close()
})

test('holdfast migrate moves a deployment into a database and back, and refuses while a server runs', {
  skip,
}, async () => {
  const data = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  const { database } = await server.database()
  const url = `postgres://postgres@127.0.0.1:${server.port}/${database}?sslmode=disable`
  const there = { HOLDFAST_STORE: url }
  const migrate = (from: string, to: string) =>
    holdfast(['migrate', '--from', from, '--to', to, '--json'], { environment: { HOLDFAST_DATA: data } })
  const running = await startServer({ data })
  try {
    const { KeyMetadata } = await kmsClient(running).send(new CreateKeyCommand({}))
    const { CiphertextBlob } = await kmsClient(running).send(
      new EncryptCommand({ KeyId: KeyMetadata?.KeyId, Plaintext: Buffer.from('moved') }),
    )
    const refused = await migrate('embedded', url)
    assert.match(refused.err, /a process of Holdfast uses/)
    assert.notEqual(refused.status, 0)
    await running.stop()
    for (const [from, to] of [
      ['embedded', url],
      [url, 'embedded'],
      ['embedded', url],
    ] as const) {
      const moved = await migrate(from, to)
      assert.equal(moved.status, 0, moved.err)
      const { records, ...rest } = JSON.parse(moved.out)
      assert.ok(records > 0)
      assert.deepEqual(Object.keys(rest), ['from', 'to', 'written', 'removed'])
      const old = spawnServer(data, from === 'embedded' ? {} : there)
      assert.notEqual(await old.ended, 0)
      assert.match(old.errors(), /have moved to another store: set HOLDFAST_STORE/)
      const serving = await startServer({ data, environment: to === 'embedded' ? {} : there })
      try {
        const { Plaintext } = await kmsClient(serving).send(new DecryptCommand({ CiphertextBlob }))
        assert.equal(Buffer.from(Plaintext ?? []).toString(), 'moved')
      } finally {
        await serving.stop()
      }
    }
    const again = await migrate('embedded', url)
    assert.notEqual(again.status, 0)
    assert.match(again.err, /have moved from this store already/)
    const verified = await holdfast(['audit', 'verify'], { environment: { ...there, HOLDFAST_DATA: data } })
    assert.equal(verified.status, 0, verified.err)
  } finally {
    await running.kill()
    rmSync(data, { recursive: true, force: true })
  }
})
