import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type CacheEntry, RecordCache } from './record-cache.ts'
import type { Kind } from './records.ts'

const KEY: Kind<object> = { name: 'key', parse: () => ({}) }

function entry(name: string, more: Partial<CacheEntry> = {}): CacheEntry {
  const record = { kind: 'key', partition: 'p', name, version: 1, value: {} }
  return { key: `key:${name}`, kind: KEY, partition: 'p', name, record, sizeBytes: 10, ...more }
}

function absence(name: string): CacheEntry {
  return entry(name, { record: undefined })
}

test('RecordCache finds what was put, and not what was dropped', () => {
  const memory = new RecordCache({ records: 10, bytes: 1000, absences: 10 })
  memory.put(entry('a'))
  memory.put(absence('b'))
  assert.equal(memory.find('key', 'p', 'a')?.record?.name, 'a')
  assert.ok(memory.find('key', 'p', 'b'))
  assert.equal(memory.find('key', 'q', 'a'), undefined)
  assert.equal(memory.find('alias', 'p', 'a'), undefined)
  memory.drop('key:a')
  memory.drop('key:b')
  memory.drop('key:c')
  assert.equal(memory.find('key', 'p', 'a'), undefined)
  assert.equal(memory.find('key', 'p', 'b'), undefined)
  assert.equal(memory.size, 0)
})

test('RecordCache holds one entry for a place, the last', () => {
  const memory = new RecordCache({ records: 10, bytes: 1000, absences: 10 })
  memory.put(absence('a'))
  memory.put(entry('a'))
  assert.ok(memory.find('key', 'p', 'a')?.record)
  memory.put(absence('a'))
  assert.equal(memory.find('key', 'p', 'a')?.record, undefined)
  assert.equal(memory.size, 1)
})

test('RecordCache lets go what was not asked for before what was', () => {
  const memory = new RecordCache({ records: 3, bytes: 1000, absences: 10 })
  for (const name of ['a', 'b', 'c']) memory.put(entry(name))
  memory.find('key', 'p', 'a')
  memory.put(entry('d'))
  assert.ok(memory.find('key', 'p', 'a'))
  assert.equal(memory.find('key', 'p', 'b'), undefined)
  assert.ok(memory.find('key', 'p', 'c'))
})

test('RecordCache lets go when its bytes are used up', () => {
  const memory = new RecordCache({ records: 10, bytes: 100, absences: 10 })
  for (const name of ['a', 'b', 'c']) memory.put(entry(name, { sizeBytes: 40 }))
  assert.equal(memory.size, 2)
  memory.put(entry('large', { sizeBytes: 101 }))
  assert.equal(memory.size, 0)
})

test('RecordCache does not let absences push out records', () => {
  const memory = new RecordCache({ records: 3, bytes: 1000, absences: 5 })
  for (const name of ['a', 'b', 'c']) memory.put(entry(name))
  for (let n = 0; n < 100; n += 1) memory.put(absence(`none-${n}`))
  for (const name of ['a', 'b', 'c']) assert.ok(memory.find('key', 'p', name)?.record)
  assert.equal(memory.size, 8)
})

type Step =
  | { readonly do: 'put'; readonly name: string; readonly absent: boolean; readonly sizeBytes: number }
  | { readonly do: 'drop' | 'find' | 'clear'; readonly name: string }

const names = fc.constantFrom(...'abcdefgh')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('put' as const),
    name: names,
    absent: fc.boolean(),
    sizeBytes: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({ do: fc.constantFrom('drop' as const, 'find' as const), name: names }),
  fc.record({ do: fc.constant('clear' as const), name: names }),
)

function takeStep(each: Step, memory: RecordCache, last: Map<string, CacheEntry>): void {
  switch (each.do) {
    case 'put': {
      const { name, sizeBytes, absent } = each
      const put = entry(name, { sizeBytes, ...(absent ? { record: undefined } : {}) })
      last.set(name, put)
      memory.put(put)
      return
    }
    case 'drop':
      last.delete(each.name)
      memory.drop(`key:${each.name}`)
      return
    case 'clear':
      last.clear()
      memory.clear()
      return
    case 'find':
  }
}

test('RecordCache stays within its limits and true to what was last put, whatever is done', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const memory = new RecordCache({ records: 4, bytes: 100, absences: 3 })
      const last = new Map<string, CacheEntry>()
      for (const each of steps) {
        takeStep(each, memory, last)
        const found = memory.find('key', 'p', each.name)
        if (found !== undefined) assert.deepEqual({ ...found, used: 0 }, { ...last.get(each.name), used: 0 })
        assert.ok(memory.size <= 7)
      }
    }),
  )
})
