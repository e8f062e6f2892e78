/** The AWS CLI against a running server: every operation, as people type it. */

import assert from 'node:assert/strict'
import { createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { KmsDependencies } from '../../src/kms/kms-dependencies.ts'
import { KMS_OPERATIONS } from '../../src/kms/kms-operations.ts'
import { readEvents } from '../support/audit.ts'
import { type Ended, ROOT, run } from '../support/run.ts'
import { allowAll } from '../support/samples.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { clientEnvironment, missingTool } from './tools.ts'

const ACCOUNT = '000000000000'
const skip = await missingTool('aws', ['--version'])

let server: TestServer
let environment: Readonly<Record<string, string>>
let folder: string

before(async () => {
  if (skip !== false) return
  server = await startServer()
  environment = await clientEnvironment(server)
  folder = await temporaryFolder()
})

after(async () => {
  if (skip !== false) return
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function aws(line: string): Promise<Ended> {
  return run('aws', ['kms', ...line.split(' ')], { environment, folder })
}

/** The output of a command that must succeed: JSON, or nothing. */
async function output(line: string): Promise<Record<string, unknown>> {
  const { status, out, err } = await aws(line)
  assert.equal(status, 0, `aws kms ${line}\n${err}`)
  return out === '' ? {} : JSON.parse(out)
}

/** What the CLI says when a command fails. */
async function failure(line: string): Promise<string> {
  const { status, err } = await aws(line)
  assert.notEqual(status, 0)
  return err.trim()
}

test('the AWS CLI encrypts a file and decrypts it again', { skip }, async () => {
  const secret = 'secret \u2713\n'
  await writeFile(join(folder, 'secret.txt'), secret)
  const { KeyMetadata } = await output('create-key --description files')
  const { KeyId } = KeyMetadata as { KeyId: string }
  await output(`create-alias --alias-name alias/files --target-key-id ${KeyId}`)
  const context = '--encryption-context purpose=readme'
  const encrypted = await output(`encrypt --key-id alias/files --plaintext fileb://secret.txt ${context}`)
  await writeFile(join(folder, 'secret.enc'), Buffer.from(String(encrypted['CiphertextBlob']), 'base64'))
  const decrypted = await output(`decrypt --ciphertext-blob fileb://secret.enc ${context}`)
  assert.equal(Buffer.from(String(decrypted['Plaintext']), 'base64').toString(), secret)
  assert.match(
    await failure('decrypt --ciphertext-blob fileb://secret.enc'),
    /An error occurred \(InvalidCiphertextException\) when calling the Decrypt operation/,
  )
})

const FENCE = '```'

/** The code of the README under a heading. */
async function readmeCode(heading: string, language: string): Promise<string> {
  const text = await readFile(join(ROOT, 'README.md'), 'utf8')
  const section = text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0]
  const code = section?.split(`${FENCE}${language}\n`)[1]?.split(FENCE)[0]
  assert.ok(code !== undefined, `the README has ${language} under ${heading}`)
  return code
}

test('the commands of the README do what it says', { skip }, async () => {
  const commands = await readmeCode('Encrypt a file with the AWS CLI', 'sh')
  const shell = await run('bash', ['-euo', 'pipefail', '-c', commands], { environment, folder })
  assert.equal(shell.status, 0, shell.err)
  assert.match(shell.out, /^my secret$/m)
  const input = await readmeCode('Ten lines of JavaScript', 'js')
  const script = await run(process.execPath, ['--input-type=module', '-'], { environment, input })
  assert.equal(script.status, 0, script.err)
  assert.match(script.out, /^my secret by arn:aws:kms:eu-west-1:000000000000:key\/[0-9a-f-]{36}\n$/)
})

test('the AWS CLI manages keys, and encrypts under them', { skip }, async () => {
  const create = async (): Promise<string> => {
    const { KeyMetadata } = await output('create-key --tags TagKey=team,TagValue=a')
    return (KeyMetadata as { KeyId: string }).KeyId
  }
  const first = await create()
  const second = await create()
  await writeFile(join(folder, 'policy.json'), allowAll(ACCOUNT))
  await writeFile(join(folder, 'plain'), 'text')
  await output(`create-alias --alias-name alias/cli --target-key-id ${first}`)
  await output(`update-alias --alias-name alias/cli --target-key-id ${second}`)
  const { Aliases } = await output(`list-aliases --key-id ${second}`)
  assert.equal((Aliases as { AliasName: string }[])[0]?.AliasName, 'alias/cli')
  const { CiphertextBlob } = await output('encrypt --key-id alias/cli --plaintext fileb://plain')
  await writeFile(join(folder, 'blob'), Buffer.from(String(CiphertextBlob), 'base64'))
  const moved = await output(`re-encrypt --ciphertext-blob fileb://blob --destination-key-id ${first}`)
  await writeFile(join(folder, 'moved'), Buffer.from(String(moved['CiphertextBlob']), 'base64'))
  const { KeyId } = await output('decrypt --ciphertext-blob fileb://moved')
  assert.match(String(KeyId), new RegExp(`:key/${first}$`))
  await output('delete-alias --alias-name alias/cli')
  const { Plaintext } = await output(`generate-data-key --key-id ${first} --key-spec AES_256`)
  assert.equal(Buffer.from(String(Plaintext), 'base64').length, 32)
  await output(`generate-data-key-without-plaintext --key-id ${first} --number-of-bytes 64`)
  await output('generate-random --number-of-bytes 32')
  await output(`tag-resource --key-id ${first} --tags TagKey=stage,TagValue=test`)
  await output(`untag-resource --key-id ${first} --tag-keys team`)
  const { Tags } = await output(`list-resource-tags --key-id ${first}`)
  assert.deepEqual(Tags, [{ TagKey: 'stage', TagValue: 'test' }])
  await output(`put-key-policy --key-id ${first} --policy-name default --policy file://policy.json`)
  const { Policy } = await output(`get-key-policy --key-id ${first}`)
  assert.equal(Policy, await readFile(join(folder, 'policy.json'), 'utf8'))
  await output(`list-key-policies --key-id ${first}`)
  await output(`update-key-description --key-id ${first} --description described`)
  await output(`disable-key --key-id ${first}`)
  assert.match(
    await failure(`encrypt --key-id ${first} --plaintext fileb://plain`),
    new RegExp(
      `\\(DisabledException\\) when calling the Encrypt operation: arn:aws:kms:eu-west-1:${ACCOUNT}:key/${first} is disabled\\.$`,
    ),
  )
  await output(`enable-key --key-id ${first}`)
  await output(`schedule-key-deletion --key-id ${second} --pending-window-in-days 7`)
  await output(`cancel-key-deletion --key-id ${second}`)
  const { KeyMetadata } = await output(`describe-key --key-id ${first}`)
  assert.equal((KeyMetadata as { Description: string }).Description, 'described')
  const { Keys } = await output('list-keys --page-size 1')
  assert.ok((Keys as { KeyId: string }[]).filter((key) => [first, second].includes(key.KeyId)).length === 2)
})

/** A key of a kind; gives its id. */
async function keyOf(kind: string): Promise<string> {
  const { KeyMetadata } = await output(`create-key ${kind}`)
  return (KeyMetadata as { KeyId: string }).KeyId
}

async function saved(name: string, base64: unknown): Promise<string> {
  await writeFile(join(folder, name), Buffer.from(String(base64), 'base64'))
  return `fileb://${name}`
}

test('the AWS CLI signs, verifies, agrees and makes MACs', { skip }, async () => {
  await writeFile(join(folder, 'message'), 'text')
  const signing = await keyOf('--key-spec ECC_NIST_P256 --key-usage SIGN_VERIFY')
  const what = `--key-id ${signing} --message fileb://message --signing-algorithm ECDSA_SHA_256`
  const signature = await saved('signature', (await output(`sign ${what}`))['Signature'])
  const verified = await output(`verify ${what} --signature ${signature}`)
  assert.equal(verified['SignatureValid'], true)
  const maker = await keyOf('--key-spec HMAC_256 --key-usage GENERATE_VERIFY_MAC')
  const maced = `--key-id ${maker} --message fileb://message --mac-algorithm HMAC_SHA_256`
  const mac = await saved('mac', (await output(`generate-mac ${maced}`))['Mac'])
  assert.equal((await output(`verify-mac ${maced} --mac ${mac}`))['MacValid'], true)
  const one = await keyOf('--key-spec ECC_NIST_P256 --key-usage KEY_AGREEMENT')
  const other = await keyOf('--key-spec ECC_NIST_P256 --key-usage KEY_AGREEMENT')
  const secrets: unknown[] = []
  for (const [own, peer] of [
    [one, other],
    [other, one],
  ]) {
    const key = await saved('peer', (await output(`get-public-key --key-id ${peer}`))['PublicKey'])
    const asked = `--key-id ${own} --key-agreement-algorithm ECDH --public-key ${key}`
    secrets.push((await output(`derive-shared-secret ${asked}`))['SharedSecret'])
  }
  assert.equal(secrets[0], secrets[1])
})

test('the AWS CLI makes data key pairs, rotates, replicates and imports', { skip }, async () => {
  const key = await keyOf('--multi-region')
  await output(`generate-data-key-pair --key-id ${key} --key-pair-spec ECC_NIST_P256`)
  await output(`generate-data-key-pair-without-plaintext --key-id ${key} --key-pair-spec ECC_NIST_P384`)
  await output(`enable-key-rotation --key-id ${key} --rotation-period-in-days 90`)
  const status = await output(`get-key-rotation-status --key-id ${key}`)
  assert.equal(status['RotationPeriodInDays'], 90)
  await output(`disable-key-rotation --key-id ${key}`)
  await output(`rotate-key-on-demand --key-id ${key}`)
  const { Rotations } = await output(`list-key-rotations --key-id ${key}`)
  assert.equal((Rotations as object[]).length, 1)
  await output(`replicate-key --key-id ${key} --replica-region eu-central-1`)
  await output(`update-primary-region --key-id ${key} --primary-region eu-central-1`)
  const external = await keyOf('--origin EXTERNAL')
  const manner = '--wrapping-algorithm RSAES_OAEP_SHA_256 --wrapping-key-spec RSA_2048'
  const parameters = await output(`get-parameters-for-import --key-id ${external} ${manner}`)
  const token = await saved('token', parameters['ImportToken'])
  const wrapping = {
    key: Buffer.from(String(parameters['PublicKey']), 'base64'),
    type: 'spki',
    format: 'der',
  } as const
  const wrapped = publicEncrypt({ key: createPublicKey(wrapping), oaepHash: 'sha256' }, randomBytes(32))
  const material = await saved('material', wrapped.toString('base64'))
  const model = '--expiration-model KEY_MATERIAL_DOES_NOT_EXPIRE'
  await output(
    `import-key-material --key-id ${external} --import-token ${token} --encrypted-key-material ${material} ${model}`,
  )
  await output(`delete-imported-key-material --key-id ${external}`)
})

test('the AWS CLI makes grants, and asks for key stores that are not there', { skip }, async () => {
  const key = await keyOf('--description granted')
  const grantee = `--grantee-principal arn:aws:iam::${ACCOUNT}:root --operations Decrypt`
  const retiring = `--retiring-principal arn:aws:iam::${ACCOUNT}:root`
  const { GrantToken } = await output(`create-grant --key-id ${key} ${grantee} ${retiring}`)
  await output(`retire-grant --grant-token ${GrantToken}`)
  const { GrantId } = await output(`create-grant --key-id ${key} ${grantee} ${retiring}`)
  const { Grants } = await output(`list-grants --key-id ${key}`)
  assert.deepEqual(
    (Grants as { GrantId: string }[]).map((grant) => grant.GrantId),
    [GrantId],
  )
  await output(`list-retirable-grants ${retiring}`)
  await output(`revoke-grant --key-id ${key} --grant-id ${GrantId}`)
  await output('describe-custom-key-stores')
  const store = '--custom-key-store-id cks-1234567890abcdef0'
  const update = `update-custom-key-store ${store} --new-custom-key-store-name other`
  const others = ['connect', 'disconnect', 'delete'].map((verb) => `${verb}-custom-key-store ${store}`)
  for (const command of [update, ...others]) {
    assert.match(await failure(command), /CustomKeyStoreNotFoundException/)
  }
  const cluster = '--cloud-hsm-cluster-id cluster-2a33b4cdefg --key-store-password kmsPswd1'
  assert.match(
    await failure(
      `create-custom-key-store --custom-key-store-name hsm ${cluster} --trust-anchor-certificate x`,
    ),
    /CloudHsmClusterNotFoundException/,
  )
})

test('the AWS CLI has called every operation that it knows', { skip }, async () => {
  const known = await failure('no-such-command')
  const names = new Set((await readEvents(server.data)).map(({ eventName }) => eventName))
  const missing = KMS_OPERATIONS.map((operation) => operation({} as KmsDependencies).name).filter(
    (name) => !names.has(name) && new RegExp(`\\b${commandOf(name)}\\b`).test(known),
  )
  assert.match(known, /\bcreate-key\b/)
  // Newer than the release that is installed, some of them; tests of the JavaScript SDK call them.
  assert.deepEqual(
    missing.filter((name) => !['Decapsulate', 'Encapsulate', 'GetKeyLastUsage'].includes(name)),
    [],
  )
})

/** How the CLI writes an operation's name. */
function commandOf(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()
}

test('the AWS CLI shows errors in the words of AWS', { skip }, async () => {
  const unknown = '12345678-1234-4234-8234-123456789012'
  assert.match(
    await failure(`describe-key --key-id ${unknown}`),
    new RegExp(
      `\\(NotFoundException\\) when calling the DescribeKey operation: Key 'arn:aws:kms:eu-west-1:${ACCOUNT}:key/${unknown}' does not exist$`,
    ),
  )
  assert.match(
    await failure('generate-random --number-of-bytes 1025'),
    /\(ValidationException\) when calling the GenerateRandom operation: 1 validation error detected: /,
  )
})

/** The JSON output of a command of any service, given as its arguments. */
async function awsJson(
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const { status, out, err } = await run('aws', args, { environment: { ...environment, ...more }, folder })
  assert.equal(status, 0, `aws ${args.join(' ')}\n${err}`)
  return out === '' ? {} : JSON.parse(out)
}

test('the AWS CLI makes a role, assumes it and calls with its session', { skip }, async () => {
  const principal = { AWS: `arn:aws:iam::${ACCOUNT}:root` }
  const statement = { Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }
  const trust = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
  const admin = 'arn:aws:iam::aws:policy/AdministratorAccess'
  await awsJson(['iam', 'create-role', '--role-name', 'cli', '--assume-role-policy-document', trust])
  await awsJson(['iam', 'attach-role-policy', '--role-name', 'cli', '--policy-arn', readOnly])
  await awsJson(['iam', 'create-user', '--user-name', 'cli-user'])
  await awsJson(['iam', 'attach-user-policy', '--user-name', 'cli-user', '--policy-arn', admin])
  const key = (await awsJson(['iam', 'create-access-key', '--user-name', 'cli-user'])) as {
    AccessKey: { AccessKeyId: string; SecretAccessKey: string }
  }
  const user = {
    AWS_ACCESS_KEY_ID: key.AccessKey.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: key.AccessKey.SecretAccessKey,
  }
  const arn = `arn:aws:iam::${ACCOUNT}:role/cli`
  const assuming = ['sts', 'assume-role', '--role-arn', arn, '--role-session-name', 'cli']
  const { Credentials } = (await awsJson(assuming, user)) as {
    Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string }
  }
  const session = {
    AWS_ACCESS_KEY_ID: Credentials.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: Credentials.SecretAccessKey,
    AWS_SESSION_TOKEN: Credentials.SessionToken,
  }
  const identity = (await awsJson(['sts', 'get-caller-identity'], session)) as { Arn: string }
  assert.equal(identity.Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/cli/cli`)
  await awsJson(['kms', 'list-keys'], session)
  const refused = await run('aws', ['kms', 'create-key'], {
    environment: { ...environment, ...session },
    folder,
  })
  assert.match(refused.err, /AccessDeniedException.*no identity-based policy allows the kms:CreateKey action/)
})
