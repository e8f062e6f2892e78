/** A server whose output nobody reads any more. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { NODE_ENVIRONMENT, ROOT } from '../support/run.ts'
import { temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'

test('holdfast serve goes on when standard output and standard error are closed', async () => {
  const data = await temporaryFolder()
  const environment = { ...NODE_ENVIRONMENT, HOLDFAST_DATA: data, HOLDFAST_LISTEN: '127.0.0.1:0' }
  const child = spawn(process.execPath, [join(ROOT, 'src/main.ts'), 'serve'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  try {
    child.stdout.destroy()
    child.stderr.destroy()
    const endpoint = await until('the server serves', async () =>
      (await readFile(join(data, 'endpoint'), 'utf8')).trim(),
    )
    assert.equal((await fetch(`${endpoint}/readyz`)).status, 200)
    child.kill('SIGTERM')
    assert.equal(await ended, 0)
  } finally {
    child.kill('SIGKILL')
    await rm(data, { recursive: true, force: true })
  }
})
