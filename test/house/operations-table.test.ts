import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { OPERATIONS_PAGE, operationsPage } from '../../scripts/operations-table.ts'
import { KMS_OPERATION_NAMES } from '../../src/api/operations.ts'

test('docs/operations.md is what npm run docs writes', async () => {
  assert.equal(await readFile(OPERATIONS_PAGE, 'utf8'), operationsPage())
})

test('docs/operations.md has a row for each of the 56 operations of AWS KMS', () => {
  const rows = operationsPage()
    .split('\n')
    .filter((line) => /^\| [A-Z]/.test(line))
  assert.equal(KMS_OPERATION_NAMES.length, 56)
  assert.equal(rows.length, 56)
  assert.ok(rows.some((row) => row.startsWith('| Encrypt | yes | `kms:Encrypt` | Enabled | yes | yes |')))
  assert.ok(rows.some((row) => row.startsWith('| CreateGrant | not yet | - |')))
})
