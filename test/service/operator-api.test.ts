/** Accounts, quotas and control policies by the service's own API: who looks after the deployment changes them. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Output } from '../../src/api/json.ts'
import { eventOf } from '../support/audit.ts'
import { type Answer, assertError, callRaw } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { allow, iamClient, newUser, policyText, type TestCredentials } from '../support/iam.ts'
import { readCredentials, startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const HOME = '000000000000'
const TEAM = '111122223333'
const DENIED = /^You don't have permissions to access this resource\.$/

let server: TestServer
let home: TestCredentials
let admin: TestCredentials
let limited: TestCredentials
let team: TestCredentials

before(async () => {
  server = await startServer()
  home = server.credentials
  await operate('account', 'create', `--id=${TEAM}`)
  team = await readCredentials(server.data, TEAM)
  const iam = iamClient(server)
  admin = await newUser(iam, 'admin', policyText(allow('*')))
  const own = { ...allow('holdfast:ListQuotas'), Resource: `arn:aws:holdfast::${HOME}:quota/*` }
  limited = await newUser(iam, 'limited', policyText(own))
  iam.destroy()
})

after(() => server[Symbol.asyncDispose]())

async function operate(...args: readonly string[]): Promise<string> {
  const { status, output, errors } = await runHoldfast(server.data, ...args)
  assert.equal(status, 0, errors)
  return output
}

/** Calls are limited to a rate. */
function ask(operation: string, input: Output, credentials: TestCredentials): Promise<Answer> {
  const target = `Holdfast_20261101.${operation}`
  return until('the call is not throttled', async () => {
    const options = { service: 'holdfast', ...credentials } as const
    const answer = await callRaw(server, target, JSON.stringify(input), options)
    return answer.code === 'ThrottlingException' ? undefined : answer
  })
}

async function give(operation: string, input: Output, credentials: TestCredentials): Promise<Output> {
  const answer = await ask(operation, input, credentials)
  assert.equal(answer.status, 200, answer.text)
  return answer.json as Output
}

function listOf(answer: Output, member: string): readonly Output[] {
  return answer[member] as readonly Output[]
}

test('ListAccounts shows an account itself, and the operator all, page by page', async () => {
  const own = listOf(await give('ListAccounts', {}, team), 'Accounts')
  assert.deepEqual(
    own.map((one) => Object.keys(one)),
    [['AccountId', 'CreatedTime']],
  )
  assert.equal(own[0]?.['AccountId'], TEAM)
  const ids: unknown[] = []
  let NextToken: unknown
  do {
    const page = await give('ListAccounts', { MaxResults: 1, NextToken: NextToken as string }, home)
    for (const one of listOf(page, 'Accounts')) ids.push(one['AccountId'])
    NextToken = page['NextToken']
  } while (NextToken !== undefined)
  assert.deepEqual(ids.sort(), [HOME, TEAM])
  assert.deepEqual(
    listOf(await give('ListAccounts', {}, admin), 'Accounts').map(({ AccountId }) => AccountId),
    [HOME],
  )
})

async function quotaOf(name: string, AccountId: string, credentials: TestCredentials): Promise<Output> {
  const quotas = listOf(await give('ListQuotas', { AccountId }, credentials), 'Quotas')
  return quotas.find(({ Name }) => Name === name) ?? assert.fail(`no ${name}`)
}

test('SetQuota is for the operator, is recorded, and is in force for commands and calls', async () => {
  const input = { AccountId: TEAM, Name: 'kms.keys', Value: '1' }
  const answer = await ask('SetQuota', input, home)
  assert.equal(answer.status, 200, answer.text)
  const event = await eventOf(server, answer.requestId)
  assert.deepEqual(
    [event['eventName'], event['readOnly'], event['requestParameters']],
    ['SetQuota', false, { accountId: TEAM, name: 'kms.keys', value: '1' }],
  )
  const { Value, IsSet, Default } = await quotaOf('kms.keys', TEAM, team)
  assert.deepEqual([Value, IsSet, Default], [1, true, 100_000])
  assert.match(await operate('quota', 'list', `--account=${TEAM}`), /kms\.keys +1 in total +set/)
  assert.equal((await callRaw(server, 'TrentService.CreateKey', '{}', team)).status, 200)
  assert.equal((await callRaw(server, 'TrentService.CreateKey', '{}', team)).code, 'LimitExceededException')
  await give('SetQuota', { ...input, Value: 'default' }, home)
  assert.equal((await quotaOf('kms.keys', TEAM, home))['IsSet'], false)
  for (const [wrong, says] of [
    [{ ...input, Value: 'many' }, /^Value: expected a whole number/],
    [{ ...input, Name: 'kms.colour' }, /^Name: expected a quota/],
  ] as const)
    assertError(await ask('SetQuota', wrong, home), 'ValidationException', says)
})

test('an account sees its own quotas where its policies say so, and changes none', async () => {
  assert.equal((await ask('ListQuotas', {}, limited)).status, 200)
  assertError(await ask('ListQuotas', { AccountId: HOME }, team), 'NotFoundException', /does not exist$/)
  assertError(await ask('ListQuotas', { AccountId: TEAM }, limited), 'NotFoundException', /does not exist$/)
  const input = { Name: 'kms.keys', Value: '5' }
  for (const caller of [team, admin])
    assertError(await ask('SetQuota', input, caller), 'AccessDeniedException', DENIED)
  assertError(
    await ask('SetQuota', { ...input, AccountId: HOME }, team),
    'NotFoundException',
    /does not exist$/,
  )
})

const SCP = { PolicyType: 'SERVICE_CONTROL_POLICY', Name: 'no-keys' }

test('control policies are put, attached and read by the operator, and bind at once', async () => {
  const Content = policyText({ ...allow('kms:CreateKey'), Effect: 'Deny' })
  await give('PutControlPolicy', { ...SCP, Content }, home)
  assert.equal((await give('GetControlPolicy', SCP, home))['Content'], Content)
  await give('AttachControlPolicy', { ...SCP, TargetId: TEAM }, home)
  const denied = await callRaw(server, 'TrentService.CreateKey', '{}', team)
  assert.match(denied.message ?? '', /explicit deny in a service control policy$/)
  assert.match(await operate('scp', 'list'), new RegExp(`no-keys {2}${TEAM}`))
  const listed = listOf(await give('ListControlPolicies', { PolicyType: SCP.PolicyType }, home), 'Policies')
  assert.deepEqual(listed.find(({ Name }) => Name === 'no-keys')?.['TargetIds'], [TEAM])
  assertError(await ask('DeleteControlPolicy', SCP, home), 'ValidationException', /^no-keys is attached to/)
  await give('DetachControlPolicy', { ...SCP, TargetId: TEAM }, home)
  await give('DeleteControlPolicy', SCP, home)
  assertError(await ask('GetControlPolicy', SCP, home), 'NotFoundException', /^Policy no-keys/)
  const wrong = await ask('PutControlPolicy', { ...SCP, Content: '{"Version":"2012-10-17"}' }, home)
  assertError(wrong, 'MalformedPolicyDocumentException', /Statement required/)
})

test('PutControlPolicy with ExpectedContent puts nothing over another policy than that', async () => {
  const named = { ...SCP, Name: 'expected' }
  const [mine, theirs] = ['Mine', 'Theirs'].map((Sid) => policyText({ ...allow('*'), Sid }))
  const put = (Content = '', ExpectedContent = '') =>
    ask('PutControlPolicy', { ...named, Content, ExpectedContent }, home)
  assertError(await put(mine, theirs), 'ConflictException', /not the expected one/)
  assert.equal((await put(theirs, '')).status, 200)
  const late = await put(mine, '')
  assertError(late, 'ConflictException', /not the expected one/)
  assert.equal((await give('GetControlPolicy', named, home))['Content'], theirs)
  const { requestParameters } = await eventOf(server, late.requestId)
  assert.ok(!Object.hasOwn(requestParameters as object, 'expectedContent'))
  assert.equal((await put(mine, theirs)).status, 200)
  await give('DeleteControlPolicy', named, home)
})

type Tried = {
  readonly Calls: number
  readonly Changes: readonly { readonly Becomes: string; readonly Action: string; readonly Calls: number }[]
}

test('WhatIfControlPolicy decides the recorded calls of the accounts that a policy binds', async () => {
  const named = { ...SCP, Name: 'tried' }
  const made = await callRaw(server, 'TrentService.CreateKey', '{}', team)
  await eventOf(server, made.requestId)
  const Content = policyText({ ...allow('kms:CreateKey'), Effect: 'Deny' })
  const changesOf = async (): Promise<readonly unknown[]> => {
    const tried = (await give('WhatIfControlPolicy', { ...named, Content }, home)) as unknown as Tried
    return tried.Changes.map(({ Becomes, Action }) => [Becomes, Action])
  }
  await give('PutControlPolicy', { ...named, Content: policyText(allow('*')) }, home)
  assert.deepEqual(await changesOf(), [], 'it is attached to nothing')
  await give('AttachControlPolicy', { ...named, TargetId: TEAM }, home)
  assert.deepEqual(await changesOf(), [['refused', 'kms:CreateKey']])
  const wrong = await ask('WhatIfControlPolicy', { ...named, Content: '{}' }, home)
  assertError(wrong, 'MalformedPolicyDocumentException', /./)
  assertError(await ask('WhatIfControlPolicy', { ...named, Content }, team), 'AccessDeniedException', DENIED)
  await give('DetachControlPolicy', { ...named, TargetId: TEAM }, home)
  await give('DeleteControlPolicy', named, home)
})

test('GetServerStatus says to operators what holdfast status warns of', async () => {
  const status = await give('GetServerStatus', {}, home)
  const told = JSON.parse(await operate('status', '--json')) as { unlockPaths: Output[]; warnings: string[] }
  const names = listOf(status, 'UnlockPaths').map(({ Name }) => Name)
  assert.deepEqual(
    names,
    told.unlockPaths.map(({ name }) => name),
  )
  assert.deepEqual(
    listOf(status, 'Risks').map(({ Message }) => Message),
    told.warnings,
  )
  assert.ok(told.warnings.some((text) => text.includes('backup')))
  assert.equal(status['LastBackup'], undefined)
  for (const who of [admin, team]) assert.deepEqual(await give('GetServerStatus', {}, who), {})
  assertError(await ask('GetServerStatus', {}, limited), 'AccessDeniedException', /GetServerStatus/)
})

test('an account that does not look after the others has no access to control policies', async () => {
  const input = { ...SCP, Content: policyText(allow('*')), TargetId: TEAM }
  for (const operation of ['List', 'Get', 'Put', 'Delete', 'Attach', 'Detach'].map((verb) =>
    verb === 'List' ? 'ListControlPolicies' : `${verb}ControlPolicy`,
  ))
    for (const caller of [team, admin])
      assertError(await ask(operation, input, caller), 'AccessDeniedException', DENIED)
})

test('DescribeOrganization shows a member what it is in, and the management account the tree', async () => {
  for (const caller of [team, home]) assert.deepEqual(await give('DescribeOrganization', {}, caller), {})
  await operate('organization', 'create')
  const unit = (await operate('organization', 'unit', 'create', '--name=Products')).trim()
  const own = await give('DescribeOrganization', {}, team)
  assert.deepEqual(Object.keys(own).sort(), ['ManagementAccountId', 'OrganizationId'])
  assert.equal(own['ManagementAccountId'], HOME)
  const nodes = listOf(await give('DescribeOrganization', {}, admin), 'Nodes')
  assert.equal(nodes.find(({ Id }) => Id === unit)?.['Name'], 'Products')
  assert.equal((await ask('ListQuotas', { AccountId: TEAM }, admin)).status, 200)
  assertError(await ask('ListQuotas', { AccountId: TEAM }, limited), 'AccessDeniedException', /quota\/\*/)
})

test('units are created, renamed and deleted, and accounts moved, by those who see every account', async () => {
  const made = await give('CreateOrganization', {}, admin)
  const { RootId } = await give('DescribeOrganization', {}, admin)
  assert.equal(made['RootId'], RootId, 'the one that is there is answered')
  const { Id: unit } = await give('CreateOrganizationalUnit', { Name: 'Finance' }, admin)
  const { Id: inner } = await give('CreateOrganizationalUnit', { Name: 'Payments', ParentId: unit }, admin)
  await give('UpdateOrganizationalUnit', { OrganizationalUnitId: inner, Name: 'Pay' }, admin)
  const event = await give('MoveAccount', { AccountId: TEAM, DestinationParentId: inner }, admin)
  assert.deepEqual(event, {})
  const accounts = listOf(await give('ListAccounts', {}, admin), 'Accounts')
  assert.equal(accounts.find(({ AccountId }) => AccountId === TEAM)?.['ParentId'], inner)
  const fails = async (operation: string, input: Output, code: string, who = admin): Promise<void> =>
    assertError(await ask(operation, input, who), code, /./)
  await fails('DeleteOrganizationalUnit', { OrganizationalUnitId: inner }, 'ValidationException')
  await fails('MoveAccount', { AccountId: TEAM, DestinationParentId: 'r-0000' }, 'ValidationException')
  await fails('CreateOrganizationalUnit', { Name: 'a/b' }, 'ValidationException')
  for (const who of [team, limited]) {
    await fails('MoveAccount', { AccountId: TEAM, DestinationParentId: RootId }, 'AccessDeniedException', who)
    await fails('DeleteOrganizationalUnit', { OrganizationalUnitId: unit }, 'AccessDeniedException', who)
  }
  await give('MoveAccount', { AccountId: TEAM, DestinationParentId: RootId }, admin)
  for (const OrganizationalUnitId of [inner, unit])
    await give('DeleteOrganizationalUnit', { OrganizationalUnitId }, admin)
})

test('DescribeOrganization and ListQuotas answer page by page', async () => {
  for (const Name of ['A', 'B', 'C']) await give('CreateOrganizationalUnit', { Name }, admin)
  for (const [operation, member, name] of [
    ['DescribeOrganization', 'Nodes', 'Id'],
    ['ListQuotas', 'Quotas', 'Name'],
  ] as const) {
    const whole = listOf(await give(operation, {}, admin), member).map((one) => one[name])
    const found: unknown[] = []
    let NextToken: string | undefined
    do {
      const page = await give(operation, { MaxResults: whole.length - 1, NextToken }, admin)
      found.push(...listOf(page, member).map((one) => one[name]))
      NextToken = page['NextToken'] as string | undefined
    } while (NextToken !== undefined)
    assert.deepEqual(found, whole)
    const wrong = await ask(operation, { NextToken: 'nothing' }, admin)
    assertError(wrong, 'InvalidNextTokenException', /./)
  }
})
