import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { CreateKeyCommand } from '@aws-sdk/client-kms'
import { openPostgres } from '../../src/store/postgres.ts'
import type { PostgresAddress } from '../../src/store/postgres-connection.ts'
import { makeCertificate, NO_CERTIFICATES, type TestCertificate } from '../support/certificate.ts'
import { kmsClient } from '../support/kms.ts'
import { PATIENT_DEPENDENCIES, PostgresServer, withoutPostgres } from '../support/postgres-server.ts'
import { spawnServer, startServer } from '../support/server.ts'

const skip = withoutPostgres() || NO_CERTIFICATES
const PASSWORD = 'a password of the database'
let server: PostgresServer
let certificate: TestCertificate
let other: TestCertificate

before(async () => {
  if (skip !== false) return
  certificate = await makeCertificate('DNS:localhost')
  other = await makeCertificate('DNS:localhost')
  const key = await readFile(certificate.keyFile, 'utf8')
  server = await PostgresServer.create({
    access: ['hostssl all keeper all scram-sha-256', 'hostnossl all keeper all reject'],
    tls: { cert: certificate.cert, key },
  })
  await server.query(`CREATE ROLE keeper LOGIN PASSWORD '${PASSWORD}'`)
})
after(async () => {
  if (skip !== false) return
  await server[Symbol.asyncDispose]()
  await certificate[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
})

/** The address of a new database of the role with a password. */
async function newDatabase(): Promise<PostgresAddress> {
  const address = await server.database()
  await server.query(`ALTER DATABASE ${address.database} OWNER TO keeper`)
  const tls = { ca: certificate.cert }
  return { ...address, host: 'localhost', user: 'keeper', password: async () => PASSWORD, tls }
}

async function use(address: PostgresAddress): Promise<void> {
  const store = await openPostgres({ address, holder: 'here', dependencies: PATIENT_DEPENDENCIES })
  await store.close()
}

test('a store connects over TLS with a password to a server whose certificate it verifies', {
  skip,
}, async () => {
  await use(await newDatabase())
})

const REFUSED: Readonly<Record<string, (address: PostgresAddress) => PostgresAddress>> = {
  'a server of an unknown authority': (address) => ({ ...address, tls: { ca: undefined } }),
  'a server of another authority': (address) => ({ ...address, tls: { ca: other.cert } }),
  'a server whose certificate has another name': (address) => ({ ...address, host: '127.0.0.1' }),
  'a wrong password': (address) => ({ ...address, password: async () => 'wrong' }),
  'a connection without TLS to a server that asks for it': (address) => ({ ...address, tls: undefined }),
}

for (const [what, change] of Object.entries(REFUSED)) {
  test(`a store refuses ${what}, or is refused, and its message has no password`, { skip }, async () => {
    const address = change(await newDatabase())
    await assert.rejects(
      use(address),
      (error: unknown) =>
        error instanceof Error && error.name === 'StoreFailure' && !error.message.includes(PASSWORD),
    )
  })
}

test('a store refuses a server without TLS', { skip }, async () => {
  await using plain = await PostgresServer.create()
  const address = await plain.database()
  await assert.rejects(use({ ...address, host: 'localhost', tls: { ca: certificate.cert } }), {
    name: 'StoreFailure',
    message: /does not support SSL/,
  })
})

test('a server reaches its database over TLS with the password of a file, and shows it nowhere', {
  skip,
}, async () => {
  const { database } = await newDatabase()
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, `${PASSWORD}\n`, { mode: 0o600 })
  const environment = {
    HOLDFAST_STORE: `postgres://keeper@localhost:${server.port}/${database}?sslrootcert=${certificate.certFile}`,
    HOLDFAST_STORE_PASSWORD_FILE: passwordFile,
  }
  try {
    await using started = await startServer({ environment })
    await kmsClient(started).send(new CreateKeyCommand({}))
    assert.ok(!`${started.output()}${started.errors()}`.includes(PASSWORD))
    await chmod(passwordFile, 0o666)
    const refused = spawnServer(started.data, environment)
    assert.notEqual(await refused.ended, 0)
    assert.match(
      refused.errors(),
      /HOLDFAST_STORE_PASSWORD_FILE: cannot use .*others than its owner can write it/,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
