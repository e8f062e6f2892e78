/** What a console asks the service's own API: who can use a key, faults of policies, events over time, usage of accounts. */

import assert from 'node:assert/strict'
import { mkdir, readFile, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Output } from '../../src/api/json.ts'
import { claimReportsFolder } from '../../src/app/report-facts.ts'
import { eventOf } from '../support/audit.ts'
import { type Answer, assertError, callRaw, newKey, succeed } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { allow, iamClient, newUser, policyText, type TestCredentials } from '../support/iam.ts'
import { inside } from '../support/sdk-by-name.ts'
import { readCredentials, startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const HOME = '000000000000'
const TEAM = '111122223333'
const REFUSED = /^You don't have permissions to access this resource\.$/

let server: TestServer
let team: TestCredentials
let writer: TestCredentials
let nobody: TestCredentials
let keyId: string

before(async () => {
  server = await startServer()
  const { status, errors } = await runHoldfast(server.data, 'account', 'create', `--id=${TEAM}`)
  assert.equal(status, 0, errors)
  team = await readCredentials(server.data, TEAM)
  const iam = iamClient(server)
  writer = await newUser(iam, 'writer', policyText(allow('kms:Encrypt', 'kms:DisableKey')))
  nobody = await newUser(iam, 'nobody', policyText(allow('kms:ListKeys')))
  iam.destroy()
  keyId = await newKey(server)
})

after(() => server[Symbol.asyncDispose]())

/** Calls that read the index are limited to two a second. */
function ask(operation: string, input: Output, credentials = server.credentials): Promise<Answer> {
  const target = `Holdfast_20261101.${operation}`
  return until('the call is not throttled', async () => {
    const options = { service: 'holdfast', ...credentials } as const
    const answer = await callRaw(server, target, JSON.stringify(input), options)
    return answer.code === 'ThrottlingException' ? undefined : answer
  })
}

async function give(operation: string, input: Output, credentials?: TestCredentials): Promise<Output> {
  const answer = await ask(operation, input, credentials)
  assert.equal(answer.status, 200, answer.text)
  return answer.json as Output
}

test('ListKeyAccess shows who may do what with a key, by policies and grants, page by page', async () => {
  const GranteePrincipal = `arn:aws:iam::${HOME}:user/nobody`
  const grant = { KeyId: keyId, GranteePrincipal, Operations: ['Decrypt'] }
  const { GrantId } = await succeed(server, 'CreateGrant', grant)
  const answer = await give('ListKeyAccess', { KeyId: keyId })
  const Operations = answer['Operations'] as readonly string[]
  assert.ok(Operations.includes('Encrypt') && Operations.includes('PutKeyPolicy'))
  assert.deepEqual(answer['Principals'], [
    {
      PrincipalArn: GranteePrincipal,
      AllowedOperations: [],
      Grants: [{ GrantId, Operations: ['Decrypt'], Constrained: false }],
      MoreGrants: 0,
    },
    {
      PrincipalArn: `arn:aws:iam::${HOME}:user/writer`,
      AllowedOperations: ['Encrypt', 'DisableKey'],
      Grants: [],
      MoreGrants: 0,
    },
  ])
  const first = await give('ListKeyAccess', { KeyId: keyId, MaxResults: 1 })
  const NextToken = first['NextToken'] as string
  const second = await give('ListKeyAccess', { KeyId: keyId, MaxResults: 1, NextToken })
  assert.deepEqual(
    [...(first['Principals'] as Output[]), ...(second['Principals'] as Output[])],
    answer['Principals'],
  )
  assert.deepEqual([first['Matches'], second['NextToken']], [2, undefined])
  const other = await newKey(server)
  assertError(
    await ask('ListKeyAccess', { KeyId: other, NextToken }),
    'InvalidNextTokenException',
    /not valid/,
  )
  assertError(await ask('ListKeyAccess', { KeyId: keyId }, nobody), 'AccessDeniedException', /ListKeyAccess/)
  assertError(await ask('ListKeyAccess', { KeyId: keyId }, team), 'NotFoundException', /does not exist$/)
})

test('ValidatePolicy finds what PutKeyPolicy refuses, and what a policy should not say', async () => {
  const statement = { Sid: 'x', Effect: 'Allow', Principal: '*', Action: 'kms:Encript', Resource: '*' }
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  const input = { PolicyDocument: policy, PolicyType: 'RESOURCE_POLICY' }
  const { Findings } = await give('ValidatePolicy', input)
  const found = (Findings as readonly Output[]).map(({ FindingType, IssueCode, Statement }) => [
    FindingType,
    IssueCode,
    Statement,
  ])
  assert.deepEqual(found, [
    ['ERROR', 'POLICY_LOCKOUT', undefined],
    ['SECURITY_WARNING', 'PUBLIC_ACCESS', 0],
    ['WARNING', 'UNKNOWN_ACTION', 0],
  ])
  const put = await callRaw(
    server,
    'TrentService.PutKeyPolicy',
    JSON.stringify({ KeyId: keyId, Policy: policy }),
  )
  assert.equal(put.code, 'MalformedPolicyDocumentException')
  const { Policy } = await succeed(server, 'GetKeyPolicy', { KeyId: keyId })
  assert.deepEqual(await give('ValidatePolicy', { ...input, PolicyDocument: Policy as string }), {
    Findings: [],
  })
  const identity = { PolicyDocument: policyText(allow('kms:*')), PolicyType: 'IDENTITY_POLICY' }
  assert.deepEqual(await give('ValidatePolicy', identity), { Findings: [] })
  const trust = { ...input, ValidatePolicyResourceType: 'AWS::IAM::AssumeRolePolicyDocument' }
  assert.equal(((await give('ValidatePolicy', trust))['Findings'] as Output[])[0]?.['FindingType'], 'ERROR')
  const Action = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity', 'sts:SetContext']
  const Principal = { AWS: 'arn:aws:iam::000000000000:root' }
  const PolicyDocument = policyText({ Effect: 'Allow', Principal, Action })
  assert.deepEqual(await give('ValidatePolicy', { ...trust, PolicyDocument }), { Findings: [] })
  assertError(await ask('ValidatePolicy', input, nobody), 'AccessDeniedException', /ValidatePolicy/)
})

test('CountEvents counts calls and refusals in periods, of the own account alone', async () => {
  const refused = await callRaw(server, 'TrentService.ListAliases', '{}', nobody)
  assert.equal(refused.code, 'AccessDeniedException')
  await eventOf(server, refused.requestId)
  const counted = await until('the events are counted', async () => {
    const answer = await give('CountEvents', { Period: 3600 })
    return answer['Current'] === true ? answer : undefined
  })
  const Counts = counted['Counts'] as readonly Output[]
  assert.ok(Counts.length >= 168 && Counts.length <= 170, String(Counts.length))
  const sum = (member: string): number => Counts.reduce((total, one) => total + Number(one[member]), 0)
  assert.equal(sum('Events'), counted['Events'])
  assert.ok(sum('Events') > 5 && sum('Refusals') >= 1)
  const only = [{ AttributeKey: 'EventName', AttributeValue: 'ListAliases' }]
  const aliases = await give('CountEvents', { Period: 86_400, LookupAttributes: only })
  assert.equal(aliases['Events'], 1)
  assert.equal((aliases['Counts'] as readonly Output[])[0]?.['Refusals'], undefined)
  assertError(await ask('CountEvents', { Period: 60 }), 'ValidationException', /at most 1500/)
  assertError(await ask('CountEvents', { AccountId: HOME }, team), 'NotFoundException', /does not exist$/)
  assertError(await ask('CountEvents', {}, nobody), 'AccessDeniedException', /CountEvents/)
  assert.equal((await ask('CountEvents', { AccountId: TEAM })).status, 200)
})

test('GetUsage answers for another account to the operator alone', async () => {
  assert.equal((await callRaw(server, 'TrentService.CreateKey', '{}', team)).status, 200)
  const lines = await until('the call is counted', async () => {
    const { Lines } = await give('GetUsage', { AccountId: TEAM, GroupBy: ['operation'] })
    const names = (Lines as readonly Output[]).map(({ Values }) => (Values as Output)['operation'])
    return names.includes('CreateKey') ? names : undefined
  })
  assert.ok(!lines.includes('Encrypt'))
  assertError(await ask('GetUsage', { AccountId: HOME }, team), 'NotFoundException', /does not exist$/)
  assertError(await ask('GetUsage', { AccountId: TEAM }, writer), 'NotFoundException', /does not exist$/)
  assert.equal((await ask('GetUsage', { AccountId: TEAM }, team)).status, 200)
})

test('CreateAccount is for the operator, and gives no credentials', async () => {
  const answer = await ask('CreateAccount', { AccountId: '444455556666' })
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual(answer.json, { AccountId: '444455556666' })
  const event = await eventOf(server, answer.requestId)
  assert.deepEqual(event['responseElements'], { accountId: '444455556666' })
  assert.match(String((await give('CreateAccount', {}))['AccountId']), /^[1-9]\d{11}$/)
  const { Accounts } = await give('ListAccounts', {})
  assert.equal((Accounts as readonly Output[]).length, 4)
  assertError(await ask('CreateAccount', { AccountId: TEAM }), 'ValidationException', /already/)
  assertError(await ask('CreateAccount', {}, team), 'AccessDeniedException', REFUSED)
  assertError(await ask('CreateAccount', {}, nobody), 'AccessDeniedException', /CreateAccount/)
  const made = await runHoldfast(server.data, 'root-credentials', 'create', '--account=444455556666')
  assert.equal(made.status, 0, made.errors)
})

test('ListControlPolicies pages', async () => {
  const type = { PolicyType: 'SERVICE_CONTROL_POLICY' }
  for (const Name of ['a', 'b'])
    await give('PutControlPolicy', { ...type, Name, Content: policyText(allow('kms:*')) })
  const names: unknown[] = []
  let NextToken: unknown
  do {
    const page = await give('ListControlPolicies', { ...type, MaxResults: 1, NextToken: NextToken as string })
    for (const { Name } of page['Policies'] as readonly Output[]) names.push(Name)
    NextToken = page['NextToken']
  } while (NextToken !== undefined)
  assert.deepEqual(names, ['FullAWSAccess', 'a', 'b'])
})

test('StartReport begins again after its state could not be written', async () => {
  const folder = join(server.data, 'reports')
  const inWay = join(folder, `.run.json.${server.process.pid}.new`)
  await mkdir(inWay, { recursive: true })
  assert.equal(inside(await give('StartReport', {}), 'Run', 'Status'), 'RUNNING')
  await until('the lock is free', async () => {
    const lock = claimReportsFolder(folder)
    lock?.release()
    return lock !== undefined || undefined
  })
  assert.equal((await give('ListReports', {}))['Run'], undefined)
  await rmdir(inWay)
})

test('StartReport makes the report of the day, whose files are those of the command', async () => {
  const begun = await give('StartReport', { UnusedDays: 30 })
  assert.equal(inside(begun, 'Run', 'Status'), 'RUNNING')
  const run = await until('the report is made', async () => {
    const { Run } = await give('ListReports', {})
    return inside(Run, 'Status') === 'RUNNING' ? undefined : Run
  })
  assert.equal(inside(run, 'Status'), 'SUCCEEDED', JSON.stringify(run))
  const day = String(inside(run, 'Day'))
  assert.deepEqual((await give('ListReports', {}))['Days'], [day])
  const folder = join(server.data, 'reports')
  const made = await readFile(join(folder, `report-${day}.json`), 'utf8')
  assert.match(made, /"unusedDays": ?30/)
  const { VerifierKey } = await give('ListReports', {})
  const path = join(folder, `report-${day}.json`)
  const verified = await runHoldfast(
    server.data,
    'report',
    'verify',
    path,
    '--verifier-key',
    String(VerifierKey),
  )
  assert.equal(verified.status, 0, verified.errors)
  assertError(await ask('StartReport', {}, team), 'AccessDeniedException', REFUSED)
  assertError(await ask('StartReport', {}, nobody), 'AccessDeniedException', /StartReport/)
  assertError(await ask('StartReport', { UnusedDays: 0 }), 'ValidationException', /./)
  await rm(folder, { recursive: true })
})

test('GetReport gives the files of a written report, piece by piece, to the operator alone', async () => {
  assert.deepEqual((await give('ListReports', {}))['Days'], [])
  const { status, errors, output } = await runHoldfast(server.data, 'report', '--json')
  assert.equal(status, 0, errors)
  const { files, verifierKey } = JSON.parse(output) as { files: readonly string[]; verifierKey: string }
  const listed = await give('ListReports', {})
  const [Day = ''] = listed['Days'] as readonly string[]
  assert.match(Day, /^\d{4}-\d\d-\d\d$/)
  assert.equal(listed['VerifierKey'], verifierKey)
  for (const [FileType, suffix] of [
    ['JSON', '.json'],
    ['HTML', '.html'],
  ] as const) {
    const whole = await readFile(files.find((name) => name.endsWith(suffix)) ?? '')
    const pieces: Buffer[] = []
    let NextToken: unknown
    do {
      const page = await give('GetReport', { Day, FileType, NextToken: NextToken as string })
      pieces.push(Buffer.from(String(page['Content']), 'base64'))
      assert.equal(page['SizeBytes'], whole.length)
      assert.match(String(page['Note']), /holdfast\/report-files@v1/)
      NextToken = page['NextToken']
    } while (NextToken !== undefined)
    assert.ok(Buffer.concat(pieces).equals(whole))
  }
  assertError(await ask('GetReport', { Day: '2020-01-01' }), 'NotFoundException', /no report of 2020-01-01/)
  assertError(await ask('GetReport', { Day: '../../x' }), 'ValidationException', /./)
  assertError(
    await ask('GetReport', { Day, NextToken: '999999999' }),
    'InvalidNextTokenException',
    /not valid/,
  )
  assertError(await ask('GetReport', { Day }, team), 'AccessDeniedException', REFUSED)
  assertError(await ask('ListReports', {}, team), 'AccessDeniedException', REFUSED)
  assertError(await ask('GetReport', { Day }, nobody), 'AccessDeniedException', /GetReport/)
})
