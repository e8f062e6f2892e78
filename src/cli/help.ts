import { describeSettings } from '../config/settings.ts'
import { type Command, commandUsage } from './command.ts'

const COMMAND_WIDTH = 34
const FLAG_WIDTH = 10

/** What `holdfast --help` prints. */
export function helpText(commands: readonly Command[]): string {
  return [
    'holdfast: a key management service that speaks the AWS KMS API',
    '',
    'usage: holdfast COMMAND [settings]',
    '',
    'commands:',
    ...commands.flatMap(describeCommand),
    '',
    'settings, each a flag and an environment variable; the flag wins:',
    ...describeSettings(),
    '',
    '  --help, -h   prints this',
    '  --version    prints the release',
  ].join('\n')
}

function describeCommand(command: Command): readonly string[] {
  const own = Object.entries(command.flags ?? {}).map(
    ([flag, { about: what }]) => `      ${`--${flag}`.padEnd(FLAG_WIDTH)} ${what}`,
  )
  return [`  ${commandUsage(command).padEnd(COMMAND_WIDTH)} ${command.about}`, ...own]
}
