/** For tests: the real AWS SDK, connected to a test server. */

import { KMSClient, type KMSServiceException } from '@aws-sdk/client-kms'
import type { TestServer } from './server.ts'

export const REGION = 'eu-west-1'

/** An SDK client that does not retry, so that a test sees each response. */
export function kmsClient(server: TestServer, overrides: { readonly region?: string } = {}): KMSClient {
  return new KMSClient({
    endpoint: server.endpoint,
    region: overrides.region ?? REGION,
    credentials: server.credentials,
    maxAttempts: 1,
  })
}

/** The error of a failed call. Fails if the call succeeds. */
export async function failureOf(call: Promise<unknown>): Promise<KMSServiceException> {
  try {
    await call
  } catch (error) {
    return error as KMSServiceException
  }
  throw new Error('the call succeeded')
}
