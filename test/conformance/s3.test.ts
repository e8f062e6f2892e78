/** The AWS CLI and boto3's transfer manager against a running S3 gateway. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Ended, run } from '../support/run.ts'
import { startGateway, type TestGateway } from '../support/s3-gateway.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { clientEnvironment, missingTool, PYTHON } from './tools.ts'

const skip = await missingTool('aws', ['--version'])
const skipBoto3 = await missingTool(PYTHON, ['-c', 'import boto3'])
const SUITE = fileURLToPath(new URL('s3_suite.py', import.meta.url))
/** More than two parts of the CLI's default size. */
const LARGE_BYTES = 20_000_000

let server: TestServer
let gateway: TestGateway
let environment: Readonly<Record<string, string>>
let folder: string
let keyArn: string

before(async () => {
  server = await startServer()
  gateway = await startGateway(server)
  folder = await temporaryFolder()
  // Without this setting, version 1 of the CLI presigns with the old signature.
  await writeFile(join(folder, 'config'), '[default]\ns3 =\n  signature_version = s3v4\n')
  environment = {
    ...(await clientEnvironment(server)),
    AWS_ENDPOINT_URL_S3: gateway.endpoint,
    AWS_CONFIG_FILE: join(folder, 'config'),
    PYTHONDONTWRITEBYTECODE: '1',
  }
})

after(async () => {
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function aws(line: string): Promise<Ended> {
  return run('aws', line.split(' '), { environment, folder })
}

async function output(line: string): Promise<string> {
  const { status, out, err } = await aws(line)
  assert.equal(status, 0, `aws ${line}\n${err}`)
  return out
}

test('the AWS CLI copies a large file under a KMS key and back', { skip }, async () => {
  keyArn = JSON.parse(await output('kms create-key')).KeyMetadata.Arn
  await output('s3 mb s3://files')
  const bytes = randomBytes(LARGE_BYTES)
  await writeFile(join(folder, 'large'), bytes)
  await output(`s3 cp large s3://files/large --sse aws:kms --sse-kms-key-id ${keyArn} --no-progress`)
  const head = JSON.parse(
    await output('s3api head-object --bucket files --key large --checksum-mode ENABLED'),
  )
  assert.equal(head.SSEKMSKeyId, keyArn)
  assert.equal(head.ContentLength, LARGE_BYTES)
  assert.match(head.ETag, /-3"$/)
  await output('s3 cp s3://files/large back --no-progress')
  assert.ok((await readFile(join(folder, 'back'))).equals(bytes))
})

test('the AWS CLI synchronizes folders under the default encryption of a bucket', { skip }, async () => {
  const rule = {
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: keyArn },
    BucketKeyEnabled: true,
  }
  const configuration = JSON.stringify({ Rules: [rule] })
  await output(
    `s3api put-bucket-encryption --bucket files --server-side-encryption-configuration ${configuration}`,
  )
  const names = ['plain', 'with space', 'ümlaut', 'deep/er/file', 'a+b', 'percent%41']
  await mkdir(join(folder, 'from/deep/er'), { recursive: true })
  for (const name of names) await writeFile(join(folder, 'from', name), name)
  await output('s3 sync from s3://files/sync --no-progress')
  await output('s3 sync s3://files/sync to --no-progress')
  for (const name of names) assert.equal(await readFile(join(folder, 'to', name), 'utf8'), name)
  assert.equal(await output('s3 sync from s3://files/sync --no-progress'), '')
  const head = JSON.parse(await output('s3api head-object --bucket files --key sync/plain'))
  assert.equal(head.BucketKeyEnabled, true)
  await output('s3 rm s3://files/sync --recursive')
  assert.equal((await aws('s3 ls s3://files/sync/')).out, '')
})

test('a presigned URL of the AWS CLI serves an object, and a changed one does not', { skip }, async () => {
  await writeFile(join(folder, 'small'), 'small')
  await output('s3 cp small s3://files/small --no-progress')
  const url = (await output('s3 presign s3://files/small --expires-in 60')).trim()
  assert.equal(await (await fetch(url)).text(), 'small')
  assert.equal((await fetch(url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'))).status, 403)
})

test('the AWS CLI encrypts an object again by copying it onto itself', { skip }, async () => {
  await output('s3api put-object --bucket files --key again --body small --server-side-encryption AES256')
  await output(
    `s3api copy-object --bucket files --key again --copy-source files/again --server-side-encryption aws:kms --ssekms-key-id ${keyArn}`,
  )
  assert.equal(JSON.parse(await output('s3api head-object --bucket files --key again')).SSEKMSKeyId, keyArn)
  const refused = await aws('s3api copy-object --bucket files --key again --copy-source files/again')
  assert.match(refused.err, /InvalidRequest/)
})

test('the AWS CLI empties and removes a bucket', { skip }, async () => {
  assert.match((await aws('s3 rb s3://files')).err, /BucketNotEmpty/)
  await output('s3 rb s3://files --force')
  assert.equal(await output('s3 ls'), '')
})

test("boto3's transfer manager and each kind of checksum work", { skip: skipBoto3 }, async () => {
  const { status, err } = await run(PYTHON, [SUITE], { environment, folder })
  assert.equal(status, 0, err)
  assert.match(err, /^Ran [1-9]\d* tests in .*\n\nOK\n$/m)
})
