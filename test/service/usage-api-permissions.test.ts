/** Every operation of the service's own API: what keeps a caller from it, and what several servers answer. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PutUserPermissionsBoundaryCommand } from '@aws-sdk/client-iam'
import type { Output } from '../../src/api/json.ts'
import { HOLDFAST_OPERATION_NAMES } from '../../src/api/operations.ts'
import { eventOf } from '../support/audit.ts'
import { type Answer, assertError, call, callRaw, newKey, succeed } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { allow, iamClient, newUser, policyText, type TestCredentials } from '../support/iam.ts'
import { readCredentials, startServer, type TestServer } from '../support/server.ts'
import { assume, newRole, stsClient, trust } from '../support/sts.ts'
import { until } from '../support/until.ts'

const HOME = '000000000000'
const TEAM = '111122223333'
const CONTROL = { PolicyType: 'SERVICE_CONTROL_POLICY', Name: 'own' }

let server: TestServer
let team: TestCredentials
/** The input of a call of each operation that policies decide. */
let inputs: Readonly<Record<string, Output>>

before(async () => {
  server = await startServer()
  await operate('account', 'create', `--id=${TEAM}`)
  team = await readCredentials(server.data, TEAM)
  inputs = await inputsFor(server.credentials, HOME)
})

after(() => server[Symbol.asyncDispose]())

async function operate(...args: readonly string[]): Promise<void> {
  const { status, errors } = await runHoldfast(server.data, ...args)
  assert.equal(status, 0, errors)
}

async function inputsFor(root: TestCredentials, account: string): Promise<Readonly<Record<string, Output>>> {
  const KeyId = await newKeyOf(root)
  const encrypted = await call(server, 'Encrypt', { KeyId, Plaintext: 'AAAA' }, root)
  const event = await eventOf(server, encrypted.requestId)
  const { Policy } = await succeed(server, 'GetKeyPolicy', { KeyId }, root)
  const PolicyDocument = String(Policy)
  return {
    ExplainCall: { Id: event['eventID'] as string },
    GetKeyImpact: { KeyId },
    GetMaterialUsage: { KeyId },
    ListKeyAccess: { KeyId },
    WhatIfPolicy: { KeyId, Policy: PolicyDocument },
    WhatIfTrustPolicy: { RoleName: 'none', PolicyDocument },
    WhatIfControlPolicy: { ...CONTROL, Content: policyText(allow('*')) },
    WhatIfIdentityPolicy: { PolicyDocument, UserName: 'nobody', PolicyName: 'any' },
    ValidatePolicy: { PolicyDocument, PolicyType: 'RESOURCE_POLICY' },
    SimulateCall: { PrincipalArn: `arn:aws:iam::${account}:root`, Action: 'kms:Encrypt', Resource: KeyId },
    GetReport: { Day: '2026-11-25' },
    CreatePasskey: {
      ...{ Name: 'laptop', ClientData: 'AAAA', AuthenticatorData: 'AAAA' },
      ...{ PublicKey: 'AAAA', Algorithm: -7 },
    },
    SetQuota: { Name: 'kms.keys', Value: 'default' },
    ListControlPolicies: { PolicyType: CONTROL.PolicyType },
    GetControlPolicy: CONTROL,
    PutControlPolicy: { ...CONTROL, Content: policyText(allow('*')) },
    DeleteControlPolicy: CONTROL,
    AttachControlPolicy: { ...CONTROL, TargetId: account },
    DetachControlPolicy: { ...CONTROL, TargetId: account },
    CreateOrganizationalUnit: { Name: 'Products' },
    UpdateOrganizationalUnit: { OrganizationalUnitId: 'ou-0000-00000000', Name: 'Products' },
    DeleteOrganizationalUnit: { OrganizationalUnitId: 'ou-0000-00000000' },
    MoveAccount: { AccountId: account, DestinationParentId: 'r-0000' },
  }
}

async function newKeyOf(owner: TestCredentials): Promise<string> {
  const { KeyMetadata } = await succeed(server, 'CreateKey', {}, owner)
  return String((KeyMetadata as Output)['KeyId'])
}

/** Calls that read the index are limited to two a second. */
function ask(
  operation: string,
  input: Output,
  credentials: TestCredentials = server.credentials,
  to = server,
): Promise<Answer> {
  const target = `Holdfast_20261101.${operation}`
  return until('the call is not throttled', async () => {
    const { sessionToken } = credentials
    const more = sessionToken === undefined ? [] : ['x-amz-security-token', sessionToken]
    const options = { service: 'holdfast', ...credentials, more } as const
    const answer = await callRaw(to, target, JSON.stringify(input), options)
    return answer.code === 'ThrottlingException' ? undefined : answer
  })
}

/** Calls every operation, each of which policies have to refuse. */
async function assertAllDenied(credentials: TestCredentials, why: RegExp, of = inputs): Promise<void> {
  for (const operation of HOLDFAST_OPERATION_NAMES) {
    const answer = await ask(operation, of[operation] ?? {}, credentials)
    assertError(answer, 'AccessDeniedException', new RegExp(`holdfast:${operation}.*${why.source}`))
  }
}

test('no operation of the service answers a user without its permission', async () => {
  const iam = iamClient(server)
  const nobody = await newUser(iam, 'nobody', policyText(allow('kms:*', 'iam:*', 'sts:*', 'cloudtrail:*')))
  iam.destroy()
  await assertAllDenied(nobody, /no identity-based policy allows/)
})

test('no operation of the service passes the permissions boundary of its caller', async () => {
  const iam = iamClient(server)
  const bound = await newUser(iam, 'bound', policyText(allow('holdfast:*')))
  assert.equal((await ask('ListKeySummaries', {}, bound)).status, 200)
  const PermissionsBoundary = `arn:aws:iam::aws:policy/IAMReadOnlyAccess`
  await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: 'bound', PermissionsBoundary }))
  iam.destroy()
  await assertAllDenied(bound, /permissions boundary/)
})

test('no operation of the service passes the policy of its session, and each passes one that allows it', async () => {
  const iam = iamClient(server)
  const account = { AWS: `arn:aws:iam::${HOME}:root` }
  const role = await newRole(iam, 'console', trust(account), policyText(allow('holdfast:*')))
  const user = await newUser(iam, 'assumer', policyText(allow('sts:*')))
  iam.destroy()
  const sts = stsClient(server, user)
  const none = await assume(sts, role, { Policy: policyText(allow('kms:*')) })
  await assertAllDenied(none, /session policy/)
  const one = await assume(sts, role, { Policy: policyText(allow('holdfast:ListKeySummaries')) })
  sts.destroy()
  assert.equal((await ask('ListKeySummaries', {}, one)).status, 200)
  assertError(await ask('ListRefusals', {}, one), 'AccessDeniedException', /session policy/)
})

test('no operation of the service passes a service control policy, even for the root user', async () => {
  const type = { PolicyType: 'SERVICE_CONTROL_POLICY', Name: 'no-holdfast' }
  const Content = policyText({ ...allow('holdfast:*'), Effect: 'Deny' })
  for (const [operation, more] of [
    ['PutControlPolicy', { Content }],
    ['AttachControlPolicy', { TargetId: TEAM }],
  ] as const)
    assert.equal((await ask(operation, { ...type, ...more })).status, 200)
  await assertAllDenied(team, /explicit deny in a service control policy/, await inputsFor(team, TEAM))
  assert.equal((await ask('DetachControlPolicy', { ...type, TargetId: TEAM })).status, 200)
  assert.equal((await ask('ListKeySummaries', {}, team)).status, 200)
})

test('a call that a resource control policy refused shows an account the outcome alone', async () => {
  await operate('organization', 'create')
  const type = { PolicyType: 'RESOURCE_CONTROL_POLICY', Name: 'no-encrypt' }
  const statement = { ...allow('kms:Encrypt'), Effect: 'Deny', Principal: '*' }
  for (const [operation, more] of [
    ['PutControlPolicy', { Content: policyText(statement) }],
    ['AttachControlPolicy', { TargetId: TEAM }],
  ] as const) {
    const answer = await ask(operation, { ...type, ...more })
    assert.equal(answer.status, 200, answer.text)
  }
  const KeyId = await newKeyOf(team)
  const refused = await call(server, 'Encrypt', { KeyId, Plaintext: 'AAAA' }, team)
  assert.equal(refused.code, 'AccessDeniedException')
  const { eventID } = await eventOf(server, refused.requestId)
  const permissionFor = async (credentials: TestCredentials): Promise<Output> => {
    const [explained] = await until('the event is in the index', async () => {
      const answer = await ask('ExplainCall', { Id: String(eventID) }, credentials)
      return answer.status === 200 ? (answer.json['Calls'] as readonly Output[]) : undefined
    })
    const { Permissions } = (explained?.['Now'] ?? {}) as { readonly Permissions: readonly Output[] }
    return Permissions[0] ?? {}
  }
  const own = await permissionFor(team)
  assert.deepEqual([own['Allowed'], own['Withheld'], own['SmallestChange']], [false, true, undefined])
  const shown = (own['Policies'] as readonly Output[]).filter(({ Kind }) => Kind === 'rcp')
  assert.ok(shown.length > 0)
  for (const policy of shown) assert.deepEqual(Object.keys(policy), ['Kind', 'Level', 'Outcome'])
  const whole = await permissionFor(server.credentials)
  assert.deepEqual([whole['Withheld'], whole['Allowed']], [undefined, false])
  assert.equal((whole['SmallestChange'] as readonly Output[])[0]?.['Kind'], 'LiftDeny')
  assert.equal((await ask('DetachControlPolicy', { ...type, TargetId: TEAM })).status, 200)
  await operate('organization', 'delete')
})

test('two servers on a data folder answer the same', async () => {
  await using second = await startServer({ data: server.data })
  const search = { SortBy: 'CreationDate', MaxResults: 1000 }
  const keysOf = async (at: TestServer): Promise<unknown> =>
    (await ask('ListKeySummaries', search, undefined, at)).json['Keys']
  assert.deepEqual(await keysOf(second), await keysOf(server))
  const KeyId = await newKey(second)
  await succeed(second, 'TagResource', { KeyId, Tags: [{ TagKey: 'made', TagValue: 'by the second' }] })
  const filter = { Filters: [{ Name: 'TagValue', Values: ['by the second'] }] }
  for (const at of [server, second]) {
    const { Keys } = (await ask('ListKeySummaries', filter, undefined, at)).json
    assert.deepEqual(
      (Keys as readonly Output[]).map((key) => key['KeyId']),
      [KeyId],
    )
  }
  await succeed(server, 'DisableKey', { KeyId })
  const [seen] = (await ask('ListKeySummaries', filter, undefined, second)).json['Keys'] as readonly Output[]
  assert.equal(seen?.['KeyState'], 'Disabled')
  const refused = await call(second, 'Encrypt', { KeyId, Plaintext: 'AAAA' })
  assert.equal(refused.code, 'DisabledException')
  const explained = await until('the first server explains a call of the second', async () => {
    const answer = await ask('ExplainCall', { Id: refused.requestId })
    return answer.status === 200 ? answer : undefined
  })
  assert.equal((explained.json['Calls'] as readonly Output[])[0]?.['Result'], 'failed')
})
