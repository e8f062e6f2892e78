/** `holdfast exec`: programs whose encrypted variables are decrypted, with a real server and real programs. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { CreateOpenIDConnectProviderCommand } from '@aws-sdk/client-iam'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { readEvents } from '../support/audit.ts'
import { newKey, succeed } from '../support/calls.ts'
import { allow, iamClient, policyText } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { type Ended, holdfast, ROOT } from '../support/run.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { newRole } from '../support/sts.ts'

const ISSUER = 'cluster.example.com'
const HUSH = 'hush: "$x" and more'

let server: TestServer
let folder: string
let environment: Readonly<Record<string, string>>
let key: string
let other: string
let token: string

before(async () => {
  folder = await temporaryFolder()
  const pair = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256' }
  const keys = join(folder, 'keys.json')
  await writeFile(keys, JSON.stringify({ [`https://${ISSUER}`]: { keys: [jwk] } }))
  server = await startServer({ environment: { HOLDFAST_OIDC_KEYS: keys } })
  token = await new SignJWT({})
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setIssuer(`https://${ISSUER}`)
    .setSubject('app')
    .setAudience('sts.amazonaws.com')
    .setIssuedAt()
    .setExpirationTime('5 minutes')
    .sign(pair.privateKey)
  environment = {
    AWS_ENDPOINT_URL_KMS: server.endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
  }
  key = await newKey(server)
  other = await newKey(server)
})

after(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

type Options = { readonly more?: Readonly<Record<string, string>>; readonly input?: string }

function exec(args: readonly string[], { more = {}, input }: Options = {}): Promise<Ended> {
  const given = input === undefined ? {} : { input }
  return holdfast(['exec', ...args], { environment: { ...environment, ...more }, ...given })
}

async function encrypted(name: string, value: string, ...more: readonly string[]): Promise<string> {
  const { status, out, err } = await exec(['encrypt', name, '--key', key, ...more], { input: `${value}\n` })
  assert.deepEqual([status, err], [0, ''])
  assert.match(out, new RegExp(`^${name}=kms:[A-Za-z0-9+/=]+\\n$`))
  return out.slice(name.length + 1, -1)
}

test('exec gives a program the plaintexts of the file and of the environment, in no argument', async () => {
  const file = join(folder, 'app.env')
  await writeFile(file, `# of the app\nFROM_FILE=${await encrypted('FROM_FILE', HUSH)}\nPLAIN=1\n`)
  const sh = 'printf "%s\\n" "$FROM_FILE" "$FROM_ENVIRONMENT" "$PLAIN" "$1" && tr "\\0" " " </proc/$$/cmdline'
  const { status, out, err } = await exec(['--env-file', file, '--', 'sh', '-c', sh, 'sh', '--help'], {
    more: { FROM_ENVIRONMENT: await encrypted('FROM_ENVIRONMENT', 'second'), PLAIN: '0' },
  })
  assert.deepEqual([status, err], [0, ''])
  const [first, second, plain, argument, ...line] = out.split('\n')
  assert.deepEqual([first, second, plain, argument], [HUSH, 'second', '1', '--help'])
  assert.doesNotMatch(line.join('\n'), /hush|second/)
})

test('exec becomes the program: its process, its exit status, its signals, its environment', async () => {
  const TOKEN = await encrypted('TOKEN', 'a token')
  const sh = [
    'trap "exit 7" TERM',
    'echo "$$ $TOKEN $(grep SigIgn /proc/$$/status | tr -d "\\t")"',
    'env | grep -E "^(MALLOC_|UV_|NODE_COMPILE)"',
    'echo ready',
    'while :; do sleep 0.05; done',
  ].join('\n')
  const child = spawn(join(ROOT, 'bin/holdfast'), ['exec', '--', 'sh', '-c', sh], {
    env: { PATH: process.env['PATH'], ...environment, TOKEN },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  for await (const chunk of child.stdout) {
    out += String(chunk)
    if (out.includes('ready') && !child.killed) child.kill('SIGTERM')
  }
  if (child.exitCode === null) await once(child, 'exit')
  assert.equal(out, `${child.pid} a token SigIgn:0000000000000000\nready\n`)
  assert.equal(child.exitCode, 7)
})

test('exec starts nothing when one value is not decrypted, and says why', async () => {
  const GOOD = await encrypted('GOOD', HUSH)
  const bound = await encrypted('BOUND', HUSH, '--context', 'app=shop')
  const program = ['--', 'touch', join(folder, 'started')]
  for (const [args, more, message] of [
    [[], { GOOD, BAD: bound }, /BAD: InvalidCiphertextException \(request ID [0-9a-f-]{36}\)/],
    [['--context', 'app=other'], { BAD: bound }, /BAD: InvalidCiphertextException/],
    [['--key', other], { GOOD }, /GOOD: IncorrectKeyException/],
    [[], { GOOD, AWS_SECRET_ACCESS_KEY: 'x' }, /GOOD: InvalidSignatureException|SignatureDoesNotMatch/],
    [[], { GOOD, AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:9' }, /GOOD: no answer from http:.*ECONNREFUSED/],
  ] as const) {
    const { status, out, err } = await exec([...args, ...program], { more })
    assert.equal(status, 125, err)
    assert.equal(out, '')
    assert.match(err, message)
    assert.match(err, /holdfast: touch was not started\n$/)
    assert.doesNotMatch(err, /hush/)
  }
  await succeed(server, 'DisableKey', { KeyId: key })
  const { status, err } = await exec(program, { more: { A: GOOD, B: GOOD } })
  await succeed(server, 'EnableKey', { KeyId: key })
  assert.equal(status, 125)
  assert.match(err, /A, B: DisabledException/)
  assert.equal(existsSync(join(folder, 'started')), false)
})

test('exec binds values to an encryption context, which the audit log shows', async () => {
  const TOKEN = await encrypted('TOKEN', 'bound', '--context', 'app=shop', '--context', 'stage=a=b')
  const context = ['--context', 'app=shop', '--context', 'stage=a=b']
  const { status, out } = await exec([...context, '--key', key, '--', 'printenv', 'TOKEN'], {
    more: { TOKEN },
  })
  assert.deepEqual([status, out], [0, 'bound\n'])
  const event = (await readEvents(server.data)).findLast(({ eventName }) => eventName === 'Decrypt')
  assert.deepEqual(event?.requestParameters?.['encryptionContext'], { app: 'shop', stage: 'a=b' })
})

test('exec --files gives files that only the user reads, and removes them at the end', async () => {
  const TOKEN = await encrypted('TOKEN', HUSH)
  await chmod(folder, 0o755)
  const sh =
    'stat -c %a "$TOKEN_FILE" "$(dirname "$TOKEN_FILE")"; cat "$TOKEN_FILE"; printenv TOKEN || echo " unset $TOKEN_FILE"; exit 9'
  for (const place of [[], ['--files-in', folder]]) {
    const { status, out, err } = await exec(['--files', ...place, '--', 'sh', '-c', sh], { more: { TOKEN } })
    assert.deepEqual([status, err], [9, ''])
    assert.ok(out.startsWith(`600\n700\n${HUSH} unset /`), out)
    const path = out.trim().split(' ').at(-1) ?? ''
    await assert.rejects(readdir(join(path, '..')), { code: 'ENOENT' })
  }
})

test('exec --files passes signals on, and removes the files when a signal ends the program', async () => {
  const TOKEN = await encrypted('TOKEN', 'a token')
  const args = ['exec', '--files', '--files-in', folder, '--', 'sh', '-c', 'echo ready; exec sleep 60']
  const child = spawn(join(ROOT, 'bin/holdfast'), args, {
    env: { PATH: process.env['PATH'], ...environment, TOKEN },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  const [status] = await once(child, 'exit')
  assert.equal(status, 143)
  const left = (await readdir(folder)).filter((name) => name.startsWith('holdfast-exec-'))
  assert.deepEqual(left, [])
})

test('exec says when there is no such program, or when it cannot be executed', async () => {
  const script = join(folder, 'script')
  await writeFile(script, '#!/no/such/interpreter\n')
  for (const [program, status, message] of [
    ['no-such-program', 127, 'no-such-program: not found'],
    [join(folder, 'none'), 127, 'not found'],
    [script, 126, 'not executable'],
  ] as const) {
    const ended = await exec(['--', program])
    assert.equal(ended.status, status)
    assert.ok(ended.err.includes(message), ended.err)
  }
  await chmod(script, 0o755)
  const { status, err } = await exec(['--', script])
  assert.equal(status, 126)
  assert.match(err, /cannot be executed: ENOENT\n/)
  await rm(script)
})

test('exec needs neither credentials nor an endpoint without encrypted values', async () => {
  const { status, out } = await holdfast(['exec', '--', 'echo', 'started'])
  assert.deepEqual([status, out], [0, 'started\n'])
})

test('exec takes its credentials from a web identity, a profile or a process', async () => {
  const iam = iamClient(server)
  const provider = { Url: `https://${ISSUER}`, ClientIDList: ['sts.amazonaws.com'], ThumbprintList: [] }
  await iam.send(new CreateOpenIDConnectProviderCommand(provider))
  const federated = { Federated: `arn:aws:iam::000000000000:oidc-provider/${ISSUER}` }
  const AWS_ROLE_ARN = await newRole(
    iam,
    'app',
    policyText({ Effect: 'Allow', Principal: federated, Action: 'sts:AssumeRoleWithWebIdentity' }),
    policyText(allow('kms:Decrypt')),
  )
  iam.destroy()
  const AWS_WEB_IDENTITY_TOKEN_FILE = join(folder, 'token')
  await writeFile(AWS_WEB_IDENTITY_TOKEN_FILE, `${token}\n`)
  const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = server.credentials
  await writeFile(join(folder, 'process.json'), JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey }))
  const AWS_CONFIG_FILE = join(folder, 'config')
  await writeFile(
    AWS_CONFIG_FILE,
    `[profile process]\ncredential_process = cat ${join(folder, 'process.json')}\n`,
  )
  const web = { AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ENDPOINT_URL_STS: server.endpoint }
  const file = { AWS_SHARED_CREDENTIALS_FILE: join(server.data, 'credentials') }
  const TOKEN = await encrypted('TOKEN', 'a token')
  for (const more of [web, file, { AWS_CONFIG_FILE, AWS_PROFILE: 'process' }]) {
    const { status, out, err } = await holdfast(['exec', '--', 'printenv', 'TOKEN'], {
      environment: { AWS_ENDPOINT_URL_KMS: server.endpoint, AWS_REGION: REGION, TOKEN, ...more },
    })
    assert.deepEqual([status, out, err], [0, 'a token\n', ''])
  }
  const event = (await readEvents(server.data)).filter(({ eventName }) => eventName === 'Decrypt').at(-3)
  assert.equal(event?.userIdentity.arn, 'arn:aws:sts::000000000000:assumed-role/app/holdfast')
})

test('what no variable can hold is refused, and is given as a file', async () => {
  const answer = await succeed(server, 'Encrypt', {
    KeyId: key,
    Plaintext: Buffer.of(0xff, 0).toString('base64'),
  })
  const BYTES = `aws:kms:${answer['CiphertextBlob']}`
  const refused = await exec(['--', 'true'], { more: { BYTES } })
  assert.equal(refused.status, 2)
  assert.match(refused.err, /BYTES: the plaintext is not text, .* use --files/)
  const { out } = await exec(['--files', '--', 'sh', '-c', 'od -An -tx1 "$BYTES_FILE"'], { more: { BYTES } })
  assert.equal(out.trim(), 'ff 00')
})

test('exec encrypt takes a value as an operand, and refuses wrong ones without repeating them', async () => {
  const { out } = await exec(['encrypt', 'TOKEN=a=b c', '--key', key])
  const TOKEN = out.trim().slice('TOKEN='.length)
  assert.equal((await exec(['--', 'printenv', 'TOKEN'], { more: { TOKEN } })).out, 'a=b c\n')
  for (const [args, message] of [
    [['my-name=hush'], /NAME\[=VALUE\]: expected .* got '\.\.\.'/],
    [['NAME=hush', 'hush'], /unexpected argument after NAME\[=VALUE\]/],
    [[`NAME=${'h'.repeat(4097)}`], /NAME: expected a value of 1 to 4096 bytes; got 4097/],
    [['NAME='], /NAME: expected a value of 1 to 4096 bytes; got 0/],
  ] as const) {
    const { status, err } = await exec(['encrypt', ...args, '--key', key])
    assert.equal(status, 2)
    assert.match(err, message)
    assert.doesNotMatch(err, /hush|hhh/)
  }
  const denied = await exec(['encrypt', 'NAME=hush', '--key', 'alias/none'])
  assert.equal(denied.status, 1)
  assert.match(denied.err, /^holdfast: NAME: NotFoundException: /)
})
