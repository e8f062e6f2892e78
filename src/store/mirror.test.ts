import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testFolder } from '../../test/support/test-folder.ts'
import { testSealer } from '../../test/support/test-sealer.ts'
import { openRecords } from './cache.ts'
import { kindOfFormat1 } from './kind.ts'
import { insert, type Kind, type Mirror, type Records, remove, replace, type SummaryKind } from './records.ts'
import { openSqlite } from './sqlite.ts'

type Person = { readonly format: 1; readonly name: string }

const PERSON: Kind<Person> = kindOfFormat1('person')
const NAMED: SummaryKind<Person, { readonly name: string }> = { kind: PERSON, of: ({ name }) => ({ name }) }
const P = 'a-partition'

async function withPair(use: (near: Records, far: Records) => Promise<void>): Promise<void> {
  using folder = testFolder()
  const sealer = testSealer()
  const near = await openRecords(openSqlite(folder.path), sealer)
  const far = await openRecords(openSqlite(folder.path), sealer)
  try {
    await use(near, far)
  } finally {
    await near.close()
    await far.close()
  }
}

async function put(records: Records, name: string, partition = P): Promise<void> {
  await records.commit([insert(PERSON, partition, name, { format: 1, name })])
}

async function change(records: Records, name: string, to: string | undefined): Promise<void> {
  await records.refresh()
  const stored = (await records.get(PERSON, P, name)) ?? assert.fail(`no ${name}`)
  await records.commit([to === undefined ? remove(stored) : replace(stored, { format: 1, name: to })])
}

async function namesIn(mirror: Mirror<{ readonly name: string }>): Promise<readonly string[]> {
  return [...(await mirror.read()).values()].map(({ summary }) => summary.name).toSorted()
}

test('a mirror has all records of its partition and no other', async () => {
  await withPair(async (near) => {
    for (let at = 0; at < 450; at += 1) await put(near, `n${at}`)
    await put(near, 'other', 'another-partition')
    assert.equal((await namesIn(near.mirror(NAMED, P))).length, 450)
  })
})

test('a mirror follows insertions, changes and removals of its own process', async () => {
  await withPair(async (near) => {
    await put(near, 'a')
    await put(near, 'b')
    const mirror = near.mirror(NAMED, P)
    assert.deepEqual(await namesIn(mirror), ['a', 'b'])
    await put(near, 'c')
    await change(near, 'a', 'A')
    await change(near, 'b', undefined)
    assert.deepEqual(await namesIn(mirror), ['A', 'c'])
  })
})

test('a mirror follows changes of another process once the cache is refreshed', async () => {
  await withPair(async (near, far) => {
    await put(near, 'a')
    await put(near, 'b')
    const mirror = near.mirror(NAMED, P)
    assert.deepEqual(await namesIn(mirror), ['a', 'b'])
    await put(far, 'c')
    await change(far, 'a', 'A')
    await change(far, 'b', undefined)
    await near.refresh()
    assert.deepEqual(await namesIn(mirror), ['A', 'c'])
  })
})

test('a mirror reads everything again when the feed no longer has the changes', async () => {
  await withPair(async (near, far) => {
    await put(near, 'a')
    const mirror = near.mirror(NAMED, P)
    assert.deepEqual(await namesIn(mirror), ['a'])
    for (let at = 0; at < 5; at += 1) {
      const changes = Array.from({ length: 1000 }, (_, name) => `${at}-${name}`)
      await far.commit(changes.map((name) => insert(PERSON, P, name, { format: 1, name })))
    }
    await near.refresh()
    assert.equal((await namesIn(mirror)).length, 5001)
  })
})

test('reads of a mirror at the same time all see what was committed before them', async () => {
  await withPair(async (near) => {
    await put(near, 'a')
    const mirror = near.mirror(NAMED, P)
    const first = namesIn(mirror)
    const committed = put(near, 'b').then(() => namesIn(mirror))
    await first
    assert.deepEqual(await committed, ['a', 'b'])
  })
})

test('a closed mirror follows nothing', async () => {
  await withPair(async (near) => {
    await put(near, 'a')
    const mirror = near.mirror(NAMED, P)
    await namesIn(mirror)
    mirror.close()
    await put(near, 'b')
    assert.deepEqual(await namesIn(mirror), ['a'])
  })
})
