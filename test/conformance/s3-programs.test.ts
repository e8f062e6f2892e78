/** Programs that people run against a service of S3: s3cmd, Terraform's state, and trails in an encrypted bucket. */

import assert from 'node:assert/strict'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { newKey } from '../support/calls.ts'
import { deliverTrails } from '../support/deliver.ts'
import { type Ended, run } from '../support/run.ts'
import { s3, s3Succeeds, startGateway, type TestGateway } from '../support/s3-gateway.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { clientEnvironment, missingTool } from './tools.ts'

const ACCOUNT = '000000000000'
const HOUR_MS = 3_600_000
/** More than three parts of 5 MiB. */
const LARGE_BYTES = 16_000_000
const noS3cmd = await missingTool('s3cmd', ['--version'])
const noAws = await missingTool('aws', ['--version'])
// No registry of packages has it, so it may be missing on CI.
const terraformVersion = await run('terraform', ['version'], {
  environment: { CHECKPOINT_DISABLE: '1' },
}).catch(() => undefined)
const noTerraform = terraformVersion?.status === 0 ? false : 'terraform does not work here'

let data: string
let folder: string
let server: TestServer
let gateway: TestGateway
let keyArn: string

before(async () => {
  data = await temporaryFolder()
  folder = await temporaryFolder()
  server = await startServer({ data })
  gateway = await startGateway(server)
  keyArn = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/${await newKey(server)}`
})

after(async () => {
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  for (const path of [data, folder]) await rm(path, { recursive: true, force: true })
})

async function head(target: string): Promise<string | undefined> {
  const { headers } = await s3Succeeds(gateway, { method: 'HEAD', target })
  return String(headers['x-amz-server-side-encryption-aws-kms-key-id'])
}

test('s3cmd puts in parts, copies, synchronizes and deletes', { skip: noS3cmd }, async () => {
  const { host } = new URL(gateway.endpoint)
  const { accessKeyId, secretAccessKey } = gateway.credentials
  const settings = [
    ...['[default]', `access_key = ${accessKeyId}`, `secret_key = ${secretAccessKey}`, `host_base = ${host}`],
    ...[`host_bucket = ${host}`, 'use_https = False', 'bucket_location = eu-west-1', ''],
  ]
  await writeFile(join(folder, 's3cfg'), settings.join('\n'))
  const s3cmd = async (line: string): Promise<string> => {
    const { status, out, err } = await run('s3cmd', ['-c', 's3cfg', '--no-progress', ...line.split(' ')], {
      folder,
    })
    assert.equal(status, 0, `s3cmd ${line}\n${err}`)
    return out
  }
  const bytes = Buffer.alloc(LARGE_BYTES, 'large ')
  await writeFile(join(folder, 'large'), bytes)
  await s3cmd('mb s3://s3cmd')
  const encryption = `--server-side-encryption --server-side-encryption-kms-id=${keyArn}`
  await s3cmd(`put large s3://s3cmd/large --multipart-chunk-size-mb=5 ${encryption}`)
  assert.equal(await head('/s3cmd/large'), keyArn)
  await s3cmd('get s3://s3cmd/large back')
  assert.ok((await readFile(join(folder, 'back'))).equals(bytes))
  const names = ['plain', 'with space', 'ümlaut+']
  await mkdir(join(folder, 'from'))
  for (const name of names) await writeFile(join(folder, 'from', name), name)
  await s3cmd('sync from/ s3://s3cmd/sync/')
  await s3cmd('sync s3://s3cmd/sync/ to/')
  for (const name of names) assert.equal(await readFile(join(folder, 'to', name), 'utf8'), name)
  await s3cmd('del --recursive --force s3://s3cmd')
  await s3cmd('rb s3://s3cmd')
})

test('Terraform keeps its state under a KMS key, with a lock file', { skip: noTerraform }, async () => {
  await s3Succeeds(gateway, { method: 'PUT', target: '/states' })
  const backend = [
    ...['bucket = "states"', 'key = "team/state"', 'region = "eu-west-1"', 'encrypt = true'],
    ...['use_lockfile = true', 'use_path_style = true', `kms_key_id = "${keyArn}"`],
    `endpoints = { s3 = "${gateway.endpoint}", sts = "${server.endpoint}", iam = "${server.endpoint}" }`,
  ]
  const resources = 'resource "terraform_data" "one" {\n  input = "value"\n}\n'
  const configuration = join(folder, 'configuration')
  await mkdir(configuration)
  await writeFile(
    join(configuration, 'main.tf'),
    `terraform {\n  backend "s3" {\n${backend.join('\n')}\n  }\n}\n${resources}`,
  )
  const environment = {
    ...(await clientEnvironment(server)),
    ...{ CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1', TF_CLI_CONFIG_FILE: '/dev/null' },
  }
  const terraform = (...args: readonly string[]): Promise<Ended> =>
    run('terraform', args, { environment, folder: configuration })
  for (const args of [['init'], ['apply', '-auto-approve']] as const) {
    const { status, err } = await terraform(...args, '-no-color')
    assert.equal(status, 0, err)
  }
  assert.equal(await head('/states/team/state'), keyArn)
  const state = await s3Succeeds(gateway, { method: 'GET', target: '/states/team/state' })
  assert.match(state.body.toString(), /"value"/)
  // Somebody else who holds the lock keeps Terraform out.
  const lock = {
    ID: 'held',
    Operation: 'test',
    Who: 'test',
    Version: '1',
    Created: '2026-11-30T00:00:00Z',
    Path: '',
  }
  const body = JSON.stringify(lock)
  await s3Succeeds(gateway, { method: 'PUT', target: '/states/team/state.tflock', body })
  const locked = await terraform('plan', '-no-color')
  assert.equal(locked.status, 1)
  assert.match(locked.err, /Error acquiring the state lock[\s\S]*PreconditionFailed/)
  await s3Succeeds(gateway, { method: 'DELETE', target: '/states/team/state.tflock' })
  assert.equal((await terraform('destroy', '-auto-approve', '-no-color')).status, 0)
  assert.equal((await s3(gateway, { method: 'HEAD', target: '/states/team/state.tflock' })).status, 404)
})

test('trails are delivered into a bucket under a KMS key, and the AWS CLI finds them valid', {
  skip: noAws,
}, async () => {
  await s3Succeeds(gateway, { method: 'PUT', target: '/trails' })
  const rule = `<ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>${keyArn}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>`
  const encryption = `<ServerSideEncryptionConfiguration><Rule>${rule}</Rule></ServerSideEncryptionConfiguration>`
  await s3Succeeds(gateway, { method: 'PUT', target: '/trails?encryption', body: encryption })
  const begun = Date.now()
  const aws = async (...args: readonly string[]): Promise<Ended> => {
    const shell = await clientEnvironment(server)
    const places = { AWS_ENDPOINT_URL: server.endpoint, AWS_ENDPOINT_URL_S3: gateway.endpoint }
    return run('aws', ['cloudtrail', ...args], {
      environment: { ...shell, ...places, AWS_MAX_ATTEMPTS: '5' },
    })
  }
  const trail = ['--name', 'encrypted', '--s3-bucket-name', 'trails', '--enable-log-file-validation']
  for (const args of [
    ['create-trail', ...trail],
    ['start-logging', '--name', 'encrypted'],
  ]) {
    const { status, err } = await aws(...args)
    assert.equal(status, 0, err)
  }
  await server.stop()
  for (const hours of [0, 1, 3]) await deliverTrails(data, gateway.endpoint, hours)
  server = await startServer({ data })
  const listed = (await s3Succeeds(gateway, { method: 'GET', target: '/trails' })).body.toString()
  const keys = [...listed.matchAll(/<Key>([^<]+)</g)].map(([, key]) => key ?? '')
  assert.ok(keys.length >= 2, listed)
  for (const key of keys) assert.equal(await head(`/trails/${key}`), keyArn)
  const time = (at: number): string => new Date(at).toISOString().slice(0, 19)
  const arn = `arn:aws:cloudtrail:eu-west-1:${ACCOUNT}:trail/encrypted`
  const range = ['--start-time', time(begun - HOUR_MS), '--end-time', time(begun + 6 * HOUR_MS)]
  const { status, out, err } = await aws('validate-logs', '--trail-arn', arn, ...range, '--verbose')
  assert.equal(status, 0, `${out}\n${err}`)
  assert.match(out, /^[1-9]\/[1-9] log files valid$/m)
  assert.doesNotMatch(out, /INVALID/)
})
