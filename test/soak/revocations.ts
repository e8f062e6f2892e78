/** For tests: permissions that are taken away while they are used. */

import { setTimeout as delay } from 'node:timers/promises'
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  type IAMClient,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import type { Output } from '../../src/api/json.ts'
import { allow, iamClient, newUser, policyText } from '../support/iam.ts'
import type { Credentials } from '../support/server.ts'
import { until } from '../support/until.ts'
import { Lane, type LaneDependencies } from './lane.ts'

/** What revocations work with. */
export type RevocationDependencies = LaneDependencies & { readonly goesOn: () => boolean }

/** What became of permissions that were taken away. */
export type RevocationReport = {
  /** By what took them away: how often it was acknowledged. */
  readonly done: Readonly<Record<string, number>>
  /** Calls that succeeded before, and calls that were refused after. */
  readonly usedBefore: number
  readonly refusedAfter: number
  /** Calls that were sent after the acknowledgement and succeeded. */
  readonly usedAfter: readonly string[]
}

/** Something that allows a use, and takes it away for good. */
type Kind = {
  readonly name: string
  /** Allows the use again; gives who uses which key, and what takes it away. */
  readonly allow: () => Promise<{
    readonly keyId: string
    readonly credentials?: Credentials
    readonly revoke: () => Promise<void>
  }>
}

/** Connections that use it meanwhile: with two workers, all of them on one is less likely than one in a hundred. */
const WITNESSES = 8
/** Calls of each witness that are sent after the acknowledgement; the last one on a new connection. */
const CALLS_AFTER = 3
const PAUSE_MS = 250
const PLAINTEXT = Buffer.from('a plaintext').toString('base64')

/** Allows and revokes, each kind in turn, until it is to stop: but each kind once however slow the machine is. */
export async function runRevocations(dependencies: RevocationDependencies): Promise<RevocationReport> {
  const kinds = await makeKinds(dependencies)
  const witnesses = Array.from({ length: WITNESSES }, () => new Lane(dependencies))
  const done: Record<string, number> = Object.fromEntries(kinds.map(({ name }) => [name, 0]))
  const tally: Tally = { usedBefore: 0, refusedAfter: 0, usedAfter: [] }
  const round = async ({ name, allow: begin }: Kind): Promise<void> => {
    const { revoke, ...use } = await begin()
    const watched: Watched = { ...use, name, isRevoked: false, begun: 0 }
    const uses = witnesses.map((lane) => witness(lane, watched, tally))
    await until('every witness has used it', async () => (watched.begun === WITNESSES ? true : undefined))
    await revoke()
    watched.isRevoked = true
    done[name] = (done[name] ?? 0) + 1
    await Promise.all(uses)
  }
  const inTurn = async (isWanted: () => boolean): Promise<void> => {
    for (const kind of kinds) {
      if (!isWanted()) break
      await round(kind)
      await delay(PAUSE_MS)
    }
  }
  await inTurn(() => true)
  while (dependencies.goesOn()) await inTurn(dependencies.goesOn)
  for (const lane of witnesses) lane.close()
  return { done, ...tally }
}

/** A permission, and what is known of it. */
type Watched = {
  readonly name: string
  readonly keyId: string
  readonly credentials?: Credentials
  isRevoked: boolean
  /** Witnesses that have used it. */
  begun: number
}

type Tally = { usedBefore: number; refusedAfter: number; readonly usedAfter: string[] }

/** Uses a permission again and again, until it was refused often enough after it was taken away. */
async function witness(lane: Lane, watched: Watched, tally: Tally): Promise<void> {
  const input = { KeyId: watched.keyId, Plaintext: PLAINTEXT }
  let hasBegun = false
  for (let left = CALLS_AFTER; left > 0; ) {
    const isAfter = watched.isRevoked
    if (isAfter) left -= 1
    if (left === 0) lane.close()
    const answer = await lane.call('Encrypt', input, watched.credentials)
    if (answer === undefined) continue
    const succeeded = answer.status === 200
    if (succeeded && !hasBegun) watched.begun += 1
    hasBegun ||= succeeded
    note(tally, watched.name, { isAfter, succeeded })
  }
}

function note(
  tally: Tally,
  name: string,
  { isAfter, succeeded }: { readonly isAfter: boolean; readonly succeeded: boolean },
): void {
  if (!isAfter) tally.usedBefore += succeeded ? 1 : 0
  else if (succeeded) tally.usedAfter.push(`${new Date().toISOString()} ${name}`)
  else tally.refusedAfter += 1
}

async function makeKinds(dependencies: RevocationDependencies): Promise<readonly Kind[]> {
  const { server } = dependencies
  const lane = new Lane(dependencies)
  const iam = iamClient(server)
  const call = async (operation: string, input: Output) => {
    for (;;) {
      const answer = await lane.call(operation, input)
      // The connection may have been closed as an idle one.
      if (answer === undefined) continue
      if (answer.status === 200) return answer.body
      throw new Error(`${operation}: ${answer.status} ${JSON.stringify(answer.body)}`)
    }
  }
  const newKey = async (): Promise<string> => {
    const { KeyMetadata } = await call('CreateKey', {})
    return (KeyMetadata as { readonly KeyId: string }).KeyId
  }
  const grantee = await newUser(iam, 'grantee')
  const named = await newUser(iam, 'named')
  await iam.send(new CreateUserCommand({ UserName: 'leaver' }))
  const document = policyText(allow('kms:Encrypt'))
  await iam.send(
    new PutUserPolicyCommand({ UserName: 'leaver', PolicyName: 'own', PolicyDocument: document }),
  )
  const [disabled, granted, governed, used] = [await newKey(), await newKey(), await newKey(), await newKey()]
  const { Policy } = await call('GetKeyPolicy', { KeyId: governed })
  return [
    {
      name: 'DisableKey',
      allow: async () => {
        await call('EnableKey', { KeyId: disabled })
        return { keyId: disabled, revoke: async () => void (await call('DisableKey', { KeyId: disabled })) }
      },
    },
    {
      name: 'RevokeGrant',
      allow: async () => {
        const grant = { KeyId: granted, GranteePrincipal: userArn('grantee'), Operations: ['Encrypt'] }
        const { GrantId } = await call('CreateGrant', grant)
        const revoke = async () =>
          void (await call('RevokeGrant', { KeyId: granted, GrantId: String(GrantId) }))
        return { keyId: granted, credentials: grantee, revoke }
      },
    },
    {
      name: 'PutKeyPolicy',
      allow: async () => {
        const KeyId = governed
        await call('PutKeyPolicy', { KeyId, Policy: withUser(String(Policy), userArn('named')) })
        return {
          keyId: governed,
          credentials: named,
          revoke: async () => void (await call('PutKeyPolicy', { KeyId, Policy: String(Policy) })),
        }
      },
    },
    { name: 'UpdateAccessKey', allow: () => allowAccessKey(iam, used) },
  ]
}

/** A new access key, since one that was deactivated is removed: a user has two at most. */
async function allowAccessKey(iam: IAMClient, keyId: string): ReturnType<Kind['allow']> {
  const UserName = 'leaver'
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
  const { AccessKeyId = '', SecretAccessKey = '' } = AccessKey ?? {}
  const named = { UserName, AccessKeyId }
  const revoke = async (): Promise<void> => {
    await iam.send(new UpdateAccessKeyCommand({ ...named, Status: 'Inactive' }))
    setTimeout(() => void iam.send(new DeleteAccessKeyCommand(named)).catch(() => {}), PAUSE_MS * 2)
  }
  return { keyId, credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey }, revoke }
}

function userArn(name: string): string {
  return `arn:aws:iam::000000000000:user/${name}`
}

function withUser(policy: string, arn: string): string {
  const parsed = JSON.parse(policy) as { readonly Statement: readonly object[] }
  const statement = { Effect: 'Allow', Principal: { AWS: arn }, Action: 'kms:Encrypt', Resource: '*' }
  return JSON.stringify({ ...parsed, Statement: [...parsed.Statement, statement] })
}
