import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import fc from 'fast-check'
import { testFolder } from '../../test/support/test-folder.ts'
import { testSealer } from '../../test/support/test-sealer.ts'
import { fromUtf8, toHex, utf8 } from '../base/bytes.ts'
import { FIRST_VERSION_MAX, type RawChange, type RawRecord, type RawStore, versionAfter } from './port.ts'
import { type Change, IntegrityError, type ListQuery } from './records.ts'
import { listSealed, locate, type Opened, readListed, readSealed, sealChanges } from './sealed.ts'
import { openSqlite } from './sqlite.ts'

const SEALER = testSealer(new Uint8Array(32).fill(7))
const PLACE = { kind: 'key', partition: '000000000000/eu-west-1', name: 'the-name' }

function change(name: string, value: object = { of: name }, expected = 0): Change {
  return { ...PLACE, name, expected, value }
}

/** A raw store over rows that a test can edit. */
function rowStore(rows: readonly RawRecord[]): RawStore {
  const unused = () => assert.fail('not for this test')
  return {
    get: async (key) => rows.find(({ kind, id }) => kind === key.kind && toHex(id) === toHex(key.id)),
    range: async (kind, { prefix, limit }) =>
      rows.filter((row) => row.kind === kind && toHex(row.id).startsWith(toHex(prefix))).slice(0, limit),
    kinds: unused,
    commit: unused,
    changeCount: unused,
    feedPosition: unused,
    changesSince: unused,
    dataVersion: unused,
    close: unused,
  }
}

function rowOf(raw: RawChange): RawRecord {
  const { kind, id, value } = raw
  assert.ok(value)
  return { kind, id, version: versionAfter(raw), value }
}

function sealedRow(each: Change): RawRecord {
  const [sealed] = sealChanges(SEALER, [each])
  assert.ok(sealed)
  return rowOf(sealed)
}

function readName(rows: readonly RawRecord[], name: string, sealer = SEALER) {
  return readSealed(rowStore(rows), sealer, locate(sealer, { ...PLACE, name }))
}

function listAll(rows: readonly RawRecord[], partition = PLACE.partition) {
  return listOpened(rowStore(rows), { kind: 'key', partition, limit: 10 })
}

/** A page, with every record of it opened. */
async function listOpened(raw: RawStore, query: ListQuery) {
  const { rows, next } = await listSealed(raw, SEALER, query)
  const records: Opened[] = []
  for (const row of rows) {
    const opened = await readListed(raw, SEALER, row, query.partition)
    if (opened !== undefined) records.push(opened)
  }
  return { records, next }
}

/** Computed by another implementation from the document alone. */
const VECTOR = {
  shard: 13,
  id: 'cd1c00be9053b7c647533a2cbfbe62e6f5e68bc8fb3f486f4db3f5af736b4fb3',
  value:
    '01000102030405060708090a0b0c0d0e0f101112131415161718191a1b66613abb3056839ecb43ddea9575c668a4d1acac306e67ba8b7a5d82' +
    '7f09da780fdd09af17aafbb415b8f8d5f905ef31dd115312ffc535b1d633c9431b2b20595d75a24002d0c0ec21e6e1473d6fe33ab3b8fc3d1c' +
    '59f7bf1c85d766af0899e5fa',
}

test('a sealed record has the bytes of docs/reference/formats/sealed-record.md', () => {
  let next = 0
  const random = {
    bytes: (size: number) => Uint8Array.from({ length: size }, () => next++),
    uuid: () => assert.fail('no UUID is needed'),
  }
  const sealer = testSealer(
    Uint8Array.from({ length: 32 }, (_, n) => n),
    random,
  )
  const [sealed] = sealChanges(sealer, [{ ...PLACE, expected: 4, value: { enabled: true } }])
  assert.ok(sealed?.value)
  assert.equal(sealed.shard, VECTOR.shard)
  assert.equal(toHex(sealed.id), VECTOR.id)
  assert.equal(toHex(sealed.value), VECTOR.value)
})

test('what was sealed opens to the same value at its place', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'grapheme' }),
      fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()),
      fc.nat(),
      async (partition, name, value, expected) => {
        const json: unknown = JSON.parse(JSON.stringify(value))
        const place = { kind: 'key', partition, name }
        const row = sealedRow({ ...place, expected, value })
        const located = locate(SEALER, place)
        const opened = await readSealed(rowStore([row]), SEALER, located)
        const { version } = row
        if (expected > 0) assert.equal(version, expected + 1)
        assert.deepEqual(opened, { located, version, value: json, sizeBytes: row.value.length })
        const { records } = await listAll([row], partition)
        assert.deepEqual(records, [opened])
      },
    ),
  )
})

test('places that differ in kind, partition or name have different ids', () => {
  const ids = [
    { kind: 'key', partition: 'ab', name: 'c' },
    { kind: 'key', partition: 'a', name: 'bc' },
    { kind: 'key', partition: 'abc', name: '' },
    { kind: 'keya', partition: 'b', name: 'c' },
    { kind: 'alias', partition: 'ab', name: 'c' },
  ].map((place) => toHex(locate(SEALER, place).key.id))
  assert.equal(new Set(ids).size, 5)
  assert.equal(new Set(ids.map((id) => id.slice(0, 32))).size, 5)
})

test('one value sealed twice gives different bytes', () => {
  assert.notDeepEqual(sealedRow(change('a')).value, sealedRow(change('a')).value)
})

test('readSealed raises an alarm for every flipped bit of a value', async () => {
  const row = sealedRow(change('a'))
  for (let bit = 0; bit < row.value.length * 8; bit += 1) {
    const value = Uint8Array.from(row.value)
    value[bit >> 3] = (value[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    await assert.rejects(readName([{ ...row, value }], 'a'), IntegrityError)
  }
})

test('readSealed raises an alarm for a value cut off or extended anywhere', async () => {
  const row = sealedRow(change('a'))
  for (let length = 0; length < row.value.length; length += 1) {
    await assert.rejects(readName([{ ...row, value: row.value.subarray(0, length) }], 'a'), IntegrityError)
  }
  await assert.rejects(
    readName([{ ...row, value: Buffer.concat([row.value, Buffer.alloc(1)]) }], 'a'),
    IntegrityError,
  )
})

test('a row whose id was edited in any byte is found nowhere or raises an alarm in a list', async () => {
  const row = sealedRow(change('a'))
  for (let index = 0; index < row.id.length; index += 1) {
    const id = Uint8Array.from(row.id)
    id[index] = (id[index] ?? 0) ^ 1
    const edited = { ...row, id }
    if (index < 16) assert.deepEqual((await listAll([edited])).records, [])
    else await assert.rejects(listAll([edited]), IntegrityError)
  }
})

for (const version of [0, 1, 3, -1, 2 ** 32 + 2, Number.MAX_SAFE_INTEGER]) {
  test(`readSealed raises an alarm when version 2 was edited to ${version}`, async () => {
    const row = { ...sealedRow(change('a', {}, 1)), version }
    await assert.rejects(readName([row], 'a'), IntegrityError)
    await assert.rejects(listAll([row]), IntegrityError)
  })
}

test('readSealed raises an alarm when two rows have exchanged ids, values, or values and versions', async () => {
  const a = sealedRow(change('a'))
  const b = sealedRow(change('b', { other: true }, 1))
  for (const [first, second] of [
    [
      { ...a, id: b.id },
      { ...b, id: a.id },
    ],
    [
      { ...a, value: b.value },
      { ...b, value: a.value },
    ],
    [
      { ...a, value: b.value, version: b.version },
      { ...b, value: a.value, version: a.version },
    ],
  ] as const) {
    await assert.rejects(readName([first, second], 'a'), IntegrityError)
    await assert.rejects(readName([first, second], 'b'), IntegrityError)
    await assert.rejects(listAll([first, second]), IntegrityError)
  }
})

test('readSealed raises an alarm at a row copied to another name, partition or kind', async () => {
  const row = sealedRow(change('a'))
  const copies = [
    { ...PLACE, name: 'b' },
    { ...PLACE, name: 'a', partition: '000000000000/eu-west-2' },
    { ...PLACE, name: 'a', kind: 'alias' },
  ]
  for (const place of copies) {
    const located = locate(SEALER, place)
    const copy = { ...row, ...located.key }
    await assert.rejects(readSealed(rowStore([row, copy]), SEALER, located), IntegrityError)
  }
})

test('readSealed raises an alarm when a value sealed for the row names another place', async () => {
  // Only the holder of the keys could make these; a reader does not trust even them.
  const located = locate(SEALER, { ...PLACE, name: 'a' })
  const contents: readonly unknown[] = [
    { partition: PLACE.partition, name: 'b', value: {} },
    { partition: 'other', name: 'a', value: {} },
    { partition: PLACE.partition, name: 'a', value: 'text' },
    { partition: PLACE.partition, name: 'a', value: null },
    { partition: PLACE.partition, name: 1, value: {} },
    { partition: PLACE.partition, name: 'a' },
    null,
  ]
  for (const text of [...contents.map((content) => JSON.stringify(content)), 'not JSON']) {
    const reseal = { ...SEALER, seal: (_: Uint8Array, aad: Uint8Array) => SEALER.seal(utf8(text), aad) }
    const [sealed] = sealChanges(reseal, [change('a')])
    assert.ok(sealed)
    const rows = rowStore([rowOf(sealed)])
    await assert.rejects(readSealed(rows, SEALER, located), IntegrityError)
    await assert.rejects(
      listOpened(rows, { kind: 'key', partition: PLACE.partition, limit: 1 }),
      IntegrityError,
    )
  }
})

test('readSealed finds nothing of another root key, and raises an alarm at what is put in its place', async () => {
  const stranger = testSealer(new Uint8Array(32).fill(8))
  const row = sealedRow(change('a'))
  assert.equal(await readName([row], 'a', stranger), undefined)
  const moved = { ...row, id: locate(stranger, { ...PLACE, name: 'a' }).key.id }
  await assert.rejects(readName([moved], 'a', stranger), IntegrityError)
})

test('an alarm tells kind and id of the row, and nothing that was sealed', async () => {
  const row = sealedRow(change('a'))
  const moved = { ...row, version: 9 }
  await assert.rejects(readName([moved], 'a'), {
    message: `record key ${toHex(row.id)} version 9 is damaged: it does not open`,
  })
})

test('listSealed pages through a partition without loss or repetition, and knows its last page', async () => {
  using folder = testFolder()
  const raw = openSqlite(folder.path)
  const names = Array.from({ length: 10 }, (_, n) => `name-${n}`)
  await raw.commit(
    sealChanges(
      SEALER,
      names.map((name) => change(name)),
    ),
  )
  await raw.commit(
    sealChanges(SEALER, [
      { ...change('x'), partition: 'another' },
      { ...change('x'), kind: 'alias' },
    ]),
  )
  for (const limit of [1, 3, 5, 9, 10, 11, 1000]) {
    const seen: string[] = []
    let pages = 0
    let after: string | undefined
    do {
      const page = await listOpened(raw, { kind: 'key', partition: PLACE.partition, after, limit })
      assert.ok(page.records.length > 0 && page.records.length <= limit)
      seen.push(...page.records.map(({ located }) => located.place.name))
      after = page.next
      pages += 1
    } while (after !== undefined)
    assert.deepEqual(seen.toSorted(), names)
    assert.equal(pages, Math.ceil(10 / limit))
  }
  await raw.close()
})

for (const limit of [0, 1001]) {
  test(`listSealed refuses a page of ${limit} as a bug`, async () => {
    const query = { kind: 'key', partition: 'p', limit }
    await assert.rejects(listSealed(rowStore([]), SEALER, query), { name: 'AssertionError' })
  })
}

test('listSealed refuses a marker that it has not given as a bug', async () => {
  for (const after of ['', 'zz', 'ab', 'A'.repeat(32), '0'.repeat(34)]) {
    const query = { kind: 'key', partition: 'p', limit: 1, after }
    await assert.rejects(listSealed(rowStore([]), SEALER, query), { name: 'AssertionError' })
  }
})

test('readListed finds nothing where a record has gone since its page was read', async () => {
  const row = sealedRow(change('a'))
  assert.equal(await readListed(rowStore([]), SEALER, row, PLACE.partition), undefined)
})

test('locate refuses text that is not well formed as a bug', () => {
  assert.throws(() => locate(SEALER, { ...PLACE, name: '\ud800' }), { name: 'AssertionError' })
  assert.throws(() => locate(SEALER, { ...PLACE, partition: '\udc00' }), { name: 'AssertionError' })
})

test('database files hold no byte sequence of a partition, a name or a value', async () => {
  using folder = testFolder()
  const raw = openSqlite(folder.path)
  const secret = { kind: 'key', partition: 'PARTITION-marker', name: 'NAME-marker', expected: 0 }
  await raw.commit(sealChanges(SEALER, [{ ...secret, value: { 'MEMBER-marker': 'VALUE-marker' } }]))
  const texts = () => readdirSync(folder.path).map((name) => fromUtf8(readFileSync(join(folder.path, name))))
  // Reading the files drops SQLite's locks in this process, which is alone with them.
  const files = texts()
  assert.equal(files.length, 3)
  for (const text of files) {
    assert.doesNotMatch(text, /marker/i)
    for (const name of ['PARTITION', 'NAME-', 'MEMBER', 'VALUE-', '"partition"'])
      assert.ok(!text.includes(name))
  }
  assert.ok(files.some((text) => text.includes('key')))
  await raw.close()
  assert.ok(texts().every((text) => !/marker/i.test(text)))
})

test('a value edited in the database file itself raises an alarm', async () => {
  using folder = testFolder()
  const raw = openSqlite(folder.path)
  await raw.commit(sealChanges(SEALER, [change('a'), change('b')]))
  const intruder = new DatabaseSync(join(folder.path, 'holdfast.db'))
  const b = locate(SEALER, { ...PLACE, name: 'b' }).key.id
  intruder.prepare('UPDATE records SET value = (SELECT value FROM records WHERE id = ?)').run(b)
  intruder.close()
  await assert.rejects(readSealed(raw, SEALER, locate(SEALER, { ...PLACE, name: 'a' })), IntegrityError)
  await raw.close()
})

test('sealChanges draws the first version of each insertion, unless the change has one', () => {
  const firstsOf = (changes: readonly Change[], sealer = SEALER) =>
    sealChanges(sealer, changes).map(({ first }) => first)
  const drawn = firstsOf(['a', 'a', 'b', 'c'].map((name) => change(name)))
  assert.equal(new Set(drawn).size, 4)
  for (const first of drawn) assert.ok(first !== undefined && first >= 1 && first <= FIRST_VERSION_MAX)
  assert.deepEqual(firstsOf([{ ...change('a'), first: 9 }, change('b', {}, 3)]), [9, undefined])
  const constant = (byte: number) =>
    testSealer(new Uint8Array(32), {
      bytes: (size) => new Uint8Array(size).fill(byte),
      uuid: () => assert.fail('no UUID is needed'),
    })
  assert.deepEqual(firstsOf([change('a')], constant(0)), [1])
  assert.deepEqual(firstsOf([change('a')], constant(255)), [FIRST_VERSION_MAX])
})

test('sealChanges gives a removal no value', () => {
  const [sealed] = sealChanges(SEALER, [{ ...change('a'), expected: 3, value: undefined }])
  assert.equal(sealed?.value, undefined)
  assert.equal(sealed?.expected, 3)
})
