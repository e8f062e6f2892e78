import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { ERROR_MEANINGS } from '../../scripts/error-meanings.ts'
import { TABLES, withTable } from '../../scripts/reference-tables.ts'
import { ERROR_CODES } from '../../src/api/errors.ts'

for (const table of TABLES) {
  test(`the table of ${table.name} is what npm run docs writes`, async () => {
    const text = await readFile(table.page, 'utf8')
    assert.ok(table.lines.length > 10)
    assert.equal(text, withTable(text, table))
  })
}

test('every error code has a meaning', () => {
  assert.deepEqual(Object.keys(ERROR_MEANINGS).sort(), [...ERROR_CODES.keys()].sort())
})
