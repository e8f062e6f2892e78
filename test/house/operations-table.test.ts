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

test('docs/reference/operations.md has a row for each operation', () => {
  const rows = operationsPage()
    .split('\n')
    .filter((line) => /^\| [A-Z]/.test(line))
  assert.equal(rows.length, KMS_OPERATIONS.length)
  assert.ok(rows.some((row) => row.startsWith('| Encrypt | `kms:Encrypt` | Enabled, Updating | yes | yes |')))
  assert.ok(rows.some((row) => row.startsWith('| CreateKey | `kms:CreateKey`')))
})

test('README.md and the divergences say that every operation is implemented, and it is', async () => {
  const rows = operationsPage()
  const missing = KMS_OPERATION_NAMES.filter((name) => !rows.includes(`| ${name} | `))
  assert.deepEqual(missing, [])
  const readme = await readFile(`${ROOT}/README.md`, 'utf8')
  const divergences = await readFile(`${ROOT}/docs/reference/divergences.md`, 'utf8')
  assert.ok(readme.includes('It implements every operation of AWS KMS'))
  assert.ok(divergences.includes('Every operation of AWS KMS is implemented'))
})
