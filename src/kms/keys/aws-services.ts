import { accountRootArn } from '../../api/arn.ts'

/** A service that encrypts for its users under a key of its own in each account and region. */
export type AwsService = {
  /** What follows `alias/aws/`. */
  readonly name: string
  /** Its name in its key policy. */
  readonly title: string
  /** What its key protects, as in the key's description. */
  readonly data: string
  /** The first part of `kms:ViaService`, if it differs from the name. */
  readonly via?: string
  /** Whether it makes grants on its key for resources that it runs. */
  readonly grants: boolean
}

/**
 * The services that have a key of their own. Sources: AWS KMS Developer Guide, "AWS managed keys" and "Services that
 * use AWS KMS"; key policies and descriptions of such keys as they are shown, of backup, elasticfilesystem, kinesis,
 * redshift, sns, sqs and ssm by analogy.
 */
export const AWS_SERVICES: readonly AwsService[] = [
  { name: 'acm', title: 'ACM', data: 'ACM private keys', grants: true },
  { name: 'backup', title: 'AWS Backup', data: 'Backup data', grants: true },
  { name: 'dynamodb', title: 'Amazon DynamoDB', data: 'DynamoDB data', grants: true },
  { name: 'ebs', title: 'EBS', data: 'EBS volumes', via: 'ec2', grants: true },
  { name: 'elasticfilesystem', title: 'EFS', data: 'EFS filesystems', grants: true },
  { name: 'glue', title: 'Glue', data: 'Glue data', grants: true },
  { name: 'kinesis', title: 'Kinesis', data: 'Kinesis data', grants: false },
  { name: 'lambda', title: 'AWS Lambda', data: 'Lambda functions', grants: true },
  { name: 'rds', title: 'RDS', data: 'RDS database volumes', grants: true },
  { name: 'redshift', title: 'Redshift', data: 'Redshift clusters', grants: true },
  { name: 's3', title: 'S3', data: 'S3 objects', grants: false },
  { name: 'secretsmanager', title: 'AWS Secrets Manager', data: 'Secrets Manager data', grants: true },
  { name: 'sns', title: 'SNS', data: 'SNS data', grants: true },
  { name: 'sqs', title: 'SQS', data: 'SQS messages', grants: false },
  { name: 'ssm', title: 'SSM', data: 'SSM data', grants: true },
]

/** The prefix of their aliases' names: nobody else can have such a name. */
export const SERVICE_ALIAS_PREFIX = 'alias/aws/'

/** The service whose alias has this name. */
export function serviceOfAlias(name: string): AwsService | undefined {
  if (!name.startsWith(SERVICE_ALIAS_PREFIX)) return undefined
  return AWS_SERVICES.find((service) => aliasOfService(service) === name)
}

/** The name of a service's alias. */
export function aliasOfService({ name }: AwsService): string {
  return `${SERVICE_ALIAS_PREFIX}${name}`
}

/** The name of a service among those that it calls: `ec2` and the like. */
export function viaOf({ name, via }: AwsService): string {
  return via ?? name
}

/** The description of a service's key. Source: the same. */
export function descriptionOf({ data }: AwsService): string {
  return `Default key that protects my ${data} when no other key is defined`
}

/**
 * The policy of a service's key: everybody in the account uses it through the service; its own administrators
 * read it, and nobody changes it. Source: AWS KMS Developer Guide, "View a key policy".
 */
export function servicePolicy(service: AwsService, account: string, region: string): string {
  const { name, title, grants } = service
  const use = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*']
  const look = ['kms:Describe*', 'kms:Get*', 'kms:List*']
  const policy = {
    Version: '2012-10-17',
    Id: `auto-${name}-2`,
    Statement: [
      {
        Sid: `Allow access through ${title} for all principals in the account that are authorized to use ${title}`,
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: [...use, ...(grants ? ['kms:CreateGrant'] : []), 'kms:DescribeKey'],
        Resource: '*',
        Condition: {
          StringEquals: {
            'kms:ViaService': `${viaOf(service)}.${region}.amazonaws.com`,
            'kms:CallerAccount': account,
          },
        },
      },
      {
        Sid: 'Allow direct access to key metadata to the account',
        Effect: 'Allow',
        Principal: { AWS: accountRootArn(account) },
        Action: [...look, ...(grants ? ['kms:RevokeGrant'] : [])],
        Resource: '*',
      },
    ],
  }
  return JSON.stringify(policy, undefined, 2)
}
