import { resolve } from 'node:path'
import { CREDENTIALS_FILE } from '../app/deployment.ts'
import type { CommandInput } from './command.ts'
import { operate } from './operating.ts'
import { printNext, printResult } from './result.ts'

/** `holdfast account create`: creates an account and its root credentials. */
export async function createAccount(input: CommandInput): Promise<number> {
  const account = await operate(input, (operator) => operator.createAccount(input.flags['id']))
  const credentials = resolve(input.config.data, CREDENTIALS_FILE)
  printResult(input, { account, credentials, profile: account }, () => [
    `account      ${account}`,
    `credentials  ${credentials} (profile ${account})`,
  ])
  printNext(input, `eval "$(holdfast env --account ${account})" uses its root credentials`)
  return 0
}

/** `holdfast account list`: lists the accounts of a deployment. */
export async function listAccounts(input: CommandInput): Promise<number> {
  const accounts = (await operate(input, (operator) => operator.accounts())).map(
    ({ id, createdAt, scps }) => ({ account: id, createdAt: new Date(createdAt).toISOString(), scps }),
  )
  printResult(input, { accounts }, () =>
    accounts.map(({ account, createdAt, scps }) => `${account}  ${createdAt}  ${scps.join(' ')}`),
  )
  return 0
}
