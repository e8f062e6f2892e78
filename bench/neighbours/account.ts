import { callRaw, newKey, succeed } from '../../test/support/calls.ts'
import type { SampleInput } from '../../test/support/iam-samples.ts'
import { REGION } from '../../test/support/kms.ts'
import type { SampleBed, SampleCaller } from '../../test/support/sample-bed.ts'
import { type Endpoint, parseEndpoint } from '../endpoint.ts'
import type { SigningCredentials } from '../sign.ts'
import type { Named } from './inputs.ts'
import { CROWD_ACCOUNT } from './names.ts'
import { largePolicy, slowKeyPolicy } from './policies.ts'
import { widestValue } from './widest.ts'

/** The server with the crowded account, and its callers. */
export type CrowdedAccount = Named & {
  readonly bed: SampleBed
  readonly endpoint: Endpoint
  /** Credentials by caller name. `denied` is a user with the maximum number and size of policies, and no permission. */
  readonly callers: Readonly<Record<SampleCaller | 'denied', SigningCredentials>>
  /** The key that Encrypt uses while a case runs. */
  readonly ownKey: string
  /** A key whose policy takes the maximum number of evaluation steps. */
  readonly slowKey: string
}

const POLICIES_OF_A_USER = 10

/** Creates the resources that the calls name and the crowd lacks. */
export async function openAccount(bed: SampleBed, crowdedKey: string): Promise<CrowdedAccount> {
  const signing = (caller: { readonly accessKeyId: string; readonly secretAccessKey: string }) => ({
    ...{ accessKeyId: caller.accessKeyId, secretAccessKey: caller.secretAccessKey, region: REGION },
  })
  const { root, admin, nobody, forger } = bed.callers
  const callers = { root: signing(root), admin: signing(admin), nobody: signing(nobody) }
  const context = widestValue({ type: 'map' }, 'EncryptionContext')
  const encrypted = await succeed(bed.server, 'Encrypt', {
    ...{ KeyId: crowdedKey, Plaintext: Buffer.alloc(4096).toString('base64') },
    ...{ EncryptionContext: parsePairs(context) },
  })
  const denied = await makeDenied(bed)
  const slow = await succeed(bed.server, 'CreateKey', { Policy: slowKeyPolicy() })
  return {
    bed,
    endpoint: parseEndpoint(bed.server.endpoint),
    callers: { ...callers, forger: signing(forger), denied: signing(denied) },
    crowdedKey,
    ciphertext: String(encrypted['CiphertextBlob']),
    refusedCall: await refusedCall(bed, crowdedKey, denied),
    ownKey: await newKey(bed.server),
    slowKey: parseKeyId(slow['KeyMetadata']),
  }
}

async function makeDenied({ iam }: SampleBed) {
  const UserName = 'denied'
  await iam('CreateUser', { UserName })
  for (let index = 0; index < POLICIES_OF_A_USER; index += 1) {
    const PolicyArn = `arn:aws:iam::${CROWD_ACCOUNT}:policy/crowd-${index}`
    await iam('AttachUserPolicy', { UserName, PolicyArn })
    await iam('AddUserToGroup', { UserName, GroupName: `crowd-${index}` })
  }
  await iam('PutUserPolicy', { UserName, PolicyName: 'own', PolicyDocument: largePolicy(2000) })
  const { AccessKey } = await iam('CreateAccessKey', { UserName })
  const { AccessKeyId, SecretAccessKey } = AccessKey as SampleInput
  return { accessKeyId: String(AccessKeyId), secretAccessKey: String(SecretAccessKey) }
}

/** Returns the request ID of a call that many policies evaluate and none allows. */
async function refusedCall(
  { server }: SampleBed,
  KeyId: string,
  credentials: Pick<SigningCredentials, 'accessKeyId' | 'secretAccessKey'>,
): Promise<string> {
  const body = JSON.stringify({ KeyId, Plaintext: 'AAAA' })
  return (await callRaw(server, 'TrentService.Encrypt', body, credentials)).requestId
}

function parsePairs(value: unknown): Readonly<Record<string, string>> {
  return value as Readonly<Record<string, string>>
}

function parseKeyId(metadata: unknown): string {
  return String((metadata as SampleInput)['KeyId'])
}
