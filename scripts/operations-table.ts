/** Generates docs/reference/operations.md from the operations' facts: `npm run docs`. */

import { writeFile } from 'node:fs/promises'
import type { Operation } from '../src/dispatch/operation.ts'
import type { KmsDependencies } from '../src/kms/kms-dependencies.ts'
import { KMS_OPERATIONS } from '../src/kms/kms-operations.ts'

/** The page that this script generates. */
export const OPERATIONS_PAGE = new URL('../docs/reference/operations.md', import.meta.url)

/** The permissions of operations that need other or more permissions than the one of the same name. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  CreateAlias: '`kms:CreateAlias` on the alias and on the key',
  CreateKey: '`kms:CreateKey`; with tags also `kms:TagResource`',
  DeleteAlias: '`kms:DeleteAlias` on the alias and on the key',
  ListRetirableGrants: '`kms:ListRetirableGrants` on the retiring principal',
  ReEncrypt: '`kms:ReEncryptFrom` on the source key, `kms:ReEncryptTo` on the destination key',
  RetireGrant: 'of the grant; `kms:RetireGrant` in identity policies of the account that made it',
  UpdateAlias: '`kms:UpdateAlias` on the alias, on the key it names and on the key it is to name',
}

const INTRODUCTION = `# Operations

Every operation of the AWS KMS API. This page is written by \`npm run docs\` from the facts that the code of
the operations declares; a test fails when it is out of date.

- _Key states_: the states of the key in which the operation works. A disabled key answers \`DisabledException\` otherwise, one in any
  other state \`KMSInvalidStateException\`, unless the operation is not for keys of its origin at all. CancelKeyDeletion answers
  \`KMSInvalidStateException\` for a disabled key too.
  For UpdateAlias it is the state of the key that the alias is to name.
- _Alias_: whether an alias name or alias ARN may stand for the key. A key id or key ARN always may.
- _Other account_: whether the key may belong to another account than the caller's, by its ARN. Decrypt and ReEncrypt also find such a key
  by the ciphertext.

| operation | permission | key states | alias | other account |
| --- | --- | --- | --- | --- |
`

/** The expected content of the page. */
export function operationsPage(): string {
  const rows = operations().map(row)
  return INTRODUCTION + rows.toSorted().join('')
}

/** Lists all operations. Their facts need no dependencies; only `run` does. */
function operations(): readonly Operation[] {
  return KMS_OPERATIONS.map((operation) => operation({} as KmsDependencies))
}

function row({ name, onKey }: Operation): string {
  const permission = PERMISSIONS[name] ?? `\`kms:${name}\``
  const rules =
    onKey === undefined
      ? ['no key', '-', '-']
      : [onKey.states.join(', '), yesOrNo(onKey.aliases), yesOrNo(onKey.crossAccount)]
  return `| ${[name, permission, ...rules].join(' | ')} |\n`
}

function yesOrNo(fact: boolean): string {
  return fact ? 'yes' : 'no'
}

if (import.meta.main) await writeFile(OPERATIONS_PAGE, operationsPage())
