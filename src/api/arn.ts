/** A parsed ARN: `arn:partition:service:region:account:resource`. */
export type Arn = {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly account: string
  /** Everything after the fifth colon. */
  readonly resource: string
}

/** A parsed ARN, or nothing for a text of another form. */
export function parseArn(text: string): Arn | undefined {
  const parts = text.split(':')
  if (parts[0] !== 'arn' || parts.length < 6) return undefined
  const [, partition = '', service = '', region = '', account = ''] = parts
  if (partition === '' || service === '') return undefined
  return { partition, service, region, account, resource: parts.slice(5).join(':') }
}

/** The only partition of Holdfast: clients' ARN parsers know few others. */
export const PARTITION = 'aws'

/** The ARN of a KMS key. */
export function keyArn(region: string, account: string, keyId: string): string {
  return `arn:${PARTITION}:kms:${region}:${account}:key/${keyId}`
}

/** @param name with its prefix: `alias/…`. */
export function aliasArn(region: string, account: string, name: string): string {
  return `arn:${PARTITION}:kms:${region}:${account}:${name}`
}

/** The ARN that stands for an account, and for its root user. */
export function accountRootArn(account: string): string {
  return `arn:${PARTITION}:iam::${account}:root`
}
