/** Tests changes to a server's database: the server detects each, and no record decrypts as another. */

import assert from 'node:assert/strict'
import { copyFile, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { call, newKey, succeed } from '../support/calls.ts'
import { spawnServer, startServer, type TestServer, temporaryFolder } from '../support/server.ts'

const INTERNAL = 'KMSInternalException'
const ALARM = /INTEGRITY ALARM: record [a-z-]+ [0-9a-f]{64} version \d+ is damaged/

/** A folder and its keys, each with its own plaintext. */
type Fixture = { readonly data: string; readonly keys: readonly Made[] }
type Made = { readonly id: string; readonly ciphertext: string; readonly plaintext: string }

/** Creates a folder with two keys and stops its server. */
async function makeFolder(): Promise<Fixture> {
  const data = await temporaryFolder()
  await using server = await startServer({ data })
  const keys: Made[] = []
  for (const name of ['one', 'two']) {
    const id = await newKey(server, { Description: name })
    const plaintext = Buffer.from(`the plaintext of ${name}`).toString('base64')
    const { CiphertextBlob } = await succeed(server, 'Encrypt', { KeyId: id, Plaintext: plaintext })
    keys.push({ id, plaintext, ciphertext: String(CiphertextBlob) })
  }
  assert.equal(await server.stop(), 0)
  return { data, keys }
}

/** Changes the database as an attacker without keys would. */
function edit(data: string, ...statements: readonly string[]): void {
  const intruder = new DatabaseSync(join(data, 'holdfast.db'), { timeout: 5000 })
  for (const statement of statements) intruder.exec(statement)
  intruder.close()
}

const FLIP = `(SELECT CAST(substr(value, 1, 40) AS BLOB) || CAST(CASE WHEN substr(value, 41, 1) = x'00' THEN x'01' ELSE x'00' END AS BLOB) || CAST(substr(value, 42) AS BLOB))`
const swap = (kind: string): string => `
  CREATE TEMP TABLE pair AS SELECT id, value, row_number() OVER (ORDER BY id) AS n FROM records WHERE kind = '${kind}';
  UPDATE records SET value = (SELECT other.value FROM pair AS own JOIN pair AS other ON other.n = 3 - own.n WHERE own.id = records.id)
    WHERE kind = '${kind}'`

/** Changes after which no key may work, or the server must refuse the changed resource. */
const EDITS: readonly (readonly [what: string, statement: string])[] = [
  ["one byte of each key's record", `UPDATE records SET value = CAST(${FLIP} AS BLOB) WHERE kind = 'key'`],
  [
    "one byte of each material's record",
    `UPDATE records SET value = CAST(${FLIP} AS BLOB) WHERE kind = 'material'`,
  ],
  [
    "the key-encryption key's record",
    `UPDATE records SET value = CAST(${FLIP} AS BLOB) WHERE kind = 'domain-key'`,
  ],
  ['the version of each key', "UPDATE records SET version = version + 1 WHERE kind = 'key'"],
  ['the values of two keys, swapped', swap('key')],
  ['the values of two materials, swapped', swap('material')],
  ["a key's value, emptied", "UPDATE records SET value = x'' WHERE kind = 'key'"],
  ["a key's format", "UPDATE records SET value = CAST(x'02' || substr(value, 2) AS BLOB) WHERE kind = 'key'"],
  [
    'the record of a key in the place of another kind',
    `UPDATE records SET value = (SELECT value FROM records WHERE kind = 'key' LIMIT 1) WHERE kind = 'material'`,
  ],
]

for (const [what, statement] of EDITS) {
  test(`a server raises an alarm after a change of ${what}, and decrypts nothing`, async () => {
    const { data, keys } = await makeFolder()
    edit(data, statement)
    const server = await startServer({ data })
    for (const { ciphertext } of keys) {
      const answer = await call(server, 'Decrypt', { CiphertextBlob: ciphertext })
      assert.equal(answer.code, INTERNAL, answer.text)
      assert.equal('Plaintext' in answer.json, false)
    }
    assert.match(server.errors(), ALARM)
    await server.kill()
    await rm(data, { recursive: true })
  })

  test(`a running server returns correct results or errors after a change of ${what}`, async () => {
    const { data, keys } = await makeFolder()
    const server = await startServer({ data })
    // One key is in the server's cache, the other is not.
    const [known] = keys
    assert.ok(known !== undefined)
    await succeed(server, 'Decrypt', { CiphertextBlob: known.ciphertext })
    edit(data, statement)
    for (const key of keys) await assertTrueOrRefused(server, key)
    await server.kill()
    await rm(data, { recursive: true })
  })
}

/** Asserts that Decrypt returns the original plaintext from the cache, or an error. */
async function assertTrueOrRefused(server: TestServer, key: Made): Promise<void> {
  const answer = await call(server, 'Decrypt', { CiphertextBlob: key.ciphertext })
  if (answer.status === 200) assert.equal(answer.json['Plaintext'], key.plaintext)
  else {
    assert.equal(answer.code, INTERNAL, answer.text)
    assert.match(server.errors(), ALARM)
  }
}

test('a server raises an alarm when it lists a record that was copied to another id', async () => {
  const { data, keys } = await makeFolder()
  edit(
    data,
    `INSERT INTO records SELECT kind, CAST(substr(id, 1, 16) || randomblob(16) AS BLOB), version, value
      FROM records WHERE kind = 'key' LIMIT 1`,
  )
  const server = await startServer({ data })
  const answer = await call(server, 'ListKeys', {})
  assert.equal(answer.code, INTERNAL, answer.text)
  assert.match(server.errors(), ALARM)
  for (const key of keys) await assertTrueOrRefused(server, key)
  await server.kill()
  await rm(data, { recursive: true })
})

test('a server does not start after a change of its account or audit-head record', async () => {
  for (const kind of ['account', 'audit-head']) {
    const { data } = await makeFolder()
    edit(data, `UPDATE records SET value = CAST(${FLIP} AS BLOB) WHERE kind = '${kind}'`)
    await assertRefused(data, /is damaged: it does not open/)
    await rm(data, { recursive: true })
  }
})

test('a server refuses an access key whose record was edited', async () => {
  const { data } = await makeFolder()
  edit(data, `UPDATE records SET value = CAST(${FLIP} AS BLOB) WHERE kind = 'access-key'`)
  const server = await startServer({ data })
  assert.equal((await call(server, 'ListKeys', {})).code, INTERNAL)
  assert.match(server.errors(), ALARM)
  await server.kill()
  await rm(data, { recursive: true })
})

test('a server never accepts a truncated database as one with fewer keys', async () => {
  for (const part of [0, 0.01, 0.3, 0.5, 0.9]) {
    const { data, keys } = await makeFolder()
    const path = join(data, 'holdfast.db')
    await truncate(path, Math.floor((await stat(path)).size * part))
    const server = spawnServer(data)
    const endpoint = await server.serves.catch(() => undefined)
    if (endpoint === undefined) {
      assert.equal(await server.ended, 1)
      // An empty file is a database without records: the audit log beside it shows that they are lost.
      assert.match(server.errors(), /^holdfast: .*(?:holdfast\.db|has an audit log, but no records)/m)
    } else {
      server.signal('SIGKILL')
      await server.ended
      await assertNothingAbsent(data, keys)
    }
    await rm(data, { recursive: true })
  }
})

/** Asserts that a server started on part of a database returns correct results or an error. */
async function assertNothingAbsent(data: string, keys: readonly Made[]): Promise<void> {
  await using server = await startServer({ data })
  for (const { id, ciphertext, plaintext } of keys) {
    const described = await call(server, 'DescribeKey', { KeyId: id })
    assert.ok(described.status === 200 || described.code === INTERNAL, described.text)
    const answer = await call(server, 'Decrypt', { CiphertextBlob: ciphertext })
    if (answer.status === 200) assert.equal(answer.json['Plaintext'], plaintext)
    else assert.equal(answer.code, INTERNAL, answer.text)
  }
}

test('a server whose database is truncated while it runs returns correct results or errors', async () => {
  const { data, keys } = await makeFolder()
  const server = await startServer({ data })
  await truncate(join(data, 'holdfast.db'), 8192)
  for (const key of keys) {
    const answer = await call(server, 'Decrypt', { CiphertextBlob: key.ciphertext })
    if (answer.status === 200) assert.equal(answer.json['Plaintext'], key.plaintext)
    else assert.equal(answer.code, INTERNAL, answer.text)
  }
  await server.kill()
  await rm(data, { recursive: true })
})

test('a server whose database was removed or replaced by an empty one does not start', async () => {
  const other = await makeFolder()
  for (const replace of [
    (path: string) => rm(path),
    (path: string) => copyFile(join(other.data, 'holdfast.db'), path),
  ]) {
    const { data } = await makeFolder()
    await replace(join(data, 'holdfast.db'))
    await assertRefused(data, /has an audit log, but no records of its root key/)
    // The second start fails too.
    await assertRefused(data, /has an audit log, but no records of its root key/)
    await rm(data, { recursive: true })
  }
  await rm(other.data, { recursive: true })
})

async function assertRefused(data: string, why: RegExp): Promise<void> {
  const server = spawnServer(data)
  await assert.rejects(server.serves)
  assert.equal(await server.ended, 1)
  assert.match(server.errors(), why)
}
