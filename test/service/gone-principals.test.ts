/** Who is gone stays gone: what policies show of users and roles that were deleted, and whom they trust afterwards. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
  GetAccountAuthorizationDetailsCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  type IAMClient,
  ListInstanceProfilesCommand,
  ListInstanceProfilesForRoleCommand,
  ListRolesCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleDescriptionCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-iam'
import {
  CreateKeyCommand,
  GetKeyPolicyCommand,
  type KMSClient,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { iamClient, newKeyFor, outcomeOf, policyText } from '../support/iam.ts'
import { kmsClient, REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const ROOT = `arn:aws:iam::${ACCOUNT}:root`

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

function trusting(...principals: readonly string[]): string {
  return policyText({ Effect: 'Allow', Principal: { AWS: principals }, Action: 'sts:AssumeRole' })
}

function keyPolicy(...principals: readonly string[]): string {
  return policyText({
    Effect: 'Allow',
    Principal: { AWS: [ROOT, ...principals] },
    Action: 'kms:*',
    Resource: '*',
  })
}

/** A principal that can be made again under the same name: its ARN, and its unique id. */
type Named = { readonly arn: string; readonly id: string }

async function makeUser(name: string): Promise<Named> {
  const { User } = await iam.send(new CreateUserCommand({ UserName: name }))
  return { arn: User?.Arn ?? '', id: User?.UserId ?? '' }
}

async function makeRole(name: string): Promise<Named> {
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trusting(ROOT) }),
  )
  return { arn: Role?.Arn ?? '', id: Role?.RoleId ?? '' }
}

async function makeSession(name: string): Promise<Named> {
  const { id } = await makeRole(name)
  return { arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/ci`, id: `${id}:ci` }
}

const removeUser = (name: string) => iam.send(new DeleteUserCommand({ UserName: name }))
const removeRole = (name: string) => iam.send(new DeleteRoleCommand({ RoleName: name }))

const KINDS = [
  { kind: 'user', make: makeUser, remove: removeUser },
  { kind: 'role', make: makeRole, remove: removeRole },
  { kind: 'session', make: makeSession, remove: removeRole },
] as const

/** Every answer that shows a trust policy: the principals that a role's policy has there. */
const PLACES: Readonly<Record<string, (role: string) => Promise<string | undefined>>> = {
  GetRole: async (role) => {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: role }))
    return Role?.AssumeRolePolicyDocument
  },
  ListRoles: async (role) => {
    const { Roles = [] } = await iam.send(new ListRolesCommand({}))
    return Roles.find(({ RoleName }) => RoleName === role)?.AssumeRolePolicyDocument
  },
  GetAccountAuthorizationDetails: async (role) => {
    const { RoleDetailList = [] } = await iam.send(new GetAccountAuthorizationDetailsCommand({}))
    return RoleDetailList.find(({ RoleName }) => RoleName === role)?.AssumeRolePolicyDocument
  },
  UpdateRoleDescription: async (role) => {
    const { Role } = await iam.send(new UpdateRoleDescriptionCommand({ RoleName: role, Description: 'x' }))
    return Role?.AssumeRolePolicyDocument
  },
  GetInstanceProfile: async (role) => {
    const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: role }))
    return InstanceProfile?.Roles?.[0]?.AssumeRolePolicyDocument
  },
  ListInstanceProfiles: async (role) => {
    const { InstanceProfiles = [] } = await iam.send(new ListInstanceProfilesCommand({}))
    const profile = InstanceProfiles.find(({ InstanceProfileName }) => InstanceProfileName === role)
    return profile?.Roles?.[0]?.AssumeRolePolicyDocument
  },
  ListInstanceProfilesForRole: async (role) => {
    const { InstanceProfiles = [] } = await iam.send(
      new ListInstanceProfilesForRoleCommand({ RoleName: role }),
    )
    return InstanceProfiles[0]?.Roles?.[0]?.AssumeRolePolicyDocument
  },
}

function principalsOf(encoded: string | undefined): unknown {
  return JSON.parse(decodeURIComponent(encoded ?? '')).Statement[0].Principal.AWS
}

async function makeTrustingRole(name: string, document: string): Promise<unknown> {
  const made = await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: document }))
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name }))
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }))
  return principalsOf(made.Role?.AssumeRolePolicyDocument)
}

async function assertShown(role: string, principals: readonly string[]): Promise<void> {
  for (const [place, show] of Object.entries(PLACES)) {
    assert.deepEqual(principalsOf(await show(role)), principals, place)
  }
}

describe('a trust policy', () => {
  for (const { kind, make, remove } of KINDS) {
    test(`shows a ${kind} that is gone by its unique id, whoever has the name next, and does not take it back`, async () => {
      const role = `trusts-${kind}`
      const trusted = await make(`t-${kind}`)
      assert.deepEqual(await makeTrustingRole(role, trusting(ROOT, trusted.arn)), [ROOT, trusted.arn])
      await assertShown(role, [ROOT, trusted.arn])
      await remove(`t-${kind}`)
      await assertShown(role, [ROOT, trusted.id])
      const next = await make(`t-${kind}`)
      assert.equal(next.arn, trusted.arn)
      await assertShown(role, [ROOT, trusted.id])
      const shown = decodeURIComponent((await PLACES['GetRole']?.(role)) ?? '')
      const refused = `MalformedPolicyDocumentException 400: Invalid principal in policy: "AWS":"${trusted.id}"`
      assert.equal(
        await outcomeOf(
          iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: role, PolicyDocument: shown })),
        ),
        refused,
      )
      assert.equal(
        await outcomeOf(
          iam.send(new CreateRoleCommand({ RoleName: `${role}-2`, AssumeRolePolicyDocument: shown })),
        ),
        refused,
      )
      const anew = trusting(trusted.arn)
      await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: role, PolicyDocument: anew }))
      await assertShown(role, [trusted.arn])
    })

    test(`takes the unique id of a ${kind} that exists, and shows its ARN`, async () => {
      const role = `by-id-${kind}`
      const trusted = await make(`i-${kind}`)
      assert.deepEqual(await makeTrustingRole(role, trusting(trusted.id)), [trusted.arn])
      await assertShown(role, [trusted.arn])
      await remove(`i-${kind}`)
      await assertShown(role, [trusted.id])
    })
  }

  test('shows a user by the name that it has now', async () => {
    const { arn } = await makeUser('before')
    await makeTrustingRole('follows', trusting(arn))
    await iam.send(new UpdateUserCommand({ UserName: 'before', NewUserName: 'now' }))
    await assertShown('follows', [`arn:aws:iam::${ACCOUNT}:user/now`])
  })

  test('trusts who has the name next once it is put anew, and not before', async () => {
    const assume = async (): Promise<string> => {
      const key = await newKeyFor(iam, 'heir')
      const credentials = { endpoint: server.endpoint, region: REGION, credentials: key, maxAttempts: 1 }
      const sts = new STSClient(credentials)
      const RoleArn = `arn:aws:iam::${ACCOUNT}:role/estate`
      const outcome = await outcomeOf(sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'ci' })))
      sts.destroy()
      await iam.send(new DeleteAccessKeyCommand({ UserName: 'heir', AccessKeyId: key.accessKeyId }))
      return outcome.replace(/:.*/s, '')
    }
    const { arn } = await makeUser('heir')
    const document = trusting(arn)
    await iam.send(new CreateRoleCommand({ RoleName: 'estate', AssumeRolePolicyDocument: document }))
    assert.equal(await assume(), 'allowed')
    await removeUser('heir')
    await makeUser('heir')
    assert.equal(await assume(), 'AccessDenied 403')
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'estate', PolicyDocument: document }))
    assert.equal(await assume(), 'allowed')
  })
})

describe('a key policy', () => {
  const principalsNow = async (KeyId: string): Promise<unknown> => {
    const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId }))
    return JSON.parse(Policy).Statement[0].Principal.AWS
  }

  for (const { kind, make, remove } of KINDS) {
    test(`takes the unique id of a ${kind} that exists, shows its ARN, and the id when it is gone`, async () => {
      const named = await make(`k-${kind}`)
      const made = await kms.send(new CreateKeyCommand({ Policy: keyPolicy(named.id) }))
      const KeyId = made.KeyMetadata?.KeyId ?? ''
      assert.deepEqual(await principalsNow(KeyId), [ROOT, named.arn])
      await remove(`k-${kind}`)
      await make(`k-${kind}`)
      assert.deepEqual(await principalsNow(KeyId), [ROOT, named.id])
      const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId }))
      assert.equal(
        await outcomeOf(kms.send(new PutKeyPolicyCommand({ KeyId, Policy }))),
        'MalformedPolicyDocumentException 400: Policy contains a statement with one or more invalid principals.',
      )
    })
  }

  test('shows a user by the name that it has now', async () => {
    const { arn } = await makeUser('early')
    const made = await kms.send(new CreateKeyCommand({ Policy: keyPolicy(arn) }))
    await iam.send(new UpdateUserCommand({ UserName: 'early', NewUserName: 'late' }))
    assert.deepEqual(await principalsNow(made.KeyMetadata?.KeyId ?? ''), [
      ROOT,
      `arn:aws:iam::${ACCOUNT}:user/late`,
    ])
  })
})
