/** Whoever puts a role into an instance profile must be allowed to pass that role. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import { iamClient, newUser, outcomeOf, policyText } from '../support/iam.ts'
import { callIam } from '../support/sdk-by-name.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { trust } from '../support/sts.ts'

const ACCOUNT = '000000000000'
const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/app/passed`
const INPUT = { InstanceProfileName: 'profile', RoleName: 'passed' }
const TO_EC2 = { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } }

let server: TestServer
let root: IAMClient

before(async () => {
  server = await startServer()
  root = iamClient(server)
  await callIam(root, 'CreateRole', {
    RoleName: 'passed',
    Path: '/app/',
    AssumeRolePolicyDocument: trust({ Service: 'ec2.amazonaws.com' }),
    Tags: [{ Key: 'team', Value: 'red' }],
  })
  await callIam(root, 'CreateInstanceProfile', {
    InstanceProfileName: 'profile',
    Tags: [{ Key: 'team', Value: 'blue' }],
  })
})

after(async () => {
  root.destroy()
  await server[Symbol.asyncDispose]()
})

const ADD = { Effect: 'Allow', Action: 'iam:AddRoleToInstanceProfile', Resource: '*' }

/** What a new user with the permission to add roles, and with this statement, is told. */
async function adding(user: string, pass: object | undefined, input = INPUT): Promise<string> {
  const policy = policyText(ADD, ...(pass === undefined ? [] : [{ Effect: 'Allow', ...pass }]))
  const client = iamClient(server, await newUser(root, user, policy))
  const outcome = await outcomeOf(callIam(client, 'AddRoleToInstanceProfile', input))
  if (outcome === 'allowed') await callIam(root, 'RemoveRoleFromInstanceProfile', INPUT)
  return outcome
}

function denied(user: string, arn = ROLE_ARN): string {
  const who = `arn:aws:iam::${ACCOUNT}:user/${user}`
  const why = 'because no identity-based policy allows the iam:PassRole action'
  return `AccessDenied 403: User: ${who} is not authorized to perform: iam:PassRole on resource: ${arn} ${why}`
}

test('a role is put into a profile by whom iam:PassRole is allowed on it, and by nobody else', async () => {
  const pass = { Action: 'iam:PassRole', Resource: ROLE_ARN }
  assert.equal(await adding('none', undefined), denied('none'))
  assert.equal(await adding('elsewhere', { ...pass, Resource: `${ROLE_ARN}x` }), denied('elsewhere'))
  assert.equal(await adding('passes', pass), 'allowed')
})

test('iam:PassedToService and the tags are those of the role that is passed', async () => {
  const pass = { Action: 'iam:PassRole', Resource: '*' }
  const tagged = (team: string): object => ({ StringEquals: { 'aws:ResourceTag/team': team } })
  assert.equal(await adding('to-ec2', { ...pass, Condition: TO_EC2 }), 'allowed')
  const toLambda = { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } }
  assert.equal(await adding('to-lambda', { ...pass, Condition: toLambda }), denied('to-lambda'))
  assert.equal(await adding('red', { ...pass, Condition: tagged('red') }), 'allowed')
  assert.equal(await adding('blue', { ...pass, Condition: tagged('blue') }), denied('blue'))
})

test('whoever may not pass a role is not told whether it exists', async () => {
  const missing = { ...INPUT, RoleName: 'missing' }
  const arn = `arn:aws:iam::${ACCOUNT}:role/missing`
  assert.equal(await adding('curious', undefined, missing), denied('curious', arn))
  assert.match(
    await adding('may', { Action: 'iam:PassRole', Resource: '*' }, missing),
    /^NoSuchEntityException 404: The role with name missing cannot be found/,
  )
})
