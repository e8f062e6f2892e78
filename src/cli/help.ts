import { describeSettings } from '../config/settings.ts'
import { type Command, commandUsage } from './command.ts'

/** The release. The same as in package.json: a test compares them. */
export const VERSION = '0.1.0'

const COMMAND_WIDTH = 34

/** What `holdfast --help` prints. */
export function helpText(commands: readonly Command[]): string {
  return [
    'holdfast: a key management service that speaks the AWS KMS API',
    '',
    'usage: holdfast COMMAND [settings]',
    '',
    'commands:',
    ...commands.map((command) => `  ${commandUsage(command).padEnd(COMMAND_WIDTH)} ${command.about}`),
    '',
    'settings, each a flag and an environment variable; the flag wins:',
    ...describeSettings(),
    '',
    '  --help, -h   prints this',
    '  --version    prints the release',
  ].join('\n')
}
