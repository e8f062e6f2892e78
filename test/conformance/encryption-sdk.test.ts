/** The AWS Encryption SDK for JavaScript against a running server: see encryption-sdk/suite.mjs. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readEvents } from '../support/audit.ts'
import { run } from '../support/run.ts'
import { startServer } from '../support/server.ts'
import { clientEnvironment, missingPackage } from './tools.ts'

const FOLDER = fileURLToPath(new URL('encryption-sdk', import.meta.url))
const skip = missingPackage(FOLDER, '@aws-crypto/client-node')

test('the AWS Encryption SDK for JavaScript encrypts and decrypts', { skip }, async () => {
  await using server = await startServer()
  const environment = await clientEnvironment(server)
  const suite = ['--test', '--test-reporter=tap', 'suite.mjs']
  const { status, out, err } = await run(process.execPath, suite, { environment, folder: FOLDER })
  assert.equal(status, 0, out + err)
  assert.match(out, /^# pass [1-9]\d*\n# fail 0$/m)
  assert.match(out, /^# skipped 0$/m)
  assert.equal(await server.stop(), 0)
  const events = (await readEvents(server.data)).filter(({ errorCode }) => errorCode === undefined)
  for (const name of ['GenerateDataKey', 'Encrypt', 'Decrypt']) {
    const found = events.filter(({ eventName }) => eventName === name)
    assert.ok(found.length > 0, `${name} was recorded`)
    for (const { requestParameters } of found) {
      const context = requestParameters?.['encryptionContext'] as Record<string, string> | undefined
      assert.ok(
        context?.['aws-crypto-public-key'] !== undefined,
        `${name} has the context of a signed message`,
      )
    }
  }
})
