import { type CompiledPolicy, compilePolicy } from '../../src/policy/compile.ts'
import type { AccessRequest, Decision, Principal } from '../../src/policy/decide.ts'
import type { Flavour } from '../../src/policy/flavour.ts'
import { parsePolicy } from '../../src/policy/parse.ts'

export const ACCOUNT = '111122223333'
export const OTHER = '444455556666'
export const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
export const ALIAS = `arn:aws:kms:eu-west-1:${ACCOUNT}:alias/x`
export const USER_ARN = `arn:aws:iam::${ACCOUNT}:user/ada`
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/team/app`
export const SESSION_ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/app/s`
export const FEDERATED_ARN = `arn:aws:sts::${ACCOUNT}:federated-user/f`

export const ROOT: Principal = { type: 'Root', account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root` }
export const FOREIGN_ROOT: Principal = { type: 'Root', account: OTHER, arn: `arn:aws:iam::${OTHER}:root` }
export const USER: Principal = { type: 'User', account: ACCOUNT, arn: USER_ARN }
export const FOREIGN_USER: Principal = { type: 'User', account: OTHER, arn: `arn:aws:iam::${OTHER}:user/bob` }
export const SESSION: Principal = {
  type: 'AssumedRole',
  account: ACCOUNT,
  arn: SESSION_ARN,
  roleArn: ROLE_ARN,
}
export const FEDERATED: Principal = {
  type: 'FederatedUser',
  account: ACCOUNT,
  arn: FEDERATED_ARN,
  issuerArn: USER_ARN,
}
export const SERVICE: Principal = { type: 'Service', arn: 's3.amazonaws.com' }

export type Fields = Readonly<Record<string, unknown>>

export function policy(flavour: Flavour, ...statements: readonly Fields[]): CompiledPolicy {
  return compilePolicy(
    parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), { flavour }),
  )
}

export const ALLOW = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }
export const DENY = { ...ALLOW, Effect: 'Deny' }

/** A key policy with one Allow statement for these principals. */
export const keyFor = (principal: unknown): CompiledPolicy =>
  policy('key', { ...ALLOW, Principal: principal })
export const forAws = (...names: readonly string[]): CompiledPolicy => keyFor({ AWS: names })

export const ACCOUNT_KEY = forAws(ACCOUNT)
export const YES = policy('identity', ALLOW)
export const NOTHING = policy('identity', { ...ALLOW, Action: 's3:*' })
export const NO = policy('identity', DENY)

export function request(principal: Principal, change: Partial<AccessRequest> = {}): AccessRequest {
  return {
    principal,
    action: 'kms:Encrypt',
    resource: KEY,
    resourceAccount: ACCOUNT,
    context: () => undefined,
    ...change,
  }
}

/** Summarizes the reason of a decision: `+resource`, `-identity`, `!boundary`. */
export function summary(decision: Decision): string {
  if (decision.allow) {
    const { by } = decision
    if (by.kind === 'Grant') return '+grant'
    return by.kind === 'RootUser' ? '+root' : `+${by.policy}`
  }
  const { why } = decision
  if (why.kind === 'Failed') return 'failed'
  if (why.kind === 'NotAcrossAccounts') return 'across'
  return `${why.kind === 'ExplicitDeny' ? '!' : '-'}${why.policy}`
}

/** A condition that exceeds the step limit of a decision, for a context of {@link LONG} values. */
export const FAILING = {
  ...ALLOW,
  Principal: '*',
  Condition: { StringLike: { 'a:b': `*${'a?'.repeat(5000)}b*` } },
}
export const LONG = 'a'.repeat(100_000)
