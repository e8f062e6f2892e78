/** For tests: the real AWS SDK for IAM, and users to call with. */

import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { KMSClient } from '@aws-sdk/client-kms'
import { REGION } from './kms.ts'
import type { Credentials, TestServer } from './server.ts'

/** Credentials of a user or of a session. */
export type TestCredentials = Credentials & { readonly sessionToken?: string }

/** An SDK client that does not try again. */
export function iamClient(server: TestServer, credentials: TestCredentials = server.credentials): IAMClient {
  return new IAMClient({ endpoint: server.endpoint, region: REGION, credentials, maxAttempts: 1 })
}

/** The same for KMS, with other credentials than the root user's. */
export function kmsAs(server: TestServer, credentials: TestCredentials): KMSClient {
  return new KMSClient({ endpoint: server.endpoint, region: REGION, credentials, maxAttempts: 1 })
}

/** A policy of these statements as text. */
export function policyText(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

/** A statement that allows these actions on everything. */
export function allow(...actions: readonly string[]): object {
  return { Effect: 'Allow', Action: actions, Resource: '*' }
}

/** An access key for a user that is there. */
export async function newKeyFor(iam: IAMClient, name: string): Promise<Credentials> {
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }))
  return {
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  }
}

/** A new user with an access key, and with an inline policy when there is one. */
export async function newUser(iam: IAMClient, name: string, policy?: string): Promise<Credentials> {
  await iam.send(new CreateUserCommand({ UserName: name }))
  if (policy !== undefined) {
    await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'own', PolicyDocument: policy }))
  }
  return newKeyFor(iam, name)
}

/** `code status: message` of the error that a call fails with; `allowed` when it succeeds. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'allowed'
  } catch (error) {
    const { name, message, $metadata } = error as {
      name: string
      message: string
      $metadata?: { httpStatusCode?: number }
    }
    return `${name} ${$metadata?.httpStatusCode}: ${message}`
  }
}
