/** The tutorials against a running server: their commands, copied from the pages, print what the pages show. */

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { codeBlock } from '../support/pages.ts'
import { ROOT, run } from '../support/run.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import {
  clientEnvironment,
  missingFile,
  missingTerraform,
  missingTool,
  PYTHON,
  TERRAFORM_PROVIDERS,
} from './tools.ts'

const example = (name: string): string => join(ROOT, 'examples', name)

/** Each tutorial, and why it is skipped. */
const TUTORIALS: Readonly<Record<string, string | false>> = {
  'aws-cli': await missingTool('aws', ['--version']),
  go: missingFile(example('go'), 'first-key', 'go build -o first-key .'),
  java:
    (await missingTool('java', ['-version'])) ||
    missingFile(example('java'), 'target/dependency', 'mvn dependency:copy-dependencies'),
  javascript: existsSync(join(ROOT, 'node_modules/@aws-sdk/client-kms')) ? false : 'npm ci was not run',
  python: await missingTool(PYTHON, ['-c', 'import boto3']),
}

for (const [name, skip] of Object.entries(TUTORIALS)) {
  test(`the tutorial ${name}.md prints what it shows`, { skip }, async () => {
    await using server = await startServer()
    const page = `docs/tutorials/${name}.md`
    const commands = (await codeBlock(page, 'Run it', 'sh')).replaceAll(/\bpython3\b/g, PYTHON)
    const environment = await clientEnvironment(server)
    const { status, out, err } = await run('bash', ['-euo', 'pipefail', '-c', commands], { environment })
    assert.equal(status, 0, err)
    assert.equal(out, await codeBlock(page, 'Run it', 'text'))
  })
}

test('the tutorial terraform.md prints what it shows', { skip: await missingTerraform() }, async () => {
  await using server = await startServer()
  const page = 'docs/tutorials/terraform.md'
  const folder = await temporaryFolder()
  try {
    await cp(example('terraform'), join(folder, 'examples/terraform'), { recursive: true })
    const commands = (await codeBlock(page, 'Run it', 'sh')).replace(
      'terraform init',
      'terraform init -plugin-dir="$PROVIDERS"',
    )
    const { status, out, err } = await run('bash', ['-euo', 'pipefail', '-c', commands], {
      folder,
      environment: {
        ...(await clientEnvironment(server)),
        CHECKPOINT_DISABLE: '1',
        PROVIDERS: TERRAFORM_PROVIDERS,
        TF_CLI_CONFIG_FILE: '/dev/null',
        TF_IN_AUTOMATION: '1',
      },
    })
    assert.equal(status, 0, err)
    assert.ok(out.endsWith(await codeBlock(page, 'Run it', 'text')), out)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
