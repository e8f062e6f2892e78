import { asOperator } from '../app/operator.ts'
import type { Command } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'
import { requireFlag } from './require-flag.ts'

const ACCOUNT = { about: 'the account, 12 digits' }

/** `holdfast quota list`: what an account may have, and how fast it may call. */
const quotaList: Command = {
  name: 'quota list',
  about: 'lists the quotas of an account: name, value, whether it was set, and what it is at AWS',
  flags: { id: ACCOUNT },
  run: async (input) => {
    const { config, output } = input
    requireDataFolder(config)
    const id = requireFlag(input, 'id')
    const quotas = await asOperator(config, openLog(), (operator) => operator.quotas(id))
    const width = Math.max(...quotas.map(({ name }) => name.length))
    for (const { name, value, unit, isSet, aws, about } of quotas) {
      const origin = isSet ? 'set' : 'default'
      output.print(`${name.padEnd(width)}  ${value} ${unit}  ${origin}  AWS ${aws}  ${about}`)
    }
    return 0
  },
}

/** `holdfast quota set`: changes one, for every server on the data folder at once. */
const quotaSet: Command = {
  name: 'quota set',
  about: 'sets a quota of an account; it is in force at once',
  flags: {
    id: ACCOUNT,
    name: { about: 'the name of the quota, or all' },
    value: { about: 'a whole number; aws: what an account has at AWS; or default' },
  },
  run: async (input) => {
    const { config, output } = input
    requireDataFolder(config)
    const [id, name, value] = [
      requireFlag(input, 'id'),
      requireFlag(input, 'name'),
      requireFlag(input, 'value'),
    ]
    await asOperator(config, openLog(), (operator) => operator.setQuota(id, name, value))
    output.print(`set ${name} of ${id} to ${value}`)
    return 0
  },
}

/** The commands on quotas. */
export const QUOTA_COMMANDS: readonly Command[] = [quotaList, quotaSet]
