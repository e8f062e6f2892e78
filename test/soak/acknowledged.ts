/** For tests: calls that a server has answered, and whether its audit log has them all. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { AuditTail } from '../support/audit-tail.ts'

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

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** Verifies the whole log of a data folder and looks for every call in it. */
export async function checkLog(data: string, acknowledged: Acknowledged): Promise<LogReport> {
  // Not bounded in time: half an hour of floods makes a log that takes minutes on a busy machine.
  const environment = { PATH: process.env['PATH'], HOLDFAST_DATA: data }
  const verifier = spawn(process.execPath, [MAIN, 'audit', 'verify'], {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [status] = await once(verifier, 'close')
  const log = new AuditTail(data)
  await log.read()
  return { events: log.events, lost: acknowledged.missingIn(log), verified: status === 0 }
}
