/** Which global condition keys a request has, and with which values: asked of every operation of every service. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreatePolicyCommand,
  type IAMClient,
  TagRoleCommand,
  TagUserCommand,
} from '@aws-sdk/client-iam'
import type { Output } from '../../src/api/json.ts'
import { SERVICES } from '../../src/api/services.ts'
import type { TrailDependencies } from '../../src/cloudtrail/trail-dependencies.ts'
import { CLOUDTRAIL_OPERATIONS } from '../../src/cloudtrail/trail-operations.ts'
import type { Operation } from '../../src/dispatch/operation.ts'
import type { IamDependencies } from '../../src/iam/iam-dependencies.ts'
import { IAM_OPERATIONS } from '../../src/iam/iam-operations.ts'
import type { StsDependencies } from '../../src/iam/sts/sts-dependencies.ts'
import { STS_OPERATIONS } from '../../src/iam/sts/sts-operations.ts'
import type { KmsDependencies } from '../../src/kms/kms-dependencies.ts'
import { KMS_OPERATIONS } from '../../src/kms/kms-operations.ts'
import type { UsageDependencies } from '../../src/usage-api/usage-dependencies.ts'
import { USAGE_OPERATIONS } from '../../src/usage-api/usage-service.ts'
import { callRaw, newKey, succeed } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { allow, iamClient, newUser, policyText, type TestCredentials } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { legalInput } from '../support/legal-inputs.ts'
import { callQuery } from '../support/query.ts'
import { SAMPLES } from '../support/samples.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { assume, newRole, stsClient, trust } from '../support/sts.ts'

const ACCOUNT = '000000000000'
const ASSUMABLE = `arn:aws:iam::${ACCOUNT}:role/assumable`

/** The facts of an operation need no dependencies: only running it does. */
const OPERATIONS: readonly Operation[] = [
  ...KMS_OPERATIONS.map((operation) => operation({} as KmsDependencies)),
  ...IAM_OPERATIONS.map((operation) => operation({} as IamDependencies)),
  ...STS_OPERATIONS.map((operation) => operation({} as StsDependencies)),
  ...CLOUDTRAIL_OPERATIONS.map((operation) => operation({} as TrailDependencies)),
  ...USAGE_OPERATIONS.map((operation) => operation({} as UsageDependencies)),
].filter(({ unsigned }) => unsigned !== true)

let server: TestServer
let iam: IAMClient

before(async () => {
  server = await startServer()
  iam = iamClient(server)
  await newRole(iam, 'assumable', trust({ AWS: `arn:aws:iam::${ACCOUNT}:root` }))
})

after(async () => {
  iam.destroy()
  await server[Symbol.asyncDispose]()
})

/** What callers are told after policies have allowed what is not for their account or not for access keys. */
const NOT_BY_POLICIES: readonly (string | undefined)[] = [
  "You don't have permissions to access this resource.",
  'Passkeys are made in the web console by their user',
]

/** The reason of a refusal; nothing when the call was not refused by a policy. */
async function refusalOf(operation: Operation, credentials: TestCredentials): Promise<string | undefined> {
  const { service, name } = operation
  if (service === 'iam' || service === 'sts') {
    const input = { ...legalInput(operation), ...(name === 'AssumeRole' && { RoleArn: ASSUMABLE }) }
    const answer = await callQuery(server, { service, action: name }, input, { credentials })
    return answer.code === 'AccessDenied' ? answer.message : undefined
  }
  const { protocol } = SERVICES[service]
  const target = `${protocol.type === 'json' ? protocol.targetPrefixes[0] : ''}${name}`
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const token = sessionToken === undefined ? [] : ['x-amz-security-token', sessionToken]
  const input = service === 'kms' ? await kmsInput(name) : await keyedInput(operation)
  const options = { service, accessKeyId, secretAccessKey, more: token }
  const answer = await callRaw(server, target, JSON.stringify(input), options)
  if (NOT_BY_POLICIES.includes(answer.message)) return undefined
  return answer.code?.startsWith('AccessDenied') === true ? answer.message : undefined
}

async function keyedInput(operation: Operation): Promise<Output> {
  const named = operation.members['KeyId'] === undefined ? {} : { KeyId: await newKey(server) }
  const { name, members } = operation
  if (members['Id'] !== undefined)
    return { Id: (await callRaw(server, 'TrentService.ListKeys', '{}')).requestId }
  const policy = name === 'WhatIfIdentityPolicy' ? { PolicyName: 'none' } : {}
  return { ...legalInput(operation), ...named, ...policy }
}

let aliases = 0

async function kmsInput(name: string): Promise<Output> {
  const sample = SAMPLES[name]
  assert.ok(sample, name)
  const keyId = await newKey(server, sample.key)
  const made = await (sample.make?.((operation, input) => succeed(server, operation, input), keyId) ?? {})
  aliases += 2
  const alias = `alias/present-${aliases}`
  await succeed(server, 'CreateAlias', { AliasName: alias, TargetKeyId: keyId })
  if (name === 'CancelKeyDeletion') await succeed(server, 'ScheduleKeyDeletion', { KeyId: keyId })
  return sample.input({ keyId, made, alias, freeAlias: `alias/free-${aliases}` })
}

type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>

/** Denies all that meets the condition. */
function unless(condition: Condition, more: object = { Action: '*' }): object {
  return { Effect: 'Deny', ...more, Resource: '*', Condition: condition }
}

/** A key that has to be there with this value; a negated operator holds when it is absent. */
function has(key: string, ...values: readonly string[]): object {
  return unless({ StringNotEquals: { [key]: values } })
}

/** What holds in an organization: of the caller's account, and of the account of whatever it is done to. */
function inOrganization(id: string): readonly object[] {
  const paths = (key: string) => unless({ 'ForAllValues:StringNotLike': { [key]: `${id}/r-*/` } })
  return [
    ...['aws:PrincipalOrgID', 'aws:ResourceOrgID'].map((key) => has(key, id)),
    ...['aws:PrincipalOrgPaths', 'aws:ResourceOrgPaths'].map(paths),
  ]
}

/** What is the same whoever calls. */
const OF_REQUESTS = [
  has('aws:ResourceAccount', ACCOUNT),
  unless({ StringNotEquals: { 'aws:RequestedRegion': REGION } }, { NotAction: 'iam:*' }),
  unless({ StringNotEquals: { 'aws:RequestedRegion': 'us-east-1' } }, { Action: 'iam:*' }),
  has('aws:SecureTransport', 'false'),
  has('aws:ViaAWSService', 'false'),
  has('aws:PrincipalIsAWSService', 'false'),
  has('aws:UserAgent', 'node'),
  unless({ NotIpAddress: { 'aws:SourceIp': ['127.0.0.1', '::1'] } }),
  unless({ Null: { 'aws:CurrentTime': 'true' } }),
  unless({ NumericLessThan: { 'aws:EpochTime': '1700000000' } }),
  unless({ Null: { 'aws:EpochTime': 'true' } }),
]

/** Keys of what does not exist here, or does not hold of these calls. */
const ABSENT = [
  ...['aws:CalledVia', 'aws:CalledViaFirst', 'aws:CalledViaLast', 'aws:referer', 'aws:SourceArn'],
  ...['aws:SourceAccount', 'aws:SourceOrgID', 'aws:SourceOrgPaths', 'aws:SourceVpc', 'aws:SourceVpce'],
  ...['aws:SourceVpcArn', 'aws:VpcSourceIp', 'aws:VpceAccount', 'aws:VpceOrgID', 'aws:VpceOrgPaths'],
  ...['aws:PrincipalServiceName', 'aws:PrincipalServiceNamesList', 'aws:MultiFactorAuthAge'],
  ...['aws:AssumedRoot', 'aws:Ec2InstanceSourceVpc', 'aws:Ec2InstanceSourcePrivateIPv4'],
  ...['aws:ChatbotSourceArn', 'aws:IsMcpServiceAction', 'aws:SignInSessionArn', 'kms:ViaService'],
  ...['aws:FederatedProvider', 'aws:PrincipalOrgID', 'aws:PrincipalOrgPaths', 'aws:ResourceOrgID'],
  ...['aws:ResourceOrgPaths'],
]

function lacks(keys: readonly string[]): readonly object[] {
  return keys.map((key) => unless({ Null: { [key]: 'false' } }))
}

/** Whoever calls, and what its keys are. */
const CALLERS: Readonly<Record<string, () => Promise<TestCredentials>>> = {
  user: async () => {
    const credentials = await newUser(iam, 'caller', policyText(allow('*')))
    await iam.send(new TagUserCommand({ UserName: 'caller', Tags: [{ Key: 'Team', Value: 'red' }] }))
    const arn = `arn:aws:iam::${ACCOUNT}:user/caller`
    await attach('user', arn, [
      ...identity(arn, 'User'),
      has('aws:username', 'caller'),
      unless({ StringNotLike: { 'aws:userid': 'AIDA*' } }),
      ...lacks(['aws:TokenIssueTime', 'aws:MultiFactorAuthPresent', 'aws:SourceIdentity']),
    ])
    return credentials
  },
  session: async () => {
    const name = 'called'
    const trusted = trust({ AWS: `arn:aws:iam::${ACCOUNT}:root` })
    const assumer = stsClient(server, await newUser(iam, 'assumer', policyText(allow('sts:*'))))
    const arn = await newRole(iam, name, trusted, policyText(allow('*')))
    await iam.send(new TagRoleCommand({ RoleName: name, Tags: [{ Key: 'Team', Value: 'red' }] }))
    await attach('role', arn, [
      ...identity(arn, 'AssumedRole'),
      has('aws:MultiFactorAuthPresent', 'false'),
      has('aws:SourceIdentity', 'ada'),
      unless({ StringNotLike: { 'aws:userid': 'AROA*:session' } }),
      unless({ Null: { 'aws:TokenIssueTime': 'true' } }),
      ...lacks(['aws:username']),
    ])
    return assume(assumer, arn, { SourceIdentity: 'ada' })
  },
}

function identity(arn: string, type: string): readonly object[] {
  return [
    has('aws:PrincipalArn', arn),
    has('aws:PrincipalAccount', ACCOUNT),
    has('aws:PrincipalType', type),
    has('aws:PrincipalTag/team', 'red'),
  ]
}

/** Managed policies, as one alone is too small. */
async function attach(kind: 'user' | 'role', arn: string, own: readonly object[]): Promise<void> {
  const name = arn.slice(arn.lastIndexOf('/') + 1)
  for (const [index, statements] of [[...OF_REQUESTS, ...own], lacks(ABSENT)].entries()) {
    const named = statements.map((statement, at) => ({ Sid: `at${index}x${at}`, ...statement }))
    const document = { PolicyName: `${name}-${index}`, PolicyDocument: policyText(...named) }
    const { Policy } = await iam.send(new CreatePolicyCommand(document))
    const PolicyArn = Policy?.Arn ?? ''
    await (kind === 'user'
      ? iam.send(new AttachUserPolicyCommand({ UserName: name, PolicyArn }))
      : iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn })))
  }
}

/** Operations that no permission is asked for. */
const FREE = new Set(['GetCallerIdentity', 'GetSessionToken'])

describe('global condition keys', () => {
  let nobody: TestCredentials
  before(async () => {
    nobody = await newUser(iam, 'nobody')
  })

  for (const [caller, make] of Object.entries(CALLERS)) {
    test(`are there, or not, in every call of a ${caller}`, async () => {
      const credentials = await make()
      for (const operation of OPERATIONS) {
        const what = `${operation.service}:${operation.name}`
        assert.equal(await refusalOf(operation, credentials), undefined, what)
      }
    })
  }

  test('say where in the organization principal and resource are, in every call', async () => {
    const made = await runHoldfast(server.data, 'organization', 'create')
    const id = /o-[a-z0-9]+/.exec(made.output)?.[0] ?? assert.fail(made.errors)
    const document = policyText(allow('*'), ...inOrganization(id))
    const member = await newUser(iam, 'member', document)
    for (const operation of OPERATIONS) {
      const what = `${operation.service}:${operation.name}`
      assert.equal(await refusalOf(operation, member), undefined, what)
    }
    const shown = await runHoldfast(server.data, 'organization', 'show')
    for (const [unit] of shown.output.matchAll(/ou-[a-z0-9]+-[a-z0-9]+/g))
      await runHoldfast(server.data, 'organization', 'unit', 'delete', '--unit', unit)
    const deleted = await runHoldfast(server.data, 'organization', 'delete')
    assert.equal(deleted.status, 0, deleted.errors)
    const [listKeys] = OPERATIONS.filter(({ name }) => name === 'ListKeys')
    assert.match(
      (listKeys && (await refusalOf(listKeys, member))) ?? '',
      /explicit deny in an identity-based/,
    )
  })

  test('are asked for in all calls that need a permission', async () => {
    const open: string[] = []
    for (const operation of OPERATIONS) {
      if ((await refusalOf(operation, nobody)) === undefined) open.push(operation.name)
    }
    assert.deepEqual(open.filter((name) => !FREE.has(name)).toSorted(), [])
  })
})
