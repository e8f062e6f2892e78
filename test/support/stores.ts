/** For tests: external key stores of a server, whose proxy runs in the test. */

import type { Output } from '../../src/api/json.ts'
import { type CallOptions, succeed } from './calls.ts'
import type { TestCertificate } from './certificate.ts'
import type { TestServer } from './server.ts'
import { until } from './until.ts'
import { PROXY_HOST, PROXY_PATH } from './xks-proxy.ts'

/** The proxy timeout, long enough for a busy machine. Tests measure only a proxy that never responds. */
const PATIENT_MS = '10000'

/** Settings that let a server reach `https://localhost` on this port. */
export function proxySettings(certificate: TestCertificate, port: number): Record<string, string> {
  return {
    HOLDFAST_XKS_CA: certificate.certFile,
    HOLDFAST_XKS_ROUTES: `${PROXY_HOST}=127.0.0.1:${port}`,
    HOLDFAST_XKS_TIMEOUT: PATIENT_MS,
  }
}

export const CREDENTIAL = {
  AccessKeyId: 'ABCDEFGHIJKLMNOPQRST234567',
  RawSecretAccessKey: Buffer.alloc(32, 7).toString('base64'),
}

/** The input of a CreateCustomKeyStore call that succeeds. */
export function storeInput(change: Output = {}): Output {
  return {
    CustomKeyStoreName: 'a store',
    CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
    XksProxyUriEndpoint: `https://${PROXY_HOST}`,
    XksProxyUriPath: PROXY_PATH,
    XksProxyConnectivity: 'PUBLIC_ENDPOINT',
    XksProxyAuthenticationCredential: CREDENTIAL,
    ...change,
  }
}

/** Creates a store. Returns its ID. */
export async function newStore(
  server: TestServer,
  change: Output = {},
  options: CallOptions = {},
): Promise<string> {
  const { CustomKeyStoreId } = await succeed(server, 'CreateCustomKeyStore', storeInput(change), options)
  return String(CustomKeyStoreId)
}

export type StoreEntry = {
  readonly CustomKeyStoreId: string
  readonly ConnectionState: string
  readonly ConnectionErrorCode?: string
  readonly [name: string]: unknown
}

/** The entry of one store in DescribeCustomKeyStores. */
export async function describeStore(
  server: TestServer,
  storeId: string,
  options: CallOptions = {},
): Promise<StoreEntry> {
  const input = { CustomKeyStoreId: storeId }
  const { CustomKeyStores } = await succeed(server, 'DescribeCustomKeyStores', input, options)
  const [entry] = CustomKeyStores as readonly StoreEntry[]
  if (entry === undefined) throw new Error('no store in the response')
  return entry
}

/** Connects a store. Returns its entry after the attempt ends. */
export async function connect(
  server: TestServer,
  storeId: string,
  options: CallOptions = {},
): Promise<StoreEntry> {
  await succeed(server, 'ConnectCustomKeyStore', { CustomKeyStoreId: storeId }, options)
  return settled(server, storeId, options)
}

/** The entry of a store after its connection attempt ends. */
export function settled(server: TestServer, storeId: string, options: CallOptions = {}): Promise<StoreEntry> {
  return until('the store is connected or has failed', async () => {
    const entry = await describeStore(server, storeId, options)
    return entry.ConnectionState === 'CONNECTING' ? undefined : entry
  })
}
