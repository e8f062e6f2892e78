/** For tests: the real AWS SDK for STS. */

import { CreateRoleCommand, type IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  type Credentials,
  STSClient,
} from '@aws-sdk/client-sts'
import type { TestCredentials } from './iam.ts'
import { REGION } from './kms.ts'
import type { TestServer } from './server.ts'

/** An SDK client that does not retry. */
export function stsClient(server: TestServer, credentials: TestCredentials = server.credentials): STSClient {
  return new STSClient({ endpoint: server.endpoint, region: REGION, credentials, maxAttempts: 1 })
}

/** The credentials of a response, as clients use them. */
export function given(credentials: Credentials | undefined): Required<TestCredentials> {
  return {
    accessKeyId: credentials?.AccessKeyId ?? '',
    secretAccessKey: credentials?.SecretAccessKey ?? '',
    sessionToken: credentials?.SessionToken ?? '',
  }
}

/** A trust policy for these principals. */
export function trust(principal: object, more: object = {}): string {
  const Action = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']
  const statement = { Effect: 'Allow', Principal: principal, Action, ...more }
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
}

/** Creates a role. Returns its ARN. */
export async function newRole(
  iam: IAMClient,
  name: string,
  trustPolicy: string,
  policy?: string,
): Promise<string> {
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trustPolicy }),
  )
  if (policy !== undefined) {
    await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: 'own', PolicyDocument: policy }))
  }
  return Role?.Arn ?? ''
}

/** Assumes a role. Returns the credentials of the session. */
export async function assume(
  sts: STSClient,
  arn: string,
  more: Partial<AssumeRoleCommandInput> = {},
): Promise<Required<TestCredentials>> {
  const input = { RoleArn: arn, RoleSessionName: 'session', ...more }
  return given((await sts.send(new AssumeRoleCommand(input))).Credentials)
}
