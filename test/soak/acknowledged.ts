/** For tests: calls that a server has answered, and whether its audit log has them all. */

import { AuditTail } from '../support/audit-tail.ts'
import { runHoldfast } from '../support/command.ts'

/** The request ids of answers. */
export class Acknowledged {
  readonly #ids: string[] = []

  /** Takes the answer to a call that its server must have recorded. */
  add(requestId: string): void {
    this.#ids.push(requestId)
  }

  get count(): number {
    return this.#ids.length
  }

  /** How many of them are not in a log. */
  missingIn(log: AuditTail): number {
    return this.#ids.filter((id) => log.countOf(id) === 0).length
  }
}

/** What the audit log of a server that has stopped says. */
export type LogReport = { readonly events: number; readonly lost: number; readonly verified: boolean }

/** Verifies the whole log of a data folder and looks for every call in it. */
export async function checkLog(data: string, acknowledged: Acknowledged): Promise<LogReport> {
  const { status, output, errors } = await runHoldfast(data, 'audit', 'verify')
  if (status !== 0) process.stderr.write(output + errors)
  const log = new AuditTail(data)
  await log.read()
  return { events: log.events, lost: acknowledged.missingIn(log), verified: status === 0 }
}
