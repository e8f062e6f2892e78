/** Every operation's calls can be decided again from their events, with the outcome and the reason that are recorded. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CreateUserCommand, type IAMClient, ListUsersCommand } from '@aws-sdk/client-iam'
import { ListKeysCommand } from '@aws-sdk/client-kms'
import { AssumeRoleCommand, GetFederationTokenCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { asExplainer, type Explainer } from '../../src/app/explain.ts'
import { openLog } from '../../src/cli/log.ts'
import { parseConfig } from '../../src/config/settings.ts'
import { type ExplainedCall, explainCall } from '../../src/explain/explain-call.ts'
import { parseRecordedEvent } from '../../src/explain/recorded-event.ts'
import { call, callRaw, newKey, succeed } from '../support/calls.ts'
import { allow, iamClient, kmsAs, newUser, policyText } from '../support/iam.ts'
import { SAMPLES } from '../support/samples.ts'
import { type Credentials, startServer, type TestServer } from '../support/server.ts'
import { assume, given, newRole, stsClient, trust } from '../support/sts.ts'

/** What these name is gone once they have succeeded. */
const GONE_AFTERWARDS = new Set(['DeleteAlias', 'RetireGrant', 'RevokeGrant'])
/** Its credentials are checked first, and events do not show them. */
const CHECKED_FIRST = 'CreateCustomKeyStore'

let server: TestServer
let iam: IAMClient
let stranger: Credentials

before(async () => {
  server = await startServer()
  iam = iamClient(server)
  stranger = await newUser(iam, 'stranger')
})

after(async () => {
  iam.destroy()
  await server[Symbol.asyncDispose]()
})

/** The explanation of the call with a request id. */
async function explainedBy(explainer: Explainer, requestId: string): Promise<ExplainedCall> {
  const [line, ...more] = await explainer.events.find(requestId)
  assert.ok(line !== undefined && more.length === 0, requestId)
  return explainCall(explainer, parseRecordedEvent(line))
}

function withExplainer(use: (explainer: Explainer) => Promise<void>): Promise<void> {
  return asExplainer(parseConfig({ flags: { data: server.data }, environment: {} }), openLog(), use)
}

type Made = {
  readonly name: string
  readonly invalid: string
  readonly refused: string
  readonly allowed: string | undefined
}

/** Makes a call of an operation twice: as a user without permissions, and as the root user. */
async function make(name: string, at: number): Promise<Made> {
  const sample = SAMPLES[name]
  assert.ok(sample)
  const keyId = await newKey(server, sample.key)
  const made = await (sample.make?.((other, input) => succeed(server, other, input), keyId) ?? {})
  const alias = `alias/present-${at}`
  await succeed(server, 'CreateAlias', { AliasName: alias, TargetKeyId: keyId })
  const input = sample.input({ keyId, made, alias, freeAlias: `alias/free-${at}` })
  const refused = await call(server, name, input, { ...stranger })
  const { requestId: invalid } = await call(server, name, {})
  if (GONE_AFTERWARDS.has(name)) return { name, invalid, refused: refused.requestId, allowed: undefined }
  const allowed = await call(server, name, input)
  return {
    name,
    invalid,
    refused: refused.requestId,
    allowed: allowed.status === 200 ? allowed.requestId : undefined,
  }
}

function assertEnded(name: string, { now }: ExplainedCall): void {
  if (!('because' in now)) return
  assert.match(now.because, /^it (was not valid|ends before policies are asked)/, name)
}

function assertRefused(name: string, { now, reason, result }: ExplainedCall): void {
  assert.equal(result, 'refused', name)
  if (name === CHECKED_FIRST) {
    assert.match('because' in now ? now.because : '', /without KeyStorePassword, .*which events do not show/)
    return
  }
  assert.ok(reason !== undefined && 'permissions' in now, `${name}: ${JSON.stringify(now)}`)
  assert.equal(now.allowed, false, name)
  assert.equal(now.differs, undefined, name)
  assert.deepEqual(now.unknown, [], name)
}

function assertAllowed(name: string, { now, result }: ExplainedCall): void {
  assert.equal(result, 'allowed', name)
  assert.ok('permissions' in now, `${name}: ${JSON.stringify(now)}`)
  assert.equal(now.allowed, true, name)
  assert.equal(now.differs, undefined, name)
}

test('a call of every operation is decided again as it is recorded: refused, allowed or not valid', async () => {
  const calls: Made[] = []
  for (const [at, name] of Object.keys(SAMPLES).entries()) calls.push(await make(name, at))
  await withExplainer(async (explainer) => {
    for (const { name, invalid, refused, allowed } of calls) {
      assertEnded(name, await explainedBy(explainer, invalid))
      assertRefused(name, await explainedBy(explainer, refused))
      if (allowed !== undefined) assertAllowed(name, await explainedBy(explainer, allowed))
    }
    assert.equal(explainer.current(), true)
  })
})

test('calls of IAM, STS and CloudTrail are decided again as they are recorded, with their tags', async () => {
  const condition = { StringEquals: { 'aws:RequestTag/team': 'blue' } }
  const own = policyText(
    { ...allow('iam:CreateUser', 'iam:TagUser'), Condition: condition },
    allow('cloudtrail:LookupEvents'),
  )
  const maker = await newUser(iam, 'maker', own)
  const as = iamClient(server, maker)
  const sts = stsClient(server, maker)
  const target = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.'
  const trail = async (name: string) => {
    const { requestId } = await callRaw(server, target + name, '{}', { ...maker, service: 'cloudtrail' })
    return { $metadata: { requestId } }
  }
  const role = await newRole(iam, 'a-role', trust({ AWS: 'arn:aws:iam::000000000000:user/stranger' }))
  const user = (name: string, team: string) => ({ UserName: name, Tags: [{ Key: 'team', Value: team }] })
  const sent: readonly (readonly [boolean, Promise<unknown>])[] = [
    [true, as.send(new CreateUserCommand(user('blue', 'blue')))],
    [false, as.send(new CreateUserCommand(user('red', 'red')))],
    [false, as.send(new ListUsersCommand({}))],
    [
      false,
      sts.send(
        new AssumeRoleCommand({
          RoleArn: role,
          RoleSessionName: 'session',
          Tags: [{ Key: 'a', Value: 'b' }],
        }),
      ),
    ],
    [true, trail('LookupEvents')],
    [false, trail('ListTrails')],
  ]
  const calls = await Promise.all(
    sent.map(async ([allowed, call]) => [allowed, await requestIdOf(call)] as const),
  )
  await withExplainer(async (explainer) => {
    for (const [allowed, requestId] of calls) {
      const { now, result } = await explainedBy(explainer, requestId)
      assert.ok('permissions' in now, JSON.stringify(now))
      assert.equal(now.allowed, allowed)
      assert.equal(result, allowed ? 'allowed' : 'refused')
      assert.equal(now.differs, undefined)
    }
  })
  as.destroy()
  sts.destroy()
})

async function requestIdOf(sent: Promise<unknown>): Promise<string> {
  const answer = await sent.catch((error: unknown) => error)
  return (answer as { readonly $metadata: { readonly requestId?: string } }).$metadata.requestId ?? ''
}

test('calls of sessions are decided again: of users, root users, roles and federated users', async () => {
  const iat = { DateGreaterThan: { 'aws:TokenIssueTime': '2020-01-01T00:00:00Z' } }
  const own = policyText({ ...allow('kms:ListKeys'), Condition: iat }, allow('sts:*'))
  const user = await newUser(iam, 'session-maker', own)
  const role = await newRole(
    iam,
    'session-role',
    trust({ AWS: 'arn:aws:iam::000000000000:user/session-maker' }),
    own,
  )
  const tagged = { StringEquals: { 'aws:PrincipalTag/team': 'blue' } }
  const federated = {
    Name: 'somebody',
    Policy: policyText({ ...allow('kms:ListKeys'), Condition: tagged }),
    Tags: [{ Key: 'Team', Value: 'blue' }],
  }
  const [byUser, byRoot] = [stsClient(server, user), stsClient(server)]
  const sessions = [
    given((await byUser.send(new GetSessionTokenCommand({}))).Credentials),
    given((await byRoot.send(new GetSessionTokenCommand({}))).Credentials),
    await assume(byUser, role, { SourceIdentity: 'somebody' }),
    given((await byUser.send(new GetFederationTokenCommand(federated))).Credentials),
    given((await byRoot.send(new GetFederationTokenCommand(federated))).Credentials),
  ]
  const requestIds: string[] = []
  for (const session of sessions) {
    const kms = kmsAs(server, session)
    requestIds.push(await requestIdOf(kms.send(new ListKeysCommand({}))))
    kms.destroy()
  }
  await withExplainer(async (explainer) => {
    for (const requestId of requestIds) {
      const { now, event } = await explainedBy(explainer, requestId)
      assert.notEqual(event.userIdentity?.sessionContext, undefined)
      assert.ok('permissions' in now, JSON.stringify(now))
      assert.equal(now.allowed, true)
      assert.deepEqual(now.unknown, [])
    }
  })
  byUser.destroy()
  byRoot.destroy()
})
