import { UsageError } from '../base/usage-error.ts'
import type { CommandInput } from './command.ts'
import { operate } from './operating.ts'
import { printResult } from './result.ts'

/** `holdfast console-sessions end`: ends the sessions and the unused links of a user, of the root user, or of a role. */
export async function endConsoleSessions(input: CommandInput): Promise<number> {
  const { account } = input.config
  const { user, role } = input.flags
  if (user !== undefined && role !== undefined) throw new UsageError('give --user or --role, not both')
  const { sessions, links } = await operate(input, (operator) =>
    role === undefined ? operator.endConsoleSessions(account, user) : operator.endRoleSessions(account, role),
  )
  const holder = role === undefined ? holderText(user) : `role ${role}`
  printResult(input, { account, user: user ?? null, role: role ?? null, sessions, links }, () => [
    `${endedText({ sessions, links })} of ${holder} of account ${account} ended`,
  ])
  return 0
}

function holderText(user: string | undefined): string {
  return user === undefined ? 'the root user' : `user ${user}`
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
