import type { CommandInput } from './command.ts'
import { operate } from './operating.ts'
import { printNext, printResult } from './result.ts'

/** `holdfast quota list`: lists the resource quotas and request rates of an account. */
export async function listQuotas(input: CommandInput): Promise<number> {
  const { account } = input.config
  const quotas = (await operate(input, (operator) => operator.quotas(account))).map(
    ({ name, value, unit, isSet, aws, isOurs, about }) => {
      return { name, value, unit, isSet, aws: isOurs === true ? null : aws, about }
    },
  )
  const width = Math.max(...quotas.map(({ name }) => name.length))
  printResult(input, { account, quotas }, () =>
    quotas.map(({ name, value, unit, isSet, aws, about }) => {
      const origin = isSet ? 'set' : 'default'
      return `${name.padEnd(width)}  ${value} ${unit}  ${origin}  AWS ${aws ?? 'none'}  ${about}`
    }),
  )
  return 0
}

/** `holdfast quota set`: changes a quota for every server on the data folder at once. */
export async function setQuota(input: CommandInput): Promise<number> {
  const { name = '', value = '' } = input.flags
  const { account } = input.config
  await operate(input, (operator) => operator.setQuota(account, name, value))
  printResult(input, { account, name, value }, () => [`set ${name} of account ${account} to ${value}`])
  printNext(input, `holdfast quota list --account ${account} shows the quotas that apply`)
  return 0
}
