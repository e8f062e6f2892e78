import { answer, integer, list, text } from '../api/shapes.ts'
import type { Tally } from '../explain/changes.ts'

/** A number of calls with some of their events. */
export const TALLY = answer({ What: text(), Calls: integer(), EventIds: list(text()) })

/** A tally as answers show it. */
export function tallyAnswer({ what, calls, eventIds }: Tally) {
  return { What: what, Calls: calls, EventIds: eventIds }
}
