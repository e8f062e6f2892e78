/** The how-to guides against running servers: the commands of a page, copied from it, all succeed in their order. */

import assert from 'node:assert/strict'
import { mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { commandsOf } from '../support/pages.ts'
import { ROOT, run } from '../support/run.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import { missingTool } from './tools.ts'

/** Pages that need a server, the AWS CLI, and the other tools that are named. */
const PAGES: Readonly<Record<string, readonly string[]>> = {
  'accounts-and-people': [],
  'encrypted-variables': [],
  'find-who-used-a-key': [],
  'import-key-material': ['jq', 'openssl'],
  'investigate-a-refusal': [],
  'least-privilege-administrator': [],
  'lost-root-credentials': [],
  'oidc-for-ci': [],
  'rotate-a-key': [],
  'verify-and-prove-audit-events': [],
}

const VERSION_FLAG: Readonly<Record<string, string>> = { openssl: 'version' }

async function missing(tools: readonly string[]): Promise<string | false> {
  for (const tool of tools) {
    const reason = await missingTool(tool, [VERSION_FLAG[tool] ?? '--version'])
    if (reason !== false) return reason
  }
  return false
}

for (const [name, tools] of Object.entries(PAGES)) {
  test(`the commands of ${name}.md succeed`, { skip: await missing(['aws', ...tools]) }, async () => {
    const folder = await temporaryFolder()
    try {
      for (const part of ['bin', 'examples', 'node_modules', 'src'])
        await symlink(join(ROOT, part), join(folder, part))
      await mkdir(join(folder, 'data'), { mode: 0o700 })
      await using _server = await startServer({ data: join(folder, 'data') })
      const commands = await commandsOf(`docs/how-to/${name}.md`)
      const script = ['set -euo pipefail', 'eval "$(bin/holdfast env)"', ...commands].join('\n')
      const environment = { AWS_EC2_METADATA_DISABLED: 'true', AWS_PAGER: '' }
      const { status, out, err } = await run('bash', ['-c', script], { folder, environment })
      assert.equal(status, 0, `${out}\n${err}`)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}
