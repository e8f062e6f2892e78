import type { FindQuotas } from '../../quotas/quota-service.ts'
import { QUOTAS, type Quota, type StoredQuotas } from '../../quotas/quotas.ts'
import { type Change, type Records, replace } from '../../store/records.ts'
import { ACCOUNT, ACCOUNTS } from './account.ts'
import { needAccount } from './accounts.ts'
import { OperatorError } from './operator-error.ts'

/** Finds the quotas that were set for an account; synchronously when the cache has them. */
export function quotasFinder(records: Records): FindQuotas {
  return (account) => {
    const known = records.peek(ACCOUNT, ACCOUNTS, account)
    if (known !== undefined) return known.value.quotas
    return records.get(ACCOUNT, ACCOUNTS, account).then((stored) => stored?.value.quotas)
  }
}

/** A quota of an account. */
export type ListedQuota = Quota & {
  readonly value: number
  /** Whether it was set for the account. */
  readonly isSet: boolean
}

/** All quotas of an account, in the order of their names. @throws OperatorError when there is no such account. */
export async function listQuotas(records: Records, account: string): Promise<readonly ListedQuota[]> {
  const { quotas = {} } = (await needAccount(records, account)).value
  return [...QUOTAS.values()]
    .map((quota) => {
      const value = quotas[quota.name]
      return { ...quota, value: value ?? quota.byDefault, isSet: value !== undefined }
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** The name that stands for every quota in a command. */
const EVERY_QUOTA = 'all'

/**
 * Returns the changes that set a quota of an account; none if the quota already has the value.
 *
 * @param name of a quota, or {@link EVERY_QUOTA} for those values that are the same for all.
 * @param text a number, `aws` for what an account has at AWS, or `default`.
 * @throws OperatorError for an unknown account or quota, or a value that the quota cannot have.
 */
export async function setQuota(
  records: Records,
  account: string,
  name: string,
  text: string,
): Promise<readonly Change[]> {
  const stored = await needAccount(records, account)
  const quotas: Record<string, number> = { ...stored.value.quotas }
  let isChanged = false
  for (const quota of namedQuotas(name, text)) {
    const value = parseValue(quota, text)
    isChanged ||= quotas[quota.name] !== value
    if (value === undefined) delete quotas[quota.name]
    else quotas[quota.name] = value
  }
  return isChanged ? [replace(stored, { ...stored.value, quotas: quotas satisfies StoredQuotas })] : []
}

function namedQuotas(name: string, text: string): readonly Quota[] {
  if (name === EVERY_QUOTA) {
    if (isWord(text)) return [...QUOTAS.values()]
    throw new OperatorError(`--value: expected aws or default for all quotas; got '${text}'`)
  }
  const quota = QUOTAS.get(name)
  if (quota !== undefined) return [quota]
  throw new OperatorError(`--name: expected a quota, as holdfast quota list shows them; got '${name}'`)
}

function isWord(text: string): text is 'aws' | 'default' {
  return text === 'aws' || text === 'default'
}

/** Nothing for the default. */
function parseValue({ name, min, max, aws }: Quota, text: string): number | undefined {
  if (isWord(text)) return text === 'aws' ? aws : undefined
  const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new OperatorError(
    `--value: expected a whole number from ${min} to ${max}, aws or default for ${name}; got '${text}'`,
  )
}
