import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  type KMSClient,
} from '@aws-sdk/client-kms'
import { failureOf, kmsClient } from '../support/kms.ts'
import { PostgresServer, withoutPostgres } from '../support/postgres-server.ts'
import { holdfast } from '../support/run.ts'
import { spawnServer, startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const skip = withoutPostgres()
const TEXT = Buffer.from('a secret of nobody')
let server: PostgresServer

before(async () => {
  if (skip === false) server = await PostgresServer.create()
})
after(async () => {
  if (skip === false) await server[Symbol.asyncDispose]()
})

type Bed = { readonly data: string; readonly environment: Readonly<Record<string, string>> }

/** Tests with a new database and a new data folder. */
function check(title: string, run: (bed: Bed) => Promise<void>): void {
  test(title, { skip }, async () => {
    const { database } = await server.database()
    const data = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
    try {
      await run({ data, environment: { HOLDFAST_STORE: urlOf(database) } })
    } finally {
      rmSync(data, { recursive: true, force: true })
    }
  })
}

function urlOf(database: string): string {
  return `postgres://postgres@127.0.0.1:${server.port}/${database}?sslmode=disable`
}

async function createKey(client: KMSClient): Promise<string> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}))
  assert.ok(KeyMetadata?.KeyId)
  return KeyMetadata.KeyId
}

async function encrypt(client: KMSClient, KeyId: string): Promise<Uint8Array> {
  const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext: TEXT }))
  assert.ok(CiphertextBlob)
  return CiphertextBlob
}

async function assertOpens(client: KMSClient, CiphertextBlob: Uint8Array): Promise<void> {
  const { Plaintext } = await client.send(new DecryptCommand({ CiphertextBlob }))
  assert.deepEqual(Buffer.from(Plaintext ?? []), TEXT)
}

/** Verifies the audit log of a folder, and that its records are in the database alone. */
async function assertAudited({ data, environment }: Bed): Promise<void> {
  const verified = await holdfast(['audit', 'verify'], {
    environment: { ...environment, HOLDFAST_DATA: data },
  })
  assert.equal(verified.status, 0, verified.err)
}

check(
  'a server on PostgreSQL keeps its keys over a kill and a restart, and its audit log is whole',
  async (bed) => {
    let started: TestServer | undefined = await startServer(bed)
    try {
      const key = await createKey(kmsClient(started))
      const blob = await encrypt(kmsClient(started), key)
      await kmsClient(started).send(new DisableKeyCommand({ KeyId: key }))
      await started.kill()
      started = await startServer(bed)
      assert.equal((await failureOf(encrypt(kmsClient(started), key))).name, 'DisabledException')
      await kmsClient(started).send(new EnableKeyCommand({ KeyId: key }))
      await assertOpens(kmsClient(started), blob)
      assert.equal(await started.stop(), 0)
      started = undefined
      await assertAudited(bed)
      const records = await server.query('SELECT count(*)::int AS n FROM holdfast_records', databaseOf(bed))
      assert.ok(Number(records[0]?.['n']) > 0)
    } finally {
      await started?.kill()
    }
  },
)

check('every worker honours a revocation as soon as another has acknowledged it', async (bed) => {
  await using started = await startServer({
    ...bed,
    environment: { ...bed.environment, HOLDFAST_WORKERS: '2' },
  })
  const clients = Array.from({ length: 6 }, () => kmsClient(started))
  const [first] = clients
  assert.ok(first)
  const key = await createKey(first)
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(clients.map((client) => encrypt(client, key)))
    await first.send(new DisableKeyCommand({ KeyId: key }))
    const refused = await Promise.all(clients.map((client) => failureOf(encrypt(client, key))))
    assert.ok(refused.every(({ name }) => name === 'DisabledException'))
    await first.send(new EnableKeyCommand({ KeyId: key }))
  }
})

check('while the database is away, every call fails, /readyz says so, and nothing is lost', async (bed) => {
  await using started = await startServer(bed)
  const client = kmsClient(started)
  const key = await createKey(client)
  const blob = await encrypt(client, key)
  await server.stop()
  try {
    for (const call of [createKey(client), encrypt(client, key), assertOpens(client, blob)]) {
      assert.equal((await failureOf(call)).name, 'KMSInternalException')
    }
    await until('the server is not ready', async () => {
      const { status } = await fetch(`${started.endpoint}/readyz`)
      return status === 503 ? true : undefined
    })
  } finally {
    await server.start()
  }
  await until('the server is ready again', async () => {
    const { status } = await fetch(`${started.endpoint}/readyz`)
    return status === 200 ? true : undefined
  })
  await assertOpens(client, blob)
  await client.send(new DescribeKeyCommand({ KeyId: await createKey(client) }))
  await started.stop()
  await assertAudited(bed)
})

check('commands work beside the server, and on its folder when it is stopped', async (bed) => {
  const environment = { ...bed.environment, HOLDFAST_DATA: bed.data }
  const started = await startServer(bed)
  try {
    const made = await holdfast(['account', 'create', '--id', '111122223333'], { environment })
    assert.equal(made.status, 0, made.err)
  } finally {
    await started.stop()
  }
  const listed = await holdfast(['account', 'list'], { environment })
  assert.match(listed.out, /111122223333/)
})

check('a copy of the data folder cannot serve from the same database', async (bed) => {
  await using started = await startServer(bed)
  const copy = `${bed.data}-copy`
  try {
    await cp(bed.data, copy, { recursive: true, filter: (path) => !/\/(?:lock|.*\.lock|run)$/.test(path) })
    const second = spawnServer(copy, bed.environment)
    assert.notEqual(await second.ended, 0)
    assert.match(second.errors(), /in use by the data folder/)
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
  await createKey(kmsClient(started))
})

check('another data folder is refused by a database that is not its own', async (bed) => {
  const started = await startServer(bed)
  await createKey(kmsClient(started))
  await started.stop()
  const other = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  try {
    const second = spawnServer(other, bed.environment)
    assert.notEqual(await second.ended, 0)
    assert.match(second.errors(), /records of another root key/)
  } finally {
    rmSync(other, { recursive: true, force: true })
  }
})

check('a folder that has served from PostgreSQL does not serve without it', async (bed) => {
  await (await startServer(bed)).stop()
  const second = spawnServer(bed.data)
  assert.notEqual(await second.ended, 0)
  assert.match(second.errors(), /are in a PostgreSQL database: set HOLDFAST_STORE/)
})

function databaseOf({ environment }: Bed): string {
  return new URL(environment['HOLDFAST_STORE'] ?? '').pathname.slice(1)
}
