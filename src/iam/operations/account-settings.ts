import { KmsError } from '../../api/errors.ts'
import { answer, boolean, integer, list, oneOf, optional, pattern, text } from '../../api/shapes.ts'
import { type Change, insert, remove, replace } from '../../store/records.ts'
import { ACCOUNT, ACCOUNT_ALIASES, ACCOUNTS } from '../accounts/account.ts'
import {
  allowedByPasswordPolicy,
  PASSWORD_POLICIES,
  PASSWORD_POLICY as PASSWORD_POLICY_KIND,
  type PasswordPolicyValue,
} from '../credentials/password-policy.ts'
import { ON_ACCOUNT } from '../entities/finders.ts'
import type { IamDependencies, IamOperation } from '../iam-dependencies.ts'
import { iamOperation } from '../iam-operation.ts'
import { NAME, read } from '../iam-records.ts'
import { FLAG, PAGING } from '../iam-shapes.ts'

const ALIAS = text({
  min: 3,
  max: 63,
  pattern: pattern('^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$'),
})

const listAccountAliases = iamOperation(
  {
    name: 'ListAccountAliases',
    readOnly: true,
    input: PAGING,
    output: { AccountAliases: list(text()), IsTruncated: boolean(), Marker: text() },
    find: ON_ACCOUNT,
  },
  async ({ call, dependencies }) => {
    const account = await read(dependencies.records, ACCOUNT, ACCOUNTS, call.caller.account)
    const alias = account?.value.alias
    return { output: { AccountAliases: alias === undefined ? [] : [alias], IsTruncated: false } }
  },
)

/** An account has one alias: a new one replaces it. */
const createAccountAlias = iamOperation(
  { name: 'CreateAccountAlias', readOnly: false, input: { AccountAlias: ALIAS }, find: ON_ACCOUNT },
  async ({ call, input: { AccountAlias: alias }, dependencies }) => {
    const account = await read(dependencies.records, ACCOUNT, ACCOUNTS, call.caller.account)
    if (account === undefined) return {}
    if ((await read(dependencies.records, NAME, ACCOUNT_ALIASES, alias)) !== undefined) {
      throw new KmsError('EntityAlreadyExistsException', `The account alias ${alias} already exists.`)
    }
    return {
      changes: [
        ...(await freeing(dependencies, account.value.alias)),
        insert(NAME, ACCOUNT_ALIASES, alias, { format: 1, id: account.name }),
        replace(account, { ...account.value, alias }),
      ],
    }
  },
)

const deleteAccountAlias = iamOperation(
  { name: 'DeleteAccountAlias', readOnly: false, input: { AccountAlias: ALIAS }, find: ON_ACCOUNT },
  async ({ call, input, dependencies }) => {
    const account = await read(dependencies.records, ACCOUNT, ACCOUNTS, call.caller.account)
    if (account?.value.alias !== input.AccountAlias) {
      const message = `The account alias ${input.AccountAlias} cannot be found.`
      throw new KmsError('NoSuchEntityException', message)
    }
    const { alias, ...rest } = account.value
    return { changes: [...(await freeing(dependencies, alias)), replace(account, rest)] }
  },
)

/** The change that frees an alias for other accounts. */
async function freeing({ records }: IamDependencies, alias: string | undefined): Promise<readonly Change[]> {
  const present = alias === undefined ? undefined : await read(records, NAME, ACCOUNT_ALIASES, alias)
  return present === undefined ? [] : [remove(present)]
}

const MINIMUM_LENGTH_BY_DEFAULT = 6

const PASSWORD_POLICY = {
  MinimumPasswordLength: optional(integer({ min: 6, max: 128 })),
  RequireSymbols: FLAG,
  RequireNumbers: FLAG,
  RequireUppercaseCharacters: FLAG,
  RequireLowercaseCharacters: FLAG,
  AllowUsersToChangePassword: FLAG,
  MaxPasswordAge: optional(integer({ min: 1, max: 1095 })),
  PasswordReusePrevention: optional(integer({ min: 1, max: 24 })),
  HardExpiry: FLAG,
}

/** A missing member takes its default, whatever was set before. */
const updatePasswordPolicy = iamOperation(
  { name: 'UpdateAccountPasswordPolicy', readOnly: false, input: PASSWORD_POLICY, find: ON_ACCOUNT },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const present = await read(dependencies.records, PASSWORD_POLICY_KIND, PASSWORD_POLICIES, account)
    const { MaxPasswordAge, PasswordReusePrevention, HardExpiry } = input
    const value: PasswordPolicyValue = {
      format: 1,
      minimumLength: input.MinimumPasswordLength ?? MINIMUM_LENGTH_BY_DEFAULT,
      symbols: input.RequireSymbols ?? false,
      numbers: input.RequireNumbers ?? false,
      uppercase: input.RequireUppercaseCharacters ?? false,
      lowercase: input.RequireLowercaseCharacters ?? false,
      usersMayChange: input.AllowUsersToChangePassword ?? false,
      ...(MaxPasswordAge !== undefined && { maxAgeDays: MaxPasswordAge }),
      ...(PasswordReusePrevention !== undefined && { reusePrevention: PasswordReusePrevention }),
      ...(HardExpiry !== undefined && { hardExpiry: HardExpiry }),
    }
    const change =
      present === undefined
        ? insert(PASSWORD_POLICY_KIND, PASSWORD_POLICIES, account, value)
        : replace(present, value)
    return { changes: [change] }
  },
)

const PASSWORD_POLICY_ANSWER = answer({
  MinimumPasswordLength: integer(),
  RequireSymbols: boolean(),
  RequireNumbers: boolean(),
  RequireUppercaseCharacters: boolean(),
  RequireLowercaseCharacters: boolean(),
  AllowUsersToChangePassword: boolean(),
  ExpirePasswords: boolean(),
  MaxPasswordAge: integer(),
  PasswordReusePrevention: integer(),
  HardExpiry: boolean(),
})

const getPasswordPolicy = iamOperation(
  {
    name: 'GetAccountPasswordPolicy',
    readOnly: true,
    input: {},
    output: { PasswordPolicy: PASSWORD_POLICY_ANSWER },
    find: ON_ACCOUNT,
    allowedByAccount: allowedByPasswordPolicy,
  },
  async ({ call, dependencies }) => {
    const { account } = call.caller
    const policy = await read(dependencies.records, PASSWORD_POLICY_KIND, PASSWORD_POLICIES, account)
    if (policy === undefined) {
      const message = `The Password Policy with domain name ${account} cannot be found.`
      throw new KmsError('NoSuchEntityException', message)
    }
    const { value } = policy
    return {
      output: {
        PasswordPolicy: {
          MinimumPasswordLength: value.minimumLength,
          RequireSymbols: value.symbols,
          RequireNumbers: value.numbers,
          RequireUppercaseCharacters: value.uppercase,
          RequireLowercaseCharacters: value.lowercase,
          AllowUsersToChangePassword: value.usersMayChange,
          ExpirePasswords: value.maxAgeDays !== undefined,
          MaxPasswordAge: value.maxAgeDays,
          PasswordReusePrevention: value.reusePrevention,
          HardExpiry: value.hardExpiry,
        },
      },
    }
  },
)

const deletePasswordPolicy = iamOperation(
  { name: 'DeleteAccountPasswordPolicy', readOnly: false, input: {}, find: ON_ACCOUNT },
  async ({ call, dependencies }) => {
    const { account } = call.caller
    const policy = await read(dependencies.records, PASSWORD_POLICY_KIND, PASSWORD_POLICIES, account)
    if (policy !== undefined) return { changes: [remove(policy)] }
    const message = 'The account policy with name PasswordPolicy cannot be found.'
    throw new KmsError('NoSuchEntityException', message)
  },
)

/** Session tokens are valid in every region, whatever is set: the setting is only kept and returned. */
const setTokenPreferences = iamOperation(
  {
    name: 'SetSecurityTokenServicePreferences',
    readOnly: false,
    input: { GlobalEndpointTokenVersion: oneOf('v1Token', 'v2Token') },
    find: ON_ACCOUNT,
  },
  async ({ call, input, dependencies }) => {
    const account = await read(dependencies.records, ACCOUNT, ACCOUNTS, call.caller.account)
    const stsTokens = input.GlobalEndpointTokenVersion === 'v1Token' ? 1 : 2
    return { changes: account === undefined ? [] : [replace(account, { ...account.value, stsTokens })] }
  },
)

/** The settings of an account as a whole. Source: IAM API Reference, "CreateAccountAlias" and so on. */
export const ACCOUNT_SETTING_OPERATIONS: readonly IamOperation[] = [
  listAccountAliases,
  createAccountAlias,
  deleteAccountAlias,
  updatePasswordPolicy,
  getPasswordPolicy,
  deletePasswordPolicy,
  setTokenPreferences,
]
