/** boto3 against a running server: see boto3_suite.py. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { run } from '../support/run.ts'
import { startServer } from '../support/server.ts'
import { clientEnvironment, missingTool, PYTHON } from './tools.ts'

const SUITE = fileURLToPath(new URL('boto3_suite.py', import.meta.url))
const skip = await missingTool(PYTHON, ['-c', 'import boto3'])

for (const workers of ['1', '3']) {
  test(`boto3 calls every operation with workers: ${workers}`, { skip }, async () => {
    await using server = await startServer({ environment: { HOLDFAST_WORKERS: workers } })
    const environment = { ...(await clientEnvironment(server)), PYTHONDONTWRITEBYTECODE: '1' }
    const { status, err } = await run(PYTHON, [SUITE], { environment })
    assert.equal(status, 0, err)
    assert.match(err, /^Ran [1-9]\d* tests in .*\n\nOK\n$/m)
    assert.equal(await server.stop(), 0)
  })
}
