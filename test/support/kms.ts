/** For tests: the real AWS SDK, pointed at a test server. */

import { KMSClient, type KMSServiceException } from '@aws-sdk/client-kms'
import type { TestServer } from './server.ts'

export const REGION = 'eu-west-1'

/** An SDK client that does not try again: a test wants to see each answer. */
export function kmsClient(server: TestServer, overrides: { readonly region?: string } = {}): KMSClient {
  return new KMSClient({
    endpoint: server.endpoint,
    region: overrides.region ?? REGION,
    credentials: server.credentials,
    maxAttempts: 1,
  })
}

/** The error that a call fails with. Fails itself when the call succeeds. */
export async function failureOf(call: Promise<unknown>): Promise<KMSServiceException> {
  try {
    await call
  } catch (error) {
    return error as KMSServiceException
  }
  throw new Error('the call succeeded')
}
