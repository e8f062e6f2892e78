import { describeSettings } from '../config/settings.ts'
import type { Command } from './command.ts'

/** The release. The same as in package.json: a test compares them. */
export const VERSION = '0.1.0'

const COMMAND_WIDTH = 14

function commandLines({ name, about, flags = {} }: Command): readonly string[] {
  const own = Object.entries(flags).map(
    ([flag, meaning]) => `  ${''.padEnd(COMMAND_WIDTH)}   --${flag}: ${meaning}`,
  )
  return [`  ${name.padEnd(COMMAND_WIDTH)} ${about}`, ...own]
}

/** What `holdfast --help` prints. */
export function helpText(commands: readonly Command[]): string {
  return [
    'holdfast: a key management service that speaks the AWS KMS API',
    '',
    'usage: holdfast COMMAND [settings]',
    '',
    'commands:',
    ...commands.flatMap(commandLines),
    '',
    'settings, each a flag and an environment variable; the flag wins:',
    ...describeSettings(),
    '',
    '  --help, -h   prints this',
    '  --version    prints the release',
  ].join('\n')
}
