import { type CompiledPolicy, compilePolicy } from '../../policy/compile.ts'
import { parsePolicy } from '../../policy/parse.ts'

/** A managed policy that every account has and none can change. */
export type ManagedByAws = {
  readonly arn: string
  readonly id: string
  readonly name: string
  readonly path: string
  readonly description: string
  readonly createdAt: number
  readonly document: string
  readonly compiled: () => CompiledPolicy
}

type Written = {
  readonly name: string
  readonly path?: string
  readonly id: string
  readonly description: string
  readonly created: string
  readonly statements: readonly object[]
}

const allow = (action: readonly string[] | string, resource: unknown = '*'): object => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
})

const KMS_READS = ['kms:Describe*', 'kms:Get*', 'kms:List*']
const TRAIL_READS = ['cloudtrail:Describe*', 'cloudtrail:Get*', 'cloudtrail:List*', 'cloudtrail:LookupEvents']
const IAM_READS = [
  'iam:Generate*',
  'iam:Get*',
  'iam:List*',
  'iam:SimulateCustomPolicy',
  'iam:SimulatePrincipalPolicy',
]

/** Any caller. */
const OWN_USER = ['arn:aws:iam::*:user/', '{aws:username}'].join('$')

/**
 * The managed policies of AWS that concern Holdfast's services, without their statements about other
 * services. Source: AWS Managed Policy Reference Guide.
 */
const WRITTEN: readonly Written[] = [
  {
    name: 'AdministratorAccess',
    id: 'ANPAIWMBCKSKIEE64ZLYK',
    description: 'Provides full access to AWS services and resources.',
    created: '2015-02-06T18:39:46Z',
    statements: [allow('*')],
  },
  {
    name: 'PowerUserAccess',
    id: 'ANPAJYRXTHIB4FOVS3ZXS',
    description:
      'Provides full access to AWS services and resources, but does not allow management of Users and groups.',
    created: '2015-02-06T18:39:47Z',
    statements: [
      { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
      allow(['iam:CreateServiceLinkedRole', 'iam:DeleteServiceLinkedRole', 'iam:ListRoles']),
    ],
  },
  {
    name: 'ReadOnlyAccess',
    id: 'ANPAILL3HVNFSB6DCOWYQ',
    description: 'Provides read-only access to AWS services and resources.',
    created: '2015-02-06T18:39:48Z',
    statements: [
      allow([...KMS_READS, ...TRAIL_READS, ...IAM_READS, 'sts:GetAccessKeyInfo', 'sts:GetCallerIdentity']),
    ],
  },
  {
    name: 'SecurityAudit',
    id: 'ANPAIX2T3QCXHR2OGGCTO',
    description: 'Reads security configuration metadata, for software that audits an account.',
    created: '2015-02-06T18:41:01Z',
    statements: [allow([...KMS_READS, ...TRAIL_READS, ...IAM_READS])],
  },
  {
    name: 'ViewOnlyAccess',
    path: '/job-function/',
    id: 'ANPAID22R6XPJATWOFDK6',
    description: 'Lets its holder see what resources there are, without their content.',
    created: '2016-11-10T17:20:15Z',
    statements: [
      allow([
        'kms:ListAliases',
        'kms:ListKeys',
        'iam:List*',
        'iam:GetAccountSummary',
        'cloudtrail:DescribeTrails',
        'cloudtrail:LookupEvents',
      ]),
    ],
  },
  {
    name: 'AWSKeyManagementServicePowerUser',
    id: 'ANPAJNPP7PPPPMJRV2SA4',
    description: 'Provides access to AWS Key Management Service (KMS).',
    created: '2015-02-06T18:40:40Z',
    statements: [
      allow([
        ...['kms:CreateAlias', 'kms:CreateKey', 'kms:DeleteAlias', ...KMS_READS, 'kms:GenerateRandom'],
        ...['kms:TagResource', 'kms:UntagResource', 'iam:ListGroups', 'iam:ListRoles', 'iam:ListUsers'],
      ]),
    ],
  },
  {
    name: 'IAMFullAccess',
    id: 'ANPAI7XKCFMBPM3QQRRVQ',
    description: 'Provides full access to IAM.',
    created: '2015-02-06T18:40:38Z',
    statements: [allow('iam:*')],
  },
  {
    name: 'IAMReadOnlyAccess',
    id: 'ANPAJKSO7NDY4T57MWDSQ',
    description: 'Provides read only access to IAM.',
    created: '2015-02-06T18:40:39Z',
    statements: [allow(IAM_READS)],
  },
  {
    name: 'IAMUserChangePassword',
    id: 'ANPAJ4L4MM2A7QIEB56MS',
    description: 'Lets a user change its own password.',
    created: '2016-11-15T00:25:16Z',
    statements: [allow('iam:ChangePassword', OWN_USER), allow('iam:GetAccountPasswordPolicy')],
  },
  {
    name: 'AWSCloudTrail_FullAccess',
    id: 'ANPAIQNUJTQYDRJPC3BNK',
    description: 'Provides full access to AWS CloudTrail.',
    created: '2015-02-06T18:39:58Z',
    statements: [
      allow('cloudtrail:*'),
      allow(['kms:CreateKey', 'kms:CreateAlias', 'kms:ListKeys', 'kms:ListAliases']),
    ],
  },
  {
    name: 'AWSCloudTrail_ReadOnlyAccess',
    id: 'ANPAXKJM65QSVHZBZ7SRO',
    description: 'Provides read only access to AWS CloudTrail.',
    created: '2022-06-14T17:19:08Z',
    statements: [allow(TRAIL_READS)],
  },
  {
    name: 'ROSAKMSProviderPolicy',
    path: '/service-role/',
    id: 'ANPAHFKMSPROVIDERPOL2',
    description:
      'Lets the key provider of a hosted control plane encrypt and decrypt with keys that are tagged for it.',
    created: '2023-04-27T20:10:13Z',
    statements: [
      {
        ...allow(['kms:Encrypt', 'kms:Decrypt', 'kms:DescribeKey']),
        Condition: { StringEquals: { 'aws:ResourceTag/red-hat': 'true' } },
      },
    ],
  },
]

const BY_ARN: ReadonlyMap<string, ManagedByAws> = new Map(
  WRITTEN.map((written) => {
    const policy = managed(written)
    return [policy.arn, policy]
  }),
)

function managed({ name, path = '/', id, description, created, statements }: Written): ManagedByAws {
  const arn = `arn:aws:iam::aws:policy${path}${name}`
  const document = JSON.stringify({ Version: '2012-10-17', Statement: statements }, undefined, 2)
  let compiled: CompiledPolicy | undefined
  return {
    ...{ arn, id, name, path, description, document },
    createdAt: Date.parse(created),
    compiled: () => {
      compiled ??= compilePolicy(parsePolicy(document, { flavour: 'identity' }), { name: arn })
      return compiled
    },
  }
}

/** The managed policy of AWS with this ARN. */
export function findManagedByAws(arn: string): ManagedByAws | undefined {
  return BY_ARN.get(arn)
}

/** All of them. */
export function allManagedByAws(): readonly ManagedByAws[] {
  return [...BY_ARN.values()]
}

/** The name of their only version. */
export const AWS_VERSION_ID = 'v1'
