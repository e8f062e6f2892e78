import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { Client } from 'pg'
import { utf8 } from '../../src/base/bytes.ts'
import { type RawStore, StoreConflict, StoreFailure } from '../../src/store/port.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import type { PostgresAddress } from '../../src/store/postgres-connection.ts'
import { IntegrityError } from '../../src/store/records.ts'
import { FaultProxy } from '../support/fault-proxy.ts'
import {
  PATIENT_DEPENDENCIES,
  POSTGRES_DEPENDENCIES,
  PostgresServer,
  withoutPostgres,
} from '../support/postgres-server.ts'
import { put } from '../support/store-suite.ts'
import { until } from '../support/until.ts'

const skip = withoutPostgres()
const A = { kind: 'key', id: utf8('a') }
let server: PostgresServer

before(async () => {
  if (skip === false) server = await PostgresServer.create()
})
after(async () => {
  if (skip === false) await server[Symbol.asyncDispose]()
})

function open(
  address: PostgresAddress,
  holder = 'here',
  dependencies = PATIENT_DEPENDENCIES,
): Promise<RawStore> {
  return openPostgres({ address, holder, dependencies })
}

/** Tests with a store behind a proxy, and one that reaches the server directly. */
function check(
  title: string,
  run: (bed: {
    readonly proxy: FaultProxy
    readonly store: RawStore
    readonly direct: RawStore
    readonly database: string
  }) => Promise<void>,
  dependencies = PATIENT_DEPENDENCIES,
): void {
  test(title, { skip }, async () => {
    const address = await server.database()
    await using proxy = await FaultProxy.open(server.port)
    const store = await open({ ...address, port: proxy.port }, 'here', dependencies)
    const direct = await open(address)
    try {
      await run({ proxy, store, direct, database: address.database })
    } finally {
      proxy.mode = 'open'
      await Promise.all([store.close(), direct.close()])
    }
  })
}

/** Calls until it succeeds: what fails meanwhile must be a failure of the store. */
async function eventually<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      assert.ok(error instanceof StoreFailure, String(error))
      await POSTGRES_DEPENDENCIES.sleep(50)
    }
  }
}

/** Does something when the COMMIT of a transaction passes the proxy. */
function atCommit(proxy: FaultProxy, act: () => void): void {
  proxy.watch = (bytes) => {
    if (!bytes.includes('COMMIT\0')) return
    proxy.watch = undefined
    act()
  }
}

check('a commit whose answer is cut off is looked up, and was made', async ({ proxy, store, direct }) => {
  atCommit(proxy, () => {
    proxy.mode = 'deaf'
    void eventually(async () => {
      if ((await direct.get(A)) === undefined) throw new StoreFailure('not yet')
    }).then(() => {
      proxy.mode = 'open'
      proxy.cut()
    })
  })
  const told: (readonly number[])[] = []
  await store.commit([put({})], (sequences) => told.push(sequences))
  assert.deepEqual(told, [[1]])
  assert.equal((await direct.get(A))?.version, 1)
})

check(
  'a commit that never arrives is looked up, was not made, and is made once',
  async ({ proxy, store }) => {
    atCommit(proxy, () => {
      proxy.mode = 'silent'
      proxy.cut()
      setImmediate(() => {
        proxy.mode = 'open'
      })
    })
    await store.commit([put({})])
    assert.equal((await store.get(A))?.version, 1)
    assert.deepEqual(await store.feedPosition(), new Map([[0, 1]]))
  },
)

check('a cut in every statement of a commit makes it once', async ({ proxy, store }) => {
  for (let statement = 1; statement <= 8; statement += 1) {
    const expected = (await eventually(() => store.get(A)))?.version ?? 0
    let seen = 0
    proxy.watch = (bytes) => {
      seen += bytes.length > 0 ? 1 : 0
      if (seen === statement) proxy.cut()
    }
    await store.commit([put({ expected })])
    proxy.watch = undefined
    assert.equal((await store.get(A))?.version, expected + 1)
  }
})

check(
  'a store behind a silent network fails in bounded time, and works again later',
  async ({ proxy, store }) => {
    await store.commit([put({})])
    proxy.mode = 'silent'
    await assert.rejects(async () => store.get(A), StoreFailure)
    await assert.rejects(async () => store.dataVersion(), StoreFailure)
    proxy.mode = 'open'
    proxy.cut()
    assert.equal((await eventually(() => store.get(A)))?.version, 1)
    await eventually(() => store.commit([put({ expected: 1 })]))
  },
  POSTGRES_DEPENDENCIES,
)

check(
  'a handle that cannot renew the lease stops answering although reads would work',
  async ({ store, database }) => {
    await server.query('ALTER TABLE holdfast_lease RENAME TO elsewhere', database)
    await assert.rejects(
      (async () => {
        for (;;) {
          await store.dataVersion()
          await POSTGRES_DEPENDENCIES.sleep(50)
        }
      })(),
      { name: 'StoreFailure', message: /lease on the database could not be renewed/ },
    )
    await assert.rejects(store.get(A), StoreFailure)
    await assert.rejects(store.commit([put({})]), StoreFailure)
    await server.query('ALTER TABLE elsewhere RENAME TO holdfast_lease', database)
    await eventually(() => store.commit([put({})]))
  },
  POSTGRES_DEPENDENCIES,
)

check('a restart and a crash of the server lose nothing', async ({ store, direct }) => {
  await store.commit([put({})])
  for (const end of ['stop', 'kill'] as const) {
    await server[end]()
    await assert.rejects(store.commit([put({ id: utf8(end) })]), StoreFailure)
    await assert.rejects(async () => direct.dataVersion(), StoreFailure)
    await server.start()
    const { version = 0 } = (await eventually(() => store.get(A))) ?? {}
    await eventually(() => store.commit([put({ expected: version })]))
    assert.equal((await eventually(() => direct.get(A)))?.version, version + 1)
  }
})

check('a restart amid many commits makes each that was acknowledged once', async ({ store, direct }) => {
  const ids = Array.from({ length: 300 }, (_, n) => utf8(`${n}`))
  const commits = ids.map(async (id, n) => {
    await POSTGRES_DEPENDENCIES.sleep(n)
    return store.commit([put({ id })])
  })
  const restart = POSTGRES_DEPENDENCIES.sleep(100).then(async () => {
    await server.kill()
    await server.start()
  })
  const outcomes = await Promise.allSettled(commits)
  await restart
  for (const [n, outcome] of outcomes.entries()) {
    const record = await eventually(() => direct.get({ kind: 'key', id: ids[n] ?? utf8('') }))
    if (outcome.status === 'fulfilled') assert.equal(record?.version, 1)
    else assert.ok(outcome.reason instanceof StoreFailure, String(outcome.reason))
  }
  const [[, head] = [0, 0]] = await eventually(() => direct.feedPosition())
  const found = await direct.range('key', { prefix: new Uint8Array(0), limit: 1001 })
  assert.equal(head, found.length)
})

check('a read-only database refuses commits, and later takes them', async ({ store, database }) => {
  await store.commit([put({})])
  await server.query(`ALTER DATABASE ${database} SET default_transaction_read_only = on`)
  await endSessions(database)
  await assert.rejects(store.commit([put({ expected: 1 })]), StoreFailure)
  await assert.rejects(store.get(A), { name: 'StoreFailure', message: /read-only, or a standby/ })
  await server.query(`ALTER DATABASE ${database} RESET default_transaction_read_only`)
  assert.equal((await eventually(() => store.get(A)))?.version, 1)
  await eventually(() => store.commit([put({ expected: 1 })]))
})

check('a database without connections refuses, and later serves', async ({ store, database }) => {
  await server.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS false`)
  await endSessions(database)
  await assert.rejects(store.get(A), StoreFailure)
  await assert.rejects(store.commit([put({})]), StoreFailure)
  await server.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`)
  await eventually(() => store.commit([put({})]))
})

check('an error of the engine, such as a full disk, changes nothing', async ({ store, database }) => {
  await store.commit([put({})])
  await server.query(
    `CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`,
    database,
  )
  await server.query(
    'CREATE TRIGGER disk_full BEFORE INSERT ON holdfast_feed FOR EACH ROW EXECUTE FUNCTION disk_full()',
    database,
  )
  const outcomes = await Promise.allSettled([
    store.commit([put({ expected: 1 })]),
    store.commit([put({ id: utf8('b') })]),
  ])
  assert.ok(outcomes.every((each) => each.status === 'rejected' && each.reason instanceof StoreFailure))
  assert.equal((await store.get(A))?.version, 1)
  await server.query('DROP TRIGGER disk_full ON holdfast_feed', database)
  await store.commit([put({ expected: 1 })])
  assert.deepEqual(await store.feedPosition(), new Map([[0, 2]]))
})

check('commits of handles that lock each other out are run again', async ({ store, direct }) => {
  const ids = ['a', 'b', 'c', 'd'].map(utf8)
  await store.commit(ids.map((id) => put({ id })))
  const replace = async (handle: RawStore, order: readonly Uint8Array[]) => {
    for (let done = 0; done < 20; ) {
      const found = await Promise.all(order.map((id) => handle.get({ kind: 'key', id })))
      const changes = found.flatMap((record, n) =>
        record ? [put({ id: record.id, expected: record.version, shard: n })] : [],
      )
      try {
        await handle.commit(changes)
        done += 1
      } catch (error) {
        assert.ok(error instanceof StoreConflict, String(error))
      }
    }
  }
  await Promise.all([replace(store, ids), replace(direct, ids.toReversed())])
  assert.equal((await store.get(A))?.version, 41)
})

check('one commit of a group conflicts, and the others are made', async ({ store }) => {
  const outcomes = await Promise.allSettled([
    store.commit([put({})]),
    store.commit([put({ id: utf8('b') })]),
    store.commit([put({}), put({ id: utf8('c') })]),
    store.commit([put({ expected: 1, value: undefined })]),
    store.commit([put({ first: 9 })]),
  ])
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  )
  assert.equal((await store.get(A))?.version, 9)
  assert.deepEqual(await store.feedPosition(), new Map([[0, 4]]))
})

check('get raises an alarm at a version that was never written', async ({ store, database }) => {
  await store.commit([put({})])
  await server.query('UPDATE holdfast_records SET version = 9223372036854775807', database)
  await assert.rejects(store.get(A), IntegrityError)
})

/** Ends all sessions of a database. */
async function endSessions(database: string): Promise<void> {
  await server.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}' AND pid <> pg_backend_pid()`,
  )
}

/** The options of a test that needs a server. */
function named(title: string, run: (context: TestContext) => Promise<void>): void {
  test(title, { skip }, run)
}

named('another data folder is refused while the lease is renewed', async () => {
  const address = await server.database()
  const store = await open(address)
  await assert.rejects(open(address, 'elsewhere', POSTGRES_DEPENDENCIES), {
    name: 'StoreFailure',
    message: /in use by the data folder here/,
  })
  await store.commit([put({})])
  await store.close()
  // It was released.
  const other = await open(address, 'elsewhere')
  assert.equal((await other.get(A))?.version, 1)
  await other.close()
})

named('a holder that was cut off is fenced by the next one, and its commits are refused', async () => {
  const address = await server.database()
  await using proxy = await FaultProxy.open(server.port)
  const old = await open({ ...address, port: proxy.port }, 'here', POSTGRES_DEPENDENCIES)
  await old.commit([put({})])
  proxy.mode = 'silent'
  const next = await open(address, 'elsewhere', POSTGRES_DEPENDENCIES)
  await next.commit([put({ expected: 1 })])
  proxy.mode = 'open'
  proxy.cut()
  const refusal = { name: 'StoreFailure', message: /another server has taken the database over/ }
  await assert.rejects(
    eventuallyOther(() => old.commit([put({ expected: 2 })]), /lease on the database could not be renewed/),
    refusal,
  )
  await assert.rejects(async () => old.dataVersion(), refusal)
  await assert.rejects(old.get(A), refusal)
  assert.equal((await next.get(A))?.version, 2)
  await Promise.all([old.close(), next.close()])
})

/** Calls again as long as the failure is the expected one. */
async function eventuallyOther(call: () => Promise<void>, passing: RegExp): Promise<void> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof StoreFailure && passing.test(error.message))) throw error
      await POSTGRES_DEPENDENCIES.sleep(50)
    }
  }
}

named('a handle that opens sees the commit that a killed process had on its way', async () => {
  const address = await server.database()
  const killed = await open(address)
  await killed.commit([put({})])
  const { port, database, user } = address
  const session = new Client({ host: '127.0.0.1', port, database, user })
  await session.connect()
  await session.query('BEGIN')
  await session.query('UPDATE holdfast_writers SET ticket = ticket + 1')
  await session.query('UPDATE holdfast_records SET version = 2')
  const opening = open(address)
  await until('the new handle waits', async () => {
    const waiting = await server.query(
      `SELECT pid FROM pg_stat_activity WHERE datname = '${database}' AND wait_event_type = 'Lock'`,
    )
    return waiting.length > 0 ? true : undefined
  })
  await session.query('COMMIT')
  await session.end()
  const store = await opening
  assert.equal((await store.get(A))?.version, 2)
  await Promise.all([store.close(), killed.close()])
})

named('many handles make the tables of an empty database at once', async () => {
  const address = await server.database()
  const stores = await Promise.all(Array.from({ length: 6 }, () => open(address)))
  await Promise.all(stores.map((store, n) => store.commit([put({ id: utf8(`${n}`) })])))
  assert.deepEqual(await stores[0]?.feedPosition(), new Map([[0, 6]]))
  await Promise.all(stores.map((store) => store.close()))
})

named('a database of a newer format is refused, with what to do', async () => {
  const address = await server.database()
  await (await open(address)).close()
  await server.query("UPDATE holdfast_facts SET value = 3 WHERE name = 'format'", address.database)
  await assert.rejects(open(address), {
    name: 'StoreFailure',
    message: /has format 3, this version of Holdfast reads format 2: use the version that wrote it/,
  })
})

named('a server that does not sync its disk is refused', async () => {
  await using careless = await PostgresServer.create({ settings: { fsync: 'off' } })
  await assert.rejects(open(await careless.database()), {
    name: 'StoreFailure',
    message: /does not sync its disk/,
  })
})
