import { resolve } from 'node:path'
import { CREDENTIALS_FILE } from '../app/deployment.ts'
import { asOperator } from '../app/operator.ts'
import { ConfigError } from '../config/setting.ts'
import type { Command } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'

/** `holdfast root-credentials create`: what is needed when those of an account are lost, or others have them. */
export const rootCredentialsCreate: Command = {
  name: 'root-credentials create',
  about: 'makes new root credentials for an account, and puts them into the credentials file',
  flags: {
    id: { about: 'the account, 12 digits; default the one of --account' },
    'deactivate-others': { about: 'deactivates its other root access keys', kind: 'switch' },
    'delete-others': { about: 'deletes its other root access keys', kind: 'switch' },
  },
  run: async ({ config, output, flags, switches }) => {
    requireDataFolder(config)
    const [deactivates, deletes] = [switches.has('deactivate-others'), switches.has('delete-others')]
    if (deactivates && deletes) throw new ConfigError('--deactivate-others and --delete-others: one of them')
    const others = deletes ? 'delete' : deactivates ? 'deactivate' : 'keep'
    const id = flags['id'] ?? config.account
    const { accessKeyId, older, profile } = await asOperator(config, openLog(), (operator) =>
      operator.createRootCredentials(id, others),
    )
    output.print(`account      ${id}`)
    output.print(`access key   ${accessKeyId}`)
    output.print(`credentials  ${resolve(config.data, CREDENTIALS_FILE)} (profile ${profile})`)
    for (const one of older) output.print(`other key    ${one}: ${OTHERS[others]}`)
    return 0
  },
}

const OTHERS = { keep: 'kept as it was', deactivate: 'deactivated', delete: 'deleted' } as const
