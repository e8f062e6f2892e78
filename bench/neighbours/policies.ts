import { CROWD_ACCOUNT } from './names.ts'

/** An identity policy of about the given number of characters. */
export function largePolicy(chars: number): string {
  const Statement = Array.from({ length: Math.max(1, Math.floor(chars / STATEMENT_CHARS)) }, (_, index) => ({
    Sid: `S${index}`,
    Effect: 'Allow',
    Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:Gen*'],
    Resource: `arn:aws:kms:*:${CROWD_ACCOUNT}:key/${index}*`,
    Condition: { StringEquals: { 'kms:EncryptionContext:tenant': `t-${index}` } },
  }))
  return JSON.stringify({ Version: '2012-10-17', Statement })
}

const STATEMENT_CHARS = 215

/** The same with whitespace up to the given total length. IAM does not count whitespace. */
export function paddedPolicy(chars: number, whole: number): string {
  const policy = largePolicy(chars - STATEMENT_CHARS)
  return `{${' '.repeat(Math.max(0, whole - policy.length))}${policy.slice(1)}`
}

/** A key policy that names the given number of roles. 220 roles reach its size limit. */
export function keyPolicy(roles: number): string {
  const root = { AWS: `arn:aws:iam::${CROWD_ACCOUNT}:root` }
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' },
      ...Array.from({ length: roles }, (_, index) => ({
        Sid: `S${index}`,
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${CROWD_ACCOUNT}:role/crowd-${index}` },
        Action: ['kms:Encrypt', 'kms:Dec*'],
        Resource: '*',
      })),
    ],
  })
}

/** A trust policy of 2,048 characters with as many roles as possible, and whitespace. */
export function trustPolicy(): string {
  const AWS = [
    `arn:aws:iam::${CROWD_ACCOUNT}:root`,
    ...Array.from({ length: 45 }, (_, index) => `arn:aws:iam::${CROWD_ACCOUNT}:role/crowd-${index}`),
  ]
  const Statement = [{ Effect: 'Allow', Principal: { AWS }, Action: 'sts:AssumeRole' }]
  const policy = JSON.stringify({ Version: '2012-10-17', Statement })
  return `{${' '.repeat(100_000)}${policy.slice(1)}`
}

/** A session policy of at most 2,048 characters. */
export function sessionPolicy(): string {
  return largePolicy(2048 - STATEMENT_CHARS)
}

/**
 * A key policy whose patterns take the maximum number of steps: question marks after stars, which match almost all of
 * an ARN.
 */
export function slowKeyPolicy(): string {
  const root = { AWS: `arn:aws:iam::${CROWD_ACCOUNT}:root` }
  const pattern = `*${'a?'.repeat(40)}*${'?a'.repeat(40)}b`
  const Statement = [
    { Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' },
    ...Array.from({ length: 90 }, (_, index) => ({
      Sid: `S${index}`,
      Effect: 'Deny',
      Principal: root,
      Action: 'kms:Encrypt',
      Resource: '*',
      Condition: { StringLike: { 'kms:EncryptionContext:a': pattern } },
    })),
  ]
  return JSON.stringify({ Version: '2012-10-17', Statement })
}
