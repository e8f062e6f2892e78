import { describeSettings } from '../config/settings.ts'
import type { Command } from './command.ts'

/** The release. The same as in package.json: a test compares them. */
export const VERSION = '0.1.0'

const COMMAND_WIDTH = 14
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

function describeCommand({ name, about, takes = [], flags = {} }: Command): readonly string[] {
  const called = [name, ...takes.map((what) => what.toUpperCase())].join(' ')
  const own = Object.entries(flags).map(
    ([flag, { about: what }]) => `      ${`--${flag}`.padEnd(FLAG_WIDTH)} ${what}`,
  )
  return [`  ${called.padEnd(COMMAND_WIDTH)} ${about}`, ...own]
}
