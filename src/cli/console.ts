import type { Secret } from '../base/secret.ts'
import { ConfigError } from '../config/setting.ts'
import { linkAddress } from '../console-server/console-links.ts'
import type { CommandInput } from './command.ts'
import { currentEndpoint } from './endpoint.ts'
import { operate } from './operating.ts'
import { printResult } from './result.ts'

/** `holdfast console`: a link that signs in to the web console once. */
export async function printConsoleLink(input: CommandInput): Promise<number> {
  const { config } = input
  if (config.console === 'off') {
    throw new ConfigError('HOLDFAST_CONSOLE is off: set it to on or link, and start the server again')
  }
  const endpoint = await currentEndpoint(config)
  const { link, expiresAt, user } = await createConsoleLink(input, endpoint)
  const result = { console: consoleAddress(endpoint), link, account: config.account, user, expiresAt }
  printResult(input, result, () => [link])
  return 0
}

/** A link that signs in as the user of `--user`, or as the root user. @param rootKey as for {@link operate}. */
export async function createConsoleLink(
  input: CommandInput,
  endpoint: string,
  rootKey?: Secret,
): Promise<{ readonly link: string; readonly user: string | null; readonly expiresAt: string }> {
  const user = input.flags['user']
  const { secret, expiresAt } = await operate(
    input,
    (operator) => operator.createConsoleLink(input.config.account, user),
    rootKey,
  )
  return {
    link: linkAddress(endpoint, secret),
    user: user ?? null,
    expiresAt: new Date(expiresAt).toISOString(),
  }
}

/** Where the console is. */
export function consoleAddress(endpoint: string): string {
  return `${endpoint}/console/`
}
