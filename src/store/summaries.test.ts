import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testFolder } from '../../test/support/test-folder.ts'
import { testSealer } from '../../test/support/test-sealer.ts'
import { openRecords } from './cache.ts'
import { kindOfFormat1 } from './kind.ts'
import type { RawStore } from './port.ts'
import {
  insert,
  type Kind,
  type Records,
  remove,
  replace,
  type Summary,
  type SummaryKind,
} from './records.ts'
import { openSqlite } from './sqlite.ts'
import { Summaries } from './summaries.ts'

type Person = { readonly format: 1; readonly name: string; readonly long: string }

const PERSON: Kind<Person> = kindOfFormat1('person')
const NAMED: SummaryKind<Person, { readonly name: string }> = { kind: PERSON, of: ({ name }) => ({ name }) }
const P = 'a-partition'
const PAGE = { partition: P, limit: 10 }

function person(name: string): Person {
  return { format: 1, name, long: 'x'.repeat(1000) }
}

type Bed = { readonly near: Records; readonly far: Records; readonly calls: { reads: number; asked: number } }

/** Two handles on one folder; what the near one reads, and how often it asks whether to give way, is counted. */
async function withPair(use: (bed: Bed) => Promise<void>): Promise<void> {
  using folder = testFolder()
  const calls = { reads: 0, asked: 0 }
  const raw = openSqlite(folder.path)
  const counting: RawStore = {
    get: (key) => {
      calls.reads += 1
      return raw.get(key)
    },
    range: (kind, query) => raw.range(kind, query),
    kinds: () => raw.kinds(),
    commit: (changes, applied) => raw.commit(changes, applied),
    changeCount: () => raw.changeCount(),
    feedPosition: () => raw.feedPosition(),
    changesSince: (shard, sequence) => raw.changesSince(shard, sequence),
    dataVersion: () => raw.dataVersion(),
    close: () => raw.close(),
  }
  const sealer = testSealer()
  const giveWay = () => {
    calls.asked += 1
    return calls.asked % 2 === 0 ? undefined : Promise.resolve()
  }
  const near = await openRecords(counting, sealer, { giveWay })
  const far = await openRecords(openSqlite(folder.path), sealer)
  try {
    await use({ near, far, calls })
  } finally {
    await near.close()
    await far.close()
  }
}

async function people(records: Records, of: readonly string[]): Promise<void> {
  await records.commit(of.map((name) => insert(PERSON, P, name, person(name))))
}

async function namesIn(records: Records): Promise<readonly string[]> {
  const page = await records.listSummaries(NAMED, PAGE)
  return page.records.map(({ summary }) => summary.name).toSorted()
}

test('list opens a record once, and then gives the same object from memory', async () => {
  await withPair(async ({ near, calls }) => {
    await people(near, ['a', 'b', 'c'])
    const first = await near.list(PERSON, PAGE)
    assert.equal(calls.reads, 3)
    const second = await near.list(PERSON, PAGE)
    assert.equal(calls.reads, 3)
    assert.equal(second.records.length, 3)
    for (const [at, record] of second.records.entries()) assert.equal(record, first.records[at])
    assert.equal(near.peek(PERSON, P, 'a')?.value.name, 'a')
  })
})

test('listSummaries opens a record once, and whole records stay out of memory', async () => {
  await withPair(async ({ near, calls }) => {
    await people(near, ['a', 'b', 'c'])
    assert.deepEqual(await namesIn(near), ['a', 'b', 'c'])
    assert.deepEqual(await namesIn(near), ['a', 'b', 'c'])
    assert.equal(calls.reads, 3)
    assert.equal(near.peek(PERSON, P, 'a'), undefined)
    const [listed] = (await near.listSummaries(NAMED, PAGE)).records
    assert.ok(listed)
    assert.ok(Object.isFrozen(listed) && Object.isFrozen(listed.summary))
    assert.deepEqual(Object.keys(listed.summary), ['name'])
  })
})

test('lists ask between records whether to give way', async () => {
  await withPair(async ({ near, calls }) => {
    await people(near, ['a', 'b', 'c'])
    await near.listSummaries(NAMED, PAGE)
    assert.equal(calls.asked, 3)
    await near.list(PERSON, PAGE)
    assert.equal(calls.asked, 6)
  })
})

test('listSummaries and getSummary take what memory holds', async () => {
  await withPair(async ({ near, calls }) => {
    await people(near, ['a', 'b'])
    await near.list(PERSON, PAGE)
    calls.reads = 0
    assert.deepEqual(await namesIn(near), ['a', 'b'])
    assert.deepEqual(await near.getSummary(NAMED, P, 'a'), { name: 'a', summary: { name: 'a' } })
    assert.equal(calls.reads, 0)
  })
})

test('getSummary reads a record once, and nothing for one that is not there', async () => {
  await withPair(async ({ near, calls }) => {
    await people(near, ['a'])
    const first: Summary<{ readonly name: string }> | undefined = await near.getSummary(NAMED, P, 'a')
    assert.equal(first?.summary.name, 'a')
    assert.equal(await near.getSummary(NAMED, P, 'a'), first)
    assert.equal(calls.reads, 1)
    assert.equal(await near.getSummary(NAMED, P, 'b'), undefined)
  })
})

test('listSummaries and getSummary see what another handle has changed, added and removed', async () => {
  await withPair(async ({ near, far }) => {
    await people(near, ['a', 'b'])
    await near.refresh()
    await namesIn(near)
    const a = await far.get(PERSON, P, 'a')
    const b = await far.get(PERSON, P, 'b')
    assert.ok(a !== undefined && b !== undefined)
    await far.commit([replace(a, person('z')), remove(b), insert(PERSON, P, 'c', person('c'))])
    await near.refresh()
    assert.equal((await near.getSummary(NAMED, P, 'a'))?.summary.name, 'z')
    assert.deepEqual(await namesIn(near), ['c', 'z'])
  })
})

test('a record that was removed and made anew, and counts from 1 again, is not taken for the former one', async () => {
  await withPair(async ({ near, far }) => {
    await people(near, ['a'])
    await near.refresh()
    await near.list(PERSON, PAGE)
    await namesIn(near)
    for (const by of [far, near]) {
      const before = await by.get(PERSON, P, 'a')
      assert.ok(before)
      await by.commit([remove(before)])
      const name = by === far ? 'anew' : 'again'
      await by.commit([insert(PERSON, P, 'a', person(name))])
      await near.refresh()
      assert.deepEqual(await namesIn(near), [name])
      assert.equal((await near.getSummary(NAMED, P, 'a'))?.summary.name, name)
      assert.equal((await near.list(PERSON, PAGE)).records[0]?.value.name, name)
    }
  })
})

test('Summaries keeps a bounded number of bytes, and what was asked for longer than the rest', () => {
  const summaries = new Summaries({ count: 1000, bytes: 3000 })
  for (let index = 0; index < 100; index += 1) {
    summaries.find(NAMED, 'first')
    const name = index === 0 ? 'first' : `other-${index}`
    summaries.put(NAMED, name, { version: 1, record: { name, summary: { name } } })
  }
  const kept = Array.from({ length: 100 }, (_, index) => summaries.find(NAMED, `other-${index}`)).filter(
    Boolean,
  )
  assert.ok(kept.length > 5 && kept.length < 12, `${kept.length} are kept`)
  assert.ok(summaries.find(NAMED, 'first', 1))
  assert.equal(summaries.find(NAMED, 'first', 2), undefined)
})
