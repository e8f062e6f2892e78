import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareBytes, utf8 } from '../../base/bytes.ts'
import { listPage } from './list-objects.ts'

const noEntry = (): never => assert.fail('no entry is read')

/** Rows of these keys, and how many were read. */
function rowsOf(keys: readonly string[]) {
  const items = keys.map((key) => ({ key, bytes: utf8(key), entry: noEntry }))
  const count = { rows: 0 }
  const rows = (from: Uint8Array, limit: number) => {
    const found = items.filter(({ bytes }) => compareBytes(bytes, from) >= 0).slice(0, limit)
    count.rows += found.length
    return found
  }
  return { rows, count }
}

test('a page of common prefixes reads few rows of each, however many keys a prefix has', () => {
  const keys = Array.from({ length: 20 }, (_, prefix) =>
    Array.from({ length: 500 }, (_, key) => `${100 + prefix}/${1000 + key}`),
  ).flat()
  const { rows, count } = rowsOf(keys)
  const page = listPage(rows, { prefix: '', delimiter: '/', maxKeys: 1000 }, undefined)
  assert.equal(page.prefixes.length, 20)
  assert.equal(page.next, undefined)
  assert.ok(count.rows <= 1001 + 20 * 8, `${count.rows} rows are read`)
})

test('pages of every size have every key and common prefix once', () => {
  const keys = ['a', 'b/1', 'b/2', 'b0', ...Array.from({ length: 40 }, (_, at) => `c${100 + at}`), 'd/1', 'e']
  const expected = ['a', 'b/', 'b0', ...Array.from({ length: 40 }, (_, at) => `c${100 + at}`), 'd/', 'e']
  for (let maxKeys = 1; maxKeys <= expected.length + 1; maxKeys += 1) {
    const { rows } = rowsOf(keys)
    const found: string[] = []
    let start: Uint8Array | undefined
    do {
      const page = listPage(rows, { prefix: '', delimiter: '/', maxKeys }, start)
      assert.ok(page.contents.length + page.prefixes.length <= maxKeys)
      found.push(...page.contents.map(({ key }) => key), ...page.prefixes)
      start = page.next
    } while (start !== undefined)
    assert.deepEqual(found.sort(), expected.toSorted(), `maxKeys ${maxKeys}`)
  }
})
