/** Roles that belong to services of AWS: how they are made, that nobody changes them, and how they go. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import { CreateKeyCommand } from '@aws-sdk/client-kms'
import { SERVICE_ROLES } from '../../src/iam/entities/service-linked.ts'
import { eventOf } from '../support/audit.ts'
import { iamClient, newUser, outcomeOf, policyText } from '../support/iam.ts'
import { kmsClient } from '../support/kms.ts'
import { type Answer, callIam, inside } from '../support/sdk-by-name.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { trust } from '../support/sts.ts'

const ACCOUNT = '000000000000'
const SERVICE = 'autoscaling.amazonaws.com'
const NAME = 'AWSServiceRoleForAutoScaling'
const ARN = `arn:aws:iam::${ACCOUNT}:role/aws-service-role/${SERVICE}/${NAME}`
const POLICY = policyText({ Effect: 'Allow', Action: 'kms:*', Resource: '*' })

let server: TestServer
let client: IAMClient

before(async () => {
  server = await startServer()
  client = iamClient(server)
})

after(async () => {
  client.destroy()
  await server[Symbol.asyncDispose]()
})

const iam = (name: string, input: object = {}): Promise<Answer> => callIam(client, name, input)
const failing = (name: string, input: object = {}): Promise<string> => outcomeOf(callIam(client, name, input))

test('a service-linked role is made, read, described, tagged, and named in a key policy', async () => {
  const created = await iam('CreateServiceLinkedRole', { AWSServiceName: SERVICE, Description: 'd' })
  assert.equal(inside(created, 'Role', 'Arn'), ARN)
  assert.equal(inside(created, 'Role', 'Path'), `/aws-service-role/${SERVICE}/`)
  assert.equal(inside(created, 'Role', 'RoleLastUsed'), undefined)
  const document = JSON.parse(decodeURIComponent(String(inside(created, 'Role', 'AssumeRolePolicyDocument'))))
  assert.deepEqual(document, {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: SERVICE }, Action: 'sts:AssumeRole' }],
  })
  assert.equal(
    await failing('CreateServiceLinkedRole', { AWSServiceName: SERVICE }),
    `InvalidInputException 400: Service role name ${NAME} has been taken in this account, please try a different suffix.`,
  )
  await iam('UpdateRole', { RoleName: NAME, Description: 'other' })
  await iam('UpdateRoleDescription', { RoleName: NAME, Description: 'another' })
  await iam('TagRole', { RoleName: NAME, Tags: [{ Key: 'a', Value: 'b' }] })
  const read = await iam('GetRole', { RoleName: NAME })
  assert.equal(inside(read, 'Role', 'Description'), 'another')
  assert.deepEqual(inside(read, 'Role', 'Tags'), [{ Key: 'a', Value: 'b' }])
  const listed = await iam('ListRoles', { PathPrefix: '/aws-service-role/' })
  assert.equal(inside(listed, 'Roles', 0, 'RoleName'), NAME)

  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
      { Effect: 'Allow', Principal: { AWS: ARN }, Action: 'kms:CreateGrant', Resource: '*' },
    ],
  })
  assert.equal(await outcomeOf(kmsClient(server).send(new CreateKeyCommand({ Policy }))), 'allowed')
})

test('a suffix is taken where the service takes one', async () => {
  const input = { AWSServiceName: SERVICE, CustomSuffix: 'mine' }
  assert.equal(inside(await iam('CreateServiceLinkedRole', input), 'Role', 'RoleName'), `${NAME}_mine`)
  assert.match(await failing('CreateServiceLinkedRole', input), /Service role name \w+_mine has been taken/)
  assert.equal(
    await failing('CreateServiceLinkedRole', { AWSServiceName: 'es.amazonaws.com', CustomSuffix: 'x' }),
    'InvalidInputException 400: Custom suffix is not allowed for es.amazonaws.com',
  )
  assert.match(
    await failing('CreateServiceLinkedRole', { AWSServiceName: SERVICE, CustomSuffix: 'x'.repeat(64) }),
    /^InvalidInputException 400/,
  )
  assert.match(
    await failing('CreateServiceLinkedRole', { AWSServiceName: 'coffee.amazonaws.com' }),
    /^InvalidInputException 400: .*coffee\.amazonaws\.com/,
  )
})

test('nobody changes a service-linked role but by its own operations', async () => {
  const role = { RoleName: NAME }
  const text = `Cannot perform the operation on the protected role '${NAME}' - this role is only modifiable by AWS`
  const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
  await iam('CreateInstanceProfile', { InstanceProfileName: 'profile' })
  for (const [name, input] of [
    ['AttachRolePolicy', { PolicyArn }],
    ['DetachRolePolicy', { PolicyArn }],
    ['PutRolePolicy', { PolicyName: 'p', PolicyDocument: POLICY }],
    ['DeleteRolePolicy', { PolicyName: 'p' }],
    ['PutRolePermissionsBoundary', { PermissionsBoundary: PolicyArn }],
    ['DeleteRolePermissionsBoundary', {}],
    ['UpdateAssumeRolePolicy', { PolicyDocument: trust({ AWS: `arn:aws:iam::${ACCOUNT}:root` }) }],
    ['UpdateRole', { MaxSessionDuration: 7200 }],
    ['AddRoleToInstanceProfile', { InstanceProfileName: 'profile' }],
    ['DeleteRole', {}],
  ] as const) {
    assert.equal(await failing(name, { ...role, ...input }), `UnmodifiableEntityException 400: ${text}`, name)
  }
})

test('permissions are on the role, with the service as a condition', async () => {
  const only = (service: string): string =>
    policyText({
      Effect: 'Allow',
      Action: ['iam:CreateServiceLinkedRole', 'iam:DeleteServiceLinkedRole'],
      Resource: `arn:aws:iam::*:role/aws-service-role/*`,
      Condition: { StringLike: { 'iam:AWSServiceName': service } },
    })
  const maker = iamClient(server, await newUser(client, 'maker', only('spot.amazonaws.com')))
  const make = (AWSServiceName: string): Promise<string> =>
    outcomeOf(callIam(maker, 'CreateServiceLinkedRole', { AWSServiceName }))
  assert.equal(await make('spot.amazonaws.com'), 'allowed')
  assert.match(
    await make('spotfleet.amazonaws.com'),
    /iam:CreateServiceLinkedRole on resource: arn:aws:iam::\d+:role\/aws-service-role\/spotfleet\.amazonaws\.com\/AWSServiceRoleForEC2SpotFleet because/,
  )
  maker.destroy()
})

test('a service-linked role goes by a task, whose end is told and recorded', async () => {
  await iam('CreateServiceLinkedRole', { AWSServiceName: 'ecs.amazonaws.com' })
  const { DeletionTaskId, $metadata } = await iam('DeleteServiceLinkedRole', {
    RoleName: 'AWSServiceRoleForECS',
  })
  assert.match(
    String(DeletionTaskId),
    /^task\/aws-service-role\/ecs\.amazonaws\.com\/AWSServiceRoleForECS\/[0-9a-f-]{36}$/,
  )
  assert.equal((await iam('GetServiceLinkedRoleDeletionStatus', { DeletionTaskId }))['Status'], 'SUCCEEDED')
  assert.match(await failing('GetRole', { RoleName: 'AWSServiceRoleForECS' }), /^NoSuchEntityException 404/)
  const event = await eventOf(server, String(inside($metadata, 'requestId')))
  assert.equal(event.eventName, 'DeleteServiceLinkedRole')
  assert.deepEqual(event.requestParameters, { roleName: 'AWSServiceRoleForECS' })
  assert.deepEqual(event.responseElements, { deletionTaskId: DeletionTaskId })
  const other = String(DeletionTaskId).replace(/.{36}$/, '00000000-0000-4000-8000-000000000000')
  for (const wrong of [other, 'task/aws-service-role/x', 'x']) {
    const status = failing('GetServiceLinkedRoleDeletionStatus', { DeletionTaskId: wrong })
    assert.match(await status, /^(NoSuchEntityException 404|InvalidInputException 400)/, wrong)
  }
  await iam('CreateServiceLinkedRole', { AWSServiceName: 'ecs.amazonaws.com' })
})

test('an ordinary role does not go as a service-linked one', async () => {
  const AssumeRolePolicyDocument = trust({ AWS: `arn:aws:iam::${ACCOUNT}:root` })
  await iam('CreateRole', { RoleName: 'ordinary', AssumeRolePolicyDocument })
  assert.match(
    await failing('DeleteServiceLinkedRole', { RoleName: 'ordinary' }),
    /^NoSuchEntityException 404/,
  )
  await iam('DeleteRole', { RoleName: 'ordinary' })
})

test('the role of every service can be made', async () => {
  assert.ok(SERVICE_ROLES.size > 50)
  for (const [service, { name }] of SERVICE_ROLES) {
    const outcome = await failing('CreateServiceLinkedRole', { AWSServiceName: service })
    assert.ok(outcome === 'allowed' || outcome.includes('has been taken'), `${service}: ${outcome}`)
    const role = await iam('GetRole', { RoleName: `AWSServiceRoleFor${name}` })
    // Whoever writes the same document is not refused either.
    const AssumeRolePolicyDocument = decodeURIComponent(
      String(inside(role, 'Role', 'AssumeRolePolicyDocument')),
    )
    await iam('CreateRole', { RoleName: `for-${service}`, AssumeRolePolicyDocument })
  }
})
