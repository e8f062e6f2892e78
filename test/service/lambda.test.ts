/** The Lambda API beside a server on one data folder: permissions, environments, functions that misbehave. */

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import {
  CreateKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  ListGrantsCommand,
  RevokeGrantCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { type Event, readEvents } from '../support/audit.ts'
import { allow, iamClient, newUser, policyText, type TestCredentials } from '../support/iam.ts'
import { kmsClient, REGION } from '../support/kms.ts'
import {
  type LambdaReply,
  lambda,
  lambdaSucceeds,
  startLambda,
  type TestLambda,
  zipOf,
} from '../support/lambda.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const ACCOUNT = '000000000000'
const FUNCTIONS = '/2015-03-31/functions'
const TRUST = policyText({
  Effect: 'Allow',
  Principal: { Service: 'lambda.amazonaws.com' },
  Action: 'sts:AssumeRole',
})
/** One function for nearly everything: the event says what it does. */
const CODE = `
import { spawn } from 'node:child_process'
export const handler = async (event, context) => {
  if (event.hang) await new Promise(() => setInterval(() => {}, 1000))
  if (event.slow) await new Promise((done) => setTimeout(done, 1000))
  if (event.exit) process.exit(3)
  if (event.fail) throw new TypeError('as asked')
  if (event.large) return 'x'.repeat(7_000_000)
  if (event.eat) { const all = []; for (;;) { all.push(Buffer.alloc(16_777_216, 1)); await new Promise((done) => setTimeout(done, 20)) } }
  if (event.print) { for (let i = 0; i < 2000; i += 1) console.log('line', i, 'x'.repeat(1000)); console.log('the end') }
  let child
  if (event.spawn) child = spawn('sleep', ['300']).pid
  return { event, child, pid: process.pid, env: process.env, id: context.awsRequestId, client: context.clientContext }
}
`
const ZIP = zipOf([{ name: 'index.mjs', content: CODE }])

let server: TestServer
let api: TestLambda
let role: string
let keyArn: string

before(async () => {
  server = await startServer()
  api = await startLambda(server, {
    HOLDFAST_LAMBDA_ENVIRONMENTS: '3',
    OWN_SECRET: 'not for functions',
  })
  role = await newRole('exec')
  keyArn = await newKey()
})

after(async () => {
  await server[Symbol.asyncDispose]()
  await api[Symbol.asyncDispose]()
})

async function newRole(name: string): Promise<string> {
  const iam = iamClient(server)
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: TRUST }))
  return Role?.Arn ?? ''
}

async function newKey(): Promise<string> {
  return (await kmsClient(server).send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
}

function input(name: string, more: object = {}): object {
  return {
    FunctionName: name,
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Timeout: 60,
    Role: role,
    Code: { ZipFile: ZIP.toString('base64') },
    ...more,
  }
}

function create(name: string, more: object = {}, credentials?: TestCredentials): Promise<LambdaReply> {
  const ask = { method: 'POST', target: FUNCTIONS, body: input(name, more) }
  return lambda(api, credentials === undefined ? ask : { ...ask, credentials })
}

async function created(name: string, more: object = {}): Promise<LambdaReply> {
  const reply = await create(name, more)
  assert.equal(reply.status, 201, reply.body.toString())
  return reply
}

function withSecret(value: string, key: string | undefined = keyArn): object {
  return { KMSKeyArn: key, Environment: { Variables: { SECRET: value } } }
}

function invoke(
  name: string,
  event: object = {},
  headers: Readonly<Record<string, string>> = {},
  credentials?: TestCredentials,
): Promise<LambdaReply> {
  const ask = { method: 'POST', target: `${FUNCTIONS}/${name}/invocations`, body: event, headers }
  return lambda(api, credentials === undefined ? ask : { ...ask, credentials })
}

function get(name: string, credentials?: TestCredentials): Promise<LambdaReply> {
  const ask = { method: 'GET', target: `${FUNCTIONS}/${name}/configuration` }
  return lambda(api, credentials === undefined ? ask : { ...ask, credentials })
}

async function eventsAbout(text: string): Promise<readonly Event[]> {
  return (await readEvents(server.data)).filter((event) => JSON.stringify(event).includes(text))
}

function arnOf(name: string): string {
  return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`
}

test('a function gets its environment, its role and nothing of the server', async () => {
  const reply = await created('first', withSecret('hush-1'))
  assert.equal(reply.json['State'], 'Active')
  assert.equal(reply.json['LastUpdateStatus'], 'Successful')
  assert.deepEqual(reply.json['Environment'], { Variables: { SECRET: 'hush-1' } })
  const { status, headers, json } = await invoke(
    'first',
    { a: 1 },
    {
      'x-amz-log-type': 'Tail',
      'x-amz-client-context': Buffer.from('{"custom":{"b":2}}').toString('base64'),
    },
  )
  assert.equal(status, 200)
  assert.equal(headers['x-amz-executed-version'], '$LATEST')
  assert.equal(headers['x-amz-function-error'], undefined)
  assert.deepEqual(json['event'], { a: 1 })
  assert.deepEqual(json['client'], { custom: { b: 2 } })
  assert.equal(json['id'], headers['x-amzn-requestid'])
  assert.match(Buffer.from(String(headers['x-amz-log-result']), 'base64').toString(), /^START RequestId: /)
  const environment = json['env'] as Record<string, string>
  assert.equal(environment['SECRET'], 'hush-1')
  const foreign = Object.keys(environment).filter(
    (name) =>
      !/^(?:AWS_|LAMBDA_|_HANDLER$|_X_AMZN_|SECRET$|PATH$|LANG$|TZ$|HOME$|TMPDIR$|PWD$|SHLVL$|_$)/.test(name),
  )
  assert.deepEqual(foreign, [])
  assert.match(environment['AWS_ACCESS_KEY_ID'] ?? '', /^ASIA/)
})

test('KMS is called as the caller when a function is configured, and as its role when it starts', async () => {
  const about = await eventsAbout(arnOf('first'))
  const shown = about.map(({ eventName, userIdentity }) => {
    const { type, invokedBy } = JSON.parse(JSON.stringify(userIdentity))
    return [eventName, type, invokedBy]
  })
  const calls = shown.filter(([, , invokedBy]) => invokedBy === 'lambda.amazonaws.com')
  assert.deepEqual(calls, [
    ['Encrypt', 'Root', 'lambda.amazonaws.com'],
    ['CreateGrant', 'Root', 'lambda.amazonaws.com'],
    ['Decrypt', 'AssumedRole', 'lambda.amazonaws.com'],
  ])
  const made = about.find(({ eventName }) => eventName === 'CreateFunction20150331')
  assert.equal(made?.['eventSource'], 'lambda.amazonaws.com')
  const all = JSON.stringify(await readEvents(server.data))
  assert.ok(!all.includes('hush-1') && !all.includes(ZIP.toString('base64').slice(0, 40)))
  const invoked = about.find(({ eventName }) => eventName === 'Invoke')
  assert.equal(invoked?.['eventCategory'], 'Data')
  const assumed = (await readEvents(server.data)).find(({ eventName }) => eventName === 'AssumeRole')
  assert.deepEqual(assumed?.userIdentity, { type: 'AWSService', invokedBy: 'lambda.amazonaws.com' })
})

test('without a key of its own, a function uses the managed key, and no grant', async () => {
  await created('managed', withSecret('hush-2', ''))
  const { json } = await get('managed')
  assert.equal(json['KMSKeyArn'], undefined)
  assert.deepEqual(json['Environment'], { Variables: { SECRET: 'hush-2' } })
  const names = (await eventsAbout(arnOf('managed'))).map(({ eventName }) => eventName)
  assert.ok(names.includes('Encrypt') && !names.includes('CreateGrant'))
  assert.equal(((await invoke('managed')).json['env'] as Record<string, string>)['SECRET'], 'hush-2')
})

test('who may not decrypt sees an error in the place of the variables, and who may not encrypt configures none', async () => {
  const iam = iamClient(server)
  const reader = await newUser(iam, 'reader', policyText(allow('lambda:*')))
  const { status, json } = await get('first', reader)
  assert.equal(status, 200)
  const environment = json['Environment'] as { Variables?: object; Error?: { ErrorCode: string } }
  assert.equal(environment.Variables, undefined)
  assert.equal(environment.Error?.ErrorCode, 'AccessDeniedException')
  const writer = await newUser(iam, 'writer', policyText(allow('lambda:*', 'iam:PassRole')))
  const refused = await create('never', withSecret('hush-3'), writer)
  assert.equal(refused.code, 'AccessDeniedException')
  assert.match(String(refused.json['message']), /kms:Encrypt/)
  assert.equal((await get('never')).code, 'ResourceNotFoundException')
  const files = await readdir(join(api.folder, 'code'))
  assert.deepEqual(
    files.filter((file) => file.includes('.never.')),
    [],
  )
})

test('the permissions of Lambda, and to pass a role, are decided by policies', async () => {
  const iam = iamClient(server)
  const user = await newUser(iam, 'limited', policyText(allow('lambda:CreateFunction')))
  const refused = await create('denied', {}, user)
  assert.equal(refused.status, 403)
  assert.match(String(refused.json['message']), /iam:PassRole on resource: .*role\/exec/)
  const put = (statement: object) =>
    iam.send(
      new PutUserPolicyCommand({
        UserName: 'limited',
        PolicyName: 'own',
        PolicyDocument: policyText(allow('lambda:CreateFunction'), statement),
      }),
    )
  const passing = (service: string) => ({
    ...allow('iam:PassRole'),
    Condition: { StringEquals: { 'iam:PassedToService': service } },
  })
  await put(passing('ec2.amazonaws.com'))
  assert.equal((await create('denied', {}, user)).code, 'AccessDeniedException')
  await put(passing('lambda.amazonaws.com'))
  assert.equal((await create('allowed', {}, user)).status, 201)
  for (const [method, target] of [
    ['GET', `${FUNCTIONS}/allowed`],
    ['GET', FUNCTIONS],
    ['GET', `${FUNCTIONS}/allowed/policy`],
    ['DELETE', `${FUNCTIONS}/allowed`],
    ['PUT', `${FUNCTIONS}/allowed/code`],
    ['PUT', `${FUNCTIONS}/allowed/configuration`],
    ['POST', `${FUNCTIONS}/allowed/invocations`],
    ['GET', `/2017-03-31/tags/${encodeURIComponent(arnOf('allowed'))}`],
  ] as const) {
    const reply = await lambda(api, { method, target, credentials: user })
    assert.equal(reply.code, 'AccessDeniedException', `${method} ${target}`)
  }
})

test('the policy of a function allows beside identity policies, until the statement is removed', async () => {
  const user = await newUser(iamClient(server), 'invoker')
  assert.equal((await invoke('allowed', {}, {}, user)).code, 'AccessDeniedException')
  const target = `${FUNCTIONS}/allowed/policy`
  const statement = {
    StatementId: 'one',
    Action: 'lambda:InvokeFunction',
    Principal: `arn:aws:iam::${ACCOUNT}:user/invoker`,
  }
  const nobody = { ...statement, Principal: `arn:aws:iam::${ACCOUNT}:user/nobody` }
  assert.equal(
    (await lambda(api, { method: 'POST', target, body: nobody })).code,
    'InvalidParameterValueException',
  )
  await lambdaSucceeds(api, { method: 'POST', target, body: statement })
  assert.equal(
    (await lambda(api, { method: 'POST', target, body: statement })).code,
    'ResourceConflictException',
  )
  assert.equal((await invoke('allowed', {}, { 'x-amz-invocation-type': 'DryRun' }, user)).status, 204)
  assert.equal((await get('allowed', user)).code, 'AccessDeniedException')
  const { json } = await lambdaSucceeds(api, { method: 'GET', target })
  assert.equal(JSON.parse(String(json['Policy'])).Statement[0].Sid, 'one')
  await lambdaSucceeds(api, { method: 'DELETE', target: `${target}/one` })
  assert.equal(
    (await invoke('allowed', {}, { 'x-amz-invocation-type': 'DryRun' }, user)).code,
    'AccessDeniedException',
  )
  assert.equal((await lambda(api, { method: 'GET', target })).code, 'ResourceNotFoundException')
})

test('what KMS refuses at a start is the error of the invocation', async () => {
  const kms = kmsClient(server)
  const key = await newKey()
  await created('refused', withSecret('hush-4', key))
  await kms.send(new DisableKeyCommand({ KeyId: key }))
  const disabled = await invoke('refused')
  assert.equal(`${disabled.status} ${disabled.code}`, '502 KMSDisabledException')
  await kms.send(new EnableKeyCommand({ KeyId: key }))
  const { Grants = [] } = await kms.send(new ListGrantsCommand({ KeyId: key }))
  assert.deepEqual(Grants[0]?.Constraints, {
    EncryptionContextEquals: { 'aws:lambda:FunctionArn': arnOf('refused') },
  })
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 7 }))
  const pending = await invoke('refused')
  assert.equal(`${pending.status} ${pending.code}`, '502 KMSInvalidStateException')
  await kms.send(new RevokeGrantCommand({ KeyId: key, GrantId: Grants[0]?.GrantId }))
  const denied = await invoke('refused')
  assert.equal(`${denied.status} ${denied.code}`, '502 KMSAccessDeniedException')
})

test('a role that is created again is another one until the function gets it', async () => {
  const iam = iamClient(server)
  const passing = await newRole('again')
  await created('again', { ...withSecret('hush-5'), Role: passing })
  assert.equal((await invoke('again')).status, 200)
  await iam.send(new DeleteRoleCommand({ RoleName: 'again' }))
  assert.equal((await invoke('again')).code, 'KMSAccessDeniedException')
  await newRole('again')
  assert.equal((await invoke('again')).code, 'KMSAccessDeniedException')
  const target = `${FUNCTIONS}/again/configuration`
  await lambdaSucceeds(api, { method: 'PUT', target, body: { Role: passing } })
  const { json } = await invoke('again')
  assert.equal((json['env'] as Record<string, string>)['SECRET'], 'hush-5')
})

test('a change of the key seals the variables again, and the grant of before goes', async () => {
  const kms = kmsClient(server)
  const [before, now] = [await newKey(), await newKey()]
  await created('moved', withSecret('hush-6', before))
  const target = `${FUNCTIONS}/moved/configuration`
  await lambdaSucceeds(api, { method: 'PUT', target, body: { KMSKeyArn: now } })
  const grantsOn = async (key: string): Promise<number> =>
    (await kms.send(new ListGrantsCommand({ KeyId: key }))).Grants?.length ?? 0
  assert.deepEqual([await grantsOn(before), await grantsOn(now)], [0, 1])
  await kms.send(new DisableKeyCommand({ KeyId: before }))
  assert.equal(((await invoke('moved')).json['env'] as Record<string, string>)['SECRET'], 'hush-6')
  await lambdaSucceeds(api, { method: 'DELETE', target: `${FUNCTIONS}/moved` })
  assert.equal(await grantsOn(now), 0)
})

test('functions that fail, hang, end, answer too much or eat memory are errors of the function', async () => {
  await created('bad', { MemorySize: 128 })
  const fails = async (event: object, type: string): Promise<void> => {
    const { status, headers, json } = await invoke('bad', event)
    assert.equal(status, 200)
    assert.equal(headers['x-amz-function-error'], 'Unhandled', type)
    assert.equal(json['errorType'], type)
  }
  await fails({ fail: true }, 'TypeError')
  await fails({ exit: true }, 'Runtime.ExitError')
  await fails({ large: true }, 'Function.ResponseSizeTooLarge')
  await fails({ eat: true }, 'Runtime.ExitError')
  const target = `${FUNCTIONS}/bad/configuration`
  await lambdaSucceeds(api, { method: 'PUT', target, body: { Timeout: 1 } })
  await fails({ hang: true }, 'Sandbox.Timedout')
  await lambdaSucceeds(api, { method: 'PUT', target, body: { Timeout: 60 } })
  const { headers, json } = await invoke('bad', { print: true }, { 'x-amz-log-type': 'Tail' })
  assert.equal(headers['x-amz-function-error'], undefined)
  assert.ok(Number(json['pid']) > 0)
  const log = Buffer.from(String(headers['x-amz-log-result']), 'base64')
  assert.ok(log.length <= 4096)
  await created('broken', { Handler: 'index.missing' })
  assert.match(String((await invoke('broken')).json['errorMessage']), /not exported/)
})

test('an environment serves one event at a time, and no more run than may', async () => {
  await created('busy', { Timeout: 6 })
  // The other function below may have an environment for a moment.
  const hang = (): Promise<LambdaReply> =>
    until('an environment is free', async () => {
      const reply = await invoke('busy', { hang: true })
      return reply.status === 429 ? undefined : reply
    })
  const hanging = [hang(), hang(), hang()]
  const late = await until('all environments are busy', async () => {
    const reply = await invoke('first')
    return reply.status === 429 ? reply : undefined
  })
  assert.equal(late.code, 'TooManyRequestsException')
  assert.equal(late.json['Reason'], 'ConcurrentInvocationLimitExceeded')
  for (const reply of await Promise.all(hanging)) assert.equal(reply.status, 200)
  const replies = await Promise.all([invoke('busy', { slow: 1 }), invoke('busy', { slow: 2 })])
  assert.equal(new Set(replies.map(({ json }) => json['pid'])).size, 2)
  const again = await invoke('busy')
  assert.ok(replies.some(({ json }) => json['pid'] === again.json['pid']))
})

test('an asynchronous event is accepted at once and invokes the function', async () => {
  const accepted = await invoke('first', { later: true }, { 'x-amz-invocation-type': 'Event' })
  assert.equal(accepted.status, 202)
  assert.equal(accepted.body.length, 0)
  const large = await invoke('first', { x: 'y'.repeat(262_144) }, { 'x-amz-invocation-type': 'Event' })
  assert.equal(`${large.status} ${large.code}`, '413 RequestTooLargeException')
  assert.equal((await invoke('first', { x: 'y'.repeat(6_291_556) })).code, 'RequestTooLargeException')
})

test('updates change the code and the revision, and a wrong revision changes nothing', async () => {
  await created('changing')
  const target = `${FUNCTIONS}/changing/code`
  const zip = zipOf([{ name: 'index.mjs', content: 'export const handler = async () => "second"' }])
  const body = { ZipFile: zip.toString('base64') }
  const wrong = await lambda(api, { method: 'PUT', target, body: { ...body, RevisionId: 'other' } })
  assert.equal(`${wrong.status} ${wrong.code}`, '412 PreconditionFailedException')
  await invoke('changing')
  await lambdaSucceeds(api, { method: 'PUT', target, body })
  assert.equal((await invoke('changing')).body.toString(), '"second"')
  const files = (await readdir(join(api.folder, 'code'))).filter((file) => file.includes('.changing.'))
  assert.equal(files.length, 1)
})

test('tags, versions, quotas and what Holdfast has nothing of are answered', async () => {
  const target = `/2017-03-31/tags/${encodeURIComponent(arnOf('first'))}`
  await lambdaSucceeds(api, { method: 'POST', target, body: { Tags: { team: 'a', kind: 'b' } } })
  await lambdaSucceeds(api, { method: 'DELETE', target: `${target}?tagKeys=kind&tagKeys=none` })
  const { json } = await lambdaSucceeds(api, { method: 'GET', target })
  assert.deepEqual(json, { Tags: { team: 'a' } })
  const answers: readonly (readonly [string, number])[] = [
    [`${FUNCTIONS}/first`, 200],
    [`${FUNCTIONS}/${encodeURIComponent(arnOf('first'))}`, 200],
    [`${FUNCTIONS}/${ACCOUNT}:first?Qualifier=%24LATEST`, 200],
    [`${FUNCTIONS}/first?Qualifier=7`, 404],
    [`${FUNCTIONS}/first/versions`, 200],
    [`${FUNCTIONS}/?MaxItems=1`, 200],
    ['/2016-08-19/account-settings/', 200],
    ['/2020-06-30/functions/first/code-signing-config', 200],
    ['/2019-09-30/functions/first/concurrency', 200],
    ['/2021-10-31/functions/first/url', 404],
    ['/2015-03-31/event-source-mappings', 501],
  ]
  for (const [path, status] of answers) {
    assert.equal((await lambda(api, { method: 'GET', target: path })).status, status, path)
  }
})

test('names and inputs that are not valid are refused', async () => {
  for (const name of ['', '../x', 'a/b', 'a b', 'ä', 'x'.repeat(65), '.', 'a:b', 'arn:aws:lambda']) {
    const { code } = await create(name)
    assert.match(String(code), /^(?:InvalidParameterValue|Validation)Exception$/, name)
  }
  const foreign = await create(`arn:aws:lambda:${REGION}:111122223333:function:f`)
  assert.equal(foreign.code, 'AccessDeniedException')
  const variables = (Variables: Readonly<Record<string, string>>) => ({ Environment: { Variables } })
  const inputs: Readonly<Record<string, object>> = {
    'a reserved variable': variables({ AWS_REGION: 'x' }),
    'a variable of the launcher': variables({ 'A=B': 'x' }),
    'a zero byte': variables({ AB: 'a\0b' }),
    'too many variables': variables({ AB: 'x'.repeat(4096) }),
    'a runtime that is not offered': { Runtime: 'python3.12' },
    'no runtime': { Runtime: 'cobol' },
    'a network of AWS': { VpcConfig: { SubnetIds: ['subnet-1'] } },
    'code in a bucket': { Code: { S3Bucket: 'b', S3Key: 'k' } },
    'a version': { Publish: true },
    'a role that does not exist': { Role: `arn:aws:iam::${ACCOUNT}:role/none` },
    'too little memory': { MemorySize: 64 },
    'no zip': { Code: { ZipFile: Buffer.from('no zip').toString('base64') } },
  }
  for (const [what, more] of Object.entries(inputs)) {
    const { status, code } = await create('invalid', more)
    assert.equal(status, 400, `${what}: ${code}`)
  }
  const odd = { ...allow('iam:GetRole') }
  await iamClient(server).send(
    new PutRolePolicyCommand({ RoleName: 'exec', PolicyName: 'p', PolicyDocument: policyText(odd) }),
  )
  await iamClient(server).send(new DeleteRolePolicyCommand({ RoleName: 'exec', PolicyName: 'p' }))
  const unsigned = await fetch(`${api.endpoint}${FUNCTIONS}`)
  assert.equal(unsigned.status, 403)
  assert.equal(unsigned.headers.get('x-amzn-errortype'), 'MissingAuthenticationTokenException')
})

test('a kill of the server ends its functions with all that they have started, and a start finds everything', async () => {
  await created('left', { ...withSecret('hush-7'), Timeout: 60 })
  const { json } = await invoke('left', { spawn: true })
  const pids = [Number(json['pid']), Number(json['child'])]
  assert.deepEqual(await Promise.all(pids.map(isAlive)), [true, true])
  const cut = invoke('left', { hang: true })
  await Promise.all([api.kill(), assert.rejects(cut)])
  await until('the processes are gone', async () => {
    const alive = await Promise.all(pids.map(isAlive))
    return alive.includes(true) ? undefined : true
  })
  api = await startLambda(server)
  assert.deepEqual(await readdir(join(api.folder, 'running')), [])
  assert.equal(((await invoke('left')).json['env'] as Record<string, string>)['SECRET'], 'hush-7')
  const stopped = await invoke('left')
  assert.equal(await api.stop(), 0)
  assert.equal(await isAlive(Number(stopped.json['pid'])), false)
  assert.deepEqual(await readdir(join(api.folder, 'running')), [])
})

/** Whether a process runs: one that has ended may wait for somebody to ask how. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined)
  return stat !== undefined && !/\) [ZX] /.test(stat)
}
