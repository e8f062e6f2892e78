import { PARTITION } from '../api/arn.ts'
import {
  answer,
  boolean,
  instant,
  integer,
  list,
  optional,
  pattern,
  text,
  type ValueOf,
} from '../api/shapes.ts'
import { ACCOUNT, ACCOUNTS, type AccountValue } from '../iam/accounts/account.ts'
import {
  type ListedQuota,
  setQuota as quotaChange,
  listQuotas as quotasOf,
} from '../iam/accounts/account-quotas.ts'
import { freeAccountId, createAccount as newAccount } from '../iam/accounts/accounts.ts'
import { attachedTo } from '../iam/organization/control-policies.ts'
import { ACCOUNT_ID, accountNotFound, askedAccount } from './asked-account.ts'
import { byOperator } from './operator-calls.ts'
import { seesEveryAccount } from './seen-accounts.ts'
import { type Invocation, type Subject, usageOperation } from './usage-operation.ts'
import { invalidToken } from './usage-token.ts'

const ACCOUNTS_MAX = 100
/** Longer than every name of a quota, and than every value. */
const NAME_MAX_CHARS = 128
const VALUE_MAX_CHARS = 16

const ACCOUNT_ANSWER = answer({
  AccountId: text(),
  Alias: text(),
  CreatedTime: instant(),
  ParentId: text(),
  ServiceControlPolicies: list(text()),
  ResourceControlPolicies: list(text()),
})
const LIST_INPUT = {
  MaxResults: optional(integer({ min: 1, max: ACCOUNTS_MAX })),
  NextToken: optional(text({ pattern: pattern('[0-9a-f]{1,64}') })),
}
const LIST_OUTPUT = { Accounts: list(ACCOUNT_ANSWER), NextToken: text() }

/** Whether the caller sees every account. */
type ListInvocation = Invocation<typeof LIST_INPUT, boolean>

/** Lists the accounts of the deployment. A caller who does not see every account gets only its own account. */
export const listAccounts = usageOperation(
  {
    ...{ name: 'ListAccounts', input: LIST_INPUT, output: LIST_OUTPUT, rate: 'light' },
    find: async ({ call, dependencies }) => ({
      resource: '*',
      subject: await seesEveryAccount(dependencies, call.caller),
    }),
  },
  async ({ call, input, dependencies, subject: everything }: ListInvocation) => {
    const { records } = dependencies
    if (!everything) {
      const own = await records.get(ACCOUNT, ACCOUNTS, call.caller.account)
      return { output: { Accounts: own === undefined ? [] : [accountAnswer(own.name, own.value, false)] } }
    }
    const { MaxResults: limit = ACCOUNTS_MAX, NextToken: after } = input
    const page = await records.list(ACCOUNT, { partition: ACCOUNTS, after, limit })
    const Accounts = page.records.map(({ name, value }) => accountAnswer(name, value, true))
    return { output: { Accounts, NextToken: page.next } }
  },
)

/** Builds the answer for an account. Only a caller who sees every account gets its parent and its control policies. */
function accountAnswer(id: string, value: AccountValue, everything: boolean): ValueOf<typeof ACCOUNT_ANSWER> {
  const { createdAt, alias, parent } = value
  const known = { AccountId: id, Alias: alias, CreatedTime: createdAt / 1000 }
  if (!everything) return known
  return {
    ...known,
    ParentId: parent,
    ServiceControlPolicies: attachedTo(value, 'scp'),
    ResourceControlPolicies: attachedTo(value, 'rcp'),
  }
}

type CreateInvocation = Invocation<typeof CREATE_INPUT, null>

const CREATE_INPUT = { AccountId: optional(ACCOUNT_ID) }

/** Creates an account. The operator makes credentials of its root user by a command: no answer has them. */
export const createAccount = usageOperation(
  {
    ...{ name: 'CreateAccount', input: CREATE_INPUT, output: { AccountId: text() }, rate: 'light' },
    ...{ changes: true, operatorsOnly: true },
    find: ({ input }: Pick<CreateInvocation, 'input'>) => ({
      resource: `arn:${PARTITION}:holdfast:::account/${input.AccountId ?? '*'}`,
      subject: null,
    }),
  },
  async ({ input, dependencies }: CreateInvocation) => {
    const needs = { records: dependencies.records, clock: dependencies.clock, random: dependencies.random }
    const AccountId = input.AccountId ?? (await freeAccountId(needs))
    const changes = await byOperator(() => newAccount(needs, AccountId))
    return { output: { AccountId }, changes, event: { response: { accountId: AccountId } } }
  },
)

const QUOTA_ANSWER = answer({
  Name: text(),
  About: text(),
  Unit: text(),
  Value: integer(),
  IsSet: boolean(),
  Default: integer(),
  AwsValue: integer(),
  Minimum: integer(),
  Maximum: integer(),
})
const QUOTAS_MAX = 1000
const QUOTAS_INPUT = {
  AccountId: optional(ACCOUNT_ID),
  MaxResults: optional(integer({ min: 1, max: QUOTAS_MAX })),
  NextToken: optional(text({ max: NAME_MAX_CHARS, pattern: pattern('[A-Za-z0-9._-]+') })),
}

type QuotasInvocation = Invocation<typeof QUOTAS_INPUT, string>

/** What an account may have, and how fast it may call. */
export const listQuotas = usageOperation(
  {
    ...{ name: 'ListQuotas', input: QUOTAS_INPUT, rate: 'light' },
    output: { AccountId: text(), Quotas: list(QUOTA_ANSWER), NextToken: text() },
    find: (invocation) => findAccount(invocation, '*'),
  },
  async ({ input, dependencies, subject: AccountId }: QuotasInvocation) => {
    const quotas = await byOperator(() => quotasOf(dependencies.records, AccountId))
    const { MaxResults: limit = QUOTAS_MAX, NextToken: after } = input
    const from = after === undefined ? 0 : quotas.findIndex(({ name }) => name === after) + 1
    if (after !== undefined && from === 0) throw invalidToken()
    const page = quotas.slice(from, from + limit)
    const NextToken = quotas.length > from + limit ? page.at(-1)?.name : undefined
    return { output: { AccountId, Quotas: page.map(quotaAnswer), NextToken } }
  },
)

function quotaAnswer(quota: ListedQuota): ValueOf<typeof QUOTA_ANSWER> {
  const { name, about, unit, value, isSet, byDefault, aws, isOurs, min, max } = quota
  return {
    ...{ Name: name, About: about, Unit: unit, Value: value, IsSet: isSet, Default: byDefault },
    ...{ AwsValue: isOurs === true ? undefined : aws, Minimum: min, Maximum: max },
  }
}

const SET_INPUT = {
  AccountId: optional(ACCOUNT_ID),
  Name: text({ min: 1, max: NAME_MAX_CHARS, pattern: pattern('[A-Za-z0-9._-]+') }),
  Value: text({ min: 1, max: VALUE_MAX_CHARS }),
}

type SetInvocation = Invocation<typeof SET_INPUT, string>

/** Changes a quota of an account, or all, for every server on the data folder at once. */
export const setQuota = usageOperation(
  {
    ...{ name: 'SetQuota', input: SET_INPUT, output: {}, rate: 'light' },
    ...{ changes: true, operatorsOnly: true },
    find: (invocation) => findAccount(invocation, invocation.input.Name),
  },
  async ({ input, dependencies, subject: account }: SetInvocation) => ({
    changes: await byOperator(() => quotaChange(dependencies.records, account, input.Name, input.Value)),
  }),
)

/** The account whose quotas are asked for. @throws NotFoundException for one that the caller does not see. */
async function findAccount(
  invocation: Parameters<typeof askedAccount>[0],
  quota: string,
): Promise<Subject<string>> {
  const account = await askedAccount(invocation)
  if ((await invocation.dependencies.records.get(ACCOUNT, ACCOUNTS, account)) === undefined)
    throw accountNotFound(account)
  return { resource: `arn:${PARTITION}:holdfast::${account}:quota/${quota}`, subject: account }
}
