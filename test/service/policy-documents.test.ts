/** Documents that people have, put by every operation that takes one. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetFederationTokenCommand, type STSClient } from '@aws-sdk/client-sts'
import { ACCEPTED, DOCUMENT_ROWS, type DocumentRow, type Place, REFUSED } from '../policy/corpus/documents.ts'
import { eventOf } from '../support/audit.ts'
import { call, newKey } from '../support/calls.ts'
import { allow, iamClient, newUser, outcomeOf, policyText } from '../support/iam.ts'
import { callQuery } from '../support/query.ts'
import { callIam } from '../support/sdk-by-name.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { newRole, stsClient, trust } from '../support/sts.ts'

const ACCOUNT = '000000000000'
const ROOT = `arn:aws:iam::${ACCOUNT}:root`

let server: TestServer
let iam: IAMClient
let sts: STSClient
let roleArn: string
let policyArn: string

before(async () => {
  server = await startServer()
  iam = iamClient(server)
  sts = stsClient(
    server,
    await newUser(iam, 'user', policyText(allow('sts:AssumeRole', 'sts:GetFederationToken'))),
  )
  await callIam(iam, 'CreateGroup', { GroupName: 'group' })
  roleArn = await newRole(iam, 'role', trust({ AWS: ROOT }))
  await newRole(iam, 'trusting', trust({ AWS: ROOT }))
  policyArn = `arn:aws:iam::${ACCOUNT}:policy/versions`
  await callIam(iam, 'CreatePolicy', { PolicyName: 'versions', PolicyDocument: policyText(allow('kms:*')) })
})

after(async () => {
  iam.destroy()
  sts.destroy()
  await server[Symbol.asyncDispose]()
})

/** What an operation answers: `allowed`, or `code status: message`. */
type Put = (text: string, index: number) => Promise<string>

const viaIam =
  (name: string, input: (text: string, index: number) => object): Put =>
  (text, index) =>
    outcomeOf(callIam(iam, name, input(text, index)))

const viaKms =
  (name: string): Put =>
  async (text) => {
    const bypass = { BypassPolicyLockoutSafetyCheck: true }
    const at = name === 'PutKeyPolicy' ? { KeyId: await newKey(server) } : {}
    const answer = await call(server, name, { ...at, ...bypass, Policy: text })
    return answer.status === 200 ? 'allowed' : `${answer.code} ${answer.status}: ${answer.json['message']}`
  }

/** The oldest of the versions goes, so that there is always room for one. */
const newVersion: Put = async (text) => {
  const answer = await outcomeOf(
    callIam(iam, 'CreatePolicyVersion', { PolicyArn: policyArn, PolicyDocument: text }),
  )
  if (answer !== 'allowed') return answer
  const { Versions } = (await callIam(iam, 'ListPolicyVersions', { PolicyArn: policyArn })) as {
    readonly Versions: readonly { readonly VersionId: string; readonly IsDefaultVersion: boolean }[]
  }
  for (const { VersionId, IsDefaultVersion } of Versions) {
    if (!IsDefaultVersion) await callIam(iam, 'DeletePolicyVersion', { PolicyArn: policyArn, VersionId })
  }
  return answer
}

const OPERATIONS: Readonly<Record<Place, ReadonlyMap<string, Put>>> = {
  identity: new Map([
    ['PutUserPolicy', viaIam('PutUserPolicy', inline({ UserName: 'user' }))],
    ['PutGroupPolicy', viaIam('PutGroupPolicy', inline({ GroupName: 'group' }))],
    ['PutRolePolicy', viaIam('PutRolePolicy', inline({ RoleName: 'role' }))],
    [
      'CreatePolicy',
      viaIam('CreatePolicy', (text, index) => ({ PolicyName: `p${index}`, PolicyDocument: text })),
    ],
    ['CreatePolicyVersion', newVersion],
  ]),
  session: new Map([
    [
      'AssumeRole',
      (text) =>
        outcomeOf(sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 's1', Policy: text }))),
    ],
    [
      'GetFederationToken',
      (text) => outcomeOf(sts.send(new GetFederationTokenCommand({ Name: 'f1', Policy: text }))),
    ],
  ]),
  trust: new Map([
    [
      'CreateRole',
      viaIam('CreateRole', (text, index) => ({ RoleName: `r${index}`, AssumeRolePolicyDocument: text })),
    ],
    [
      'UpdateAssumeRolePolicy',
      viaIam('UpdateAssumeRolePolicy', (text) => ({ RoleName: 'trusting', PolicyDocument: text })),
    ],
  ]),
  key: new Map([
    ['CreateKey', viaKms('CreateKey')],
    ['PutKeyPolicy', viaKms('PutKeyPolicy')],
  ]),
  // No operation puts them: the operator does, with a command.
  scp: new Map(),
  rcp: new Map(),
}

function inline(holder: object): (text: string) => object {
  return (text) => ({ ...holder, PolicyName: 'tried', PolicyDocument: text })
}

function assertSaid({ expected, what }: DocumentRow, operation: string, answer: string): void {
  const where = `${operation}: ${what}`
  if (expected === ACCEPTED) assert.equal(answer, 'allowed', where)
  else if (expected === REFUSED) assert.match(answer, /^MalformedPolicyDocumentException 400: ./, where)
  else assert.equal(answer, `MalformedPolicyDocumentException 400: ${expected}`, where)
}

for (const place of ['identity', 'session', 'trust', 'key'] as const) {
  const rows = DOCUMENT_ROWS.filter((row) => row.place === place)
  for (const [operation, put] of OPERATIONS[place]) {
    test(`${operation} says of documents what AWS says`, async () => {
      assert.ok(rows.length > 50, String(rows.length))
      for (const [index, row] of rows.entries()) {
        assertSaid(row, operation, await put(row.text, index))
      }
    })
  }
}

test('SimulateCustomPolicy says of documents what PutUserPolicy says', async () => {
  for (const { place, text, expected, what } of DOCUMENT_ROWS) {
    if (place !== 'identity') continue
    const answer = await outcomeOf(
      callIam(iam, 'SimulateCustomPolicy', { PolicyInputList: [text], ActionNames: ['kms:Encrypt'] }),
    )
    const said =
      expected === ACCEPTED
        ? 'allowed'
        : `InvalidInputException 400: Invalid Input. PolicyInputList.1: ${expected}`
    assert.equal(answer, said, what)
  }
})

/** Writes with `ExpectedPolicyDocument`: the call, and what it was made from when nobody has put anything. */
const CONDITIONAL: readonly (readonly [action: string, input: Record<string, string>, first: string])[] = [
  ['PutUserPolicy', { UserName: 'user', PolicyName: 'expected' }, ''],
  ['PutGroupPolicy', { GroupName: 'group', PolicyName: 'expected' }, ''],
  ['PutRolePolicy', { RoleName: 'role', PolicyName: 'expected' }, ''],
  ['UpdateAssumeRolePolicy', { RoleName: 'expected' }, trust({ AWS: ROOT })],
  [
    'CreatePolicyVersion',
    { PolicyArn: `arn:aws:iam::${ACCOUNT}:policy/expected`, SetAsDefault: 'true' },
    policyText(allow('kms:*')),
  ],
]

test('a write with ExpectedPolicyDocument puts nothing over another policy than that', async () => {
  await newRole(iam, 'expected', trust({ AWS: ROOT }))
  await callIam(iam, 'CreatePolicy', { PolicyName: 'expected', PolicyDocument: policyText(allow('kms:*')) })
  for (const [action, input, first] of CONDITIONAL) {
    const isTrust = action === 'UpdateAssumeRolePolicy'
    const made = (name: string): string =>
      isTrust ? trust({ AWS: ROOT }, { Sid: name }) : policyText({ ...allow('kms:Encrypt'), Sid: name })
    const put = (PolicyDocument: string, ExpectedPolicyDocument: string) =>
      callQuery(
        server,
        { service: 'iam', action },
        { ...input, PolicyDocument, ExpectedPolicyDocument },
        { credentials: server.credentials },
      )
    const stale = await put(made('Mine'), policyText(allow('kms:Decrypt')))
    assert.deepEqual([stale.status, stale.code], [400, 'Conflict'], `${action} over another policy`)
    assert.equal(stale.message, 'The policy is not the expected one.')
    assert.equal((await put(made('Theirs'), first)).status, 200, action)
    const late = await put(made('Mine'), first)
    assert.equal(late.code, 'Conflict', `${action} over a policy put meanwhile`)
    const { requestParameters } = await eventOf(server, late.requestId)
    assert.ok(!JSON.stringify(requestParameters).includes('xpectedPolicy'), 'the event does not repeat it')
    const both = await Promise.all(['One', 'Other'].map((name) => put(made(name), made('Theirs'))))
    const codes = both.map(({ code = 'put' }) => code).sort()
    assert.deepEqual(codes, ['Conflict', 'put'], `${action}: of two at once, one puts its policy`)
  }
})
