/** The code by which programs use AWS KMS, against a server with TLS: with the smallest policy, and with none that is smaller. */

import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import { newKey, succeed } from '../support/calls.ts'
import { iamClient, newUser, policyText } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { type Ended, holdfast, run } from '../support/run.ts'
import { type Credentials, startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { missingFile, missingModule, PYTHON } from './tools.ts'

const FOLDER = join(import.meta.dirname, 'programs')
const noDriver = missingFile(FOLDER, 'driver', 'go build -o driver .')
const noMongo = await missingModule('pymongocrypt')

/** Each program with the actions of its smallest policy. Its page has the same ones. */
const ENCRYPT = ['kms:Encrypt', 'kms:Decrypt']
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  seal: ['kms:DescribeKey', ...ENCRYPT],
  gocdk: ENCRYPT,
  tink: ENCRYPT,
  mongo: ENCRYPT,
  cosign: ['kms:DescribeKey', 'kms:GetPublicKey', 'kms:Sign'],
  step: ['kms:GetPublicKey', 'kms:Sign'],
}

let plain: TestServer
let server: TestServer
let folder: string
let iam: IAMClient
let encrypting: string
let signing: string

before(async () => {
  folder = await temporaryFolder()
  const issued = await holdfast(['tls', 'issue', '--folder', folder, '--name', '127.0.0.1'])
  assert.equal(issued.status, 0, issued.err)
  plain = await startServer()
  // Another process on the same data folder, with the certificate that the programs trust.
  const [HOLDFAST_TLS_CERT, HOLDFAST_TLS_KEY] = [join(folder, 'server.crt'), join(folder, 'server.key')]
  server = await startServer({ data: plain.data, environment: { HOLDFAST_TLS_CERT, HOLDFAST_TLS_KEY } })
  iam = iamClient(plain)
  encrypting = await newKey(plain)
  signing = await newKey(plain, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  await succeed(plain, 'CreateAlias', { AliasName: 'alias/signing', TargetKeyId: signing })
})

after(async () => {
  iam.destroy()
  await server[Symbol.asyncDispose]()
  await plain[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function arnOf(keyId: string): string {
  return `arn:aws:kms:${REGION}:000000000000:key/${keyId}`
}

function use(program: string, credentials: Credentials): Promise<Ended> {
  const authority = join(folder, 'authority.crt')
  const environment = {
    AWS_ENDPOINT_URL_KMS: server.endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    AWS_CA_BUNDLE: authority,
    SSL_CERT_FILE: authority,
  }
  const { host } = new URL(server.endpoint)
  if (program === 'mongo')
    return run(PYTHON, [join(FOLDER, 'mongo.py'), arnOf(encrypting), host], { environment })
  const keys: Readonly<Record<string, string>> = { cosign: `awskms://${host}/alias/signing`, step: signing }
  return run(join(FOLDER, 'driver'), [program, keys[program] ?? arnOf(encrypting)], { environment })
}

function policyOf(actions: readonly string[]): string {
  const Resource = [encrypting, signing].map(arnOf)
  return policyText({ Effect: 'Allow', Action: actions, Resource })
}

for (const [program, actions] of Object.entries(PROGRAMS)) {
  const skip = program === 'mongo' ? noMongo : noDriver
  test(`${program} works with ${actions.join(', ')}, and not without one of them`, { skip }, async () => {
    const user = await newUser(iam, program, policyOf(actions))
    const allowed = await use(program, user)
    assert.equal(allowed.status, 0, allowed.err)
    for (const [index, action] of actions.entries()) {
      const others = actions.filter((one) => one !== action)
      const less = await newUser(
        iam,
        `${program}-${index}`,
        policyOf(others.length === 0 ? ['kms:List*'] : others),
      )
      const refused = await use(program, less)
      assert.notEqual(refused.status, 0, `without ${action}`)
    }
  })
}

test('step-kms-plugin makes its key, an alias and a tag', { skip: noDriver }, async () => {
  const { status, err } = await use('step-create', server.credentials)
  assert.equal(status, 0, err)
  const { Aliases } = await succeed(plain, 'ListAliases', {})
  assert.match(JSON.stringify(Aliases), /"alias\/root-[0-9a-f]{8}"/)
})
