/** Quotas: what an operator sets is in force at once on every worker, and what is beyond them is refused and recorded. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateUserCommand,
  DeleteUserCommand,
  GetAccountSummaryCommand,
} from '@aws-sdk/client-iam'
import { readEvents } from '../support/audit.ts'
import { type Answer, call, succeed } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { allow, iamClient, outcomeOf, policyText } from '../support/iam.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'

const ACCOUNT = '000000000000'
const TOO_FAST = 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.'

const NO_KEY = '00000000-0000-4000-8000-000000000000'

let server: TestServer

before(async () => {
  server = await startServer({ environment: { HOLDFAST_WORKERS: '2' } })
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

async function setQuota(name: string, value: string, data = server.data): Promise<void> {
  const args = [`--account=${ACCOUNT}`, `--name=${name}`, `--value=${value}`]
  const { status, output, errors } = await runHoldfast(data, 'quota', 'set', ...args)
  assert.equal(status, 0, errors)
  assert.equal(output, `set ${name} of account ${ACCOUNT} to ${value}\n`)
}

async function newKey(): Promise<string> {
  const { KeyMetadata } = await succeed(server, 'CreateKey', {})
  return (KeyMetadata as { readonly KeyId: string }).KeyId
}

/** The answers of so many calls at once. */
function burst(to: TestServer, count: number): Promise<readonly Answer[]> {
  return Promise.all(
    Array.from({ length: count }, () => call(to, 'GetKeyLastUsage', { KeyId: 'alias/none' })),
  )
}

function throttledAmong(answers: readonly Answer[]): readonly Answer[] {
  return answers.filter(({ code }) => code === 'ThrottlingException')
}

test('a rate that an operator sets is in force at the next call, and so is its end', async () => {
  assert.deepEqual(throttledAmong(await burst(server, 50)), [])
  await setQuota('kms.GetKeyLastUsage', '1')
  const throttled = throttledAmong(await burst(server, 50))
  assert.ok(throttled.length > 30, `${throttled.length} throttled`)
  for (const { status, message, code } of throttled) {
    assert.deepEqual(
      { status, message, code },
      { status: 400, message: TOO_FAST, code: 'ThrottlingException' },
    )
  }
  assert.deepEqual(await succeed(server, 'GenerateRandom', { NumberOfBytes: 1 }).then(Object.keys), [
    'Plaintext',
  ])
  await setQuota('kms.GetKeyLastUsage', 'default')
  assert.deepEqual(throttledAmong(await burst(server, 50)), [])
})

test('an account that writes more to the audit log than its quota gives waits, whatever it calls', async () => {
  await setQuota('audit.bytes', '1024')
  const context = { context: 'x'.repeat(8000) }
  const encrypt = () =>
    call(server, 'Encrypt', { KeyId: 'alias/none', Plaintext: '', EncryptionContext: context })
  const list = () => call(server, 'ListKeys', {})
  const answers: Answer[] = []
  for (let round = 0; round < 20; round += 1) answers.push(await encrypt(), await list())
  assert.ok(throttledAmong(answers).length > 10, `${throttledAmong(answers).length} throttled`)
  await setQuota('audit.bytes', 'default')
  // A worker has its part of a burst, which is written off at once by the quota that is in force now.
  assert.equal((await list()).status, 200)
})

test('calls of no operation of this release are charged too', async () => {
  await setQuota('audit.bytes', '1024')
  for (const name of ['Nothing', 'GetParametersForReplicate']) {
    const answers: Answer[] = []
    for (let round = 0; round < 40; round += 1) answers.push(await call(server, name, {}))
    assert.ok(throttledAmong(answers).length > 10, `${name}: ${throttledAmong(answers).length} throttled`)
  }
  await setQuota('audit.bytes', 'default')
})

test('an account that writes too much to the audit log can still take permissions away', async () => {
  await setQuota('audit.bytes', '16384')
  const context = { context: 'x'.repeat(8000) }
  const encrypt = () =>
    call(server, 'Encrypt', { KeyId: 'alias/none', Plaintext: '', EncryptionContext: context })
  const [written, disabled]: [Answer[], Answer[]] = [[], []]
  for (let round = 0; round < 40; round += 1) {
    written.push(...(await Promise.all(Array.from({ length: 10 }, encrypt))))
    disabled.push(await call(server, 'DisableKey', { KeyId: NO_KEY }))
  }
  assert.ok(throttledAmong(written).length > 10, `${throttledAmong(written).length} throttled`)
  assert.deepEqual(new Set(disabled.map(({ code }) => code)), new Set(['NotFoundException']))
  await setQuota('audit.bytes', 'default')
})

test('a call that is not valid is charged like one that is', async () => {
  await setQuota('kms.UpdatePrimaryRegion', '1')
  const answers = await Promise.all(Array.from({ length: 50 }, () => call(server, 'UpdatePrimaryRegion', {})))
  const codes = new Set(answers.map(({ code }) => code))
  assert.deepEqual([...codes].sort(), ['ThrottlingException', 'ValidationException'])
})

test('IAM and STS say that their rate is exceeded in their own words', async () => {
  await setQuota('iam.calls', '1')
  const iam = iamClient(server)
  const outcomes = await Promise.all(
    Array.from({ length: 30 }, () => outcomeOf(iam.send(new GetAccountSummaryCommand({})))),
  )
  assert.ok(outcomes.includes('Throttling 400: Rate exceeded'), outcomes.join('\n'))
  await setQuota('iam.calls', 'default')
})

test('every throttled call is recorded or counted in the log of its account', async () => {
  const data = await temporaryFolder()
  await using own = await startServer({ data })
  await setQuota('kms.GetKeyLastUsage', '1', data)
  const throttled = throttledAmong(await burst(own, 80))
  await own.stop()
  const events = await readEvents(data)
  const recorded = events.filter(({ errorCode }) => errorCode === 'ThrottlingException')
  const counted = events.filter(({ eventName }) => eventName === 'CountThrottledCalls')
  const counts = counted.map(({ serviceEventDetails, recipientAccountId }) => {
    assert.equal(recipientAccountId, ACCOUNT)
    const { accountId, count } = serviceEventDetails as { readonly accountId: string; readonly count: number }
    assert.equal(accountId, ACCOUNT)
    return count
  })
  assert.ok(recorded.length >= 20 && recorded.length < throttled.length, `${recorded.length} recorded`)
  const sum = counts.reduce((all, one) => all + one, 0)
  assert.equal(recorded.length + sum, throttled.length)
  const [event] = recorded
  assert.equal(event?.eventName, 'GetKeyLastUsage')
  assert.equal(event?.errorMessage, TOO_FAST)
  assert.match(own.errors(), /"msg":"an account has used most of a quota"/)
  assert.match(own.errors(), /"quota":"kms.GetKeyLastUsage"/)
})

test('a quota on what there is refuses one more, whatever it was before', async () => {
  const keyId = await newKey()
  const create = (name: string): Promise<Answer> =>
    call(server, 'CreateAlias', { AliasName: `alias/${name}`, TargetKeyId: keyId })
  await setQuota('kms.aliases-per-key', '1')
  assert.equal((await create('one')).status, 200)
  const refused = await create('two')
  assert.equal(refused.code, 'LimitExceededException')
  assert.equal(
    refused.message,
    'Aliases per key quota for this account in this region is 1, current usage is 1.',
  )
  await setQuota('kms.aliases-per-key', '2')
  assert.equal((await create('two')).status, 200)
  await setQuota('kms.keys', '0')
  const none = await call(server, 'CreateKey', {})
  assert.equal(none.code, 'LimitExceededException')
  assert.match(none.message ?? '', /^Key quota for this account in this region is 0, current usage is \d+\.$/)
  await setQuota('kms.keys', 'default')
  await newKey()
})

test('GetAccountSummary and LimitExceeded of IAM read the same quotas', async () => {
  const iam = iamClient(server)
  for (const [name, value] of [
    ['iam.users', '1'],
    ['iam.groups', '0'],
    ['iam.policies-per-user', '2'],
  ] as const) {
    await setQuota(name, value)
  }
  const { SummaryMap = {} } = await iam.send(new GetAccountSummaryCommand({}))
  assert.equal(SummaryMap['UsersQuota'], 1)
  assert.equal(SummaryMap['GroupsQuota'], 0)
  assert.equal(SummaryMap['AttachedPoliciesPerUserQuota'], 2)
  assert.equal(SummaryMap['RolesQuota'], 1000)
  await iam.send(new CreateUserCommand({ UserName: 'only' }))
  assert.equal(
    await outcomeOf(iam.send(new CreateUserCommand({ UserName: 'second' }))),
    'LimitExceededException 409: Cannot exceed quota for UsersPerAccount: 1',
  )
  assert.equal(
    await outcomeOf(iam.send(new CreateGroupCommand({ GroupName: 'any' }))),
    'LimitExceededException 409: Cannot exceed quota for GroupsPerAccount: 0',
  )
  const attached: string[] = []
  for (const PolicyName of ['a', 'b', 'c']) {
    const PolicyDocument = policyText(allow('kms:Encrypt'))
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument }))
    const input = { UserName: 'only', PolicyArn: Policy?.Arn ?? '' }
    attached.push(await outcomeOf(iam.send(new AttachUserPolicyCommand(input))))
  }
  assert.deepEqual(attached, [
    'allowed',
    'allowed',
    'LimitExceededException 409: Cannot exceed quota for PoliciesPerUser: 2',
  ])
  assert.match(await outcomeOf(iam.send(new DeleteUserCommand({ UserName: 'only' }))), /^DeleteConflict/)
})

test('holdfast quota lists what was set, sets all to the values of AWS and back, and records each change', async () => {
  const data = await temporaryFolder()
  await using own = await startServer({ data })
  const list = async (): Promise<string> =>
    (await runHoldfast(data, 'quota', 'list', `--account=${ACCOUNT}`)).output
  assert.match(await list(), /^kms\.CreateKey +10000 a second {2}default {2}AWS 5 {2}calls of CreateKey$/m)
  await setQuota('kms.CreateKey', '7', data)
  assert.match(await list(), /^kms\.CreateKey +7 a second {2}set {2}AWS 5 /m)
  await setQuota('all', 'aws', data)
  const atAws = await list()
  assert.match(atAws, /^kms\.CreateKey +5 a second {2}set {2}AWS 5 /m)
  assert.doesNotMatch(atAws, / {2}default {2}/)
  await setQuota('all', 'default', data)
  assert.doesNotMatch(await list(), / {2}set {2}/)
  await own.stop()
  const changes = (await readEvents(data)).filter(({ eventName }) => eventName === 'SetQuota')
  assert.deepEqual(
    changes.map(({ serviceEventDetails }) => serviceEventDetails),
    [
      { accountId: ACCOUNT, name: 'kms.CreateKey', value: '7' },
      { accountId: ACCOUNT, name: 'all', value: 'aws' },
      { accountId: ACCOUNT, name: 'all', value: 'default' },
    ],
  )
})

test('holdfast quota set says what is wrong', async () => {
  const refusal = async (...args: readonly string[]): Promise<string> => {
    const { status, errors } = await runHoldfast(server.data, 'quota', 'set', ...args)
    assert.equal(status, 2)
    return errors.trim()
  }
  assert.equal(
    await refusal('--account=123', '--name=kms.keys', '--value=1'),
    "holdfast: --account: expected 12 digits; got '123'",
  )
  assert.equal(
    await refusal(`--account=${ACCOUNT}`, '--name=kms.keys'),
    'holdfast: --value: expected a whole number, aws or default; got nothing',
  )
})
