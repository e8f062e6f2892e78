/** The AWS CLI, and boto3 with its waiters, against a running Lambda API. */

import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startLambda, type TestLambda, zipOf } from '../support/lambda.ts'
import { type Ended, run } from '../support/run.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { clientEnvironment, missingModule, missingTool, PYTHON } from './tools.ts'

const skip = await missingTool('aws', ['--version'])
const skipBoto3 = await missingTool(PYTHON, ['-c', 'import boto3'])
const skipPython = await missingModule('awslambdaric')
const SUITE = fileURLToPath(new URL('lambda_suite.py', import.meta.url))
const TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
}

let server: TestServer
let api: TestLambda
let environment: Readonly<Record<string, string>>
let folder: string

before(async () => {
  server = await startServer()
  const { out } = await run(PYTHON, ['-c', 'import sys; print(sys.executable)'])
  api = await startLambda(server, skipPython === false ? { HOLDFAST_LAMBDA_PYTHON: out.trim() } : {})
  folder = await temporaryFolder()
  environment = {
    ...(await clientEnvironment(server)),
    AWS_ENDPOINT_URL_LAMBDA: api.endpoint,
    AWS_REGION: 'eu-west-1',
    PYTHONDONTWRITEBYTECODE: '1',
  }
})

after(async () => {
  await server[Symbol.asyncDispose]()
  await api[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function aws(...args: readonly string[]): Promise<Ended> {
  return run('aws', args, { environment, folder })
}

async function output(...args: readonly string[]): Promise<string> {
  const { status, out, err } = await aws(...args)
  assert.equal(status, 0, `aws ${args.join(' ')}\n${err}`)
  return out
}

test('the AWS CLI creates, configures, invokes and deletes a function under a KMS key', {
  skip,
}, async () => {
  const trust = JSON.stringify(TRUST)
  const made = await output(
    'iam',
    'create-role',
    '--role-name',
    'cli',
    '--assume-role-policy-document',
    trust,
  )
  const role = JSON.parse(made).Role.Arn
  const key = JSON.parse(await output('kms', 'create-key')).KeyMetadata.Arn
  const code = "export const handler = async (event) => event.to + ' ' + process.env.WORD"
  await writeFile(join(folder, 'code.zip'), zipOf([{ name: 'index.mjs', content: code }]))
  const named = ['--function-name', 'cli']
  await output(
    ...['lambda', 'create-function', ...named, '--runtime', 'nodejs24.x', '--handler', 'index.handler'],
    ...['--role', role, '--zip-file', 'fileb://code.zip', '--kms-key-arn', key],
    ...['--environment', 'Variables={WORD=hush}', '--tags', 'team=a'],
  )
  await output('lambda', 'wait', 'function-active-v2', ...named)
  await output('lambda', 'invoke', ...named, '--payload', '{"to":"ada"}', 'answer', '--log-type', 'Tail')
  const answer = await run('cat', ['answer'], { folder })
  assert.equal(answer.out, '"ada hush"')
  const granted = ['--statement-id', 's', '--action', 'lambda:InvokeFunction', '--principal', '000000000000']
  await output('lambda', 'add-permission', ...named, ...granted)
  assert.match(await output('lambda', 'get-policy', ...named), /000000000000:root/)
  await output('lambda', 'remove-permission', ...named, '--statement-id', 's')
  const shown = JSON.parse(await output('lambda', 'get-function', ...named))
  assert.deepEqual(shown.Configuration.Environment, { Variables: { WORD: 'hush' } })
  assert.deepEqual(shown.Tags, { team: 'a' })
  await output('lambda', 'delete-function', ...named)
  const gone = await aws('lambda', 'get-function', ...named)
  assert.match(gone.err, /ResourceNotFoundException/)
})

test('boto3 waits for functions in JavaScript and Python, and gets the errors of KMS', {
  skip: skipBoto3,
}, async () => {
  const withPython = skipPython === false ? ['python'] : []
  const { status, out, err } = await run(PYTHON, [SUITE, ...withPython], { environment, folder })
  assert.equal(status, 0, `${out}\n${err}`)
})
