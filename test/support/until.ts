/** For tests: waits for another process. */

import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 20
const DEADLINE_MS = 20_000

/** Repeats an attempt until it returns an answer. An attempt that throws counts as one without an answer. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  let last: unknown
  for (let waitedMs = 0; waitedMs < DEADLINE_MS; waitedMs += POLL_MS) {
    try {
      const value = await ask()
      if (value !== undefined) return value
    } catch (error) {
      last = error
    }
    await delay(POLL_MS)
  }
  throw new Error(`timed out before ${what}`, { cause: last })
}
