/** For tests: a server with the resources for a legal call of every operation, and its callers. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { IAMClient } from '@aws-sdk/client-iam'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { Output } from '../../src/api/json.ts'
import { succeed } from './calls.ts'
import { makeCertificate, NO_CERTIFICATES } from './certificate.ts'
import { allow, iamClient, newUser, policyText, type TestCredentials } from './iam.ts'
import type { AskIam } from './iam-samples.ts'
import { type Answer, callIam } from './sdk-by-name.ts'
import { type ServerOptions, startServer, type TestServer, temporaryFolder } from './server.ts'
import { newStore, proxySettings, type StoreEntry, settled } from './stores.ts'
import { newRole, trust } from './sts.ts'
import { openScriptedProxy } from './xks-proxy.ts'

/**
 * The caller of a call: the root user, an administrator, a user without permissions, or a caller without the secret
 * key.
 */
export type SampleCaller = 'root' | 'admin' | 'nobody' | 'forger'

/** The resources for inputs of STS calls. */
export type StsParts = {
  /** A role that the administrator may assume, and one that a holder of a token may assume. */
  readonly roleArn: string
  readonly webRoleArn: string
  readonly webToken: string
  readonly accessKeyId: string
}

export type SampleBed = AsyncDisposable & {
  readonly server: TestServer
  readonly callers: Readonly<Record<SampleCaller, TestCredentials>>
  readonly iam: AskIam
  readonly sts: StsParts
  /** Returns an unused name. */
  readonly freeName: () => string
  /** Custom key stores; `undefined` where the proxy's certificate cannot be made. */
  readonly stores: SampleStores | undefined
  /** Makes a shared resource of this kind at the first call. */
  readonly once: <T>(kind: string, make: () => Promise<T>) => Promise<T>
}

/** Custom key stores. Only one store at a time can use the proxy. */
type SampleStores = {
  readonly removeAll: () => Promise<void>
  /** Creates the only store. Returns its ID. */
  readonly make: () => Promise<string>
}

const ACCOUNT = '000000000000'
const ISSUER = 'forge.example.com/samples'
const SUBJECT = 'repo:team/app'

/**
 * Starts the server.
 * @param options server options in addition to those that the samples need.
 */
export async function openSampleBed(options: ServerOptions = {}): Promise<SampleBed> {
  await using opened = new AsyncDisposableStack()
  const folder = await temporaryFolder()
  const pair = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256' }
  const file = join(folder, 'keys.json')
  await writeFile(file, JSON.stringify({ [`https://${ISSUER}`]: { keys: [jwk] } }))
  const xks = NO_CERTIFICATES === false ? await openProxy(opened) : {}
  const environment = { HOLDFAST_OIDC_KEYS: file, ...xks, ...options.environment }
  const server = opened.use(await startServer({ ...options, environment }))
  const client = iamClient(server)
  opened.defer(() => client.destroy())
  const admin = await newUser(client, 'admin', policyText(allow('iam:*', 'sts:*', 'kms:*', 'cloudtrail:*')))
  const nobody = await newUser(client, 'nobody')
  const iam: AskIam = (operation, input) => callIam(client, operation, input)
  const roles = await makeRoles(client, iam)
  const now = Math.floor(Date.now() / 1000)
  const webToken = await new SignJWT({})
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setIssuer(`https://${ISSUER}`)
    .setSubject(SUBJECT)
    .setAudience('sts.amazonaws.com')
    .setIssuedAt(now)
    .setExpirationTime(now + 3600)
    .sign(pair.privateKey)
  const made = new Map<string, Promise<unknown>>()
  const counter = { names: 0 }
  const owned = opened.move()
  return {
    server,
    callers: {
      root: server.credentials,
      admin,
      nobody,
      forger: { ...admin, secretAccessKey: 'not the secret' },
    },
    iam,
    sts: { ...roles, webToken, accessKeyId: admin.accessKeyId },
    freeName: () => {
      counter.names += 1
      return `sample-${counter.names}`
    },
    stores: NO_CERTIFICATES === false ? storesOf(server) : undefined,
    once: <T>(kind: string, make: () => Promise<T>) => {
      const present = made.get(kind) ?? make()
      made.set(kind, present)
      return present as Promise<T>
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function openProxy(opened: AsyncDisposableStack): Promise<Record<string, string>> {
  const certificate = opened.use(await makeCertificate())
  const proxy = opened.use(await openScriptedProxy(certificate))
  return proxySettings(certificate, proxy.port)
}

async function makeRoles(client: IAMClient, iam: AskIam): Promise<Pick<StsParts, 'roleArn' | 'webRoleArn'>> {
  const provider: Answer = await iam('CreateOpenIDConnectProvider', {
    Url: `https://${ISSUER}`,
    ClientIDList: ['sts.amazonaws.com'],
  })
  const statement = {
    Effect: 'Allow',
    Principal: { Federated: provider['OpenIDConnectProviderArn'] },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com', [`${ISSUER}:sub`]: SUBJECT } },
  }
  return {
    roleArn: await newRole(client, 'assumed', trust({ AWS: `arn:aws:iam::${ACCOUNT}:root` })),
    webRoleArn: await newRole(client, 'deploy', policyText(statement)),
  }
}

function storesOf(server: TestServer): SampleStores {
  const removeAll = async (): Promise<void> => {
    const { CustomKeyStores } = await succeed(server, 'DescribeCustomKeyStores', {})
    for (const entry of CustomKeyStores as readonly StoreEntry[]) await removeStore(server, entry)
  }
  return {
    removeAll,
    make: async () => {
      await removeAll()
      return newStore(server)
    },
  }
}

async function removeStore(server: TestServer, entry: StoreEntry): Promise<void> {
  const { CustomKeyStoreId } = entry
  const { ConnectionState } = await settled(server, CustomKeyStoreId)
  const input: Output = { CustomKeyStoreId }
  if (ConnectionState !== 'DISCONNECTED') await succeed(server, 'DisconnectCustomKeyStore', input)
  await succeed(server, 'DeleteCustomKeyStore', input)
}
