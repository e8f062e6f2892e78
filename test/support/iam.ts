/** For tests: the real AWS SDK for IAM, and users as callers. */

import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { KMSClient } from '@aws-sdk/client-kms'
import { REGION } from './kms.ts'
import type { Credentials, TestServer } from './server.ts'

/** Credentials of a user or a session. */
export type TestCredentials = Credentials & { readonly sessionToken?: string }

/** An SDK client that does not retry. */
export function iamClient(server: TestServer, credentials: TestCredentials = server.credentials): IAMClient {
  return new IAMClient({ endpoint: server.endpoint, region: REGION, credentials, maxAttempts: 1 })
}

/** A KMS client with credentials other than the root user's. */
export function kmsAs(server: TestServer, credentials: TestCredentials): KMSClient {
  return new KMSClient({ endpoint: server.endpoint, region: REGION, credentials, maxAttempts: 1 })
}

/** Formats a policy with these statements as text. */
export function policyText(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

/** A statement that allows these actions on every resource. */
export function allow(...actions: readonly string[]): object {
  return { Effect: 'Allow', Action: actions, Resource: '*' }
}

/** Creates an access key for an existing user. */
export async function newKeyFor(iam: IAMClient, name: string): Promise<Credentials> {
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }))
  return {
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  }
}

/** Creates a user with an access key and an optional inline policy. */
export async function newUser(iam: IAMClient, name: string, policy?: string): Promise<Credentials> {
  await iam.send(new CreateUserCommand({ UserName: name }))
  if (policy !== undefined) {
    await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'own', PolicyDocument: policy }))
  }
  return newKeyFor(iam, name)
}

/** Returns `code status: message` for a failed call, and `allowed` for a successful one. */
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
