import { resolve } from 'node:path'
import { CREDENTIALS_FILE } from '../app/deployment.ts'
import { asOperator } from '../app/operator.ts'
import type { Command } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'

/** `holdfast account create`: one more account, with root credentials. */
export const accountCreate: Command = {
  name: 'account create',
  about: 'makes an account, and adds its root credentials to the credentials file',
  flags: { id: { about: 'its id, 12 digits; a random one when left out' } },
  run: async ({ config, output, flags }) => {
    requireDataFolder(config)
    const id = await asOperator(config, openLog(), (operator) => operator.createAccount(flags['id']))
    output.print(`account      ${id}`)
    output.print(`credentials  ${resolve(config.data, CREDENTIALS_FILE)} (profile ${id})`)
    return 0
  },
}

/** `holdfast account list`: the accounts of a deployment. */
export const accountList: Command = {
  name: 'account list',
  about: 'lists the accounts: id, when it was made, its service control policies',
  run: async ({ config, output }) => {
    requireDataFolder(config)
    const accounts = await asOperator(config, openLog(), (operator) => operator.accounts())
    for (const { id, createdAt, scps } of accounts) {
      output.print(`${id}  ${new Date(createdAt).toISOString()}  ${scps.join(' ')}`)
    }
    return 0
  },
}
