import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { COMMANDS_PAGE, commandsPage } from '../../scripts/commands-page.ts'
import { IAM_OPERATIONS_PAGE, iamOperationsPage } from '../../scripts/iam-operations-table.ts'
import { OPERATIONS_PAGE, operationsPage } from '../../scripts/operations-table.ts'
import { KMS_OPERATION_NAMES } from '../../src/api/operations.ts'
import { KMS_OPERATIONS } from '../../src/kms/kms-operations.ts'
import { ROOT } from './sources.ts'

test('docs/reference/operations.md is what npm run docs writes', async () => {
  assert.equal(await readFile(OPERATIONS_PAGE, 'utf8'), operationsPage())
})

test('docs/reference/commands.md is what npm run docs writes', async () => {
  assert.equal(await readFile(COMMANDS_PAGE, 'utf8'), commandsPage())
})

test('docs/reference/operations-iam.md is what npm run docs writes', async () => {
  assert.equal(await readFile(IAM_OPERATIONS_PAGE, 'utf8'), iamOperationsPage())
})

test('docs/reference/operations.md has a row for each of the 56 operations of AWS KMS', () => {
  const rows = operationsPage()
    .split('\n')
    .filter((line) => /^\| [A-Z]/.test(line))
  assert.equal(KMS_OPERATION_NAMES.length, 56)
  assert.equal(rows.length, 56)
  assert.ok(rows.some((row) => row.startsWith('| Encrypt | `kms:Encrypt` | Enabled, Updating | yes | yes |')))
  assert.ok(rows.some((row) => row.startsWith('| CreateKey | `kms:CreateKey`')))
})

test('pages that count the operations count right', async () => {
  const { length } = KMS_OPERATIONS
  const readme = await readFile(`${ROOT}/README.md`, 'utf8')
  const divergences = await readFile(`${ROOT}/docs/reference/divergences.md`, 'utf8')
  assert.ok(readme.includes(`${length} of the 56 operations`))
  assert.ok(divergences.includes(`${56 - length} of the 56 operations`))
})
