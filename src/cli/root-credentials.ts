import { resolve } from 'node:path'
import { CREDENTIALS_FILE } from '../app/deployment.ts'
import { ConfigError } from '../config/setting.ts'
import type { CommandInput } from './command.ts'
import { endedText } from './console-sessions.ts'
import { operate } from './operating.ts'
import { printNext, printResult } from './result.ts'

/** `holdfast root-credentials create`: replaces root credentials that are lost or leaked. */
export async function createRootCredentials(input: CommandInput): Promise<number> {
  const { config, switches } = input
  const [deactivates, deletes] = [switches.has('deactivate-others'), switches.has('delete-others')]
  if (deactivates && deletes)
    throw new ConfigError('--deactivate-others and --delete-others: expected one of them; got both')
  const others = deletes ? 'delete' : deactivates ? 'deactivate' : 'keep'
  const { account } = config
  const { accessKeyId, older, endedAccess, profile } = await operate(input, (operator) =>
    operator.createRootCredentials(account, others),
  )
  const credentials = resolve(config.data, CREDENTIALS_FILE)
  const otherAccessKeys = older.map((one) => ({ accessKeyId: one, status: OTHERS[others] }))
  const { sessions: endedSessions, links: endedLinks } = endedAccess
  const result = { account, accessKeyId, credentials, profile, otherAccessKeys, endedSessions, endedLinks }
  printResult(input, result, () => [
    `account      ${account}`,
    `access key   ${accessKeyId}`,
    `credentials  ${credentials} (profile ${profile})`,
    ...otherAccessKeys.map((one) => `other key    ${one.accessKeyId}: ${one.status}`),
    ...(others === 'keep' ? [] : [`console      ${endedText(endedAccess)} of the root user ended`]),
  ])
  printNext(input, `eval "$(holdfast env --account ${account})" uses the new credentials`)
  return 0
}

const OTHERS = { keep: 'unchanged', deactivate: 'deactivated', delete: 'deleted' } as const
