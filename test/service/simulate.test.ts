/** Simulations give what calls would get, and what was missing for it. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import { allow, iamClient, newUser, outcomeOf, policyText } from '../support/iam.ts'
import { callIam, inside } from '../support/sdk-by-name.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const USER = `arn:aws:iam::${ACCOUNT}:user/ada`

let server: TestServer
let client: IAMClient

before(async () => {
  server = await startServer()
  client = iamClient(server)
  const conditional = {
    ...allow('kms:Encrypt'),
    Condition: {
      StringEquals: { 'kms:EncryptionContext:app': 'x' },
      IpAddress: { 'aws:SourceIp': '10.0.0.0/8' },
    },
  }
  await newUser(client, 'ada', policyText(allow('kms:Describe*'), conditional))
})

after(async () => {
  client.destroy()
  await server[Symbol.asyncDispose]()
})

async function decisions(name: string, input: object): Promise<readonly string[]> {
  const results = inside(await callIam(client, name, input), 'EvaluationResults')
  assert.ok(Array.isArray(results))
  return results.map((result) => `${inside(result, 'EvalActionName')} ${inside(result, 'EvalDecision')}`)
}

test('SimulatePrincipalPolicy decides with the policies of a user', async () => {
  const ActionNames = ['kms:DescribeKey', 'kms:Encrypt', 'kms:Decrypt']
  const input = { PolicySourceArn: USER, ActionNames }
  assert.deepEqual(await decisions('SimulatePrincipalPolicy', input), [
    'kms:DescribeKey allowed',
    'kms:Encrypt implicitDeny',
    'kms:Decrypt implicitDeny',
  ])
  const ContextEntries = [
    { ContextKeyName: 'kms:EncryptionContext:app', ContextKeyType: 'string', ContextKeyValues: ['x'] },
    { ContextKeyName: 'aws:SourceIp', ContextKeyType: 'ip', ContextKeyValues: ['10.1.2.3'] },
  ]
  assert.deepEqual(await decisions('SimulatePrincipalPolicy', { ...input, ContextEntries }), [
    'kms:DescribeKey allowed',
    'kms:Encrypt allowed',
    'kms:Decrypt implicitDeny',
  ])
  const deny = policyText({ Effect: 'Deny', Action: 'kms:*', Resource: '*' })
  assert.deepEqual(
    await decisions('SimulatePrincipalPolicy', {
      ...input,
      ActionNames: ['kms:DescribeKey'],
      PolicyInputList: [deny],
    }),
    ['kms:DescribeKey explicitDeny'],
  )
  const boundary = { PermissionsBoundaryPolicyInputList: [policyText(allow('s3:*'))] }
  const bounded = await callIam(client, 'SimulatePrincipalPolicy', { ...input, ...boundary })
  const [first] = bounded['EvaluationResults'] as unknown[]
  assert.equal(inside(first, 'EvalDecision'), 'implicitDeny')
  assert.equal(inside(first, 'PermissionsBoundaryDecisionDetail', 'AllowedByPermissionsBoundary'), false)
})

test('a simulation says which keys it was not given', async () => {
  const input = { PolicySourceArn: USER, ActionNames: ['kms:Encrypt'] }
  const answer = await callIam(client, 'SimulatePrincipalPolicy', input)
  const missing = inside(answer, 'EvaluationResults', 0, 'MissingContextValues') as string[]
  assert.ok(missing.includes('kms:EncryptionContext:app'))
  assert.deepEqual(
    inside(
      await callIam(client, 'GetContextKeysForPrincipalPolicy', { PolicySourceArn: USER }),
      'ContextKeyNames',
    ),
    ['aws:SourceIp', 'kms:EncryptionContext:app'],
  )
})

test('SimulateCustomPolicy decides with the policies that it is given, page by page', async () => {
  const PolicyInputList = [policyText(allow('kms:List*'))]
  const ActionNames = ['kms:ListKeys', 'kms:CreateKey', 'kms:ListAliases']
  const input = { PolicyInputList, ActionNames }
  assert.deepEqual(await decisions('SimulateCustomPolicy', input), [
    'kms:ListKeys allowed',
    'kms:CreateKey implicitDeny',
    'kms:ListAliases allowed',
  ])
  const page = await callIam(client, 'SimulateCustomPolicy', { ...input, MaxItems: 2 })
  assert.equal(page['IsTruncated'], true)
  assert.deepEqual(
    await decisions('SimulateCustomPolicy', { ...input, MaxItems: 2, Marker: page['Marker'] }),
    ['kms:ListAliases allowed'],
  )
  const keys = await callIam(client, 'GetContextKeysForCustomPolicy', {
    PolicyInputList: [
      policyText({ ...allow('a:b'), Resource: ['arn:aws:s3:::$', '{aws:username}'].join('') }),
    ],
  })
  assert.deepEqual(keys['ContextKeyNames'], ['aws:username'])
})

test('a simulation asks of each level of the organization that one of its policies allows', async () => {
  const closed = policyText({ ...allow('sts:*') })
  const open = policyText(allow('*'))
  const levels: readonly (readonly [readonly (readonly string[])[], boolean])[] = [
    [[[open, closed]], true],
    [[[open], [closed]], false],
    [[[closed, open], [open]], true],
    [[[open, policyText({ ...allow('kms:*'), Effect: 'Deny' })]], false],
    [[[open], []], false],
  ]
  for (const [policies, expected] of levels) {
    const { EvaluationResults } = await callIam(client, 'SimulateCustomPolicy', {
      PolicyInputList: [open],
      ActionNames: ['kms:ListKeys'],
      OrderedOrganizationPolicyInputList: policies.map((ServiceControlPolicyInputList) => ({
        ServiceControlPolicyInputList,
      })),
    })
    const [result] = EvaluationResults as {
      OrganizationsDecisionDetail?: { AllowedByOrganizations?: boolean }
    }[]
    assert.equal(result?.OrganizationsDecisionDetail?.AllowedByOrganizations, expected)
  }
})

test('a simulation refuses what is no policy, no user, and more than it can do', async () => {
  const failing = (name: string, input: object) => outcomeOf(callIam(client, name, input))
  const ActionNames = ['kms:ListKeys']
  assert.match(
    await failing('SimulateCustomPolicy', { PolicyInputList: ['{}'], ActionNames }),
    /^InvalidInputException 400: Invalid Input\. PolicyInputList\.1: /,
  )
  assert.match(
    await failing('SimulatePrincipalPolicy', { PolicySourceArn: `${USER}-none`, ActionNames }),
    /^NoSuchEntityException 404/,
  )
  const many = Array.from({ length: 101 }, (_, at) => `kms:Action${at}`)
  const PolicyInputList = [policyText(allow('kms:*'))]
  assert.match(
    await failing('SimulateCustomPolicy', { PolicyInputList, ActionNames: many, ResourceArns: many }),
    /^InvalidInputException 400: At most 10000 pairs/,
  )
})

test('a simulation of slow policies is answered in pages that together have everything', async () => {
  const patterns = Array.from({ length: 1000 }, () => `${'*a'.repeat(50)}b`)
  const slow = { ...allow('kms:*'), Condition: { StringLike: { 'aws:slow': patterns } } }
  const input = {
    PolicyInputList: [policyText(slow)],
    // Fewer than a page has at most, and many times what is decided in the time of a page.
    ActionNames: Array.from({ length: 99 }, (_, index) => `kms:Action${index}`),
    ContextEntries: [
      { ContextKeyName: 'aws:slow', ContextKeyType: 'string', ContextKeyValues: ['a'.repeat(100_000)] },
    ],
  }
  const pages: number[] = []
  const actions: unknown[] = []
  let more: object = {}
  do {
    const page = await callIam(client, 'SimulateCustomPolicy', { ...input, ...more })
    const results = inside(page, 'EvaluationResults')
    assert.ok(Array.isArray(results))
    pages.push(results.length)
    actions.push(...results.map((result) => inside(result, 'EvalActionName')))
    more = inside(page, 'IsTruncated') === true ? { Marker: inside(page, 'Marker') } : {}
  } while ('Marker' in more)
  assert.deepEqual(actions, input.ActionNames)
  assert.ok(pages.length > 1, `${pages}`)
})
