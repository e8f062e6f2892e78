/** Generates docs/reference/operations-iam.md from the operations' facts: `npm run docs`. */

import { writeFile } from 'node:fs/promises'
import { IAM_OPERATION_NAMES, STS_OPERATION_NAMES } from '../src/api/operations.ts'
import type { Operation } from '../src/dispatch/operation.ts'
import type { IamDependencies } from '../src/iam/iam-dependencies.ts'
import { IAM_OPERATIONS } from '../src/iam/iam-operations.ts'
import type { StsDependencies } from '../src/iam/sts/sts-dependencies.ts'
import { STS_OPERATIONS } from '../src/iam/sts/sts-operations.ts'

/** The page that this script generates. */
export const IAM_OPERATIONS_PAGE = new URL('../docs/reference/operations-iam.md', import.meta.url)

/** The permissions of operations that need none, or more than the permission of the same name. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  AssumeRole:
    '`sts:AssumeRole` on the role, of its trust policy; with tags also `sts:TagSession`, with a source identity `sts:SetSourceIdentity`',
  AssumeRoleWithWebIdentity: 'the same, for whom the token vouches; the call is not signed',
  GetCallerIdentity: 'none',
  GetFederationToken:
    '`sts:GetFederationToken` on the federated user (`arn:aws:sts::<account>:federated-user/<name>`); with tags also `sts:TagSession`',
  GetSessionToken: 'none',
}

const INTRODUCTION = `# Operations of IAM and STS

The operations of AWS IAM and AWS STS that Holdfast knows, and whether it has them. This page is written by \`npm run docs\` from the facts
that the code of the operations declares; a test fails when it is out of date.

- An operation that is _not yet_ there answers \`UnsupportedOperation\`, after the caller is authenticated, and is recorded. Of these, calls of
  AssumeRoleWithSAML carry no signature, so everyone gets that answer.
- IAM has no regions: a request may be signed for any. Its audit events are placed in us-east-1.
- What an operation is done to must be permitted: a user, group, role, policy, provider or instance profile by its ARN, \`*\` where there is
  none. Whether it exists is told only to those who have the permission.
- UpdateUser and UpdateGroup need their permission on the new ARN too; to make something with tags needs the permission to tag it
  (\`iam:TagUser\`, \`iam:TagRole\` and so on).
`

/** The expected content of the page. */
export function iamOperationsPage(): string {
  const iam = IAM_OPERATIONS.map((operation) => operation({} as IamDependencies))
  const sts = STS_OPERATIONS.map((operation) => operation({} as StsDependencies))
  return INTRODUCTION + table('IAM', iam, IAM_OPERATION_NAMES) + table('STS', sts, STS_OPERATION_NAMES)
}

function table(title: string, operations: readonly Operation[], names: readonly string[]): string {
  const known = new Map(operations.map((operation) => [operation.name, operation]))
  const rows = [...new Set([...names, ...known.keys()])].sort().map((name) => row(name, known.get(name)))
  return `\n## ${title}\n\n| operation | works | changes | permission |\n| --- | --- | --- | --- |\n${rows.join('')}`
}

function row(name: string, operation: Operation | undefined): string {
  if (operation === undefined) return `| ${name} | not yet | - | - |\n`
  const permission = PERMISSIONS[name] ?? `\`${operation.service}:${name}\``
  return `| ${name} | yes | ${operation.readOnly ? 'nothing' : 'yes'} | ${permission} |\n`
}

if (import.meta.main) await writeFile(IAM_OPERATIONS_PAGE, iamOperationsPage())
