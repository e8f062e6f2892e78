import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readAwsSettings } from './aws-settings.ts'

const folder = await mkdtemp(join(tmpdir(), 'holdfast-test-'))
after(() => rm(folder, { recursive: true, force: true }))
const config = join(folder, 'config')
const credentials = join(folder, 'credentials')
await writeFile(
  config,
  [
    '[default]',
    'region = eu-west-1',
    '[profile own]',
    'region = eu-central-1',
    'services = home',
    '[profile web]',
    'region = eu-west-1',
    'web_identity_token_file = /token',
    'role_arn = arn:aws:iam::000000000000:role/r',
    '[profile process]',
    'region=eu-west-1',
    'endpoint_url = https://all.example:1',
    'credential_process = /bin/give --me',
    '[services home]',
    'kms =',
    '  endpoint_url = https://kms.example:7600',
  ].join('\n'),
)
await writeFile(
  credentials,
  '# keys\n[own]\naws_access_key_id = AKIA1\naws_secret_access_key = s1\naws_session_token = t1\n',
)
const FILES = { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials }
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIA0', AWS_SECRET_ACCESS_KEY: 's0' }

test('variables come first: endpoint of the service, endpoint of all, then the profile, then AWS', async () => {
  const all = { ...FILES, ...KEYS, AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: 'https://any.example' }
  const own = { ...all, AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:7600/' }
  assert.equal((await readAwsSettings(own)).kmsEndpoint, 'http://127.0.0.1:7600')
  const settings = await readAwsSettings(all)
  assert.deepEqual(
    [settings.kmsEndpoint, settings.stsEndpoint, settings.region],
    ['https://any.example', 'https://any.example', 'us-east-1'],
  )
  const byProfile = await readAwsSettings({ ...FILES, AWS_PROFILE: 'own' })
  assert.deepEqual(
    [byProfile.kmsEndpoint, byProfile.stsEndpoint],
    ['https://kms.example:7600', 'https://sts.eu-central-1.amazonaws.com'],
  )
  const ignored = { ...FILES, AWS_PROFILE: 'own', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }
  assert.equal((await readAwsSettings(ignored)).kmsEndpoint, 'https://kms.eu-central-1.amazonaws.com')
  const china = { ...FILES, ...KEYS, AWS_REGION: 'cn-north-1' }
  assert.equal((await readAwsSettings(china)).kmsEndpoint, 'https://kms.cn-north-1.amazonaws.com.cn')
})

test('credentials come from variables, a web identity, a profile, or a process', async () => {
  const read = async (environment: Readonly<Record<string, string>>) =>
    (await readAwsSettings({ ...FILES, ...environment })).credentials
  assert.deepEqual(await read({ ...KEYS, AWS_PROFILE: 'own' }), {
    kind: 'static',
    accessKeyId: 'AKIA0',
    secretAccessKey: 's0',
    sessionToken: undefined,
  })
  assert.deepEqual(await read({ AWS_PROFILE: 'own' }), {
    kind: 'static',
    accessKeyId: 'AKIA1',
    secretAccessKey: 's1',
    sessionToken: 't1',
  })
  const web = { tokenFile: '/token', roleArn: 'arn:aws:iam::000000000000:role/r', sessionName: 'holdfast' }
  assert.deepEqual(await read({ AWS_PROFILE: 'web' }), { kind: 'web-identity', ...web })
  assert.deepEqual(await read({ AWS_PROFILE: 'process' }), {
    kind: 'process',
    command: '/bin/give --me',
  })
  const token = { AWS_WEB_IDENTITY_TOKEN_FILE: '/t', AWS_ROLE_ARN: 'arn:r', AWS_ROLE_SESSION_NAME: 'n' }
  assert.deepEqual(await read(token), {
    kind: 'web-identity',
    tokenFile: '/t',
    roleArn: 'arn:r',
    sessionName: 'n',
  })
})

test('what is missing or unsafe is refused by its name', async () => {
  for (const [environment, message] of [
    [{}, /no credentials: set AWS_ACCESS_KEY_ID/],
    [{ ...KEYS, AWS_PROFILE: 'none' }, /AWS_PROFILE: expected a profile/],
    [{ ...KEYS, AWS_REGION: 'nowhere' }, /AWS_REGION: expected the name of a region.*got 'nowhere'/],
    [{ ...KEYS, AWS_CONFIG_FILE: '/dev/null' }, /AWS_REGION: .*got nothing/],
    [{ ...KEYS, AWS_CA_BUNDLE: '/no/such' }, /AWS_CA_BUNDLE: cannot read/],
    [{ ...KEYS, AWS_ENDPOINT_URL_KMS: 'http://kms.example' }, /got 'http:\/\/kms.example'/],
    [{ ...KEYS, AWS_ENDPOINT_URL_KMS: 'https://a:hush@kms.example' }, /got 'https:\/\/kms.example'/],
    [{ ...KEYS, AWS_ENDPOINT_URL_KMS: 'https://kms.example/path' }, /AWS_ENDPOINT_URL_KMS: expected/],
    [{ ...KEYS, AWS_ENDPOINT_URL_KMS: 'kms' }, /got no URL/],
  ] as const) {
    await assert.rejects(readAwsSettings({ ...FILES, ...environment }), message)
  }
})
