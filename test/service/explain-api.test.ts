/** Why calls are refused, asked by the service's own API: each caller learns what its policies let it. */

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import {
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  GetUserCommand,
} from '@aws-sdk/client-iam'
import type { Output } from '../../src/api/json.ts'
import { eventOf } from '../support/audit.ts'
import { type Answer, assertError, callRaw } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { allow, iamClient, newUser, policyText, type TestCredentials } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { callQuery } from '../support/query.ts'
import { readCredentials, startServer, type TestServer } from '../support/server.ts'
import { newRole, trust } from '../support/sts.ts'
import { until } from '../support/until.ts'

const HOME = '000000000000'
const TEAM = '111122223333'

type Member = {
  readonly root: TestCredentials
  /** May explain every call of the account. */
  readonly auditor: TestCredentials
  /** May explain its own calls, and has no permission on keys. */
  readonly ada: TestCredentials
  readonly keyArn: string
}

let server: TestServer
let home: Member
let team: Member

const OWN_CALLS = {
  ...allow('holdfast:ExplainCall', 'holdfast:ListRefusals'),
  Condition: { StringEquals: { 'holdfast:EventPrincipalArn': `\${aws:PrincipalArn}` } },
}

before(async () => {
  server = await startServer()
  home = await memberOf(server.credentials)
  await operate('account', 'create', `--id=${TEAM}`)
  team = await memberOf(await readCredentials(server.data, TEAM))
})

after(() => server[Symbol.asyncDispose]())

async function memberOf(root: TestCredentials): Promise<Member> {
  const iam = iamClient(server, root)
  const auditor = await newUser(iam, 'auditor', policyText(allow('holdfast:*')))
  const ada = await newUser(iam, 'ada', policyText(OWN_CALLS))
  iam.destroy()
  const keyArn = await newKeyOf(root)
  return { root, auditor, ada, keyArn }
}

async function newKeyOf(credentials: TestCredentials): Promise<string> {
  const answer = await callRaw(server, 'TrentService.CreateKey', '{}', credentials)
  return String((answer.json['KeyMetadata'] as Output)['Arn'])
}

/** The request id of a call that is refused. */
async function refusedCall(credentials: TestCredentials, KeyId: string): Promise<string> {
  const body = JSON.stringify({ KeyId, Plaintext: 'AAAA' })
  const answer = await callRaw(server, 'TrentService.Encrypt', body, credentials)
  assert.equal(answer.code, 'AccessDeniedException')
  await eventOf(server, answer.requestId)
  return answer.requestId
}

/** Asks as often as the rate limit wants it to be tried again. */
async function ask(operation: string, input: Output, credentials: TestCredentials): Promise<Answer> {
  const send = () =>
    callRaw(server, `Holdfast_20261101.${operation}`, JSON.stringify(input), {
      service: 'holdfast',
      ...credentials,
    })
  let answer = await send()
  await until('a call is admitted', async () => {
    if (answer.code === 'ThrottlingException') answer = await send()
    return answer.code !== 'ThrottlingException' || undefined
  })
  return answer
}

async function give<T>(operation: string, input: Output, credentials: TestCredentials): Promise<T> {
  const answer = await ask(operation, input, credentials)
  assert.equal(answer.status, 200, answer.text)
  return answer.json as T
}

type Decision = {
  readonly Action: string
  readonly Allowed: boolean
  readonly Reason: string
  readonly Decision: Output
  readonly Policies: readonly Output[]
  readonly SmallestChange?: readonly Output[]
  readonly Withheld?: boolean
}

type Explained = {
  readonly Calls: readonly {
    readonly EventId: string
    readonly Result: string
    readonly Reason?: string
    readonly Event: string
    readonly Now?: { readonly Allowed: boolean; readonly Permissions: readonly Decision[] }
    readonly NotDecided?: string
  }[]
  readonly Current: boolean
}

function explain(Id: string, credentials: TestCredentials): Promise<Explained> {
  return give('ExplainCall', { Id }, credentials)
}

test('ExplainCall says why a call was refused, and what would allow it', async () => {
  const id = await refusedCall(team.ada, team.keyArn)
  const { Calls, Current } = await explain(id, team.auditor)
  const [call] = Calls
  assert.equal(Calls.length, 1)
  assert.ok(call?.Now)
  assert.deepEqual([call.Result, call.Now.Allowed, Current], ['refused', false, true])
  assert.equal(call.Reason, 'Not allowed by any identity-based policy.')
  assert.equal(JSON.parse(call.Event).requestID, id)
  const [permission] = call.Now.Permissions
  assert.equal(permission?.Action, 'kms:Encrypt')
  const [change] = permission?.SmallestChange ?? []
  assert.deepEqual([change?.['Kind'], change?.['Policy']], ['AddAllow', 'identity'])
  const added = JSON.parse(String(change?.['Add']))
  assert.deepEqual([added.Action, added.Resource], ['kms:Encrypt', team.keyArn])
  const again = await explain(call.EventId, team.auditor)
  assert.equal(again.Calls[0]?.EventId, call.EventId)
})

test('ExplainCall is recorded like every call', async () => {
  const id = await refusedCall(team.ada, team.keyArn)
  const { requestId } = await ask('ExplainCall', { Id: id }, team.auditor)
  const event = await eventOf(server, requestId)
  assert.deepEqual(
    [event['eventSource'], event['eventName'], event['readOnly'], event['requestParameters']],
    ['holdfast', 'ExplainCall', true, { id }],
  )
})

test('a policy can give everybody the explanation of their own calls, and of no others', async () => {
  const own = await refusedCall(team.ada, team.keyArn)
  assert.equal((await explain(own, team.ada)).Calls[0]?.Result, 'refused')
  const { requestId } = await ask('ExplainCall', { Id: own }, team.auditor)
  await eventOf(server, requestId)
  const refused = await ask('ExplainCall', { Id: requestId }, team.ada)
  assertError(refused, 'AccessDeniedException', /holdfast:ExplainCall on resource: arn:aws:holdfast:/)
})

test('an account does not find the calls of another, which are as absent as those that never were', async () => {
  const id = await refusedCall(home.ada, home.keyArn)
  const [there, never] = [id, '00000000-0000-4000-8000-000000000000']
  for (const Id of [there, never]) {
    const answer = await ask('ExplainCall', { Id }, team.auditor)
    assertError(answer, 'NotFoundException', new RegExp(`^No event or request has the ID '${Id}'$`))
  }
})

test('a call on the key of another account is not decided again for the account that made it', async () => {
  for (const key of [home.keyArn, `arn:aws:kms:${REGION}:${HOME}:alias/none`]) {
    const id = await refusedCall(team.root, key)
    const [call] = (await explain(id, team.auditor)).Calls
    assert.equal(call?.Now, undefined)
    assert.match(call?.NotDecided ?? '', /^it concerns another account/)
  }
})

test('without an organization, the root user of the first account explains the calls of all', async () => {
  const id = await refusedCall(team.ada, team.keyArn)
  assert.equal((await explain(id, home.root)).Calls[0]?.Now?.Permissions[0]?.Action, 'kms:Encrypt')
  assertError(await ask('ExplainCall', { Id: id }, home.auditor), 'NotFoundException', /^No event/)
})

test('ExplainCall explains the refusals of its own service too', async () => {
  const id = await refusedCall(team.ada, team.keyArn)
  const { requestId } = await ask('ListRefusals', {}, team.ada)
  const { requestId: second } = await ask('ExplainCall', { Id: id }, home.ada)
  const [listed] = (await explain(requestId, team.auditor)).Calls[0]?.Now?.Permissions ?? []
  assert.deepEqual([listed?.Action, listed?.Allowed], ['holdfast:ListRefusals', false])
  const [explained] = (await explain(second, home.auditor)).Calls[0]?.Now?.Permissions ?? []
  assert.deepEqual([explained?.Action, explained?.Allowed], ['holdfast:ExplainCall', false])
})

const NO_ID = '00000000-0000-4000-8000-000000000000'

test('callers without permission are told nothing of what exists', async () => {
  const id = await refusedCall(team.auditor, team.keyArn)
  const Policy = keyPolicy(TEAM)
  const keyId = team.keyArn.split('/')[1] ?? ''
  const alias = 'alias/of-the-team'
  const named = JSON.stringify({ AliasName: alias, TargetKeyId: keyId })
  assert.equal((await callRaw(server, 'TrentService.CreateAlias', named, team.root)).status, 200)
  const keys = [keyId, NO_ID, alias, 'alias/none', team.keyArn, team.keyArn.replace(keyId, NO_ID)]
  const inputs: readonly (readonly [string, string, Output])[] = [
    ...[id, NO_ID].map((Id) => ['ExplainCall', Id, { Id }] as const),
    ...['GetKeyImpact', 'GetMaterialUsage', 'ListKeyAccess', 'WhatIfPolicy'].flatMap((operation) =>
      [...keys, home.keyArn].map((KeyId) => [operation, KeyId, { KeyId, Policy }] as const),
    ),
  ]
  for (const [operation, name, input] of inputs) {
    const answer = await ask(operation, input, team.ada)
    const asked = name.replace('arn:aws:kms:', 'arn:aws:holdfast:')
    const shown = `${operation} on resource: [^ ]*${asked} because no identity-based policy allows`
    assertError(answer, 'AccessDeniedException', new RegExp(shown))
  }
})

/** More than a principal may make at once, and than an account may. */
const CALLS_AT_ONCE = 40
const RECOVERED_MS = 1500

test('callers without permission do not use up the rate of their account', async () => {
  // The account's rate recovers from the tests before.
  await setTimeout(RECOVERED_MS)
  const body = JSON.stringify({ Id: NO_ID })
  const explain = () =>
    callRaw(server, 'Holdfast_20261101.ExplainCall', body, { service: 'holdfast', ...team.ada })
  const answers = await Promise.all(Array.from({ length: CALLS_AT_ONCE }, explain))
  for (const { code } of answers) assert.match(code ?? '', /^(?:AccessDenied|Throttling)Exception$/)
  const refused = answers.filter(({ code }) => code === 'ThrottlingException').length
  assert.ok(refused > 0, 'the calls of one principal are bounded')
  const listed = await callRaw(server, 'Holdfast_20261101.ListRefusals', '{}', {
    service: 'holdfast',
    ...team.auditor,
  })
  assert.equal(listed.status, 200, listed.text)
  const explained = await ask('ExplainCall', { Id: NO_ID }, team.auditor)
  assertError(explained, 'NotFoundException', /^No event/)
})

type Refusals = {
  readonly Groups: readonly {
    readonly Reason: string
    readonly Principal: string
    readonly EventName: string
    readonly Resources: readonly string[]
    readonly Calls: number
    readonly FirstTime: number
    readonly LastTime: number
    readonly EventIds: readonly string[]
  }[]
  readonly Current: boolean
  readonly NextToken?: string
}

function refusals(input: Output, credentials: TestCredentials): Promise<Refusals> {
  return give('ListRefusals', input, credentials)
}

const userArn = (account: string, name: string): string => `arn:aws:iam::${account}:user/${name}`

test('ListRefusals groups refused calls by reason, principal, operation and resource', async () => {
  const key = await newKeyOf(team.root)
  const since = Date.now() / 1000 - 1
  for (let round = 0; round < 4; round += 1) await refusedCall(team.ada, key)
  const { Groups, Current } = await refusals({ StartTime: since }, team.auditor)
  assert.equal(Current, true)
  const found = Groups.filter(({ Resources }) => Resources[0] === key)
  assert.equal(found.length, 1)
  const [group] = found
  assert.deepEqual(
    [group?.Calls, group?.EventName, group?.Principal, group?.Reason, group?.EventIds.length],
    [4, 'Encrypt', userArn(TEAM, 'ada'), 'Not allowed by any identity-based policy.', 3],
  )
  assert.ok((group?.FirstTime ?? 0) >= Math.floor(since) && (group?.LastTime ?? 0) <= Date.now() / 1000)
  const [explained] = (await explain(group?.EventIds[0] ?? '', team.auditor)).Calls
  assert.equal(explained?.Result, 'refused')
})

test('ListRefusals goes on page by page, with the same parameters only', async () => {
  const key = await newKeyOf(team.root)
  for (let round = 0; round < 3; round += 1) await refusedCall(team.ada, key)
  const input = { MaxResults: 2, PrincipalArn: userArn(TEAM, 'ada') }
  const first = await refusals(input, team.auditor)
  const second = await refusals({ ...input, NextToken: String(first.NextToken) }, team.auditor)
  const calls = [...first.Groups, ...second.Groups].filter(({ Resources }) => Resources[0] === key)
  assert.equal(
    calls.reduce((sum, { Calls }) => sum + Calls, 0),
    3,
  )
  const other = { MaxResults: 2, NextToken: String(first.NextToken) }
  assertError(await ask('ListRefusals', other, team.auditor), 'InvalidNextTokenException', /other parameters/)
})

test('ListRefusals refuses a range that it does not look through', async () => {
  for (const range of [
    { StartTime: 2, EndTime: 1 },
    { StartTime: 0, EndTime: 90 * 86_400 + 1 },
    { StartTime: -1, EndTime: 1 },
  ])
    assertError(await ask('ListRefusals', range, team.auditor), 'InvalidTimeRangeException', /./)
  assert.deepEqual((await refusals({ StartTime: 0, EndTime: 90 * 86_400 }, team.auditor)).Groups, [])
})

test('refusals are those of the account, or of the caller alone where its policy says so', async () => {
  await refusedCall(home.ada, home.keyArn)
  await refusedCall(team.ada, team.keyArn)
  const all = await refusals({}, team.auditor)
  assert.deepEqual(
    all.Groups.filter(({ Principal }) => Principal.includes(HOME)),
    [],
  )
  const own = userArn(TEAM, 'ada')
  const { Groups } = await refusals({ PrincipalArn: own }, team.ada)
  assert.ok(Groups.length > 0)
  for (const { Principal } of Groups) assert.equal(Principal, own)
  for (const input of [{}, { PrincipalArn: userArn(TEAM, 'auditor') }])
    assertError(await ask('ListRefusals', input, team.ada), 'AccessDeniedException', /ListRefusals/)
  for (const operation of ['ListRefusals', 'ListInsights'])
    assertError(await ask(operation, { AccountId: HOME }, team.root), 'NotFoundException', /^Account/)
  assert.equal((await ask('ListInsights', { AccountId: TEAM }, home.root)).status, 200)
  assertError(await ask('ListInsights', {}, team.ada), 'AccessDeniedException', /:insight\/\*/)
  const others = await refusals({ AccountId: TEAM }, home.root)
  assert.ok(others.Groups.some(({ Principal }) => Principal === own))
})

function simulate(input: Output, credentials: TestCredentials): Promise<{ readonly Permission: Decision }> {
  return give('SimulateCall', input, credentials)
}

test('SimulateCall says whether a principal of the account may do something, and why', async () => {
  const ada = userArn(TEAM, 'ada')
  const asked = { PrincipalArn: ada, Action: 'kms:Encrypt', Resource: team.keyArn }
  const { Permission: refused } = await simulate(asked, team.auditor)
  assert.deepEqual(
    [refused.Allowed, refused.Reason, refused.SmallestChange?.[0]?.['Policy']],
    [false, 'Not allowed by any identity-based policy.', 'identity'],
  )
  const own = { PrincipalArn: ada, Action: 'holdfast:ExplainCall' }
  assert.equal((await simulate(own, team.auditor)).Permission.Allowed, false)
  const Context = [{ Key: 'holdfast:EventPrincipalArn', Values: [ada] }]
  assert.equal((await simulate({ ...own, Context }, team.auditor)).Permission.Allowed, true)
  const { requestId } = await ask('SimulateCall', asked, team.auditor)
  assert.equal((await eventOf(server, requestId))['eventName'], 'SimulateCall')
})

test('SimulateCall needs permission on the principal, and finds nothing of other accounts', async () => {
  const asked = { PrincipalArn: userArn(TEAM, 'ada'), Action: 'kms:Encrypt', Resource: team.keyArn }
  assertError(
    await ask('SimulateCall', asked, team.ada),
    'AccessDeniedException',
    /holdfast:SimulateCall on resource: arn:aws:iam::111122223333:user\/ada/,
  )
  for (const [input, name] of [
    [{ ...asked, Resource: home.keyArn }, home.keyArn],
    [{ ...asked, PrincipalArn: userArn(HOME, 'ada') }, userArn(HOME, 'ada')],
    [{ ...asked, PrincipalArn: userArn(HOME, 'none') }, userArn(HOME, 'none')],
  ] as const)
    assertError(
      await ask('SimulateCall', input, team.root),
      'NotFoundException',
      new RegExp(`^'${name}' does`),
    )
  assert.equal((await simulate(asked, home.root)).Permission.Allowed, false)
  const none = await ask('SimulateCall', { ...asked, PrincipalArn: userArn(TEAM, 'none') }, team.auditor)
  assertError(none, 'ValidationException', /^there is no user/)
  const nobody = await ask('SimulateCall', { ...asked, PrincipalArn: 'ada' }, team.auditor)
  assertError(nobody, 'ValidationException', /^PrincipalArn: expected the ARN of a user/)
})

type Tried = {
  readonly KeyArn: string
  readonly LocksOut: boolean
  readonly Calls: number
  readonly Changes: readonly {
    readonly Becomes: string
    readonly Principal: string
    readonly Action: string
    readonly Calls: number
  }[]
  readonly NotDecided: readonly { readonly What: string; readonly Calls: number }[]
  readonly NextToken?: string
}

/** A key policy that gives everything to an account, and Encrypt to others. */
function keyPolicy(account: string, ...others: readonly string[]): string {
  const arnOf = (one: string): string => `arn:aws:iam::${one}:root`
  return policyText(
    { ...allow('kms:*'), Principal: { AWS: arnOf(account) } },
    ...others.map((other) => ({ ...allow('kms:Encrypt'), Principal: { AWS: arnOf(other) } })),
  )
}

async function encryptAs(credentials: TestCredentials, KeyId: string): Promise<void> {
  const body = JSON.stringify({ KeyId, Plaintext: 'AAAA' })
  const { status, text } = await callRaw(server, 'TrentService.Encrypt', body, credentials)
  assert.equal(status, 200, text)
}

test('WhatIfPolicy decides the recorded calls on a key by another policy, page by page', async () => {
  const key = await newKeyOf(team.root)
  for (let round = 0; round < 3; round += 1) await encryptAs(team.root, key)
  const deny = { ...allow('kms:Encrypt'), Effect: 'Deny', Principal: '*' }
  const Policy = policyText({ ...allow('kms:*'), Principal: { AWS: `arn:aws:iam::${TEAM}:root` } }, deny)
  const tried = await give<Tried>('WhatIfPolicy', { KeyId: key, Policy }, team.auditor)
  assert.deepEqual([tried.KeyArn, tried.LocksOut, tried.NextToken], [key, false, undefined])
  assert.deepEqual(
    tried.Changes.map(({ Becomes, Action, Calls }) => [Becomes, Action, Calls]),
    [['refused', 'kms:Encrypt', 3]],
  )
  let [calls, pages] = [0, 0]
  let NextToken: string | undefined
  do {
    const page: Tried = await give(
      'WhatIfPolicy',
      { KeyId: key, Policy, MaxResults: 2, NextToken },
      team.auditor,
    )
    calls += page.Calls
    pages += 1
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  assert.deepEqual([calls, pages > 1], [tried.Calls, true])
  const wrong = await ask('WhatIfPolicy', { KeyId: key, Policy: '{}' }, team.auditor)
  assertError(wrong, 'MalformedPolicyDocumentException', /Statement required/)
  assertError(
    await ask('WhatIfPolicy', { KeyId: key, Policy }, team.ada),
    'AccessDeniedException',
    /WhatIfPolicy/,
  )
})

test('WhatIfIdentityPolicy decides the recorded calls of those who have a policy by another text of it', async () => {
  const iam = iamClient(server, team.root)
  const key = await newKeyOf(team.root)
  const encrypts = policyText(allow('kms:Encrypt'))
  const grace = await newUser(iam, 'grace', encrypts)
  const linus = await newUser(iam, 'linus', policyText(allow('kms:ListKeys')))
  const created = await iam.send(new CreatePolicyCommand({ PolicyName: 'enc', PolicyDocument: encrypts }))
  const PolicyArn = created.Policy?.Arn ?? ''
  await iam.send(new CreateGroupCommand({ GroupName: 'crew' }))
  await iam.send(new AddUserToGroupCommand({ GroupName: 'crew', UserName: 'linus' }))
  await iam.send(new AttachGroupPolicyCommand({ GroupName: 'crew', PolicyArn }))
  iam.destroy()
  await encryptAs(grace, key)
  await encryptAs(grace, key)
  await encryptAs(linus, key)
  const PolicyDocument = policyText(allow('kms:Decrypt'))
  const changesOf = async (which: Output): Promise<readonly unknown[]> => {
    const tried = await give<Tried>('WhatIfIdentityPolicy', { PolicyDocument, ...which }, team.auditor)
    return tried.Changes.map(({ Becomes, Principal, Calls }) => [Becomes, Principal.split('/')[1], Calls])
  }
  assert.deepEqual(await changesOf({ UserName: 'grace', PolicyName: 'own' }), [['refused', 'grace', 2]])
  assert.deepEqual(await changesOf({ UserName: 'grace', PolicyName: 'one-more' }), [])
  assert.deepEqual(await changesOf({ PolicyArn }), [['refused', 'linus', 1]])
  assert.deepEqual(await changesOf({ GroupName: 'crew', PolicyName: 'new' }), [])
  const deny = policyText({ ...allow('kms:Encrypt'), Effect: 'Deny' })
  const denied = await changesOf({ GroupName: 'crew', PolicyName: 'new', PolicyDocument: deny })
  assert.deepEqual(denied, [['refused', 'linus', 1]])
})

test('WhatIfIdentityPolicy pages, and refuses what names no policy of the account', async () => {
  const PolicyDocument = policyText(allow('kms:Decrypt'))
  const input = { PolicyDocument, UserName: 'ada', PolicyName: 'own' }
  const whole = await give<Tried>('WhatIfIdentityPolicy', input, team.auditor)
  let [calls, pages] = [0, 0]
  let NextToken: string | undefined
  do {
    const asked = { ...input, MaxResults: 10, NextToken }
    const page: Tried = await give('WhatIfIdentityPolicy', asked, team.auditor)
    calls += page.Calls
    pages += 1
    NextToken = page.NextToken
  } while (NextToken !== undefined && pages < 20)
  assert.deepEqual([calls, NextToken], [whole.Calls, undefined])
  const fails = async (change: Output, code: string, who = team.auditor): Promise<void> =>
    assertError(await ask('WhatIfIdentityPolicy', { ...input, ...change }, who), code, /./)
  await fails({ PolicyDocument: '{}' }, 'MalformedPolicyDocumentException')
  await fails({ UserName: 'nobody' }, 'NotFoundException')
  await fails({ RoleName: 'ada' }, 'ValidationException')
  await fails({ UserName: undefined }, 'ValidationException')
  const ofOthers = {
    UserName: undefined,
    PolicyName: undefined,
    PolicyArn: `arn:aws:iam::${HOME}:policy/enc`,
  }
  await fails(ofOthers, 'ValidationException')
  await fails({}, 'AccessDeniedException', team.ada)
})

test('WhatIfPolicy shows the owner of a key no decisions about the callers of other accounts', async () => {
  const key = await newKeyOf(team.root)
  const put = JSON.stringify({ KeyId: key, Policy: keyPolicy(TEAM, HOME) })
  assert.equal((await callRaw(server, 'TrentService.PutKeyPolicy', put, team.root)).status, 200)
  await encryptAs(home.root, key)
  const input = { KeyId: key, Policy: keyPolicy(TEAM) }
  const own = await give<Tried>('WhatIfPolicy', input, team.auditor)
  assert.deepEqual(own.Changes, [])
  assert.ok(own.NotDecided.some(({ What, Calls }) => What.startsWith('it concerns another') && Calls === 1))
  const whole = await give<Tried>('WhatIfPolicy', input, home.root)
  assert.deepEqual(
    whole.Changes.map(({ Becomes, Principal }) => [Becomes, Principal]),
    [['refused', `arn:aws:iam::${HOME}:root`]],
  )
  const foreign = await ask('WhatIfPolicy', { ...input, KeyId: home.keyArn }, team.root)
  assertError(foreign, 'NotFoundException', /^There is no key/)
})

const OUTCOME = 'Denied by a service control policy of the organization.'

test('WhatIfPolicy does not tell an account which principals exist in others', async () => {
  const policyFor = (principal: string): string =>
    policyText(
      { ...allow('kms:*'), Principal: { AWS: userArn(TEAM, 'auditor') } },
      { ...allow('kms:Encrypt'), Principal: { AWS: principal } },
    )
  const iam = iamClient(server)
  const { User } = await iam.send(new GetUserCommand({ UserName: 'ada' }))
  iam.destroy()
  const KeyId = await newKeyOf(team.root)
  const input = { KeyId, PrincipalArn: userArn(TEAM, 'auditor') }
  const others = [
    userArn(HOME, 'ada'),
    userArn(HOME, 'ghost'),
    userArn('999999999999', 'ghost'),
    '999999999999',
  ]
  const answers: unknown[] = []
  for (const other of others)
    answers.push(await give('WhatIfPolicy', { ...input, Policy: policyFor(other) }, team.auditor))
  for (const answer of answers) assert.deepEqual(answer, answers[0])
  const invalid = [userArn(TEAM, 'ghost'), User?.UserId ?? '', 'AIDAAAAAAAAAAAAAAAAA']
  for (const other of invalid) {
    const answer = await ask('WhatIfPolicy', { ...input, Policy: policyFor(other) }, team.auditor)
    assertError(answer, 'MalformedPolicyDocumentException', /invalid principals/)
  }
  const whole = { KeyId: team.keyArn, Policy: policyFor(userArn(HOME, 'ghost')) }
  assertError(await ask('WhatIfPolicy', whole, home.root), 'MalformedPolicyDocumentException', /principals/)
})

test('of control policies an account sees the outcome, and nothing that shows what they say', async () => {
  const file = join(server.data, 'no-encrypt.json')
  const names = { Sid: 'SecretSid' }
  await writeFile(file, policyText({ ...allow('kms:Encrypt'), Effect: 'Deny', ...names }))
  await operate('scp', 'put', '--name=SecretScpName', `--file=${file}`)
  await operate('scp', 'attach', '--name=SecretScpName', `--id=${TEAM}`)
  const key = await newKeyOf(team.root)
  const id = await refusedCall(team.root, key)
  const explained = await explain(id, team.auditor)
  const [own] = explained.Calls[0]?.Now?.Permissions ?? []
  assert.deepEqual([own?.Allowed, own?.Withheld, own?.SmallestChange], [false, true, undefined])
  assert.deepEqual([own?.Reason, own?.Decision], [OUTCOME, { Kind: 'ExplicitDeny', Policy: 'scp' }])
  const shown = own?.Policies.filter(({ Kind }) => Kind === 'scp') ?? []
  assert.ok(shown.length > 0)
  for (const policy of shown) assert.deepEqual(Object.keys(policy), ['Kind', 'Level', 'Outcome'])
  const listed = await refusals({}, team.auditor)
  assert.ok(listed.Groups.some(({ Resources, Reason }) => Resources[0] === key && Reason === OUTCOME))
  const call = { PrincipalArn: userArn(TEAM, 'auditor'), Action: 'kms:Encrypt', Resource: key }
  const simulated = await simulate(call, team.auditor)
  const tried = await give('WhatIfPolicy', { KeyId: key, Policy: keyPolicy(TEAM) }, team.auditor)
  const event = await eventOf(server, id)
  assert.deepEqual(event['additionalEventData'], { reason: OUTCOME })
  for (const answer of [explained, listed, simulated, tried, event])
    assert.doesNotMatch(JSON.stringify(answer), /Secret(?:ScpName|Sid)|level \d/)
  assert.equal(simulated.Permission.Reason, OUTCOME)
  const [whole] = (await explain(id, home.root)).Calls[0]?.Now?.Permissions ?? []
  assert.equal(whole?.SmallestChange?.[0]?.['Kind'], 'LiftDeny')
  assert.match(whole?.Reason ?? '', /^Denied by statement 1 \("SecretSid"\) .* "SecretScpName" at level 1/)
  const { output } = await runHoldfast(server.data, 'explain', id)
  assert.match(output, /^reason +Denied by a service control policy of the organization\. \(as recorded\)$/m)
  assert.match(output, /REFUSED {2}Denied by statement 1 \("SecretSid"\) .*"SecretScpName"/)
  await operate('scp', 'detach', '--name=SecretScpName', `--id=${TEAM}`)
})

test('with an organization, the management account sees all accounts where its policies say so', async () => {
  const id = await refusedCall(team.ada, team.keyArn)
  await operate('organization', 'create')
  assert.equal((await explain(id, home.auditor)).Calls[0]?.Result, 'refused')
  assertError(await ask('ExplainCall', { Id: id }, home.ada), 'AccessDeniedException', /ExplainCall/)
  const own = await refusedCall(home.ada, home.keyArn)
  assertError(await ask('ExplainCall', { Id: own }, team.root), 'NotFoundException', /^No event/)
  await operate('organization', 'delete')
  assertError(await ask('ExplainCall', { Id: id }, home.auditor), 'NotFoundException', /^No event/)
})

async function operate(...args: readonly string[]): Promise<void> {
  const { status, errors } = await runHoldfast(server.data, ...args)
  assert.equal(status, 0, errors)
}

test('WhatIfTrustPolicy decides the recorded calls that assume a role by another trust policy', async () => {
  const iam = iamClient(server, team.root)
  const account = { AWS: `arn:aws:iam::${TEAM}:root` }
  const arn = await newRole(iam, 'deploy', trust(account))
  const [yes, no] = [
    await newUser(iam, 'assumes', policyText(allow('sts:AssumeRole'))),
    await newUser(iam, 'refused', policyText(allow('kms:ListKeys'))),
  ]
  const { Arn } = (await iam.send(new GetUserCommand({ UserName: 'refused' }))).User ?? {}
  iam.destroy()
  for (const [who, status] of [
    [yes, 200],
    [no, 403],
  ] as const) {
    const input = { RoleArn: arn, RoleSessionName: 'session' }
    const answer = await callQuery(server, { service: 'sts', action: 'AssumeRole' }, input, {
      credentials: who,
    })
    assert.equal(answer.status, status, answer.text)
    await eventOf(server, answer.requestId)
  }
  const RoleName = 'deploy'
  const PolicyDocument = trust({ AWS: Arn ?? '' })
  const tried = await give<Tried>('WhatIfTrustPolicy', { RoleName, PolicyDocument }, team.auditor)
  assert.deepEqual(
    tried.Changes.map(({ Becomes, Principal, Calls }) => [Becomes, Principal.split('/')[1], Calls]).sort(),
    [
      ['allowed', 'refused', 1],
      ['refused', 'assumes', 1],
    ],
  )
  const fails = async (change: Output, code: string, who = team.auditor): Promise<void> =>
    assertError(await ask('WhatIfTrustPolicy', { RoleName, PolicyDocument, ...change }, who), code, /./)
  await fails({ RoleName: 'none' }, 'NotFoundException')
  await fails({ PolicyDocument: policyText(allow('*')) }, 'MalformedPolicyDocumentException')
  const gone = trust({ AWS: `arn:aws:iam::${TEAM}:user/none` })
  await fails({ PolicyDocument: gone }, 'MalformedPolicyDocumentException')
  await fails({}, 'AccessDeniedException', team.ada)
  // Nobody learns who exists in another account.
  for (const name of ['auditor', 'none']) {
    const others = trust({ AWS: `arn:aws:iam::${HOME}:user/${name}` })
    const { Changes } = await give<Tried>(
      'WhatIfTrustPolicy',
      { RoleName, PolicyDocument: others },
      team.auditor,
    )
    assert.deepEqual(
      Changes.map(({ Becomes }) => Becomes),
      ['refused'],
    )
  }
})
