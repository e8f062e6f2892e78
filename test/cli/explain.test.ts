/** `holdfast explain` and `holdfast simulate` beside a running server: what they say is what the server does. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  CreateServiceLinkedRoleCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  type IAMClient,
  ListAccessKeysCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { EncryptCommand, type KMSClient } from '@aws-sdk/client-kms'
import { asExplainer } from '../../src/app/explain.ts'
import { printableJson } from '../../src/base/printable.ts'
import { openLog } from '../../src/cli/log.ts'
import { type Config, parseConfig } from '../../src/config/settings.ts'
import { callJson } from '../../src/explain/call-text.ts'
import type { Examined } from '../../src/explain/examine.ts'
import { explainCall } from '../../src/explain/explain-call.ts'
import { formatSimulated } from '../../src/explain/path-text.ts'
import { parseRecordedEvent } from '../../src/explain/recorded-event.ts'
import { type SimulatedRequest, simulateRequest } from '../../src/explain/simulate.ts'
import { call, encryptText, newKey, succeed } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { allow, iamClient, kmsAs, newUser, policyText } from '../support/iam.ts'
import { failureOf, kmsClient } from '../support/kms.ts'
import { type PrintedChange, REFUSALS } from '../support/refusals.ts'
import { readCredentials, startServer, type TestServer } from '../support/server.ts'
import { assume, newRole, stsClient, trust } from '../support/sts.ts'

let server: TestServer
let iam: IAMClient
let kms: KMSClient

before(async () => {
  server = await startServer()
  iam = iamClient(server)
  kms = kmsClient(server)
})

after(async () => {
  iam.destroy()
  kms.destroy()
  await server[Symbol.asyncDispose]()
})

type Printed = {
  readonly recorded: {
    readonly result: string
    readonly reason: string
    readonly event: { readonly eventID: string }
  }
  readonly now: {
    readonly allowed: boolean
    readonly differs?: string
    readonly permissions: readonly {
      readonly reason: string
      readonly smallestChange?: readonly PrintedChange[]
    }[]
    readonly notConsidered: readonly string[]
  }
}

/** What `holdfast explain --json` prints, made in this process: a start takes longer than an answer. */
function explained(id: string): Promise<Printed> {
  return asExplainer(config(), openLog(), async (explainer) => {
    const [line = ''] = await explainer.events.find(id)
    return JSON.parse(printableJson(callJson(await explainCall(explainer, parseRecordedEvent(line)))))
  })
}

function config(): Config {
  return parseConfig({ flags: { data: server.data }, environment: {} })
}

const UNPRINTABLE = /[\p{Cc}\p{Cf}]/u

for (const { name, reason, recorded: shownReason = reason, says, prepare } of REFUSALS) {
  test(`explain and simulate say that ${name} refuses a call, and what would allow it`, async () => {
    const refused = await prepare({ server, iam, kms })
    const error = await failureOf(refused.call())
    assert.equal(error.name, 'AccessDeniedException')
    const requestId = error.$metadata.requestId ?? ''

    const { output, status } = await runHoldfast(server.data, 'explain', requestId)
    assert.equal(status, 0)
    for (const line of output.split('\n')) assert.doesNotMatch(line, UNPRINTABLE)
    assert.match(output, /REFUSED: AccessDenied/)
    assert.match(output, new RegExp(`${shownReason.source} \\(as recorded\\)`))
    for (const said of says) assert.match(output, said)
    assert.doesNotMatch(output, /Not as recorded|not considered/)

    const { recorded, now } = await explained(requestId)
    assert.equal(recorded.result, 'refused')
    assert.equal(now.allowed, false)
    assert.match(recorded.reason, shownReason)
    assert.match(now.permissions[0]?.reason ?? '', reason)

    const before = await runHoldfast(server.data, 'simulate', ...(await refused.simulated()))
    assert.equal(before.status, 3, before.errors)
    assert.match(before.output, reason)

    const changes = now.permissions[0]?.smallestChange ?? []
    assert.notEqual(changes.length, 0)
    for (const change of changes) {
      assert.equal((await failureOf(refused.call())).name, 'AccessDeniedException')
      await refused.apply(change)
    }
    await refused.call()
    const after = await runHoldfast(server.data, 'simulate', ...(await refused.simulated()))
    assert.equal(after.status, 0, after.output)
    assert.match(after.output, /ALLOWED {2}Allowed by/)
  })
}

/** A user's call that is refused by nothing but a missing allow; and the key. */
async function refusedCall(user: string): Promise<{ readonly requestId: string; readonly keyId: string }> {
  const keyId = await newKey(server)
  const { requestId, code } = await call(
    server,
    'Encrypt',
    { KeyId: keyId, Plaintext: 'AAAA' },
    await newUser(iam, user),
  )
  assert.equal(code, 'AccessDeniedException')
  return { requestId, keyId }
}

async function put(user: string, ...actions: readonly string[]): Promise<void> {
  const PolicyDocument = policyText(allow(...actions))
  await iam.send(new PutUserPolicyCommand({ UserName: user, PolicyName: 'p', PolicyDocument }))
}

test('explain finds a call by its event id, and says that it would be allowed now', async () => {
  const { requestId } = await refusedCall('kim')
  const { eventID } = (await explained(requestId)).recorded.event
  assert.notEqual(eventID, requestId)
  await put('kim', 'kms:Encrypt')
  const { status, output } = await runHoldfast(server.data, 'explain', eventID)
  assert.equal(status, 0)
  assert.match(
    output,
    new RegExp(`^request   ${requestId}\\nevent     ${eventID} of account 000000000000$`, 'm'),
  )
  assert.match(output, /^reason {4}Not allowed by any identity-based policy\. \(as recorded\)$/m)
  assert.match(
    output,
    /^By the policies as they are now, not as they were then, the call would be ALLOWED\./m,
  )
  assert.match(
    output,
    /^Not as recorded: it was refused then and would be allowed now: policies have changed/m,
  )
})

test('explain says that a call was allowed which would be refused now, and why', async () => {
  const keyId = await newKey(server)
  const lee = await newUser(iam, 'lee', policyText(allow('kms:Encrypt')))
  const { requestId } = await call(server, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA' }, lee)
  await put('lee', 'kms:Sign')
  await iam.send(new DeleteUserPolicyCommand({ UserName: 'lee', PolicyName: 'own' }))
  const json = await runHoldfast(server.data, 'explain', requestId, '--json')
  const { recorded, now }: Printed = JSON.parse(json.output)
  assert.equal(recorded.result, 'allowed')
  assert.equal(now.allowed, false)
  assert.equal(now.differs, 'it was allowed then and would be refused now')
})

test('explain says when another reason refuses a call now', async () => {
  const { requestId, keyId } = await refusedCall('moe')
  const Deny = { Effect: 'Deny', Principal: '*', Action: 'kms:Encrypt', Resource: '*' }
  const Allow = { Effect: 'Allow', Principal: { AWS: '000000000000' }, Action: 'kms:*', Resource: '*' }
  await succeed(server, 'PutKeyPolicy', { KeyId: keyId, Policy: policyText(Allow, Deny) })
  const { now } = await explained(requestId)
  assert.equal(now.differs, 'it was refused for another reason then')
  assert.equal(now.permissions[0]?.reason, 'Denied by statement 2 of the resource-based policy.')
})

test('explain tells a call that failed for another reason from one that policies refused', async () => {
  const keyId = await newKey(server)
  await succeed(server, 'DisableKey', { KeyId: keyId })
  const { requestId } = await call(server, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA' })
  const { output } = await runHoldfast(server.data, 'explain', requestId)
  assert.match(output, /^result {4}failed, for another reason than policies: DisabledException: /m)
  assert.match(output, /the call would be ALLOWED/)
})

test('explain decides a ciphertext without a key id by the key of its event, and both sides of ReEncrypt', async () => {
  const from = await newKey(server)
  const to = await newKey(server)
  const ciphertext = await encryptText(server, from, 'x')
  const nat = await newUser(iam, 'nat', policyText(allow('kms:ReEncryptFrom')))
  const decrypt = await call(server, 'Decrypt', { CiphertextBlob: ciphertext }, nat)
  const decrypted = await explained(decrypt.requestId)
  assert.equal(decrypted.now.permissions[0]?.reason, 'Not allowed by any identity-based policy.')
  const input = { CiphertextBlob: ciphertext, DestinationKeyId: to }
  const { output } = await runHoldfast(
    server.data,
    'explain',
    (await call(server, 'ReEncrypt', input, nat)).requestId,
  )
  assert.match(output, /It needs 2 permissions:/)
  assert.match(output, new RegExp(`^kms:ReEncryptFrom on \\S+${from}\\n  ALLOWED `, 'm'))
  assert.match(output, new RegExp(`^kms:ReEncryptTo on \\S+${to}\\n  REFUSED `, 'm'))
})

test('explain finds the tags of a session in the event that made it', async () => {
  const keyId = await newKey(server)
  const user = await newUser(iam, 'oda', policyText(allow('sts:*')))
  const Condition = { StringEquals: { 'aws:PrincipalTag/team': 'blue' } }
  const own = policyText({ ...allow('kms:*'), Condition })
  const arn = await newRole(iam, 'oda-role', trust({ AWS: 'arn:aws:iam::000000000000:user/oda' }), own)
  const sts = stsClient(server, user)
  for (const [team, allowed] of [
    ['blue', true],
    ['red', false],
  ] as const) {
    const session = await assume(sts, arn, { Tags: [{ Key: 'team', Value: team }] })
    const client = kmsAs(server, session)
    const sent = client.send(new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('x') }))
    const { $metadata } = await sent.catch((error: { $metadata: { requestId?: string } }) => error)
    client.destroy()
    const { now } = await explained($metadata.requestId ?? '')
    assert.equal(now.allowed, allowed)
    assert.equal(now.differs, undefined)
    assert.deepEqual(now.notConsidered, [])
  }
  sts.destroy()
})

test('explain tells the operator what a caller of another account is not told', async () => {
  const keyId = await newKey(server)
  const keyArn = `arn:aws:kms:eu-west-1:000000000000:key/${keyId}`
  await runHoldfast(server.data, 'account', 'create', '--id=111122223333')
  const foreign = await readCredentials(server.data, '111122223333')
  const answer = await call(server, 'Encrypt', { KeyId: keyArn, Plaintext: 'AAAA' }, foreign)
  assert.equal(answer.code, 'AccessDeniedException')
  const { output } = await runHoldfast(server.data, 'explain', answer.requestId)
  assert.match(output, /^event {5}\S+ of account 111122223333$/m)
  assert.match(output, /^reason {4}not recorded: callers of other accounts are not told/m)
  assert.match(output, /REFUSED {2}Not allowed by any resource-based policy\./)
  assert.match(
    output,
    /key policy: does not allow\n {4}statement 1 "Enable IAM User Permissions" \(Allow\) does not match:\n {6}Principal: wanted/,
  )
  assert.match(output, /"Principal":\{"AWS":"arn:aws:iam::111122223333:root"\}/)
})

test('explain says of what it cannot decide again why not', async () => {
  const { requestId } = await call(
    server,
    'ListKeys',
    {},
    { accessKeyId: 'AKIAQAAAAAAAAAAAAAAA', secretAccessKey: 'none' },
  )
  const unknown = await runHoldfast(server.data, 'explain', requestId)
  assert.match(unknown.output, /^This call cannot be decided again: its caller is not known \(Unknown\)/m)

  const gone = await call(server, 'ListKeys', {}, await newUser(iam, 'pat'))
  const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName: 'pat' }))
  const AccessKeyId = AccessKeyMetadata[0]?.AccessKeyId
  await iam.send(new DeleteAccessKeyCommand({ UserName: 'pat', AccessKeyId }))
  await iam.send(new DeleteUserCommand({ UserName: 'pat' }))
  const { output } = await runHoldfast(server.data, 'explain', gone.requestId)
  assert.match(
    output,
    /^This call cannot be decided again: its caller arn:aws:iam::000000000000:user\/pat is gone\.$/m,
  )
  const json = await runHoldfast(server.data, 'explain', gone.requestId, '--json')
  assert.match(JSON.parse(json.output).notDecided, /is gone$/)
})

test('explain fails for an id that no event has, and refuses what is no id', async () => {
  const none = await runHoldfast(server.data, 'explain', '00000000-0000-4000-8000-000000000000')
  assert.equal(none.status, 2)
  assert.equal(none.errors, 'holdfast: no event or request has the ID 00000000-0000-4000-8000-000000000000\n')
  const wrong = await runHoldfast(server.data, 'explain', 'AKIA')
  assert.equal(wrong.status, 2)
  assert.match(wrong.errors, /^holdfast: ID: expected a request ID or event ID/)
})

test('simulate names the condition keys that were asked for and not given', async () => {
  const keyId = await newKey(server)
  const Condition = { StringEquals: { 'kms:EncryptionContext:App': 'ledger' } }
  await newUser(iam, 'quin', policyText({ ...allow('kms:*'), Condition }))
  const args = [
    ...['--principal', 'arn:aws:iam::000000000000:user/quin', '--action', 'kms:Decrypt'],
    ...['--resource', `arn:aws:kms:eu-west-1:000000000000:key/${keyId}`],
  ]
  const without = await runHoldfast(server.data, 'simulate', ...args)
  assert.equal(without.status, 3)
  assert.match(
    without.output,
    /condition keys that policies ask for and that were not given: kms:EncryptionContext:App/,
  )
  const { status, output } = await runHoldfast(
    server.data,
    'simulate',
    ...args,
    '--context=kms:EncryptionContext:app=ledger',
    '--json',
  )
  assert.equal(status, 0)
  const { allowed, context, principal } = JSON.parse(output)
  assert.equal(allowed, true)
  assert.deepEqual(context, { 'kms:EncryptionContext:App': 'ledger' })
  assert.equal(principal.arn, 'arn:aws:iam::000000000000:user/quin')
})

const ROOT = 'arn:aws:iam::000000000000:root'
const NO_KEY = 'arn:aws:kms:eu-west-1:000000000000:key/12345678-1234-4234-8234-123456789012'

/** Decides in this process what `holdfast simulate` decides in its own. */
function simulated(request: Partial<SimulatedRequest>): Promise<Examined> {
  const whole = {
    principal: ROOT,
    action: 'kms:Decrypt',
    resource: '*',
    context: new Map(),
    sessionPolicy: undefined,
    ...request,
  }
  return asExplainer(config(), openLog(), (explainer) => simulateRequest(explainer, whole))
}

test('simulate decides for roots, roles and their sessions, and about roles', async () => {
  const role = await newRole(iam, 'rob', trust({ AWS: ROOT }), policyText(allow('kms:ListKeys')))
  await newUser(iam, 'sue', policyText(allow('sts:AssumeRole')))
  const sue = 'arn:aws:iam::000000000000:user/sue'
  for (const [allowed, principal, action, resource] of [
    [true, ROOT, 'kms:ListKeys', '*'],
    [true, role, 'kms:ListKeys', '*'],
    [true, 'arn:aws:sts::000000000000:assumed-role/rob/one', 'kms:ListKeys', '*'],
    [false, role, 'kms:ListAliases', '*'],
    [true, sue, 'sts:AssumeRole', role],
    [false, sue, 'iam:GetRole', role],
    [false, role, 'sts:AssumeRole', role],
  ] as const) {
    const { decision } = await simulated({ principal, action, resource })
    assert.equal(decision.allow, allowed, `${principal} ${action} ${resource}`)
  }
})

const FEDERATED = 'arn:aws:sts::000000000000:federated-user/fay'
const OTHER_ROOT = 'arn:aws:iam::111122223333:root'

test('simulate decides for a federated user by its maker and its session policy', async () => {
  const keyId = await newKey(server)
  const resource = `arn:aws:kms:eu-west-1:000000000000:key/${keyId}`
  await newUser(iam, 'maker', policyText(allow('kms:Decrypt')))
  const federatedBy = 'arn:aws:iam::000000000000:user/maker'
  const sessionPolicy = policyText(allow('kms:*'))
  for (const [action, more, allowed] of [
    ['kms:Decrypt', { federatedBy, sessionPolicy }, true],
    ['kms:Encrypt', { federatedBy, sessionPolicy }, false],
    ['kms:Decrypt', { federatedBy }, false],
    ['kms:Encrypt', { sessionPolicy }, true],
    ['kms:Encrypt', {}, false],
  ] as const) {
    const { decision } = await simulated({ principal: FEDERATED, action, resource, ...more })
    assert.equal(decision.allow, allowed, JSON.stringify([action, more]))
  }
})

test('nothing is proposed for the policies of a service-linked role; the key policy may name it', async () => {
  const keyId = await newKey(server)
  const AWSServiceName = 'autoscaling.amazonaws.com'
  const { Role } = await iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName }))
  const principal = Role?.Arn ?? ''
  const examined = await simulated({ principal, action: 'kms:Decrypt', resource: keyId, region: 'eu-west-1' })
  assert.deepEqual(
    examined.change?.map((change) => change.kind === 'AddAllow' && [change.policy, change.principal]),
    [['resource', principal]],
  )
  const create = await simulated({ principal, action: 'kms:CreateKey' })
  assert.equal(create.change, undefined)
  assert.match(formatSimulated(create).join('\n'), /the policies of a service-linked role cannot be changed/)
})

test('simulate refuses what does not exist', async () => {
  await newUser(iam, 'tom')
  const user = (name: string): string => `arn:aws:iam::000000000000:user/${name}`
  const refused: readonly [Partial<SimulatedRequest>, RegExp][] = [
    [{ principal: user('nobody') }, /there is no user arn:aws:iam::000000000000:user\/nobody$/],
    [{ principal: user('path/tom') }, /there is no \S+:user\/path\/tom, but \S+:user\/tom$/],
    [{ principal: 'arn:aws:iam::000000000000:role/nobody' }, /there is no role /],
    [{ principal: 'arn:aws:iam::000000000000:group/all' }, /expected the ARN of a user, role/],
    [{ principal: 'arn:aws:sts::000000000000:federated-user/x/y' }, /expected the ARN of a user, role/],
    [{ principal: 'x' }, /expected the ARN of a user, role, .*; got 'x'$/],
    [{ resource: NO_KEY }, /there is no key /],
    [{ sessionPolicy: '{}' }, /--session-policy: expected a role, role session or federated user/],
    [{ federatedBy: ROOT }, /--federated-by: expected a federated user/],
    [{ principal: FEDERATED, federatedBy: user('nobody') }, /there is no user \S+nobody$/],
    [{ principal: FEDERATED, federatedBy: OTHER_ROOT }, /--federated-by: expected the ARN of a user or/],
  ]
  for (const [request, message] of refused) await assert.rejects(simulated(request), { message })
})

test('simulate refuses what is no request', async () => {
  const root = ['--principal', ROOT, '--action']
  for (const [message, ...args] of [
    [/--action: expected SERVICE:ACTION, for example kms:Decrypt; got 'Decrypt'/, ...root, 'Decrypt'],
    [/--principal: expected the ARN of a principal, .*; got nothing/, '--action', 'kms:Decrypt'],
    [/--context: expected KEY=VALUE; got 'x'/, ...root, 'kms:Decrypt', '--context', 'x'],
  ] as const) {
    const done = await runHoldfast(server.data, 'simulate', ...args)
    assert.equal(done.status, 2, args.join(' '))
    assert.match(done.errors, message)
  }
})

test('explain of a ciphertext that does not open shows the encryption context, and what can be the cause', async () => {
  const keyId = await newKey(server)
  const ciphertext = await encryptText(server, keyId, 'x')
  const input = { CiphertextBlob: ciphertext, EncryptionContext: { App: 'ledger\u001b[31m' } }
  const { requestId, code } = await call(server, 'Decrypt', input)
  assert.equal(code, 'InvalidCiphertextException')
  const { status, output } = await runHoldfast(server.data, 'explain', requestId)
  assert.equal(status, 0)
  for (const line of output.split('\n')) assert.doesNotMatch(line, UNPRINTABLE)
  assert.match(output, /^encryption context of the call: "App" = "ledger\\u001b\[31m"$/m)
  for (const cause of [
    /another encryption context/,
    /another key/,
    /cut off/,
    /another deployment, of AWS KMS/,
  ])
    assert.match(output, cause)
})

test('simulate takes an alias name or a key id of the account, and refuses what is none', async () => {
  const keyId = await newKey(server)
  await succeed(server, 'CreateAlias', { AliasName: 'alias/simulated', TargetKeyId: keyId })
  await newUser(iam, 'ola', policyText(allow('kms:Encrypt')))
  const principal = 'arn:aws:iam::000000000000:user/ola'
  const simulate = (...more: readonly string[]) =>
    runHoldfast(server.data, 'simulate', '--principal', principal, '--action', 'kms:Encrypt', ...more)
  const region = ['--region', 'eu-west-1']
  for (const resource of ['alias/simulated', keyId]) {
    const { status, output, errors } = await simulate('--resource', resource, ...region)
    assert.equal(status, 0, output + errors)
    assert.match(output, new RegExp(`^kms:Encrypt on arn:aws:kms:eu-west-1:000000000000:key/${keyId}$`, 'm'))
  }
  for (const [resource, message] of [
    ['alias/none', /there is no key alias\/none of account 000000000000 in eu-west-1/],
    ['nonsense', /'nonsense' is no resource: an ARN, a key id, an alias name or \* is needed/],
    ['*', /kms:Encrypt is about one key: say which with --resource/],
  ] as const) {
    const { status, errors } = await simulate('--resource', resource, ...region)
    assert.equal(status, 2)
    assert.match(errors, message)
  }
})
