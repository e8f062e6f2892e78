import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openPostgres } from '../../src/store/postgres.ts'
import { PATIENT_DEPENDENCIES, PostgresServer, withoutPostgres } from '../support/postgres-server.ts'
import { testStore } from '../support/store-suite.ts'

const skip = withoutPostgres()
let server: PostgresServer

if (skip === false) {
  before(async () => {
    server = await PostgresServer.create()
  })
  after(() => server[Symbol.asyncDispose]())
  testStore('PostgreSQL', async () => {
    const address = await server.database()
    return {
      open: () => openPostgres({ address, holder: 'here', dependencies: PATIENT_DEPENDENCIES }),
      [Symbol.asyncDispose]: async () => {},
    }
  })
  test('PostgreSQL: the lineage changes when the connection for validation is made anew', async () => {
    const address = await server.database()
    const store = await openPostgres({ address, holder: 'here', dependencies: PATIENT_DEPENDENCIES })
    try {
      const before = [await store.dataVersion(), store.lineage?.()]
      assert.deepEqual([await store.dataVersion(), store.lineage?.()], before)
      const [version, lineage] = before
      const ofStore = `datname = '${address.database}'`
      await server.query(`SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE ${ofStore}`)
      assert.equal(await store.dataVersion(), version)
      assert.notEqual(store.lineage?.(), lineage)
    } finally {
      await store.close()
    }
  })
} else {
  test('PostgreSQL: the shared suite of stores', { skip }, () => {})
}
