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
} else {
  test('PostgreSQL: the shared suite of stores', { skip }, () => {})
}
