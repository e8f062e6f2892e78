import { fill, TEXTS } from '../../texts/en.ts'
import type { Draft } from './draft.ts'
import type { Kind } from './kinds.ts'

/** What key administrators may do. Source: KMS Developer Guide, "Default key policy". */
const ADMINISTRATION = [
  ...['Create*', 'Describe*', 'Enable*', 'List*', 'Put*', 'Update*', 'Revoke*', 'Disable*', 'Get*'],
  ...['Delete*', 'TagResource', 'UntagResource', 'RotateKeyOnDemand'],
]
const DELETION = ['ScheduleKeyDeletion', 'CancelKeyDeletion']

/** What key users may do with keys of each kind. Source: as above. */
const USE: Readonly<Record<Kind, readonly string[]>> = {
  symmetric: ['Encrypt', 'Decrypt', 'ReEncrypt*', 'GenerateDataKey*', 'DescribeKey'],
  publicEncryption: ['Encrypt', 'Decrypt', 'ReEncrypt*', 'DescribeKey', 'GetPublicKey'],
  signing: ['DescribeKey', 'GetPublicKey', 'Sign', 'Verify'],
  mac: ['DescribeKey', 'GenerateMac', 'VerifyMac'],
  agreement: ['DescribeKey', 'GetPublicKey', 'DeriveSharedSecret'],
  encapsulation: ['DescribeKey', 'GetPublicKey', 'Encapsulate', 'Decapsulate'],
}
const GRANTS = ['CreateGrant', 'ListGrants', 'RevokeGrant']
/** Kinds of keys that services use by grants. */
const GRANTED: ReadonlySet<Kind> = new Set(['symmetric', 'publicEncryption'])

/** The key policy that the choices of the wizard make, as JSON text. */
export function draftPolicy(draft: Draft, account: string): string {
  const { kind, administrators, administratorsDelete } = draft
  const who = keyUsers(draft)
  const statements = [
    statement('Enable IAM User Permissions', [rootOf(account)], ['*']),
    ...(administrators.length === 0
      ? []
      : [
          statement('Allow access for Key Administrators', administrators, [
            ...ADMINISTRATION,
            ...(administratorsDelete ? DELETION : []),
          ]),
        ]),
    ...(who.length === 0 ? [] : [statement('Allow use of the key', who, USE[kind])]),
    ...(who.length === 0 || !GRANTED.has(kind)
      ? []
      : [
          {
            ...statement('Allow attachment of persistent resources', who, GRANTS),
            Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
          },
        ]),
  ]
  return JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, 2)
}

/** The same as sentences. */
export function draftSentences(draft: Draft, account: string): readonly string[] {
  const { sentences } = TEXTS.create
  const { administrators, kind } = draft
  const who = keyUsers(draft)
  const said = (text: string, names: readonly string[]) =>
    fill(text, { account, who: names.map(shortArn).join(', ') })
  return [
    said(sentences.root, []),
    ...(administrators.length === 0 ? [] : [said(sentences.administrators, administrators)]),
    ...(who.length === 0 ? [] : [said(sentences.users, who)]),
    ...(who.length === 0 || !GRANTED.has(kind) ? [] : [said(sentences.grants, who)]),
  ]
}

/** `user/alice` of its ARN. */
export function shortArn(arn: string): string {
  const [, , , , account = '', ...name] = arn.split(':')
  const short = name.join(':')
  return short === 'root' ? account : short
}

function keyUsers({ users, accounts }: Draft): readonly string[] {
  return [...users, ...accounts.map(rootOf)]
}

function rootOf(account: string): string {
  return `arn:aws:iam::${account}:root`
}

function statement(Sid: string, principals: readonly string[], actions: readonly string[]) {
  return {
    Sid,
    Effect: 'Allow',
    Principal: { AWS: oneOrMany(principals) },
    Action: oneOrMany(actions.map((action) => `kms:${action}`)),
    Resource: '*',
  }
}

function oneOrMany(values: readonly string[]): string | readonly string[] {
  const [only] = values
  return values.length === 1 && only !== undefined ? only : values
}
