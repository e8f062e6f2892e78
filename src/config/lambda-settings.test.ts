import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from './settings.ts'

test('the folder of functions is in the data folder unless it is set', () => {
  const folderOf = (environment: Readonly<Record<string, string>>): string =>
    parseConfig({ flags: {}, environment }).lambda.folder
  assert.equal(folderOf({ HOLDFAST_DATA: '/srv/keys' }), '/srv/keys/lambda')
  assert.equal(folderOf({ HOLDFAST_LAMBDA_FOLDER: '/srv/functions' }), '/srv/functions')
})

test('the Lambda API on a network needs TLS, and a number of processes within its bounds', () => {
  const refused = (environment: Readonly<Record<string, string>>, message: RegExp): void =>
    assert.throws(() => parseConfig({ flags: {}, environment }), message)
  refused({ HOLDFAST_LAMBDA_LISTEN: '0.0.0.0:7691' }, /HOLDFAST_LAMBDA_LISTEN: expected a loopback address/)
  for (const count of ['0', '1001', 'many']) {
    refused({ HOLDFAST_LAMBDA_ENVIRONMENTS: count }, /HOLDFAST_LAMBDA_ENVIRONMENTS: expected a whole number/)
  }
})
