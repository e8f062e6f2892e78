/** What the clients of a fleet use and change: one permission of each kind that Holdfast decides by. */

import { PutRolePolicyCommand } from '@aws-sdk/client-iam'
import type { Output } from '../../src/api/json.ts'
import { newKey } from '../support/calls.ts'
import { allow, iamClient, newUser, policyText, type TestCredentials } from '../support/iam.ts'
import type { FormValue } from '../support/query.ts'
import type { TestServer } from '../support/server.ts'
import { assume, newRole, stsClient, trust } from '../support/sts.ts'
import { until } from '../support/until.ts'
import type { Call, Permission } from './clients.ts'

const ACCOUNT = '000000000000'
const PLAINTEXT = Buffer.from('a secret of nobody').toString('base64')
const DENIED = ['AccessDeniedException']

/** Creates everything that the permissions are about; all are given at first. */
export async function makePermissions(server: TestServer): Promise<readonly Permission[]> {
  const root = server.credentials
  const iam = iamClient(server)
  const all = policyText(allow('kms:*'))
  const [denied, switched, granted] = [
    await newUser(iam, 'denied', all),
    await newUser(iam, 'switched', all),
    await newUser(iam, 'granted'),
  ]
  const roleArn = await newRole(iam, 'role', trust({ AWS: `arn:aws:iam::${ACCOUNT}:user/switched` }), all)
  const session = await until('the role can be assumed', () => assume(stsClient(server, switched), roleArn))
  await iam.send(new PutRolePolicyCommand({ RoleName: 'role', PolicyName: 'own', PolicyDocument: all }))
  const key = await newKey(server)
  const as = (
    service: 'kms',
    operation: string,
    input: Output,
    credentials: TestCredentials = root,
  ): Call => ({
    ...{ service, operation, input, credentials },
  })
  const form = (operation: string, input: FormValue): Call => ({
    ...{ service: 'iam', operation, input, credentials: root },
  })
  const encrypt = (id: string, by: TestCredentials): Call =>
    as('kms', 'Encrypt', { KeyId: id, Plaintext: PLAINTEXT }, by)
  const states = await Promise.all(
    ['first', 'second'].map(async (name): Promise<Permission> => {
      const id = await newKey(server)
      return {
        name: `state of the ${name} key`,
        use: encrypt(id, root),
        refusals: ['DisabledException'],
        grant: () => as('kms', 'EnableKey', { KeyId: id }),
        revoke: () => as('kms', 'DisableKey', { KeyId: id }),
        idle: [],
      }
    }),
  )
  const policed = await newKey(server)
  const switching = (Status: string) =>
    form('UpdateAccessKey', { UserName: 'switched', AccessKeyId: switched.accessKeyId, Status })
  return [
    ...states,
    {
      name: 'key policy',
      use: encrypt(policed, denied),
      refusals: DENIED,
      grant: () => putPolicy(as, policed, false),
      revoke: () => putPolicy(as, policed, true),
      idle: [],
    },
    {
      name: 'access key',
      use: encrypt(key, switched),
      refusals: ['UnrecognizedClientException'],
      grant: () => switching('Active'),
      revoke: () => switching('Inactive'),
      idle: [],
    },
    {
      name: 'session',
      use: encrypt(key, session),
      refusals: DENIED,
      grant: () => form('PutRolePolicy', { RoleName: 'role', PolicyName: 'own', PolicyDocument: all }),
      revoke: () => form('DeleteRolePolicy', { RoleName: 'role', PolicyName: 'own' }),
      idle: ['NoSuchEntity'],
    },
    await grantOf(server, granted, as),
  ]
}

type KmsCall = (service: 'kms', operation: string, input: Output, credentials?: TestCredentials) => Call

function putPolicy(as: KmsCall, KeyId: string, isDenied: boolean): Call {
  const Resource = '*'
  const owner = { AWS: `arn:aws:iam::${ACCOUNT}:root` }
  const Statement: object[] = [{ Effect: 'Allow', Principal: owner, Action: 'kms:*', Resource }]
  const user = { AWS: `arn:aws:iam::${ACCOUNT}:user/denied` }
  if (isDenied) Statement.push({ Effect: 'Deny', Principal: user, Action: 'kms:Encrypt', Resource })
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
  return as('kms', 'PutKeyPolicy', { KeyId, PolicyName: 'default', Policy })
}

/** A grant has a new id each time that it is created; with its name, there is never more than one. */
async function grantOf(server: TestServer, user: TestCredentials, as: KmsCall): Promise<Permission> {
  const KeyId = await newKey(server)
  const state = { id: '0'.repeat(64) }
  const grant = () =>
    as('kms', 'CreateGrant', {
      ...{ KeyId, Name: 'grant', Operations: ['Encrypt'] },
      GranteePrincipal: `arn:aws:iam::${ACCOUNT}:user/granted`,
    })
  return {
    name: 'grant',
    use: as('kms', 'Encrypt', { KeyId, Plaintext: PLAINTEXT }, user),
    refusals: DENIED,
    grant,
    revoke: () => as('kms', 'RevokeGrant', { KeyId, GrantId: state.id }),
    learn: ({ text }) => {
      state.id = /"GrantId":"([^"]+)"/.exec(text)?.[1] ?? state.id
    },
    idle: ['NotFoundException'],
  }
}
