/** What whoever may administer users within conditions can do, and what not. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteUserPermissionsBoundaryCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  type IAMClient,
  PutUserPolicyCommand,
  UpdateGroupCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-iam'
import { allow, iamClient, newUser, outcomeOf, policyText } from '../support/iam.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { trust } from '../support/sts.ts'

const BOUNDARY = 'arn:aws:iam::aws:policy/IAMReadOnlyAccess'
const WITHIN = { StringEquals: { 'iam:PermissionsBoundary': BOUNDARY } }

let server: TestServer
let iam: IAMClient

before(async () => {
  server = await startServer()
  iam = iamClient(server)
  await iam.send(new CreateUserCommand({ UserName: 'bounded', PermissionsBoundary: BOUNDARY }))
  await iam.send(new CreateUserCommand({ UserName: 'free' }))
})

after(async () => {
  iam.destroy()
  await server[Symbol.asyncDispose]()
})

function changesOf(UserName: string) {
  const inline = { UserName, PolicyName: 'p', PolicyDocument: policyText(allow('kms:*')) }
  const managed = { UserName, PolicyArn: BOUNDARY }
  return [
    new PutUserPolicyCommand(inline),
    new DeleteUserPolicyCommand(inline),
    new AttachUserPolicyCommand(managed),
    new DetachUserPolicyCommand(managed),
    new DeleteUserPermissionsBoundaryCommand({ UserName }),
  ]
}

async function outcomes(caller: IAMClient, name: string): Promise<readonly string[]> {
  const all: string[] = []
  for (const command of changesOf(name)) {
    // One of several kinds of commands: a client is typed for one at a time.
    all.push(await outcomeOf(caller.send(command as PutUserPolicyCommand)))
  }
  return all.map((outcome) => outcome.split(' ')[0] ?? '')
}

test('a condition on the permissions boundary lets its administrator change whom it limits, nobody else', async () => {
  const policy = policyText({ ...allow('iam:*'), Condition: WITHIN })
  const administrator = iamClient(server, await newUser(iam, 'administrator', policy))
  assert.deepEqual(await outcomes(administrator, 'free'), Array(5).fill('AccessDenied'))
  assert.deepEqual(await outcomes(administrator, 'nobody'), Array(5).fill('AccessDenied'))
  assert.deepEqual(await outcomes(administrator, 'bounded'), Array(5).fill('allowed'))
})

test('a denial by the permissions boundary protects whom it limits', async () => {
  await iam.send(new CreateUserCommand({ UserName: 'kept', PermissionsBoundary: BOUNDARY }))
  const policy = policyText(allow('iam:*'), {
    Effect: 'Deny',
    Action: 'iam:*',
    Resource: '*',
    Condition: WITHIN,
  })
  const administrator = iamClient(server, await newUser(iam, 'other', policy))
  assert.deepEqual(await outcomes(administrator, 'kept'), Array(5).fill('AccessDenied'))
})

test('a new name or path needs the permission on what a user or group becomes', async () => {
  const dev = ['arn:aws:iam::000000000000:user/dev/*', 'arn:aws:iam::000000000000:group/dev/*']
  const policy = policyText({ Effect: 'Allow', Action: ['iam:UpdateUser', 'iam:UpdateGroup'], Resource: dev })
  const lead = iamClient(server, await newUser(iam, 'lead', policy))
  await iam.send(new CreateUserCommand({ UserName: 'one', Path: '/dev/' }))
  await iam.send(new CreateGroupCommand({ GroupName: 'some', Path: '/dev/' }))
  const user = (to: object): Promise<string> =>
    outcomeOf(lead.send(new UpdateUserCommand({ UserName: 'one', ...to })))
  const group = (to: object): Promise<string> =>
    outcomeOf(lead.send(new UpdateGroupCommand({ GroupName: 'some', ...to })))
  assert.match(await user({ NewPath: '/admin/' }), /^AccessDenied .* iam:UpdateUser .*user\/admin\/one /)
  assert.match(await user({ NewUserName: 'two', NewPath: '/' }), /^AccessDenied .*user\/two /)
  assert.match(await group({ NewPath: '/admin/' }), /^AccessDenied .* iam:UpdateGroup .*group\/admin\/some /)
  assert.equal(await user({ NewUserName: 'two', NewPath: '/dev/a/' }), 'allowed')
  assert.equal(await group({ NewGroupName: 'others' }), 'allowed')
})

test('whoever makes something with tags needs the permission to tag it', async () => {
  const policy = policyText(allow('iam:CreateUser', 'iam:CreateRole'))
  const maker = iamClient(server, await newUser(iam, 'maker', policy))
  const Tags = [{ Key: 'team', Value: 'security' }]
  const user = { UserName: 'tagged', Tags }
  const role = {
    RoleName: 'tagged',
    AssumeRolePolicyDocument: trust({ AWS: 'arn:aws:iam::000000000000:root' }),
    Tags,
  }
  assert.match(await outcomeOf(maker.send(new CreateUserCommand(user))), /^AccessDenied .* iam:TagUser /)
  assert.match(await outcomeOf(maker.send(new CreateRoleCommand(role))), /^AccessDenied .* iam:TagRole /)
  assert.equal(await outcomeOf(maker.send(new CreateUserCommand({ ...user, Tags: [] }))), 'allowed')
  const PolicyDocument = policyText(allow('iam:Create*', 'iam:Tag*'))
  await iam.send(new PutUserPolicyCommand({ UserName: 'maker', PolicyName: 'own', PolicyDocument }))
  assert.equal(await outcomeOf(maker.send(new CreateRoleCommand(role))), 'allowed')
})
