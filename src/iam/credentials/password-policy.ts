import { KmsError } from '../../api/errors.ts'
import { type CompiledPolicy, compilePolicy } from '../../policy/compile.ts'
import { parsePolicy } from '../../policy/parse.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import type { Kind, Records } from '../../store/records.ts'
import { ACCOUNT, ACCOUNTS } from '../accounts/account.ts'
import type { Invocation } from '../iam-operation.ts'
import { read } from '../iam-records.ts'

/** The password rules of an account. Partition: {@link PASSWORD_POLICIES}; name: the account. */
export type PasswordPolicyValue = {
  readonly format: 1
  readonly minimumLength: number
  readonly symbols: boolean
  readonly numbers: boolean
  readonly uppercase: boolean
  readonly lowercase: boolean
  readonly usersMayChange: boolean
  readonly maxAgeDays?: number
  readonly reusePrevention?: number
  readonly hardExpiry?: boolean
}

/** The kind of password policies. */
export const PASSWORD_POLICY: Kind<PasswordPolicyValue> = kindOfFormat1('iam-password-policy')

/** The one partition of password policies. */
export const PASSWORD_POLICIES = 'all'

/** The password policy that an account has set; nothing for one that has set none. */
export async function findPasswordPolicy(
  records: Records,
  account: string,
): Promise<PasswordPolicyValue | undefined> {
  return (await read(records, PASSWORD_POLICY, PASSWORD_POLICIES, account))?.value
}

const ALLOWED_BY_ACCOUNT = {
  Effect: 'Allow',
  Principal: { AWS: '*' },
  Action: ['iam:ChangePassword', 'iam:GetAccountPasswordPolicy'],
  Resource: '*',
}

/** The statement that lets the users of an account change their own passwords, unless another policy denies it. */
const USERS_MAY_CHANGE = compilePolicy(
  parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: [ALLOWED_BY_ACCOUNT] }), { flavour: 'key' }),
)

/**
 * The permission that the password policy of the account gives the calling user. Source: IAM User Guide, "Set an account password
 * policy for IAM users", about AllowUsersToChangePassword.
 */
export async function allowedByPasswordPolicy({
  call: { caller },
  dependencies,
}: Invocation<unknown>): Promise<CompiledPolicy | undefined> {
  if (caller.principal.type !== 'User') return undefined
  const policy = await findPasswordPolicy(dependencies.records, caller.account)
  return policy?.usersMayChange === true ? USERS_MAY_CHANGE : undefined
}

/** Kinds of characters. Source: IAM API Reference, "UpdateAccountPasswordPolicy". */
const KINDS = [
  { member: 'symbols', what: 'symbol', of: /[!@#$%^&*()_+\-=[\]{}|']/ },
  { member: 'numbers', what: 'number', of: /[0-9]/ },
  { member: 'uppercase', what: 'uppercase letter', of: /[A-Z]/ },
  { member: 'lowercase', what: 'lowercase letter', of: /[a-z]/ },
] as const

/**
 * The rules of accounts that have set no policy: the length, and how many kinds of characters. Source: IAM User Guide,
 * "Set an account password policy for IAM users".
 */
const MINIMUM_LENGTH_WITHOUT_POLICY = 8
const KINDS_WITHOUT_POLICY = 3

/** Checks a new password, except for reuse. @throws PasswordPolicyViolationException. */
export async function checkNewPassword(
  records: Records,
  account: string,
  policy: PasswordPolicyValue | undefined,
  password: string,
): Promise<void> {
  const minimum = policy?.minimumLength ?? MINIMUM_LENGTH_WITHOUT_POLICY
  if (password.length < minimum) throw violation(`Password should have a minimum length of ${minimum}`)
  if (policy === undefined) {
    await checkWithoutPolicy(records, account, password)
    return
  }
  for (const { member, what, of } of KINDS) {
    if (policy[member] && !of.test(password)) throw violation(`Password should have at least one ${what}`)
  }
}

async function checkWithoutPolicy(records: Records, account: string, password: string): Promise<void> {
  const kinds = KINDS.filter(({ of }) => of.test(password)).length
  if (kinds < KINDS_WITHOUT_POLICY) {
    throw violation(
      `Password should have at least ${KINDS_WITHOUT_POLICY} of: uppercase letter, lowercase letter, number, symbol`,
    )
  }
  const alias = (await read(records, ACCOUNT, ACCOUNTS, account))?.value.alias
  if (password === alias || password === account) {
    throw violation('Password should not be the name of the account')
  }
}

/** The error for a password that the policy does not allow. */
export function violation(message: string): KmsError {
  return new KmsError('PasswordPolicyViolationException', message)
}
