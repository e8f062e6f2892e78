import type { CommandInput } from './command.ts'
import { operate } from './operating.ts'
import { printResult } from './result.ts'

/** `holdfast console-sessions end`: ends the sessions and the unused links of a user, or of the root user. */
export async function endConsoleSessions(input: CommandInput): Promise<number> {
  const { account } = input.config
  const user = input.flags['user']
  const { sessions, links } = await operate(input, (operator) => operator.endConsoleSessions(account, user))
  const holder = user === undefined ? 'the root user' : `user ${user}`
  printResult(input, { account, user: user ?? null, sessions, links }, () => [
    `${endedText({ sessions, links })} of ${holder} of account ${account} ended`,
  ])
  return 0
}

/** Returns how many sessions and links have ended, in words. */
export function endedText({
  sessions,
  links,
}: {
  readonly sessions: number
  readonly links: number
}): string {
  return `${counted(sessions, 'session')} and ${counted(links, 'link')}`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
